//! Imported keys.

use super::*;
use crate::signing::keys_parse;

/// The numbers of an `RSAPrivateKey`, in base64url.
fn numbers(der: &[u8]) -> Vec<String> {
    fn length(der: &[u8]) -> (usize, &[u8]) {
        match der[0] {
            short if short < 0x80 => (usize::from(short), &der[1..]),
            long => {
                let (bytes, rest) = der[1..].split_at(usize::from(long & 0x7f));
                (bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)), rest)
            }
        }
    }
    let (_, mut rest) = length(&der[1..]);
    let mut numbers = Vec::new();
    while !rest.is_empty() {
        let (len, after) = length(&rest[1..]);
        let (number, next) = after.split_at(len);
        let from = number.iter().position(|byte| *byte != 0).unwrap_or(0);
        numbers.push(URL_SAFE_NO_PAD.encode(&number[from..]));
        rest = next;
    }
    numbers
}

/// The whole key as its owner would write it.
fn private(key: &SigningKey) -> Value {
    let mut jwk = json!(key.verifying().jwk());
    jwk["key_ops"] = json!(["sign", "verify"]);
    match key.algorithm() {
        Algorithm::Es256 => {
            // PKCS#8 has the private number of a P-256 key at a fixed position.
            jwk["d"] = json!(URL_SAFE_NO_PAD.encode(&key.material()[36..68]));
        }
        Algorithm::EdDsa => jwk["d"] = json!(URL_SAFE_NO_PAD.encode(&key.material()[16..48])),
        Algorithm::Rs256 => {
            let numbers = numbers(key.material());
            for (name, number) in ["n", "e", "d", "p", "q", "dp", "dq", "qi"].into_iter().zip(&numbers[1..]) {
                jwk[name] = json!(number);
            }
        }
        Algorithm::Hs256 => {
            jwk = json!({ "kty": "oct", "k": URL_SAFE_NO_PAD.encode(key.material()), "kid": key.kid() });
        }
    }
    jwk
}

fn made() -> Vec<SigningKey> {
    let secret = SigningKey::from_material(Algorithm::Hs256, Some("shared"), &[9; 40]).unwrap();
    let made =
        [Algorithm::Es256, Algorithm::Rs256, Algorithm::EdDsa].map(|kind| SigningKey::generate_for(kind).unwrap());
    Vec::from(made).into_iter().chain([secret]).collect()
}

#[test]
fn a_key_of_every_kind_is_taken_as_it_is_written() {
    for key in made() {
        let written = private(&key);
        for jwk in [written.clone(), with(written.clone(), "kid", json!("named-elsewhere"))] {
            let read = SigningKey::from_jwk(&given(&jwk)).unwrap();
            assert_eq!(read.kid(), jwk["kid"].as_str().unwrap());
            let ring = KeyRing::new(read, Vec::new(), ISSUER, "authenticated");
            let checks = key.verifying().clone().called(jwk["kid"].as_str().unwrap());
            let other = KeyRing::of_others(vec![checks], ISSUER, "authenticated");
            assert_eq!(other.verify(&ring.sign(&claims()).unwrap(), now()), Ok(claims()), "{key:?}");
        }
    }
}

#[test]
fn sets_and_lists_and_a_bare_secret_are_read() {
    let keys: Vec<Value> = made().iter().map(private).collect();
    let kids =
        |text: &str| -> Vec<String> { keys_parse(text).unwrap().iter().map(|key| key.kid().to_owned()).collect() };
    let expected: Vec<&str> = keys.iter().map(|key| key["kid"].as_str().unwrap()).collect();
    assert_eq!(kids(&json!({ "keys": keys }).to_string()), expected);
    assert_eq!(kids(&json!(keys).to_string()), expected, "as GOTRUE_JWT_KEYS");
    assert_eq!(kids(&format!("\n{}\n", keys[0])), expected[..1]);
    assert_eq!(kids("super-secret-jwt-token-with-at-least-32-characters-long\n"), [LEGACY]);
    for (text, word) in [
        ("", "32 bytes"),
        ("short", "32 bytes"),
        ("{}", "neither a JWK"),
        ("[1]", "neither a JWK"),
        ("{\"kty\":\"EC\"", "neither a JWK"),
        (r#"{"kty":"oct","k":"c2hvcnQ","kid":"small"}"#, "\"small\""),
        (r#"{"kty":"EC","crv":"P-521","kid":"large"}"#, "\"large\""),
    ] {
        let error = keys_parse(text).unwrap_err();
        assert!(error.message().contains(word), "{error:?}: {}", error.message());
    }
}

#[test]
fn halves_that_do_not_belong_together_are_refused() {
    for (one, other) in made().iter().zip(made().iter()).filter(|(key, _)| key.algorithm() != Algorithm::Hs256) {
        let (one, other) = (private(one), private(other));
        for name in ["d", "x", "n", "p", "qi"] {
            if one[name].is_null() {
                continue;
            }
            let mixed = with(one.clone(), name, other[name].clone());
            assert!(SigningKey::from_jwk(&given(&mixed)).is_err(), "{name} of {}", one["alg"]);
            let missing = with(one.clone(), name, json!(null));
            assert!(SigningKey::from_jwk(&given(&missing)).is_err(), "{name} of {}", one["alg"]);
        }
    }
}

#[test]
fn weak_public_keys_are_refused() {
    let number = |bytes: usize, last: u8| {
        let mut number = vec![0xC5; bytes];
        number[bytes - 1] = last;
        URL_SAFE_NO_PAD.encode(number)
    };
    for (n, e) in [
        (number(128, 1), "AQAB"),
        (number(255, 1), "AQAB"),
        (number(256, 2), "AQAB"),
        (number(256, 1), "AQ"),
        (number(256, 1), "Ag"),
        (number(256, 1), ""),
        (String::new(), "AQAB"),
        (number(4096, 1), "AQAB"),
    ] {
        let jwk = json!({ "kty": "RSA", "n": n, "e": e });
        assert_eq!(VerifyingKey::from_jwk(&given(&jwk)).unwrap_err(), KeyError::Public, "{} {e}", n.len());
    }
    let good = json!({ "kty": "RSA", "n": number(256, 1), "e": "AQAB", "alg": "RS256", "kid": "a" });
    assert_eq!(VerifyingKey::from_jwk(&given(&good)).unwrap().kid(), "a");
    let secret = json!({ "kty": "oct", "k": URL_SAFE_NO_PAD.encode([1; 32]), "kid": "a" });
    assert_eq!(VerifyingKey::from_jwk(&given(&secret)).unwrap_err(), KeyError::Unsupported);
}

#[test]
fn nothing_of_a_key_prints() {
    for key in made() {
        let shown = format!("{key:?} {:?}", key.verifying());
        assert!(shown.contains(key.kid()) && shown.len() < 250, "{shown}");
    }
}
