//! Signatures of Standard Webhooks 1.0.0 (<https://www.standardwebhooks.com>): `v1`, HMAC-SHA256 with a secret that
//! both sides know, and `v1a`, ed25519 with a public key for the receiver. The signed text is
//! `{id}.{timestamp}.{body}`.
//!
//! Read in this order: [`Key`] signs, [`Verifier`] is the receiver's key, [`sign`] and [`verify`] work on a message.

mod key;
#[cfg(test)]
mod tests;

use std::fmt;

use aws_lc_rs::{constant_time, hmac, signature};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::{SignedDuration, Timestamp};
pub use key::{Key, KeyError, Verifier};

/// Header with the message's id, the same for every attempt.
pub const ID: HeaderName = HeaderName::from_static("webhook-id");
/// Header with the time of this attempt, in whole seconds since 1970.
pub const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
/// Header with one signature per key.
pub const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// Largest difference between a message's time and the receiver's.
pub const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// Why a message is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unverified {
    /// A header is missing or invalid.
    Malformed,
    /// The message was signed more than [`TOLERANCE`] before or after now.
    OutOfTime,
    /// No signature was made with one of these keys.
    NoMatch,
}

/// The signatures of a message with each of these keys, separated by blanks. `id` must not contain a dot, because a
/// receiver refuses such an id; our ids contain none.
pub fn sign(keys: &[Key], id: &str, at: Timestamp, body: &[u8]) -> String {
    let seconds = at.as_second().to_string();
    let signatures: Vec<String> = keys.iter().map(|key| signature_of(key, id, &seconds, body)).collect();
    signatures.join(" ")
}

/// Sets the three headers of a message.
pub fn sign_headers(headers: &mut HeaderMap, keys: &[Key], id: &str, at: Timestamp, body: &[u8]) {
    let values = [(ID, id.to_owned()), (TIMESTAMP, at.as_second().to_string()), (SIGNATURE, sign(keys, id, at, body))];
    for (name, value) in values {
        // Only an id with a line end could fail here, and no receiver accepts a message without these headers.
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
}

/// Checks that a message with these headers was signed with one of these keys at about `now`.
pub fn verify(verifiers: &[Verifier], headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<(), Unverified> {
    let header = |name: &HeaderName| {
        let mut values = headers.get_all(name).iter();
        let value = values.next().and_then(|value| value.to_str().ok()).ok_or(Unverified::Malformed)?;
        // With two values, the next reader might use the other one.
        if values.next().is_some() { Err(Unverified::Malformed) } else { Ok(value) }
    };
    let (id, seconds, signatures) = (header(&ID)?, header(&TIMESTAMP)?, header(&SIGNATURE)?);
    if id.is_empty() || id.contains('.') || !seconds.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Unverified::Malformed);
    }
    let at = seconds.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    let at = at.ok_or(Unverified::Malformed)?;
    if now.duration_since(at).abs() > TOLERANCE {
        return Err(Unverified::OutOfTime);
    }
    let matches = |signature: &str| verifiers.iter().any(|verifier| believes(verifier, signature, id, seconds, body));
    if signatures.split(' ').any(matches) { Ok(()) } else { Err(Unverified::NoMatch) }
}

fn signature_of(key: &Key, id: &str, seconds: &str, body: &[u8]) -> String {
    match key {
        Key::Symmetric(key) => format!("v1,{}", STANDARD.encode(code(&key.authentication(), id, seconds, body))),
        Key::Ed25519(key) => format!("v1a,{}", STANDARD.encode(key.pair().sign(&content(id, seconds, body)))),
    }
}

fn believes(verifier: &Verifier, signature: &str, id: &str, seconds: &str, body: &[u8]) -> bool {
    let Some((version, text)) = signature.split_once(',') else { return false };
    let Ok(bytes) = STANDARD.decode(text) else { return false };
    match (verifier, version) {
        (Verifier::Symmetric(key), "v1") => {
            let expected = code(&key.authentication(), id, seconds, body);
            constant_time::verify_slices_are_equal(expected.as_ref(), &bytes).is_ok()
        }
        (Verifier::Ed25519(public), "v1a") => {
            let public = signature::UnparsedPublicKey::new(&signature::ED25519, public);
            public.verify(&content(id, seconds, body), &bytes).is_ok()
        }
        _ => false,
    }
}

/// The authentication code of a message, without copying its body.
fn code(key: &hmac::Key, id: &str, seconds: &str, body: &[u8]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(key);
    for piece in [id.as_bytes(), b".", seconds.as_bytes(), b".", body] {
        context.update(piece);
    }
    context.sign()
}

fn content(id: &str, seconds: &str, body: &[u8]) -> Vec<u8> {
    [id.as_bytes(), b".", seconds.as_bytes(), b".", body].concat()
}

impl fmt::Display for Unverified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "webhook-id, webhook-timestamp or webhook-signature is missing or malformed.",
            Self::OutOfTime => "webhook-timestamp is more than five minutes from now.",
            Self::NoMatch => "None of the signatures in webhook-signature fits.",
        })
    }
}

impl std::error::Error for Unverified {}
