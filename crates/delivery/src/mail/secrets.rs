//! The secrets of a mail: opens them to write the mail, and keeps them out of logs and stored answers.

mod store;

use freehold_core::{Context, Error, Random, Result};
use freehold_db::Db;
use freehold_module::Mails;
use freehold_vault::{MAIL_SEALED, Vault};
use serde_json::{Map, Value};
use uuid::Uuid;

pub use store::STATEMENTS;

use super::Mail;

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
pub async fn mails_seal(db: &Db, vault: &Vault, random: &Random, mails: &Mails) -> Result<u64> {
    let mut sealed = 0;
    loop {
        let mut tx = db.system("encrypt the secrets of queued mails").begin().await?;
        let found = tx.fetch_all(store::mails_in_clear(mails.with_secrets())).await?;
        if found.is_empty() {
            return Ok(sealed);
        }
        for (id, template, mut data) in found {
            let fields = mails.find(&template).map(|template| template.sealed).unwrap_or_default();
            if let Some(data) = data.as_object_mut() {
                let secrets: Map<String, Value> = fields.iter().filter_map(|name| data.remove_entry(*name)).collect();
                data.insert(MAIL_SEALED.to_owned(), vault.mail_seal(id, &secrets, random).into());
            }
            sealed += tx.execute(store::mail_replace_data(id, data)).await?;
        }
        tx.commit().await?;
    }
}

impl Mail {
    /// `text` without the mail's code, link and the link's token, because mail servers may quote what they refuse.
    pub fn hide_secrets(&self, text: &str) -> String {
        let code = self.template().has_secrets().then(|| self.code()).flatten();
        let link = self.template().has_secrets().then(|| self.link()).flatten();
        let secret_at = link.and_then(secret_begins);
        let token = link.zip(secret_at).and_then(|(link, at)| link.get(at..));
        let token = token.map(|rest| rest.split('&').next().unwrap_or(rest));
        let mut text = text.to_owned();
        for secret in [link, token, code].into_iter().flatten().filter(|secret| !secret.is_empty()) {
            text = text.replace(secret, HIDDEN);
            let beginnings = (SHORTEST_CUT..secret.len()).rev().filter_map(|end| secret.get(..end));
            // The beginning of a link, up to its token, is the same for every link of the site and no secret.
            let known = if Some(secret) == link { secret_at.unwrap_or(secret.len()) } else { 0 };
            if let Some(cut) = beginnings.filter(|cut| cut.len() > known).find(|cut| text.ends_with(cut)) {
                text.truncate(text.len() - cut.len());
                text.push_str(HIDDEN);
            }
        }
        text
    }
}

/// Where the secret of a link begins: its token or its signature.
fn secret_begins(link: &str) -> Option<usize> {
    ["token=", "signature="].iter().find_map(|name| link.find(name).map(|at| at + name.len()))
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
}
