//! Tokens of sessions: the id of the session and a keyed digest of it. A forged token is refused without asking the
//! database, which holds nothing that a token could be made of.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use freehold_core::{Id, Secret};
use freehold_vault::{Purpose, Vault};
use uuid::Uuid;

/// Bytes of a token: 16 of the id, 32 of the digest.
const LENGTH: usize = 48;

/// The form of a kind of token.
#[derive(Clone, Copy)]
pub(crate) struct TokenForm {
    /// The beginning of its text, by which scanners for leaked secrets recognize it.
    pub(crate) prefix: &'static str,
    /// The purpose of its key. A token of one purpose is invalid for every other.
    pub(crate) purpose: Purpose,
}

impl TokenForm {
    /// The token of this session.
    pub(crate) fn write<K>(self, vault: &Vault, session: Id<K>) -> Secret {
        let id = session.uuid();
        let mut bytes = id.as_bytes().to_vec();
        bytes.extend(vault.mac(self.purpose, id.as_bytes()));
        Secret::new(format!("{}{}", self.prefix, URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The session of a token; none: the text is no token of ours.
    pub(crate) fn read<K>(self, vault: &Vault, text: &str) -> Option<Id<K>> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(self.prefix)?).ok()?;
        let (id, tag) = bytes.split_at_checked(16).filter(|_| bytes.len() == LENGTH)?;
        vault.mac_verify(self.purpose, id, tag).then(|| Uuid::from_slice(id).ok().map(Id::new))?
    }
}

#[cfg(test)]
mod tests {
    use freehold_core::{SessionId, SessionKind};

    use super::*;
    use crate::purposes::{IMPERSONATION, SESSION};

    const FORM: TokenForm = TokenForm { prefix: "fho_", purpose: SESSION };

    #[test]
    fn a_token_leads_to_its_session_and_to_no_other() {
        let vault = Vault::new([7; 32]);
        let id: SessionId = Id::new(Uuid::from_u128(5));
        let token = FORM.write(&vault, id);
        assert_eq!(FORM.read(&vault, token.expose()), Some(id));
        let other = TokenForm { purpose: IMPERSONATION, ..FORM };
        assert_eq!(other.read::<SessionKind>(&vault, token.expose()), None, "of another purpose");
        assert_eq!(FORM.read::<SessionKind>(&Vault::new([8; 32]), token.expose()), None, "of another server");
        let text = token.expose();
        for position in "fho_".len()..text.len() - 1 {
            let mut forged = text.to_owned();
            let letter = if &text[position..=position] == "A" { "B" } else { "A" };
            forged.replace_range(position..=position, letter);
            assert_eq!(FORM.read::<SessionKind>(&vault, &forged), None, "changed at {position}");
        }
        for text in ["", "fho_", "fhi_", "fho_AAAA", &text[1..], &text[..text.len() - 1], &format!("{text}A")] {
            assert_eq!(FORM.read::<SessionKind>(&vault, text), None, "{text}");
        }
    }
}
