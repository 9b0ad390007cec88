//! A provider's signing keys (RFC 7517).

use jsonwebtoken::Header;
use serde_json::Value;

use crate::signing_key::{Algorithm, Jwk, VerifyingKey};

/// A public key of a provider. The key says which algorithm it signs with; a token's header cannot choose another.
#[derive(Clone)]
pub(super) struct IssuerKey {
    id: Option<String>,
    pub(super) verifying: VerifyingKey,
}

impl IssuerKey {
    /// Parses the key, if its algorithm is supported: RS256, ES256 or EdDSA.
    pub(super) fn read(jwk: &Value) -> Option<Self> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        if text("use").is_some_and(|usage| usage != "sig") {
            return None;
        }
        let says = |names: &[&str]| text("alg").is_none_or(|algorithm| names.contains(&algorithm));
        // Some providers pad numbers with `=`.
        let number = |name: &str| text(name).map(|digits| digits.trim_end_matches('=').to_owned());
        let (algorithm, public) = match (text("kty")?, text("crv")) {
            ("RSA", _) if says(&["RS256"]) => (Algorithm::Rs256, Jwk::rsa(number("n")?, number("e")?)),
            ("EC", Some("P-256")) if says(&["ES256"]) => (Algorithm::Es256, Jwk::ec(number("x")?, number("y")?)),
            ("OKP", Some("Ed25519")) if says(&["EdDSA", "Ed25519"]) => (Algorithm::EdDsa, Jwk::okp(number("x")?)),
            _ => return None,
        };
        let verifying = VerifyingKey::published(public, algorithm).ok()?;
        Some(Self { id: text("kid").map(str::to_owned), verifying })
    }

    /// The keys of a set that can be used.
    pub(super) fn read_all(set: &Value) -> Vec<Self> {
        let keys = set.get("keys").and_then(Value::as_array);
        keys.into_iter().flatten().filter_map(Self::read).collect()
    }

    /// The key for the token with this header: the one with its `kid`, or without a `kid` the only one of its
    /// algorithm.
    pub(super) fn choose<'a>(keys: &'a [Self], header: &Header) -> Option<&'a Self> {
        let mut fitting = keys.iter().filter(|key| key.verifying.algorithm().jws() == header.alg);
        match &header.kid {
            Some(kid) => fitting.find(|key| key.id.as_ref() == Some(kid)),
            None => fitting.next().filter(|_| fitting.next().is_none()),
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use serde_json::json;

    use super::*;

    // RFC 7517, appendix A.1, and RFC 8037, appendix A.2.
    const X: &str = "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4";
    const Y: &str = "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM";
    const ED: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

    #[test]
    fn a_key_says_its_algorithm() {
        let ec = json!({ "kty": "EC", "crv": "P-256", "x": X, "y": Y, "kid": "1" });
        let ed = json!({ "kty": "OKP", "crv": "Ed25519", "x": ED, "alg": "EdDSA", "use": "sig" });
        assert_eq!(IssuerKey::read(&ec).unwrap().verifying.algorithm(), Algorithm::Es256);
        assert_eq!(IssuerKey::read(&ed).unwrap().verifying.algorithm(), Algorithm::EdDsa);
        let keys = IssuerKey::read_all(&json!({ "keys": [ec, { "kty": "AKP" }, 7, ed] }));
        assert_eq!(keys.len(), 2);
        let mut header = Header::new(Algorithm::EdDsa.jws());
        assert!(IssuerKey::choose(&keys, &header).is_some());
        header.kid = Some("1".into());
        assert!(IssuerKey::choose(&keys, &header).is_none(), "the key of that name signs otherwise");
    }

    #[test]
    fn what_is_no_key_for_signatures_is_left_out() {
        let short = URL_SAFE_NO_PAD.encode([255; 128]);
        let padded = URL_SAFE_NO_PAD.encode([vec![0; 128], vec![255; 128]].concat());
        for wrong in [
            json!({ "kty": "oct", "k": "c2VjcmV0" }),
            json!({ "kty": "EC", "crv": "P-256", "x": X, "y": X }),
            json!({ "kty": "EC", "crv": "P-384", "x": X, "y": Y }),
            json!({ "kty": "EC", "crv": "P-256", "x": X, "y": Y, "use": "enc" }),
            json!({ "kty": "EC", "crv": "P-256", "x": X, "y": Y, "alg": "HS256" }),
            json!({ "kty": "RSA", "n": short, "e": "AQAB" }),
            json!({ "kty": "RSA", "n": padded, "e": "AQAB" }),
            json!({ "kty": "OKP", "crv": "X25519", "x": ED }),
            json!(null),
        ] {
            assert!(IssuerKey::read(&wrong).is_none(), "{wrong}");
        }
    }
}
