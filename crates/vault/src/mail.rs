//! The secrets of a mail, from the capability that queues the mail to the sender that renders it.

use base64::{Engine, engine::general_purpose::STANDARD};
use freehold_core::Random;
use serde_json::{Map, Value};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{OpenError, Purpose, Vault};

/// The field of a queued mail's data that contains its sealed secrets, in base64. The database deletes it when the mail
/// has been sent or has failed.
pub const MAIL_SEALED: &str = "sealed";

impl Vault {
    /// Seals the fields of a mail that let its reader sign in, such as `link` and `code`. The result is stored in the
    /// field [`MAIL_SEALED`] of the mail's data, and can be opened only for the mail with this id.
    pub fn mail_seal(&self, mail: Uuid, secrets: &Map<String, Value>, random: &Random) -> String {
        let text = Zeroizing::new(Value::Object(secrets.clone()).to_string());
        STANDARD.encode(self.seal(Purpose::MAIL, text.as_bytes(), &place(mail), random))
    }

    /// Opens what [`mail_seal`](Self::mail_seal) sealed for the mail with this id.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn mail_open(&self, mail: Uuid, sealed: &str) -> Result<Map<String, Value>, OpenError> {
        let sealed = STANDARD.decode(sealed).map_err(|_| OpenError::Malformed)?;
        let text = self.open(Purpose::MAIL, &sealed, &place(mail))?;
        serde_json::from_slice(&text).map_err(|_| OpenError::Malformed)
    }
}

fn place(mail: Uuid) -> String {
    format!("mail/{mail}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MasterKeys;

    fn secrets() -> Map<String, Value> {
        Map::from_iter([("code".to_owned(), Value::from("428613"))])
    }

    #[test]
    fn secrets_open_for_their_own_mail_only() {
        let (vault, random) = (Vault::new([7; 32]), Random::seeded(1));
        let mail = Uuid::from_u128(1);
        let sealed = vault.mail_seal(mail, &secrets(), &random);
        assert!(!sealed.contains("428613"));
        assert_eq!(vault.mail_open(mail, &sealed), Ok(secrets()));
        assert_eq!(vault.mail_open(Uuid::from_u128(2), &sealed), Err(OpenError::Refused));
        assert_eq!(vault.mail_open(mail, "no base64!"), Err(OpenError::Malformed));
        assert_eq!(vault.mail_open(mail, ""), Err(OpenError::Malformed));
    }

    #[test]
    fn secrets_open_after_the_master_key_was_replaced() {
        let (mail, random) = (Uuid::from_u128(1), Random::seeded(1));
        let sealed = Vault::new([7; 32]).mail_seal(mail, &secrets(), &random);
        let rotated = Vault::from(MasterKeys::new([8; 32]).and_previous([7; 32]));
        assert_eq!(rotated.mail_open(mail, &sealed), Ok(secrets()));
        assert_eq!(Vault::new([8; 32]).mail_open(mail, &sealed), Err(OpenError::UnknownKey));
    }
}
