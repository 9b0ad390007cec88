//! Attackers' tokens, against keys of every type.

use aws_lc_rs::{
    rsa::KeyPair as RsaPair,
    signature::{RSA_PSS_SHA256, RsaEncoding},
};

use proptest::prelude::*;

use super::*;

const SECRET: &[u8] = b"super-secret-jwt-token-with-at-least-32-characters-long";

/// One ring for each type of key: that key is current, the others verify.
fn rings() -> Vec<KeyRing> {
    let keys = || {
        let made =
            [Algorithm::Es256, Algorithm::Rs256, Algorithm::EdDsa].map(|kind| SigningKey::generate_for(kind).unwrap());
        let secret = SigningKey::from_material(Algorithm::Hs256, Some("shared"), SECRET).unwrap();
        Vec::from(made).into_iter().chain([secret])
    };
    (0..4)
        .map(|at| {
            let (mut current, mut others) = (None, Vec::new());
            for (number, key) in keys().enumerate() {
                if number == at { current = Some(key) } else { others.push(key.verifying().clone()) }
            }
            KeyRing::new(current.unwrap(), others, ISSUER, "authenticated")
        })
        .collect()
}

/// The key's signature over this header and these claims.
fn forged(key: &SigningKey, header: &Value, claims: &Value) -> String {
    let message = format!("{}.{}", part(header), part(claims));
    let honest = key.sign(claims).unwrap();
    let (signed, _) = honest.rsplit_once('.').unwrap();
    assert_ne!(signed, message, "the header is the honest one");
    let random = SystemRandom::new();
    let signature = match key.algorithm() {
        Algorithm::Es256 => {
            let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key.material()).unwrap();
            pair.sign(&random, message.as_bytes()).unwrap().as_ref().to_vec()
        }
        Algorithm::EdDsa => {
            Ed25519KeyPair::from_pkcs8(key.material()).unwrap().sign(message.as_bytes()).as_ref().to_vec()
        }
        Algorithm::Rs256 => rsa_signed(key, &aws_lc_rs::signature::RSA_PKCS1_SHA256, &message),
        Algorithm::Hs256 => hmac_of(key.material(), &message),
    };
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn rsa_signed(key: &SigningKey, padding: &'static dyn RsaEncoding, message: &str) -> Vec<u8> {
    let pair = RsaPair::from_der(key.material()).unwrap();
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(padding, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
    signature
}

fn hmac_of(secret: &[u8], message: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes()).as_ref().to_vec()
}

fn honest_header(key: &SigningKey) -> Value {
    json!({ "alg": key.algorithm().name(), "typ": "JWT", "kid": key.kid() })
}

#[test]
fn every_kind_of_key_signs_and_is_checked() {
    for ring in rings() {
        let token = ring.sign(&claims()).unwrap();
        assert_eq!(ring.verify(&token, now()), Ok(claims()), "{ring:?}");
        let (message, signature) = token.rsplit_once('.').unwrap();
        let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
        for at in [0, bytes.len() / 2, bytes.len() - 1] {
            bytes[at] ^= 1;
            let changed = format!("{message}.{}", URL_SAFE_NO_PAD.encode(&bytes));
            assert_eq!(ring.verify(&changed, now()), Err(TokenError::Signature), "{ring:?}");
            bytes[at] ^= 1;
        }
        for length in [0, 1, bytes.len() - 1] {
            let cut = format!("{message}.{}", URL_SAFE_NO_PAD.encode(&bytes[..length]));
            assert_eq!(ring.verify(&cut, now()), Err(TokenError::Signature), "{ring:?}");
        }
        let zero = format!("{message}.{}", URL_SAFE_NO_PAD.encode(vec![0; bytes.len()]));
        assert_eq!(ring.verify(&zero, now()), Err(TokenError::Signature), "{ring:?}");
    }
}

