//! Tokens with which a provider identifies a user (OpenID Connect Core 1.0, section 2).

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use freehold_core::Result;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm as Jws, Header};
use serde_json::{Map, Value};

use super::{Provider, Providers, Speaks};
use crate::signing_key::Algorithm;

/// The longest token that is accepted, in bytes.
const LONGEST: usize = 16 * 1024;
/// Tolerated difference between a provider's clock and ours, in seconds.
const DRIFT: i64 = 60;

/// A token whose signature, issuer and time were verified. The caller compares audience and nonce.
#[derive(Clone, Debug)]
pub(super) struct IdToken {
    /// Id of the user at the provider.
    pub(super) subject: String,
    /// Audiences of the token.
    pub(super) audiences: Vec<String>,
    /// All claims.
    pub(super) claims: Map<String, Value>,
    algorithm: Algorithm,
}

/// Why a token is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Distrust {
    Malformed,
    Algorithm,
    UnknownKey,
    Signature,
    Issuer,
    Time,
    Subject,
}

impl Providers {
    /// Verifies a token of this provider. The outer error: the provider's keys could not be fetched.
    pub(super) async fn id_token(
        &self,
        provider: &Provider,
        token: &str,
        now: Timestamp,
    ) -> Result<Result<IdToken, Distrust>> {
        let Speaks::Oidc { issuer } = &provider.speaks else { return Ok(Err(Distrust::Issuer)) };
        let header = match header(token) {
            Ok(header) => header,
            Err(distrust) => return Ok(Err(distrust)),
        };
        let Some(key) = self.directory.key(issuer, &header).await? else { return Ok(Err(Distrust::UnknownKey)) };
        let metadata = self.directory.metadata(issuer).await?;
        // The claims are checked below, by the clock that is passed in.
        let Ok(claims) = key.verifying.open::<Map<String, Value>>(token, &header) else {
            return Ok(Err(Distrust::Signature));
        };
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        if !text("iss").is_some_and(|said| metadata.signs_as(said, text("tid"))) {
            return Ok(Err(Distrust::Issuer));
        }
        Ok(judge(claims, key.verifying.algorithm(), now.as_second()))
    }
}

impl IdToken {
    /// The claim with this name; none when it is not a text or empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// Whether the token was issued together with this access token; most do not say (OpenID Connect Core 1.0,
    /// 3.1.3.6).
    pub(super) fn came_with(&self, access_token: &str) -> bool {
        let Some(said) = self.text("at_hash") else { return true };
        let whole = digest(&SHA256, access_token.as_bytes());
        // For EdDSA, providers do not agree on the hash.
        self.algorithm == Algorithm::EdDsa || said == URL_SAFE_NO_PAD.encode(&whole.as_ref()[..16])
    }
}

fn header(token: &str) -> Result<Header, Distrust> {
    if token.len() > LONGEST {
        return Err(Distrust::Malformed);
    }
    let header = jsonwebtoken::decode_header(token).map_err(|_| Distrust::Malformed)?;
    // `crit` names extensions that must be understood (RFC 7515, 4.1.11), and none is supported.
    if header.crit.is_some() {
        return Err(Distrust::Malformed);
    }
    match header.alg {
        Jws::RS256 | Jws::ES256 | Jws::EdDSA => Ok(header),
        _ => Err(Distrust::Algorithm),
    }
}

fn judge(claims: Map<String, Value>, algorithm: Algorithm, now: i64) -> Result<IdToken, Distrust> {
    let second = |name: &str| match claims.get(name) {
        None | Some(Value::Null) => Ok(None),
        #[expect(clippy::cast_possible_truncation, reason = "a fraction of a second, and beyond all time it saturates")]
        Some(value) => value.as_f64().map(|second| Some(second as i64)).ok_or(Distrust::Malformed),
    };
    let ends = second("exp")?.ok_or(Distrust::Time)?;
    if ends.saturating_add(DRIFT) <= now {
        return Err(Distrust::Time);
    }
    for begins in [second("iat")?, second("nbf")?].into_iter().flatten() {
        if begins.saturating_sub(DRIFT) > now {
            return Err(Distrust::Time);
        }
    }
    let audiences = match claims.get("aud") {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    let subject = claims.get("sub").and_then(Value::as_str).unwrap_or_default();
    if subject.is_empty() || subject.len() > 255 || subject.chars().any(char::is_control) {
        return Err(Distrust::Subject);
    }
    Ok(IdToken { subject: subject.to_owned(), audiences, claims, algorithm })
}

impl fmt::Display for Distrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the token cannot be read",
            Self::Algorithm => "the token is signed with an unsupported algorithm",
            Self::UnknownKey => "the token is signed with a key that the provider does not publish",
            Self::Signature => "the signature is invalid",
            Self::Issuer => "the token has another issuer",
            Self::Time => "the token has expired or is not valid yet",
            Self::Subject => "the token has no subject",
        })
    }
}

impl std::error::Error for Distrust {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(token in "[A-Za-z0-9_.-]{0,200}", bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = header(&token);
            let encoded = URL_SAFE_NO_PAD.encode(bytes);
            let token = format!("{encoded}.{encoded}.{encoded}");
            prop_assert!(header(&token).is_err());
        }
    }

    fn judged(claims: Value) -> Result<IdToken, Distrust> {
        judge(claims.as_object().unwrap().clone(), Algorithm::Es256, 1_000_000)
    }

    #[test]
    fn a_token_has_its_time() {
        assert!(judged(json!({ "sub": "1", "exp": 1_000_000 })).is_ok(), "clocks differ a little");
        assert!(judged(json!({ "sub": "1", "exp": 1_000_500.5, "iat": 1_000_060, "nbf": null })).is_ok());
        for wrong in [
            json!({ "sub": "1" }),
            json!({ "sub": "1", "exp": 999_940 }),
            json!({ "sub": "1", "exp": 1_000_500, "iat": 1_000_061 }),
            json!({ "sub": "1", "exp": 1_000_500, "nbf": 1_000_061 }),
            json!({ "sub": "1", "exp": -1.0e300 }),
        ] {
            assert_eq!(judged(wrong.clone()).unwrap_err(), Distrust::Time, "{wrong}");
        }
        assert_eq!(judged(json!({ "sub": "1", "exp": "soon" })).unwrap_err(), Distrust::Malformed);
    }

    #[test]
    fn a_token_names_a_user() {
        for wrong in [json!(""), json!(7), json!(null), json!("a\nb"), json!("a".repeat(256))] {
            assert_eq!(judged(json!({ "sub": wrong, "exp": 2_000_000 })).unwrap_err(), Distrust::Subject);
        }
        let token = judged(json!({ "sub": "1", "exp": 2_000_000, "aud": ["a", 7, "b"] })).unwrap();
        assert_eq!(token.audiences, ["a", "b"]);
    }

    #[test]
    fn a_token_may_say_with_which_other_it_came() {
        // OpenID Connect Core 1.0, appendix A.3.
        let said = json!({ "sub": "1", "exp": 2_000_000, "at_hash": "77QmUPtjPfzWtF2AnpK9RQ" });
        let token = judged(said).unwrap();
        assert!(token.came_with("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"));
        assert!(!token.came_with("another"));
        assert!(judged(json!({ "sub": "1", "exp": 2_000_000 })).unwrap().came_with("any"));
    }
}
