//! Imported keys of other types and from other systems.

use aws_lc_rs::{
    encoding::{AsBigEndian, EcPrivateKeyBin},
    hmac,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair, KeyPair, RSA_PKCS1_2048_8192_SHA256,
        RsaPublicKeyComponents, UnparsedPublicKey,
    },
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use freehold_identity::{
    signing::{Rotated, key_make, key_rotate, keys_import, keys_parse, keys_refresh},
    signing_key::Algorithm,
};
use serde_json::{Value, json};

use super::{ADA, claims, header, published, with_secret};
use crate::harness::app::{Setup, TestApp};

const SECRET: &str = "super-secret-jwt-token-with-at-least-32-characters-long";

async fn rotate_to(app: &TestApp, kid: &str) {
    let keeper = app.backbone.identity.base.keeper();
    assert_eq!(key_rotate(&keeper, Some(kid), true).await.unwrap(), Rotated::Now { kid: kid.to_owned() });
    keys_refresh(&app.backbone.identity.tokens).await.unwrap();
}

/// Whether the published key verifies the token by RFC 7518 and 8037, without Freehold's code.
fn vouches(key: &Value, token: &str) -> bool {
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let member = |name: &str| decode(key[name].as_str().unwrap());
    let (message, signature) = token.rsplit_once('.').unwrap();
    let signature = decode(signature);
    match key["kty"].as_str().unwrap() {
        "OKP" => UnparsedPublicKey::new(&ED25519, member("x")).verify(message.as_bytes(), &signature).is_ok(),
        "RSA" => RsaPublicKeyComponents { n: member("n"), e: member("e") }
            .verify(&RSA_PKCS1_2048_8192_SHA256, message.as_bytes(), &signature)
            .is_ok(),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn keys_of_every_kind_sign_and_are_published_but_for_secrets() {
    let app = TestApp::new().await;
    let first = app.sign_up(ADA).await.expect(200).at("/access_token");
    let keeper = app.backbone.identity.base.keeper();
    for algorithm in [Algorithm::Rs256, Algorithm::EdDsa] {
        let kid = key_make(&keeper, algorithm).await.unwrap();
        rotate_to(&app, &kid).await;
        let token = app.sign_in(ADA).await.expect(200).at("/access_token");
        assert_eq!(header(&token), json!({ "alg": algorithm.name(), "typ": "JWT", "kid": kid }));
        let set = app.get("/auth/v1/.well-known/jwks.json").send().await.expect(200).json();
        assert!(vouches(&set["keys"][0], &token), "{set}");
        for token in [&first, &token] {
            app.get("/auth/v1/user").token(token).send().await.expect(200);
        }
    }
    let imported = keys_import(&keeper, &keys_parse(SECRET).unwrap()).await.unwrap();
    assert_eq!((imported[0].0.kid.as_str(), imported[0].0.state.as_str(), imported[0].1), ("legacy", "previous", true));
    assert!(!keys_import(&keeper, &keys_parse(SECRET).unwrap()).await.unwrap()[0].1, "it is there already");
    rotate_to(&app, "legacy").await;
    let token = app.sign_in(ADA).await.expect(200).at("/access_token");
    assert_eq!(header(&token), json!({ "alg": "HS256", "typ": "JWT" }));
    let (message, signature) = token.rsplit_once('.').unwrap();
    let secret = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    hmac::verify(&secret, message.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    app.get("/auth/v1/user").token(&token).send().await.expect(200);
    assert_eq!(published(&app).await.len(), 3, "the secret is not published");
    let set = app.get("/auth/v1/.well-known/jwks.json").send().await.expect(200);
    assert!(!set.holds("oct") && !set.holds("\"k\"") && !set.holds("\"d\""), "{set}");
    // The next rotation without a key id uses a key that every client can verify with.
    assert!(matches!(key_rotate(&keeper, None, false).await.unwrap(), Rotated::Published { .. }));
}

/// A list in the format of Supabase's command line (`supabase gen signing-key`).
#[tokio::test]
async fn a_set_of_keys_moves_in_and_its_tokens_hold() {
    let old = TestApp::new().await;
    let token = old.sign_up(ADA).await.expect(200).at("/access_token");
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let (point, private) = (point(&pair), private(&pair));
    let key = json!({
        "kty": "EC", "kid": "8f1c7b1e-4f0b-4f0e-9a6b-1d6d6d0c1a11", "use": "sig", "key_ops": ["sign", "verify"],
        "alg": "ES256", "ext": true, "crv": "P-256", "x": point.0, "y": point.1, "d": private,
    });
    let keeper = old.backbone.identity.base.keeper();
    let set = json!([key]).to_string();
    let records = keys_import(&keeper, &keys_parse(&set).unwrap()).await.unwrap();
    assert_eq!((records[0].0.state.as_str(), records[0].0.algorithm.as_str()), ("standby", "ES256"));
    rotate_to(&old, "8f1c7b1e-4f0b-4f0e-9a6b-1d6d6d0c1a11").await;
    let other = old.sign_in(ADA).await.expect(200).at("/access_token");
    assert_eq!(header(&other)["kid"], "8f1c7b1e-4f0b-4f0e-9a6b-1d6d6d0c1a11");
    for token in [&token, &other] {
        old.get("/api/v1/me").token(token).send().await.expect(200);
    }
}

fn point(pair: &EcdsaKeyPair) -> (String, String) {
    let bytes = pair.public_key().as_ref();
    (URL_SAFE_NO_PAD.encode(&bytes[1..33]), URL_SAFE_NO_PAD.encode(&bytes[33..]))
}

fn private(pair: &EcdsaKeyPair) -> String {
    let number: EcPrivateKeyBin<'_> = pair.private_key().as_be_bytes().unwrap();
    URL_SAFE_NO_PAD.encode(number.as_ref())
}

#[tokio::test]
async fn tokens_of_the_secret_hold_while_it_is_set() {
    let app = TestApp::new().await;
    let ours = app.sign_up(ADA).await.expect(200).at("/access_token");
    let legacy = with_secret(SECRET, &claims(&ours));
    app.get("/auth/v1/user").token(&legacy).send().await.refused(403, "bad_jwt");
    let with = app.beside(Setup { jwt_secret: Some(SECRET), ..Setup::default() }).await.unwrap();
    for token in [&ours, &legacy] {
        with.get("/auth/v1/user").token(token).send().await.expect(200);
    }
    assert_eq!(published(&with).await, published(&app).await);
    let other = with_secret("another-secret-of-more-than-32-characters", &claims(&ours));
    with.get("/auth/v1/user").token(&other).send().await.refused(403, "bad_jwt");
    let short = app.beside(Setup { jwt_secret: Some("too short"), ..Setup::default() }).await;
    assert!(format!("{:#}", short.err().unwrap()).contains("SUPABASE_JWT_SECRET"));
}
