//! The token of an invitation, which its mail contains.

use std::fmt::Write;

use freehold_core::{Random, Secret};
use freehold_vault::{Purpose, Vault};

/// Prefix of every token.
const PREFIX: &str = "inv_";
/// Number of random bytes of a token.
const BYTES: usize = 32;

/// The proof that a user reads the mail of the invited address: `inv_` and 64 hexadecimal digits.
#[derive(Clone, Debug)]
pub struct InvitationToken(Secret);

impl InvitationToken {
    /// A new random token.
    pub fn generate(random: &Random) -> Self {
        let mut token = PREFIX.to_owned();
        for byte in random.bytes::<BYTES>() {
            // Writing to a String cannot fail.
            let _ = write!(token, "{byte:02x}");
        }
        Self(Secret::new(token))
    }

    /// Parses a token. None for another form, which was never issued.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(PREFIX)?;
        let good = digits.len() == 2 * BYTES && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        good.then(|| Self(Secret::new(text)))
    }

    /// The text of the token, for the mail.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// The stored digest of the token.
    pub(super) fn digest(&self, vault: &Vault) -> Vec<u8> {
        vault.mac(Purpose::ONE_TIME_CODE, self.labelled().as_bytes()).to_vec()
    }

    /// The possible stored digests of the token, one for each master key.
    pub(super) fn digests(&self, vault: &Vault) -> Vec<Vec<u8>> {
        vault.macs(Purpose::ONE_TIME_CODE, self.labelled().as_bytes()).map(|mac| mac.to_vec()).collect()
    }

    /// The digest's input, which no code of a mail equals.
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