#[test]
fn the_key_says_the_algorithm_and_the_header_does_not() {
    let claims = json!(claims());
    for ring in rings() {
        let key = ring.current();
        for alg in ["HS256", "HS384", "HS512", "RS256", "RS384", "PS256", "ES256", "ES384", "EdDSA"] {
            if alg == key.algorithm().name() {
                continue;
            }
            let token = forged(key, &with(honest_header(key), "alg", json!(alg)), &claims);
            assert_eq!(ring.verify(&token, now()), Err(TokenError::Algorithm), "{alg} for {key:?}");
        }
        for alg in [json!("none"), json!("NONE"), json!("nOnE"), json!(""), json!(null), json!(0), json!(["RS256"])] {
            let header = with(honest_header(key), "alg", alg);
            let unsigned = format!("{}.{}.", part(&header), part(&claims));
            for token in [unsigned, forged(key, &header, &claims)] {
                assert_eq!(ring.verify(&token, now()), Err(TokenError::Malformed), "{header}");
            }
        }
    }
}

/// The public half of a key is known to everyone: it must never be accepted as a secret.
#[test]
fn nothing_published_is_a_secret() {
    let claims = json!(claims());
    for ring in rings().into_iter().filter(|ring| ring.current().algorithm() != Algorithm::Hs256) {
        let key = ring.current();
        let jwk = json!(key.verifying().jwk());
        let set = json!(ring.jwks()).to_string();
        let members = ["n", "e", "x", "y", "kid"].into_iter().filter_map(|name| jwk[name].as_str());
        let decoded = members.clone().filter_map(|text| URL_SAFE_NO_PAD.decode(text).ok());
        let texts = members.map(|text| text.as_bytes().to_vec());
        let known: Vec<Vec<u8>> =
            decoded.chain(texts).chain([jwk.to_string().into_bytes(), set.into_bytes(), Vec::new()]).collect();
        for secret in known {
            for (header, expected) in [
                (with(honest_header(key), "alg", json!("HS256")), TokenError::Algorithm),
                (with(honest_header(key), "kid", json!("shared")), TokenError::Algorithm),
                (json!({ "alg": "HS256", "typ": "JWT", "kid": "shared" }), TokenError::Signature),
                (json!({ "alg": "HS256", "typ": "JWT" }), TokenError::UnknownKey),
            ] {
                let message = format!("{}.{}", part(&header), part(&claims));
                let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(hmac_of(&secret, &message)));
                assert_eq!(ring.verify(&token, now()), Err(expected), "{header}");
            }
        }
    }
}

#[test]
fn a_name_finds_its_own_key_and_nothing_else() {
    let claims = json!(claims());
    for ring in rings() {
        let key = ring.current();
        for kid in [
            "",
            " ",
            "..",
            "../../dev/null",
            "/proc/self/environ",
            "' or '1'='1",
            "*",
            "%",
            "legacy",
            &"k".repeat(100_000),
        ] {
            let token = forged(key, &with(honest_header(key), "kid", json!(kid)), &claims);
            assert_eq!(ring.verify(&token, now()), Err(TokenError::UnknownKey), "{kid}");
        }
        for kid in [json!(1), json!(true), json!({}), json!([key.kid()])] {
            let token = forged(key, &with(honest_header(key), "kid", kid), &claims);
            assert_eq!(ring.verify(&token, now()), Err(TokenError::Malformed));
        }
        let upper = key.kid().to_uppercase();
        if upper != key.kid() {
            let token = forged(key, &with(honest_header(key), "kid", json!(upper)), &claims);
            assert_eq!(ring.verify(&token, now()), Err(TokenError::UnknownKey));
        }
        // The token names another key of the ring and that key's algorithm.
        for other in ring.others() {
            let header = json!({ "alg": other.algorithm().name(), "typ": "JWT", "kid": other.kid() });
            let token = forged(key, &header, &claims);
            assert_eq!(ring.verify(&token, now()), Err(TokenError::Signature), "{other:?}");
        }
    }
}

