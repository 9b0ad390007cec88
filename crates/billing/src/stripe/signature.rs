//! Verifying webhooks of Stripe (<https://docs.stripe.com/webhooks/signatures>): `Stripe-Signature` has `t=`, seconds
//! since 1970, and for each secret of the endpoint a `v1=`, the HMAC-SHA256 of `{t}.{body}` in hex.

use std::fmt::{self, Write as _};

use aws_lc_rs::{constant_time, hmac};
use freehold_core::Secret;
use jiff::{SignedDuration, Timestamp};

/// Tolerated difference between a webhook's time and ours, both ways.
pub const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// Why a webhook is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureError {
    /// The header has an invalid format.
    Malformed,
    /// It was signed more than [`TOLERANCE`] ago, or more than [`TOLERANCE`] in the future.
    OutOfTime,
    /// None of its signatures was made with one of the secrets.
    NoMatch,
}

/// Checks that `body` was signed with one of these secrets at about `now`. `header` is the value of `Stripe-Signature`,
/// `body` the bytes as received.
pub fn check(secrets: &[Secret], header: &str, body: &[u8], now: Timestamp) -> Result<(), SignatureError> {
    let (mut seconds, mut signatures) = (None, Vec::new());
    for part in header.split(',') {
        let (name, value) = part.trim().split_once('=').ok_or(SignatureError::Malformed)?;
        match name {
            // With two times, another program might read the other one.
            "t" if seconds.is_some() => return Err(SignatureError::Malformed),
            "t" => seconds = Some(value),
            "v1" => signatures.push(value),
            // `v0` is for Stripe's own tests, and Stripe may add others.
            _ => {}
        }
    }
    let seconds = seconds.filter(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()));
    let seconds = seconds.ok_or(SignatureError::Malformed)?;
    let at = seconds.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    let at = at.ok_or(SignatureError::Malformed)?;
    if signatures.is_empty() {
        return Err(SignatureError::Malformed);
    }
    let signatures: Vec<[u8; 32]> = signatures.into_iter().filter_map(bytes_of).collect();
    let matches = |secret: &Secret| {
        let expected = code(secret, seconds, body);
        // Compares all signatures, so that the time taken reveals nothing.
        signatures.iter().fold(false, |found, signature| {
            constant_time::verify_slices_are_equal(expected.as_ref(), signature).is_ok() | found
        })
    };
    if !secrets.iter().fold(false, |found, secret| matches(secret) | found) {
        return Err(SignatureError::NoMatch);
    }
    // Checked after the signature, so that only a sender with a secret learns how our clock is set.
    if now.duration_since(at).abs() > TOLERANCE {
        return Err(SignatureError::OutOfTime);
    }
    Ok(())
}

/// The header for `body`, sent at `at`, with one signature for each secret: for tests and replays.
pub fn sign(secrets: &[Secret], body: &[u8], at: Timestamp) -> String {
    let seconds = at.as_second().to_string();
    let mut header = format!("t={seconds}");
    for secret in secrets {
        header.push_str(",v1=");
        for byte in code(secret, &seconds, body).as_ref() {
            // Writing to a string never fails.
            let _ = write!(header, "{byte:02x}");
        }
    }
    header
}

/// The HMAC of a body, without copying it. The secret is used as it is written, including its prefix.
fn code(secret: &Secret, seconds: &str, body: &[u8]) -> hmac::Tag {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
    let mut context = hmac::Context::with_key(&key);
    for piece in [seconds.as_bytes(), b".", body] {
        context.update(piece);
    }
    context.sign()
}

/// Parses 64 hex digits; none for anything else.
fn bytes_of(hex: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    if pairs.len() != bytes.len() || !rest.is_empty() {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

impl fmt::Display for SignatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "Stripe-Signature is missing or malformed",
            Self::OutOfTime => "Stripe-Signature was made more than five minutes from now",
            Self::NoMatch => "none of the signatures in Stripe-Signature fits",
        })
    }
}

