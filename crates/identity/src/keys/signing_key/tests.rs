mod brought;
mod hostile;

use aws_lc_rs::{hmac, rand::SystemRandom, signature::ECDSA_P256_SHA256_ASN1_SIGNING};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::access_token::{Aal, Amr, Claims, TokenError};

const ISSUER: &str = "https://example.com/auth/v1";

/// A token of one hour, issued at the start of 2026.
pub(crate) fn claims() -> Claims {
    let object = |value: Value| value.as_object().unwrap().clone();
    Claims {
        iss: ISSUER.into(),
        sub: "018f0000-0000-7000-8000-000000000001".parse().unwrap(),
        aud: "authenticated".into(),
        exp: 1_767_229_200,
        iat: 1_767_225_600,
        nbf: None,
        email: "ada@example.com".into(),
        phone: String::new(),
        app_metadata: object(json!({"provider": "email", "providers": ["email"]})),
        user_metadata: object(json!({"name": "Ada"})),
        role: "authenticated".into(),
        aal: Aal::One,
        amr: vec![Amr { method: "password".into(), timestamp: 1_767_225_600, provider: None }],
        session_id: "018f0000-0000-7000-8000-000000000002".parse().unwrap(),
        is_anonymous: false,
        client_id: None,
        scope: None,
    }
}

fn now() -> Timestamp {
    Timestamp::from_second(claims().iat).unwrap()
}

fn ring_with(others: Vec<VerifyingKey>) -> KeyRing {
    KeyRing::new(SigningKey::generate().unwrap(), others, ISSUER, "authenticated")
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// A token with any header and any claims, with a valid signature by the ring's key.
fn signed(ring: &KeyRing, header: &Value, claims: &Value) -> String {
    let message = format!("{}.{}", part(header), part(claims));
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, ring.current().material()).unwrap();
    let signature = pair.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn header(ring: &KeyRing) -> Value {
    json!({"alg": "ES256", "typ": "JWT", "kid": ring.current().kid()})
}

fn given(jwk: &Value) -> GivenJwk {
    serde_json::from_value(jwk.clone()).unwrap()
}

/// `value` with one member changed.
fn with(mut value: Value, name: &str, member: Value) -> Value {
    value[name] = member;
    value
}

#[test]
fn a_signed_token_verifies_and_says_what_was_claimed() {
    let ring = ring_with(Vec::new());
    let token = ring.sign(&claims()).unwrap();
    assert_eq!(ring.verify(&token, now()), Ok(claims()));
    let sent: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap()).unwrap();
    assert_eq!(sent, header(&ring));
    assert_eq!(ring.verify(&signed(&ring, &header(&ring), &json!(claims())), now()), Ok(claims()));
}