#[test]
fn only_the_secret_of_older_projects_needs_no_name() {
    let claims = json!(claims());
    for ring in rings() {
        let key = ring.current();
        let nameless = json!({ "alg": key.algorithm().name(), "typ": "JWT" });
        let found = ring.verify(&forged(key, &nameless, &claims), now());
        assert_eq!(found, Err(TokenError::UnknownKey), "{key:?}");
    }
    let legacy = SigningKey::from_material(Algorithm::Hs256, None, SECRET).unwrap();
    let ring = KeyRing::new(legacy, Vec::new(), ISSUER, "authenticated");
    let token = ring.sign(&super::claims()).unwrap();
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&header).unwrap(), json!({ "alg": "HS256", "typ": "JWT" }));
    assert_eq!(ring.verify(&token, now()), Ok(super::claims()));
    assert!(ring.jwks().keys.is_empty(), "a secret is published");
    // Hosted projects use a key id that only they know.
    let hosted = json!({ "alg": "HS256", "typ": "JWT", "kid": "QSbTHVzaq8xv6dcK" });
    assert_eq!(ring.verify(&forged(ring.current(), &hosted, &claims), now()), Ok(super::claims()));
    let stranger = SigningKey::generate().unwrap();
    for kid in [json!(stranger.kid()), json!(LEGACY)] {
        let token = forged(&stranger, &with(with(hosted.clone(), "alg", json!("ES256")), "kid", kid), &claims);
        assert!([Err(TokenError::UnknownKey), Err(TokenError::Algorithm)].contains(&ring.verify(&token, now())));
    }
    let other = SigningKey::from_material(Algorithm::Hs256, None, &[1; 32]).unwrap();
    assert_eq!(ring.verify(&other.sign(&claims).unwrap(), now()), Err(TokenError::Signature));
}

#[test]
fn another_padding_of_the_same_key_is_refused() {
    let rings = rings();
    let ring = rings.iter().find(|ring| ring.current().algorithm() == Algorithm::Rs256).unwrap();
    let message = format!("{}.{}", part(&honest_header(ring.current())), part(&json!(claims())));
    let signature = rsa_signed(ring.current(), &RSA_PSS_SHA256, &message);
    let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature));
    assert_eq!(ring.verify(&token, now()), Err(TokenError::Signature));
}

#[test]
fn keys_that_the_header_brings_are_not_believed() {
    let claims = json!(claims());
    for ring in rings() {
        let stranger = SigningKey::generate().unwrap();
        let jwk = json!(stranger.verifying().jwk());
        for (name, member) in [
            ("jwk", jwk.clone()),
            ("jku", json!("https://evil.example/jwks.json")),
            ("x5u", json!("https://evil.example/key.pem")),
            ("x5c", json!(["MIIB"])),
        ] {
            let header = json!({ "alg": "ES256", "typ": "JWT", "kid": stranger.kid(), name: member });
            assert_eq!(ring.verify(&forged(&stranger, &header, &claims), now()), Err(TokenError::UnknownKey), "{name}");
            let header = with(header, "kid", json!(ring.current().kid()));
            assert!(ring.verify(&forged(&stranger, &header, &claims), now()).is_err(), "{name}");
        }
    }
}

proptest! {
    #[test]
    fn no_text_is_a_token(text in ".{0,200}") {
        let legacy = SigningKey::from_material(Algorithm::Hs256, None, SECRET).unwrap();
        let ring = KeyRing::new(legacy, Vec::new(), ISSUER, "authenticated");
        prop_assert!(ring.verify(&text, now()).is_err());
    }

    #[test]
    fn no_header_and_no_claims_are_believed_unsigned(header in ".{0,60}", claims in ".{0,60}", signature: [u8; 32]) {
        let legacy = SigningKey::from_material(Algorithm::Hs256, None, SECRET).unwrap();
        let ring = KeyRing::new(legacy, Vec::new(), ISSUER, "authenticated");
        let honest = json!({ "alg": "HS256", "typ": "JWT" }).to_string();
        for header in [&header, &honest] {
            let parts = [header.as_bytes(), claims.as_bytes(), &signature].map(|part| URL_SAFE_NO_PAD.encode(part));
            prop_assert!(ring.verify(&parts.join("."), now()).is_err());
        }
    }

    #[test]
    fn reading_keys_never_panics(text in "[\\[{]?.{0,200}") {
        let _ = crate::signing::keys_parse(&text);
    }
}