impl std::error::Error for SignatureError {}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf '12345.{"id":"evt_1"}' | openssl dgst -sha256 -hmac whsec_test`
    const KNOWN: &str = "8c990f992d95eb2978e78609f4caf526f4191a35a20d6ab00c821fc4f95c6338";
    const BODY: &[u8] = br#"{"id":"evt_1"}"#;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn secrets(texts: &[&str]) -> Vec<Secret> {
        texts.iter().copied().map(Secret::new).collect()
    }

    #[test]
    fn openssl_s_signature_is_believed() {
        let ours = secrets(&["whsec_test"]);
        let header = format!("t=12345,v1={KNOWN}");
        assert_eq!(check(&ours, &header, BODY, at(12345)), Ok(()));
        assert_eq!(sign(&ours, BODY, at(12345)), header);
        for header in [format!("v1={KNOWN},t=12345"), format!("t=12345, v1={KNOWN},v0=abc,future=1")] {
            assert_eq!(check(&ours, &header, BODY, at(12345)), Ok(()), "{header}");
        }
    }

    #[test]
    fn five_minutes_both_ways_are_tolerated() {
        let ours = secrets(&["whsec_test"]);
        let header = format!("t=12345,v1={KNOWN}");
        for (now, verdict) in [
            (12345 + 300, Ok(())),
            (12345 - 300, Ok(())),
            (12345 + 301, Err(SignatureError::OutOfTime)),
            (12345 - 301, Err(SignatureError::OutOfTime)),
        ] {
            assert_eq!(check(&ours, &header, BODY, at(now)), verdict, "{now}");
        }
    }

    #[test]
    fn while_a_secret_is_rolled_either_is_believed() {
        let (old, new) = (secrets(&["whsec_old"]), secrets(&["whsec_new"]));
        let both = secrets(&["whsec_new", "whsec_old"]);
        let now = at(1_700_000_000);
        // Stripe signs with both secrets for a day; the settings may have one of them, or both.
        assert_eq!(check(&new, &sign(&both, BODY, now), BODY, now), Ok(()));
        assert_eq!(check(&old, &sign(&both, BODY, now), BODY, now), Ok(()));
        assert_eq!(check(&both, &sign(&old, BODY, now), BODY, now), Ok(()));
        assert_eq!(check(&old, &sign(&new, BODY, now), BODY, now), Err(SignatureError::NoMatch));
        assert_eq!(check(&[], &sign(&new, BODY, now), BODY, now), Err(SignatureError::NoMatch));
    }

    #[test]
    fn another_body_time_or_secret_is_not_believed() {
        let ours = secrets(&["whsec_test"]);
        let wrong = Err(SignatureError::NoMatch);
        let header = format!("t=12345,v1={KNOWN}");
        assert_eq!(check(&ours, &header, br#"{"id":"evt_2"}"#, at(12345)), wrong);
        assert_eq!(check(&ours, &format!("t=12346,v1={KNOWN}"), BODY, at(12345)), wrong);
        assert_eq!(check(&secrets(&["whsec_other"]), &header, BODY, at(12345)), wrong);
        assert_eq!(check(&ours, &format!("t=12345,v1={}", &KNOWN[2..]), BODY, at(12345)), wrong);
        assert_eq!(check(&ours, &format!("t=12345,v1={}é", &KNOWN[2..]), BODY, at(12345)), wrong);
        assert_eq!(check(&ours, &format!("t=12345,v0={KNOWN},v1=00"), BODY, at(12345)), wrong);
    }

    #[test]
    fn malformed_headers_are_refused() {
        let ours = secrets(&["whsec_test"]);
        for header in [
            String::new(),
            "t=12345".to_owned(),
            format!("v1={KNOWN}"),
            format!("t=,v1={KNOWN}"),
            format!("t=-5,v1={KNOWN}"),
            format!("t=+12345,v1={KNOWN}"),
            format!("t=12345,t=12345,v1={KNOWN}"),
            format!("t=99999999999999999999,v1={KNOWN}"),
            format!("t=12345,v0={KNOWN}"),
            format!("t=12345;v1={KNOWN}"),
            "nonsense".to_owned(),
        ] {
            assert_eq!(check(&ours, &header, BODY, at(12345)), Err(SignatureError::Malformed), "{header}");
        }
    }
}
