//! What the mail of an invitation carries.

use std::fmt::Write;

use freehold_core::{Random, Secret};
use freehold_vault::{Purpose, Vault};

/// What every token begins with.
const PREFIX: &str = "inv_";
/// Random bytes of a token.
const BYTES: usize = 32;

/// Who has it reads the mail of the invited address. `inv_` and 64 hexadecimal digits.
#[derive(Clone, Debug)]
pub struct InvitationToken(Secret);

impl InvitationToken {
    /// A new one.
    pub fn generate(random: &Random) -> Self {
        let mut token = PREFIX.to_owned();
        for byte in random.bytes::<BYTES>() {
            // Writing to a String cannot fail.
            let _ = write!(token, "{byte:02x}");
        }
        Self(Secret::new(token))
    }

    /// Reads one. None: it has another form, so nobody gave it out.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(PREFIX)?;
        let good = digits.len() == 2 * BYTES && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        good.then(|| Self(Secret::new(text)))
    }

    /// The text, for the mail.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// What is kept of it.
    pub(super) fn digest(&self, vault: &Vault) -> Vec<u8> {
        vault.mac(Purpose::OneTimeCode, self.labelled().as_bytes()).to_vec()
    }

    /// What may have been kept of it, under each master key.
    pub(super) fn digests(&self, vault: &Vault) -> Vec<Vec<u8>> {
        vault.macs(Purpose::OneTimeCode, self.labelled().as_bytes()).map(|mac| mac.to_vec()).collect()
    }

    /// No code that is sent by mail looks like this.
    fn labelled(&self) -> String {
        format!("invitation/{}", self.0.expose())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_back_and_nothing_else_is() {
        let token = InvitationToken::generate(&Random::seeded(1));
        assert_eq!(InvitationToken::parse(token.expose()).unwrap().expose(), token.expose());
        let (text, upper) = (token.expose(), token.expose().to_uppercase());
        for wrong in ["", "inv_", &text[1..], &text[..67], &format!("{text}0"), &upper, &"é".repeat(34)] {
            assert!(InvitationToken::parse(wrong).is_none(), "{wrong}");
        }
        assert!(!format!("{token:?}").contains(&text[4..]));
    }
}
