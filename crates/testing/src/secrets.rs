//! Secrets that a test knows, and searching a database for them.
//!
//! A secret is searched in every column of every table, in all schemas, in every form in which it may have been
//! written: plain, in base64 within a longer text, in hexadecimal digits, percent-encoded, as bytes.

use std::collections::BTreeSet;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA224, SHA256, digest};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use serde_json::Value;
use tokio_postgres::Client;

use super::app::{Answer, Served};

/// Secret fields of answers.
const FIELDS: &[&str] = &[
    "access_token",
    "action_link",
    "auth_code",
    "codes",
    "email_otp",
    "hashed_token",
    "key",
    "provider_refresh_token",
    "provider_token",
    "refresh_token",
    "secret",
    "token_hash",
];
/// Shorter ones occur in a database by chance.
const SHORTEST: usize = 8;

/// Secrets, each with a name for messages.
#[derive(Default)]
pub struct Secrets(Vec<(String, Vec<u8>)>);

impl Secrets {
    /// Adds a secret.
    #[track_caller]
    pub fn add(&mut self, name: &str, secret: &str) {
        assert!(secret.len() >= SHORTEST, "{name} is too short to be looked for: {secret}");
        self.0.push((name.to_owned(), secret.as_bytes().to_vec()));
        // The signature is the secret part of a token.
        if let [_, _, signature] = secret.split('.').collect::<Vec<_>>()[..] {
            self.0.push((format!("{name}'s signature"), signature.as_bytes().to_vec()));
        }
    }

    /// Adds a secret that is short enough to be guessed, so that its plain digest must not be stored either.
    #[track_caller]
    pub fn add_code(&mut self, name: &str, to: &str, code: &str) {
        self.add(name, code);
        for algorithm in [&SHA1_FOR_LEGACY_USE_ONLY, &SHA224, &SHA256] {
            for text in [code.to_owned(), format!("{to}{code}")] {
                self.0.push((format!("{name}'s bare digest"), digest(algorithm, text.as_bytes()).as_ref().to_vec()));
            }
        }
    }

    /// Adds the secrets in an answer. It must have at least one.
    #[track_caller]
    pub fn add_answer(&mut self, name: &str, answer: &Answer) {
        let before = self.0.len();
        self.walk(name, &answer.json());
        assert!(self.0.len() > before, "there is no secret in the answer for {name}: {answer}");
    }

    fn walk(&mut self, name: &str, value: &Value) {
        match value {
            Value::Object(fields) => {
                for (field, value) in fields {
                    let name = format!("{name}: {field}");
                    let texts: Vec<&Value> = value.as_array().map_or_else(|| vec![value], |list| list.iter().collect());
                    for text in texts.into_iter().filter(|_| FIELDS.contains(&field.as_str())) {
                        if let Some(text) = text.as_str() {
                            self.add(&name, text);
                        }
                    }
                    self.walk(&name, value);
                }
            }
            Value::Array(list) => list.iter().for_each(|value| self.walk(name, value)),
            _ => {}
        }
    }

    /// Adds code, link and the link's token of the newest mail to an address.
    pub async fn add_mail(&mut self, app: &Served, to: &str) {
        let newest = &app.mails(to).await[0];
        let name = format!("the {} mail to {to}", newest.mail.template());
        if let Some(code) = newest.mail.code() {
            self.add_code(&format!("{name}: code"), to, code);
        }
        if let Some(link) = newest.mail.link() {
            self.add(&format!("{name}: link"), link);
            let token = link.split_once("token=").unwrap().1.split('&').next().unwrap();
            self.add(&format!("{name}: token"), token);
        }
    }

    /// Where the secrets are stored: secret, table and column.
    pub async fn found(&self, database: &Client) -> BTreeSet<String> {
        assert!(!self.0.is_empty());
        let needles: Vec<(&str, Vec<Vec<u8>>)> =
            self.0.iter().map(|(name, secret)| (name.as_str(), forms(secret))).collect();
        let columns = "select format('%I.%I', n.nspname, c.relname), a.attname, format('%I', a.attname), a.atttypid = 'bytea'::regtype
            from pg_attribute as a join pg_class as c on c.oid = a.attrelid join pg_namespace as n on n.oid = c.relnamespace
            where c.relkind in ('r', 'p', 'm') and a.attnum > 0 and not a.attisdropped
              and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
            order by 1, 2";
        let columns = database.query(columns, &[]).await.unwrap();
        assert!(columns.len() > 300, "the columns were not found");
        let mut found = BTreeSet::new();
        for column in columns {
            let (table, name, quoted): (String, String, String) = (column.get(0), column.get(1), column.get(2));
            let values: Vec<Vec<u8>> = if column.get(3) {
                let query = format!("select {quoted} from {table} where {quoted} is not null");
                database.query(&query, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
            } else {
                let query = format!("select {quoted}::text from {table} where {quoted} is not null");
                let rows = database.query(&query, &[]).await.unwrap();
                rows.iter().map(|row| row.get::<_, String>(0).into_bytes()).collect()
            };
            for (secret, forms) in &needles {
                let holds = |value: &Vec<u8>| forms.iter().any(|form| contains(value, form));
                if values.iter().any(holds) {
                    found.insert(format!("{secret} in {table}.{name}"));
                }
            }
        }
        found
    }
}

fn contains(value: &[u8], form: &[u8]) -> bool {
    let Some(first) = form.first() else { return false };
    value.len() >= form.len() && value.windows(form.len()).any(|window| window[0] == *first && window == form)
}

/// All forms in which it may be written.
fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
    let hex = secret.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    let encoded: String = secret
        .iter()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(*byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect();
    let quoted = Value::from(String::from_utf8_lossy(secret)).to_string();
    let mut forms = vec![
        secret.to_vec(),
        hex.to_uppercase().into_bytes(),
        hex.into_bytes(),
        encoded.into_bytes(),
        quoted.trim_matches('"').as_bytes().to_vec(),
    ];
    for offset in 0..3 {
        // The part of a longer text's base64 that depends only on the secret.
        let mut text = vec![0; offset];
        text.extend(secret);
        let (begin, open) = ([0, 2, 3][offset], usize::from(text.len() % 3 != 0));
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let whole = engine.encode(&text);
            forms.push(whole.as_bytes()[begin..whole.len() - open].to_vec());
        }
    }
    forms
}
