//! Secrets that are sent by mail and used once: a code of digits to type, a link to follow.
//!
//! Both are compared by digest, so that the table of outstanding ones reveals nothing. A code has only a million
//! values: its digest is an HMAC under the vault's pepper (a plain hash could be reversed in a second), and the caller
//! limits how many wrong ones may be tried. A link holds 32 random bytes, for which SHA-256 is enough.
//!
//! Mail scanners follow links: a `GET` shows a page, and only the `POST` of its button consumes the token.

use std::fmt;

use aws_lc_rs::constant_time;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use freehold_core::{Random, Secret};
use freehold_vault::{Purpose, Vault};
use zeroize::Zeroizing;

use crate::sha256_hex;

/// Digits of a code when nothing else is configured.
pub const CODE_DIGITS: usize = 6;
const CODE_DIGITS_MAX: usize = 10;
const LINK_BYTES: usize = 32;
/// How Supabase marks the tokens of the PKCE flow.
const PKCE_PREFIX: &str = "pkce_";

/// A code to type, 6 to 10 digits: `042917`.
#[derive(Clone)]
pub struct OneTimeCode(Secret);

impl OneTimeCode {
    /// Creates a code with this many digits, limited to 6 to 10. Every code is equally likely.
    pub fn generate(digits: usize, random: &Random) -> Self {
        let mut code = Zeroizing::new(String::with_capacity(CODE_DIGITS_MAX));
        for _ in 0..digits.clamp(CODE_DIGITS, CODE_DIGITS_MAX) {
            code.extend(char::from_digit(random.below(10), 10));
        }
        Self(Secret::new(code.as_str()))
    }

    /// Parses a code as a user typed it, ignoring spaces and dashes; none when it cannot be a code, so that it need not
    /// be looked up.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > 4 * CODE_DIGITS_MAX {
            return None;
        }
        let kept = text.chars().filter(|character| !character.is_whitespace() && *character != '-');
        let code: Zeroizing<String> = Zeroizing::new(kept.collect());
        let is_code =
            (CODE_DIGITS..=CODE_DIGITS_MAX).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit());
        is_code.then(|| Self(Secret::new(code.as_str())))
    }

    /// The code in plain text, for the mail.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl fmt::Debug for OneTimeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTimeCode([secret])")
    }
}

/// The digest that is stored for a code sent to `email`, which must be spelled as stored with the user. The same code
/// sent to another user has another digest.
pub fn code_digest(vault: &Vault, email: &str, code: &OneTimeCode) -> [u8; 32] {
    vault.mac(Purpose::ONE_TIME_CODE, &code_message(email, code))
}

/// Whether `digest` is that of `code` sent to `email`, also under an older master key. Compares in constant time.
pub fn code_matches(vault: &Vault, email: &str, code: &OneTimeCode, digest: &[u8]) -> bool {
    vault.mac_verify(Purpose::ONE_TIME_CODE, &code_message(email, code), digest)
}

/// Address and code with a separator that occurs in neither, so that no two pairs give the same text.
fn code_message(email: &str, code: &OneTimeCode) -> Zeroizing<Vec<u8>> {
    Zeroizing::new([email.as_bytes(), b"\0", code.expose().as_bytes()].concat())
}

/// How the browser gets its session after it has followed a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// In the fragment of the URL that it is redirected to.
    Implicit,
    /// By exchanging a code, which only the browser that requested the mail can do (RFC 7636).
    Pkce,
}

/// The token of a link: 32 random bytes in unpadded base64url, 43 characters, with `pkce_` before it in the PKCE flow.
#[derive(Clone)]
pub struct LinkToken {
    text: Secret,
    flow: Flow,
}

impl LinkToken {
    /// Creates a token.
    pub fn generate(flow: Flow, random: &Random) -> Self {
        let bytes = Zeroizing::new(random.bytes::<LINK_BYTES>());
        let token = Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_slice()));
        let prefix = if flow == Flow::Pkce { PKCE_PREFIX } else { "" };
        Self { text: Secret::new(format!("{prefix}{}", *token)), flow }
    }

    /// Parses the token in a link; none when it cannot be a token, so that it need not be looked up.
    pub fn parse(text: &str) -> Option<Self> {
        let (token, flow) = match text.strip_prefix(PKCE_PREFIX) {
            Some(token) => (token, Flow::Pkce),
            None => (text, Flow::Implicit),
        };
        let mut bytes = Zeroizing::new([0; LINK_BYTES + 2]);
        let length = URL_SAFE_NO_PAD.decode_slice(token, bytes.as_mut_slice()).ok()?;
        (length == LINK_BYTES).then(|| Self { text: Secret::new(text), flow })
    }

    /// How the session is handed over. The prefix is part of what is hashed: without it, it is another token.
    pub fn flow(&self) -> Flow {
        self.flow
    }

    /// The token in plain text, for the mail.
    pub fn expose(&self) -> &str {
        self.text.expose()
    }

    /// The hash that is stored and looked up: SHA-256 in 64 lower-case hexadecimal digits.
    pub fn hash(&self) -> String {
        sha256_hex(self.text.expose())
    }

    /// Whether `hash` is this token's. Compares in constant time.
    pub fn matches(&self, hash: &str) -> bool {
        constant_time::verify_slices_are_equal(self.hash().as_bytes(), hash.as_bytes()).is_ok()
    }
}

