//! Tokens, codes and keys.

use std::{str, sync::LazyLock};

use freehold_identity::{
    api_key::ApiKey,
    flow::Challenge,
    one_time::{LinkToken, OneTimeCode},
    refresh_token::{RefreshToken, SessionKey},
    signing_key::{KeyRing, SigningKey},
    user::email_normalize,
};
use jiff::Timestamp;

static RING: LazyLock<KeyRing> = LazyLock::new(|| {
    let key = SigningKey::generate().unwrap_or_else(|error| panic!("{error}"));
    KeyRing::new(key, Vec::new(), "https://app.example.org/auth/v1", "authenticated")
});

/// Any text that is presented as a token, a code, a key or an address is read or refused. Nothing that we did not sign
/// is accepted.
pub fn tokens(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let verified = RING.verify(text, Timestamp::UNIX_EPOCH);
    assert!(verified.is_err(), "{text:?} holds, and we signed nothing");
    if let Ok(token) = RefreshToken::parse(text) {
        let key = SessionKey::from_slice(&[7; 32]).unwrap_or_else(|| panic!("32 bytes are a key"));
        assert!(!token.verify(&key), "{text:?} was issued by nobody");
        let same = RefreshToken::issue(token.session(), token.counter(), &key);
        assert_eq!(same.expose().len(), text.len(), "{text:?} is not the only text of its token");
    }
    if let Some(link) = LinkToken::parse(text) {
        assert_eq!(link.expose(), text, "a link's token has one text");
    }
    if let Some(code) = OneTimeCode::parse(text) {
        assert!(code.expose().bytes().all(|byte| byte.is_ascii_digit()));
    }
    let _ = ApiKey::parse(text);
    let _ = Challenge::parse(Some(text), Some("s256"));
    if let Ok(email) = email_normalize(text) {
        assert_eq!(email_normalize(&email).ok().as_ref(), Some(&email), "{text:?} is normalised once");
        assert!(!email.contains(['\r', '\n', '<', '>', ',', ' ']), "{email:?} would be more than one address");
    }
}
