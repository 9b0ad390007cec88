//! A token that a program got from a provider itself.

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Value, json};

use super::{
    browser::{ada, app, providers, sign_in},
    people::user,
    stand_in::{self, CLIENT, Somebody, id_token},
};
use crate::harness::app::{Answer, Served, Setup, TestApp};

const NONCE: &str = "a nonce of the program's own";

fn hashed(nonce: &str) -> String {
    digest(&SHA256, nonce.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

async fn grant(app: &Served, body: Value) -> Answer {
    app.post("/auth/v1/token?grant_type=id_token").json(&body).send().await
}

#[track_caller]
fn in_oauth(answer: &Answer, error: &str, description: &str) {
    assert_eq!(answer.status(), 400, "{answer}");
    assert_eq!(answer.json(), json!({ "error": error, "error_description": description }), "{answer}");
}

#[tokio::test]
async fn a_token_signs_in() {
    let app = app().await;
    let token = id_token("es", &ada(), Some(&hashed(NONCE)), CLIENT);
    let body = json!({ "provider": "es", "id_token": token, "nonce": NONCE, "access_token": null, "gotrue_meta_security": {} });
    let session = grant(&app, body).await.expect(200);
    assert_eq!(
        (session.at("/user/email"), session.at("/user/app_metadata/provider")),
        ("ada@example.org".into(), "es".into())
    );
    assert!(session.json().get("provider_token").is_none());
    // It is the same user as with the browser.
    let place = sign_in(&app, "es", &ada()).await;
    assert_eq!(user(&app, &place).await["id"], json!(session.at("/user/id")));
}

#[tokio::test]
async fn a_token_may_be_for_a_telephone() {
    let app = app().await;
    let token = id_token("es", &ada(), None, "telephone");
    grant(&app, json!({ "provider": "google", "id_token": token })).await.expect(200);
    let other = grant(&app, json!({ "provider": "es", "id_token": token })).await;
    in_oauth(&other, "invalid request", "Unacceptable audience in id_token");
}

#[tokio::test]
async fn the_issuer_stands_for_the_provider() {
    let app = app().await;
    let (token, issuer) = (id_token("rs", &ada(), None, CLIENT), format!("{}/rs", stand_in::place()));
    grant(&app, json!({ "issuer": issuer, "client_id": CLIENT, "id_token": token })).await.expect(200);
    let unknown = json!({ "issuer": "https://evil.example", "client_id": CLIENT, "id_token": token });
    let unknown = grant(&app, unknown).await.refused(400, "validation_failed");
    assert_eq!(unknown.at("/msg"), "Custom OIDC provider \"\" not allowed");
}

#[tokio::test]
async fn what_is_missing_is_said_in_oauths_words() {
    let app = app().await;
    in_oauth(&grant(&app, json!({})).await, "invalid request", "id_token required");
    let half = "provider or client_id and issuer required";
    in_oauth(&grant(&app, json!({ "id_token": "x", "issuer": "https://x.example" })).await, "invalid request", half);
    in_oauth(&grant(&app, json!({ "id_token": "x", "provider": "es" })).await, "invalid request", "Bad ID token");
    let off = grant(&app, json!({ "id_token": "x", "provider": "azure" })).await.refused(400, "provider_disabled");
    assert_eq!(off.at("/msg"), "Provider (issuer \"https://login.microsoftonline.com/common/v2.0\") is not enabled");
    let none = grant(&app, json!({ "id_token": "x", "provider": "github" })).await;
    none.refused(400, "provider_disabled");
}

#[tokio::test]
async fn a_nonce_binds_a_token_to_its_program() {
    let app = app().await;
    let (bound, free) = (id_token("es", &ada(), Some(&hashed(NONCE)), CLIENT), id_token("es", &ada(), None, CLIENT));
    let both = "Passed nonce and nonce in id_token should either both exist or not.";
    in_oauth(&grant(&app, json!({ "provider": "es", "id_token": bound })).await, "invalid request", both);
    in_oauth(
        &grant(&app, json!({ "provider": "es", "id_token": free, "nonce": NONCE })).await,
        "invalid request",
        both,
    );
    let wrong = json!({ "provider": "es", "id_token": bound, "nonce": "another" });
    in_oauth(&grant(&app, wrong).await, "invalid nonce", "Nonces mismatch");
    // The browser's nonce is not hashed, so its tokens cannot be used here.
    let raw = id_token("es", &ada(), Some(NONCE), CLIENT);
    let raw = json!({ "provider": "es", "id_token": raw, "nonce": NONCE });
    in_oauth(&grant(&app, raw).await, "invalid nonce", "Nonces mismatch");
    grant(&app, json!({ "provider": "optional", "id_token": bound })).await.expect(200);
}

#[tokio::test]
async fn a_token_that_lies_opens_nothing() {
    let app = app().await;
    for variant in ["bent", "by-public-key", "critical", "other-algorithm", "other-key", "unknown-key", "unsigned"] {
        let token = id_token(variant, &ada(), None, CLIENT);
        let answer = grant(&app, json!({ "provider": variant, "id_token": token })).await;
        in_oauth(&answer, "invalid request", "Bad ID token");
    }
    // Another provider's token, and one that belongs to another access token.
    let token = id_token("rs", &ada(), None, CLIENT);
    let answer = grant(&app, json!({ "provider": "es", "id_token": token })).await;
    in_oauth(&answer, "invalid request", "Bad ID token");
    app.advance_seconds(361);
    let old = grant(&app, json!({ "provider": "rs", "id_token": token })).await;
    in_oauth(&old, "invalid request", "Bad ID token");
    assert_eq!(app.count("select count(*) from auth.users").await, 0);
}

#[tokio::test]
async fn an_unverified_address_is_refused_here_too() {
    let app = app().await;
    let token = id_token("es", &Somebody::new("1", "ada@example.org", false), None, CLIENT);
    let answer = grant(&app, json!({ "provider": "es", "id_token": token })).await;
    answer.refused(422, "provider_email_needs_verification");
    let nobody = id_token("es", &Somebody::new("2", "", false), None, CLIENT);
    in_oauth(&grant(&app, json!({ "provider": "es", "id_token": nobody })).await, "invalid request", "Bad ID token");
    grant(&app, json!({ "provider": "optional", "id_token": nobody })).await.expect(200);
}

#[tokio::test]
async fn a_signed_in_user_links_the_identity_of_a_token() {
    let app = app().await;
    let nobody = app.post("/auth/v1/signup").json(&json!({})).send().await.expect(200);
    let token = id_token("es", &ada(), None, CLIENT);
    let body = json!({ "provider": "es", "id_token": token, "link_identity": true });
    let missing = grant(&app, body.clone()).await;
    in_oauth(&missing, "invalid request", "Linking requires a valid user access token in Authorization");
    let link = |bearer: String| app.post("/auth/v1/token?grant_type=id_token").token(&bearer).json(&body).send();
    link("x.y.z".to_owned()).await.refused(403, "bad_jwt");
    let session = link(nobody.at("/access_token")).await.expect(200);
    assert_eq!((session.at("/user/id"), session.at("/user/is_anonymous")), (nobody.at("/user/id"), "false".into()));
    link(nobody.at("/access_token")).await.refused(422, "identity_already_exists");

    let strict = app.beside(Setup::default().with_auth(|auth| {
        providers(auth);
        auth.manual_linking = false;
    }));
    let strict = strict.await.unwrap();
    let answer = strict.post("/auth/v1/token?grant_type=id_token").token(&session.at("/access_token")).json(&body);
    answer.send().await.refused(404, "manual_linking_disabled");
}

#[tokio::test]
async fn without_providers_there_is_nothing_to_bring() {
    let app = TestApp::new().await;
    grant(&app, json!({ "provider": "google", "id_token": "x" })).await.refused(400, "provider_disabled");
    grant(&app, json!({ "provider": "acme", "id_token": "x" })).await.refused(400, "validation_failed");
}
