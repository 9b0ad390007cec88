//! Access tokens, verified with the published keys and without Freehold's code.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::ADA;
use crate::harness::app::{Setup, TestApp};

/// The claims of a token that one of the keys signed, as RFC 7515 and 7518 have it.
fn claims(keys: &Value, token: &str) -> Option<Value> {
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, payload) = signed.split_once('.')?;
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
    let header: Value = serde_json::from_slice(&decode(header)?).ok()?;
    assert_eq!((&header["alg"], &header["typ"]), (&json!("ES256"), &json!("JWT")));
    let key = keys["keys"].as_array()?.iter().find(|key| key["kid"] == header["kid"])?;
    assert_eq!((&key["kty"], &key["crv"], &key["alg"]), (&json!("EC"), &json!("P-256"), &json!("ES256")));
    let point = [vec![4], decode(key["x"].as_str()?)?, decode(key["y"].as_str()?)?].concat();
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(signed.as_bytes(), &decode(signature)?).ok()?;
    serde_json::from_slice(&decode(payload)?).ok()
}

#[tokio::test]
async fn the_published_keys_verify_a_token() {
    let app = TestApp::new().await;
    let session = app.sign_up(ADA).await.expect(200);
    let answer = app.get("/auth/v1/.well-known/jwks.json").send().await.expect(200);
    assert_eq!(answer.header("cache-control"), "public, max-age=600");
    let keys = answer.json();
    assert!(
        keys["keys"].as_array().unwrap().iter().all(|key| key.get("d").is_none() && key["kty"] != "oct"),
        "{answer}"
    );

    let token = session.at("/access_token");
    let claims_of = claims(&keys, &token).unwrap();
    let now = app.clock().now().as_second();
    assert_eq!(claims_of["iss"], "https://app.example.org/auth/v1");
    assert_eq!(claims_of["sub"], session.json()["user"]["id"]);
    assert_eq!((&claims_of["aud"], &claims_of["role"]), (&json!("authenticated"), &json!("authenticated")));
    assert_eq!((&claims_of["iat"], &claims_of["exp"]), (&json!(now), &json!(now + 3_600)));
    assert_eq!((&claims_of["email"], &claims_of["phone"]), (&json!(ADA), &json!("")));
    assert_eq!((&claims_of["aal"], &claims_of["is_anonymous"]), (&json!("aal1"), &json!(false)));
    assert_eq!(claims_of["amr"], json!([{ "method": "password", "timestamp": now }]));
    assert!(claims_of["session_id"].is_string());
    assert_eq!(claims_of["app_metadata"], json!({ "provider": "email", "providers": ["email"] }));

    let (head, signature) = token.rsplit_once('.').unwrap();
    let other = if signature.starts_with('A') { "B" } else { "A" };
    assert!(claims(&keys, &format!("{head}.{other}{}", &signature[1..])).is_none());
}

#[tokio::test]
async fn a_token_of_one_server_holds_at_another_on_the_same_database() {
    let app = TestApp::new().await;
    let token = app.sign_up(ADA).await.expect(200).at("/access_token");
    let other = app.beside(Setup::default()).await.unwrap();
    other.get("/auth/v1/user").token(&token).send().await.expect(200);
    let keys = async |app: &crate::harness::app::Served| {
        app.get("/auth/v1/.well-known/jwks.json").send().await.expect(200).json()
    };
    assert_eq!(keys(&app).await, keys(&other).await);
}

#[tokio::test]
async fn a_token_of_another_installation_holds_nowhere_else() {
    let (one, other) = (TestApp::new().await, TestApp::new().await);
    let token = one.sign_up(ADA).await.expect(200).at("/access_token");
    let same_keys = one.get("/auth/v1/.well-known/jwks.json").send().await.json()
        == other.get("/auth/v1/.well-known/jwks.json").send().await.json();
    assert!(!same_keys, "two installations have one key");
    other.get("/api/v1/me").token(&token).send().await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn what_clients_ask_before_they_begin() {
    let app = super::confirming().await;
    let settings = app.get("/auth/v1/settings").send().await.expect(200).json();
    assert_eq!(settings["mailer_autoconfirm"], false);
    assert_eq!((&settings["external"]["email"], &settings["external"]["phone"]), (&json!(true), &json!(false)));
    assert_eq!(app.get("/auth/v1/health").send().await.expect(200).at("/name"), "GoTrue");
    let app = TestApp::new().await;
    assert_eq!(app.get("/auth/v1/settings").send().await.expect(200).json()["mailer_autoconfirm"], true);
}