#[test]
fn the_kid_is_the_thumbprint() {
    // The example key and its thumbprint from RFC 9449, sections 4.1 and 6.1.
    let key = json!({
        "kty": "EC", "crv": "P-256",
        "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs", "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
    });
    let key = VerifyingKey::from_jwk(&given(&key)).unwrap();
    assert_eq!(key.kid(), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    // The example of RFC 8037, appendices A.2 and A.3.
    let key = json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
    let key = VerifyingKey::from_jwk(&given(&key)).unwrap();
    assert_eq!(key.kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

#[test]
fn a_key_survives_storing() {
    for algorithm in [Algorithm::Es256, Algorithm::Rs256, Algorithm::EdDsa] {
        let key = SigningKey::generate_for(algorithm).unwrap();
        let read = SigningKey::from_material(algorithm, None, key.material()).unwrap();
        assert_eq!((read.kid(), read.material(), read.algorithm()), (key.kid(), key.material(), algorithm));
        let public = key.verifying().jwk().unwrap();
        assert_eq!(VerifyingKey::from_jwk(&given(&json!(public))).unwrap().jwk(), Some(public));
        assert_ne!(SigningKey::generate_for(algorithm).unwrap().kid(), key.kid());
    }
    assert_eq!(SigningKey::generate_for(Algorithm::Hs256).unwrap_err(), KeyError::Unsupported);
}

#[test]
fn what_is_not_a_key_is_refused() {
    let key = SigningKey::generate().unwrap();
    for algorithm in [Algorithm::Es256, Algorithm::Rs256, Algorithm::EdDsa] {
        for wrong in [&[][..], &key.material()[1..], &[0; 48]] {
            assert_eq!(SigningKey::from_material(algorithm, None, wrong).unwrap_err(), KeyError::Private);
        }
    }
    assert_eq!(SigningKey::from_material(Algorithm::Hs256, None, &[7; 31]).unwrap_err(), KeyError::Short);
    let jwk = json!(key.verifying().jwk());
    let other = json!(SigningKey::generate().unwrap().verifying().jwk());
    for (name, member, expected) in [
        ("alg", json!("HS256"), KeyError::Unsupported),
        ("alg", json!("ES384"), KeyError::Unsupported),
        ("alg", json!("none"), KeyError::Unsupported),
        ("use", json!("enc"), KeyError::Unsupported),
        ("crv", json!("P-384"), KeyError::Unsupported),
        ("crv", json!("secp256k1"), KeyError::Unsupported),
        ("kty", json!("oct"), KeyError::Unsupported),
        ("kid", json!("a b"), KeyError::Name),
        ("kid", json!("k".repeat(129)), KeyError::Name),
        ("y", other["y"].clone(), KeyError::Public),
        ("x", json!(""), KeyError::Public),
        ("x", json!(null), KeyError::Public),
        ("x", json!(format!("{}AAAA", jwk["x"].as_str().unwrap())), KeyError::Public),
        ("x", json!(format!("{}=", jwk["x"].as_str().unwrap())), KeyError::Public),
    ] {
        let wrong = with(jwk.clone(), name, member);
        assert_eq!(VerifyingKey::from_jwk(&given(&wrong)).unwrap_err(), expected, "{wrong}");
    }
}

#[test]
fn the_published_set_holds_every_key_and_nothing_private() {
    let previous = SigningKey::generate().unwrap();
    let ring = ring_with(vec![previous.verifying().clone()]);
    let set = serde_json::to_value(ring.jwks()).unwrap();
    assert_eq!(set["keys"].as_array().unwrap().len(), 2);
    assert_eq!(set["keys"][1]["kid"], previous.kid());
    let key = set["keys"][0].as_object().unwrap();
    assert_eq!(key.keys().collect::<Vec<_>>(), ["alg", "crv", "key_ops", "kid", "kty", "use", "x", "y"]);
    assert_eq!((&key["kty"], &key["use"], &key["key_ops"]), (&json!("EC"), &json!("sig"), &json!(["verify"])));
}

#[test]
fn a_token_of_a_previous_key_holds_until_the_key_is_gone() {
    let before = ring_with(Vec::new());
    let token = before.sign(&claims()).unwrap();
    let during = ring_with(vec![before.current().verifying().clone()]);
    assert_eq!(during.verify(&token, now()), Ok(claims()));
    assert_eq!(ring_with(Vec::new()).verify(&token, now()), Err(TokenError::UnknownKey));
}

#[test]
fn no_header_talks_us_into_another_algorithm() {
    let ring = ring_with(Vec::new());
    let jwk = ring.current().verifying().jwk().unwrap();
    let (x, y) = (jwk.x.as_deref().unwrap(), jwk.y.as_deref().unwrap());
    let claims = json!(claims());
    for alg in ["HS256", "HS512", "RS256", "PS256", "ES384", "EdDSA"] {
        let header = with(header(&ring), "alg", json!(alg));
        let token = signed(&ring, &header, &claims);
        assert_eq!(ring.verify(&token, now()), Err(TokenError::Algorithm), "{alg}");
    }
    for alg in [json!("none"), json!("None"), json!(""), json!(null), json!(["ES256"])] {
        let header = with(header(&ring), "alg", alg);
        let unsigned = format!("{}.{}.", part(&header), part(&claims));
        assert_eq!(ring.verify(&unsigned, now()), Err(TokenError::Malformed), "{header}");
        assert_eq!(ring.verify(&signed(&ring, &header, &claims), now()), Err(TokenError::Malformed), "{header}");
    }
    // HS256 with the key's public point as the secret.
    let mut point = vec![4];
    point.extend(URL_SAFE_NO_PAD.decode(x).unwrap());
    point.extend(URL_SAFE_NO_PAD.decode(y).unwrap());
    for secret in [&point[..], x.as_bytes(), json!(jwk).to_string().as_bytes()] {
        let message = format!("{}.{}", part(&with(header(&ring), "alg", json!("HS256"))), part(&claims));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
        let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag));
        assert_eq!(ring.verify(&token, now()), Err(TokenError::Algorithm));
    }
}

#[test]
fn a_key_in_the_header_is_not_believed() {
    let (ring, stranger) = (ring_with(Vec::new()), ring_with(Vec::new()));
    let claims = json!(claims());
    let jwk = json!(stranger.current().verifying().jwk());
    let header_with_key = with(header(&ring), "jwk", jwk);
    assert_eq!(ring.verify(&signed(&stranger, &header_with_key, &claims), now()), Err(TokenError::Signature));
    assert_eq!(ring.verify(&signed(&stranger, &header(&ring), &claims), now()), Err(TokenError::Signature));
    assert_eq!(ring.verify(&signed(&stranger, &header(&stranger), &claims), now()), Err(TokenError::UnknownKey));
    let nameless = json!({"alg": "ES256", "typ": "JWT"});
    assert_eq!(ring.verify(&signed(&ring, &nameless, &claims), now()), Err(TokenError::UnknownKey));
    let critical = with(header(&ring), "crit", json!(["b64"]));
    assert_eq!(ring.verify(&signed(&ring, &critical, &claims), now()), Err(TokenError::Malformed));
    let other_kind = with(header(&ring), "typ", json!("dpop+jwt"));
    assert_eq!(ring.verify(&signed(&ring, &other_kind, &claims), now()), Err(TokenError::Malformed));
}

#[test]
fn a_token_holds_only_for_us_and_only_in_its_time() {
    let ring = ring_with(Vec::new());
    let (start, end) = (claims().iat, claims().exp);
    for (change, value, at, expected) in [
        ("iss", json!("https://evil.example/auth/v1"), start, TokenError::Issuer),
        ("iss", json!(""), start, TokenError::Issuer),
        ("iss", json!([ISSUER]), start, TokenError::Malformed),
        ("aud", json!("anon"), start, TokenError::Audience),
        ("aud", json!(["authenticated"]), start, TokenError::Malformed),
        ("exp", json!(start), start, TokenError::Expired),
        ("exp", json!(end), end, TokenError::Expired),
        ("exp", json!(end), end + 86_400, TokenError::Expired),
        ("exp", json!(-1), start, TokenError::Expired),
        ("exp", json!("2030"), start, TokenError::Malformed),
        ("exp", json!(null), start, TokenError::Malformed),
        ("exp", json!(1e300), start, TokenError::Malformed),
        ("nbf", json!(start + 1), start, TokenError::NotYetValid),
        ("sub", json!("admin"), start, TokenError::Malformed),
        ("session_id", json!(null), start, TokenError::Malformed),
        ("aal", json!("aal3"), start, TokenError::Malformed),
    ] {
        let token = signed(&ring, &header(&ring), &with(json!(claims()), change, value.clone()));
        let at = Timestamp::from_second(at).unwrap();
        assert_eq!(ring.verify(&token, at), Err(expected), "{change} = {value}");
    }
    for (change, value, at) in [("exp", json!(end), end - 1), ("nbf", json!(start), start), ("new", json!(1), start)] {
        let token = signed(&ring, &header(&ring), &with(json!(claims()), change, value));
        assert!(ring.verify(&token, Timestamp::from_second(at).unwrap()).is_ok(), "{change}");
    }
}

#[test]
fn garbage_is_refused() {
    let ring = ring_with(Vec::new());
    let token = ring.sign(&claims()).unwrap();
    let parts: Vec<_> = token.split('.').collect();
    let [head, body, signature] = parts[..] else { panic!("a token has three parts") };
    for garbage in [
        String::new(),
        ".".into(),
        "..".into(),
        "....".into(),
        "sb_secret_abcdef".into(),
        "é.é.é".into(),
        format!("{head}.{body}"),
        format!("{token}."),
        format!("{token}.{signature}"),
        format!(" {token}"),
        format!("{head}.{body}.{signature}="),
    ] {
        assert_eq!(ring.verify(&garbage, now()), Err(TokenError::Malformed), "{garbage}");
    }
    assert_eq!(ring.verify(&format!("{head}.{body}."), now()), Err(TokenError::Signature));
    assert_eq!(ring.verify(&format!("{head}.e30.{signature}"), now()), Err(TokenError::Signature));
    let zero = URL_SAFE_NO_PAD.encode([0; 64]);
    assert_eq!(ring.verify(&format!("{head}.{body}.{zero}"), now()), Err(TokenError::Signature));
    // The other encoding of signatures, which RFC 7518 does not allow.
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, ring.current().material()).unwrap();
    let asn1 = pair.sign(&SystemRandom::new(), format!("{head}.{body}").as_bytes()).unwrap();
    let asn1 = URL_SAFE_NO_PAD.encode(asn1);
    assert_eq!(ring.verify(&format!("{head}.{body}.{asn1}"), now()), Err(TokenError::Signature));
}

#[test]
fn every_changed_character_is_noticed() {
    let ring = ring_with(Vec::new());
    let token = ring.sign(&claims()).unwrap();
    for at in 0..token.len() {
        let replacement = if token.as_bytes()[at] == b'A' { "B" } else { "A" };
        let mut changed = token.clone();
        changed.replace_range(at..=at, replacement);
        assert!(ring.verify(&changed, now()).is_err(), "character {at}");
    }
}

#[test]
fn nothing_secret_prints() {
    let ring = ring_with(Vec::new());
    let secret = format!("{:?}", &ring.current().material()[36..40]);
    let shown = format!("{:?} {:?} {ring:?}", ring.current(), ring.current().verifying());
    assert!(!shown.contains(secret.trim_matches(['[', ']'])), "{shown}");
    assert!(shown.contains("[secret]"));
}