impl fmt::Debug for LinkToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LinkToken({:?}, [secret])", self.flow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(seed: u8) -> Vault {
        Vault::new([seed; 32])
    }

    #[test]
    fn codes_have_their_digits_and_keep_leading_zeros() {
        let random = Random::seeded(1);
        let codes: Vec<_> = (0..200).map(|_| OneTimeCode::generate(6, &random)).collect();
        assert!(codes.iter().all(|code| code.expose().len() == 6 && code.expose().bytes().all(|b| b.is_ascii_digit())));
        assert!(codes.iter().any(|code| code.expose().starts_with('0')));
        assert_eq!(OneTimeCode::generate(1, &random).expose().len(), 6);
        assert_eq!(OneTimeCode::generate(8, &random).expose().len(), 8);
        assert_eq!(OneTimeCode::generate(99, &random).expose().len(), 10);
    }

    #[test]
    fn a_code_is_read_as_people_type_it() {
        for text in ["042917", " 042 917 ", "042-917", "042\u{a0}917"] {
            assert_eq!(OneTimeCode::parse(text).unwrap().expose(), "042917", "{text}");
        }
        for text in ["", "04291", "04291a", "०४२९१७", "12345678901", &"1".repeat(1000), &" ".repeat(1000)] {
            assert!(OneTimeCode::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_code_holds_for_one_address_and_one_pepper() {
        let code = OneTimeCode::parse("042917").unwrap();
        let digest = code_digest(&vault(1), "ada@example.com", &code);
        assert!(code_matches(&vault(1), "ada@example.com", &code, &digest));
        assert!(!code_matches(&vault(1), "eve@example.com", &code, &digest));
        assert!(!code_matches(&vault(2), "ada@example.com", &code, &digest));
        assert!(!code_matches(&vault(1), "ada@example.com", &OneTimeCode::parse("042918").unwrap(), &digest));
        assert!(!code_matches(&vault(1), "ada@example.com", &code, &[]));
    }

    #[test]
    fn address_and_code_do_not_run_together() {
        let digest = |email: &str, code: &str| code_digest(&vault(1), email, &OneTimeCode::parse(code).unwrap());
        assert_ne!(digest("a1", "234567"), digest("a", "1234567"));
    }

    #[test]
    fn a_link_is_found_by_its_hash_and_keeps_its_flow() {
        for flow in [Flow::Implicit, Flow::Pkce] {
            let token = LinkToken::generate(flow, &Random::system());
            let parsed = LinkToken::parse(token.expose()).unwrap();
            assert_eq!(parsed.flow(), flow);
            assert_eq!(parsed.hash(), token.hash());
            assert!(parsed.matches(&token.hash()) && !parsed.matches("") && !parsed.matches(&token.hash()[1..]));
        }
    }

    #[test]
    fn a_pkce_link_cannot_be_turned_into_an_implicit_one() {
        let token = LinkToken::generate(Flow::Pkce, &Random::system());
        let stripped = LinkToken::parse(token.expose().strip_prefix("pkce_").unwrap()).unwrap();
        assert!(!stripped.matches(&token.hash()));
    }

    #[test]
    fn the_hash_is_sha_256_in_hex() {
        let token = LinkToken::parse("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").unwrap();
        assert_eq!(token.hash(), "0f007385b6f9d4b7eeb2748605afe1a984a0a3bfa3f014d09e2a784ce9e5cd1a");
    }

    #[test]
    fn what_is_not_a_link_token_is_refused_without_a_query() {
        let token = LinkToken::generate(Flow::Implicit, &Random::system());
        for text in ["", "pkce_", "abc", &token.expose()[1..], &format!("{}A", token.expose()), &"A".repeat(100_000)] {
            assert!(LinkToken::parse(text).is_none());
        }
    }

    #[test]
    fn nothing_secret_prints() {
        let code = OneTimeCode::parse("042917").unwrap();
        let token = LinkToken::generate(Flow::Pkce, &Random::seeded(1));
        assert_eq!(format!("{code:?} {token:?}"), "OneTimeCode([secret]) LinkToken(Pkce, [secret])");
    }
}
