//! The secrets of a mail: opens them to write the mail, and keeps them out of logs and stored answers.

mod store;

use freehold_core::{Context, Error, Random, Result};
use freehold_db::Db;
use freehold_vault::{MAIL_SEALED, Vault};
use serde_json::{Map, Value};
use uuid::Uuid;

pub use store::STATEMENTS;

use super::{Mail, Template};

/// Fields of a mail's data that are enough to sign in or to join an organization.
pub(super) const FIELDS: [&str; 2] = ["code", "link"];
/// Replaces a secret in a text.
const HIDDEN: &str = "[secret]";
/// Shortest beginning of a secret that is hidden at the end of a truncated text, in bytes.
const SHORTEST_CUT: usize = 6;

/// The data of a queued mail with its secrets opened. Servers before migration 0007 queued secrets in clear.
///
/// Fails with `internal` if the secrets cannot be opened, for example because their master key is no longer configured.
pub(crate) fn mail_data(vault: &Vault, id: Uuid, mut data: Value) -> Result<Value> {
    let Some(fields) = data.as_object_mut() else { return Ok(data) };
    match fields.remove(MAIL_SEALED) {
        Some(Value::String(sealed)) => {
            fields.extend(vault.mail_open(id, &sealed).context("opening the secrets of a mail")?);
            Ok(data)
        }
        Some(_) => Err(Error::internal("the sealed secrets of a mail are not a text")),
        None => Ok(data),
    }
}

/// Seals the secrets of mails that older servers queued in clear, and returns the number of these mails.
pub async fn mails_seal(db: &Db, vault: &Vault, random: &Random) -> Result<u64> {
    let mut sealed = 0;
    loop {
        let mut tx = db.system("encrypt the secrets of queued mails").begin().await?;
        let found = tx.fetch_all(store::mails_in_clear(Template::with_secrets())).await?;
        if found.is_empty() {
            return Ok(sealed);
        }
        for (id, mut data) in found {
            if let Some(fields) = data.as_object_mut() {
                let secrets: Map<String, Value> = FIELDS.iter().filter_map(|name| fields.remove_entry(*name)).collect();
                fields.insert(MAIL_SEALED.to_owned(), vault.mail_seal(id, &secrets, random).into());
            }
            sealed += tx.execute(store::mail_replace_data(id, data)).await?;
        }
        tx.commit().await?;
    }
}

impl Mail {
    /// `text` without the mail's code, link and the link's token, because mail servers may quote what they refuse.
    pub(super) fn hide_secrets(&self, text: &str) -> String {
        let code = self.template().has_secrets().then(|| self.code()).flatten();
        let link = self.template().has_secrets().then(|| self.link()).flatten();
        let token = link.and_then(|link| link.split_once("token=")).map(|(_, rest)| rest);
        let token = token.map(|rest| rest.split('&').next().unwrap_or(rest));
        let mut text = text.to_owned();
        for secret in [link, token, code].into_iter().flatten().filter(|secret| !secret.is_empty()) {
            text = text.replace(secret, HIDDEN);
            let beginnings = (SHORTEST_CUT..secret.len()).rev().filter_map(|end| secret.get(..end));
            // The beginning of a link, up to its token, is the same for every link of the site and no secret.
            let known = if Some(secret) == link { secret.find("token=").unwrap_or(secret.len()) } else { 0 };
            if let Some(cut) = beginnings.filter(|cut| cut.len() > known).find(|cut| text.ends_with(cut)) {
                text.truncate(text.len() - cut.len());
                text.push_str(HIDDEN);
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sealed_secrets_become_fields_again_for_their_own_mail_only() {
        let (vault, random, id) = (Vault::new([7; 32]), Random::seeded(1), Uuid::from_u128(1));
        let secrets = Map::from_iter([("code".to_owned(), json!("428613"))]);
        let data = json!({ "site_url": "https://example.org", "sealed": vault.mail_seal(id, &secrets, &random) });
        let opened = mail_data(&vault, id, data.clone()).unwrap();
        assert_eq!(opened, json!({ "site_url": "https://example.org", "code": "428613" }));
        assert!(mail_data(&vault, Uuid::from_u128(2), data).is_err());
        assert!(mail_data(&vault, id, json!({ "sealed": 7 })).is_err());
        let clear = json!({ "code": "428613" });
        assert_eq!(mail_data(&vault, id, clear.clone()).unwrap(), clear);
    }

    #[test]
    fn what_a_mail_server_quotes_of_a_secret_is_hidden() {
        for template in Template::ALL {
            let mail = template.sample();
            let (Some(link), true) = (mail.link(), template.has_secrets()) else { continue };
            let token = link.split_once("token=").unwrap().1.split('&').next().unwrap();
            for quoted in [link, token, &link[..link.len() - 1], &link[..link.find(token).unwrap() + 10], &token[..8]] {
                let text = mail.hide_secrets(&format!("554 5.7.1 we refuse {quoted}"));
                assert!(!text.contains(&token[..8]), "{template}: {text}");
                assert!(text.starts_with("554 5.7.1 we refuse "), "{template}: {text}");
            }
            if let Some(code) = mail.code() {
                assert_eq!(mail.hide_secrets(&format!("550 {code} it is")), "550 [secret] it is");
            }
            assert_eq!(mail.hide_secrets("250 2.0.0 queued as 4XyZ"), "250 2.0.0 queued as 4XyZ");
        }
    }
}
