//! The published keys and the discovery document.

use serde_json::json;

use crate::harness::app::TestApp;

#[tokio::test]
async fn the_discovery_document_leads_to_the_keys() {
    let app = TestApp::new().await;
    let answer = app.get("/auth/v1/.well-known/openid-configuration").send().await.expect(200);
    assert_eq!(answer.header("cache-control"), "public, max-age=600");
    assert_eq!(answer.at("/issuer"), "https://app.example.org/auth/v1");
    let keys = answer.at("/jwks_uri");
    let path = keys.strip_prefix("https://app.example.org").unwrap();
    let set = app.get(path).send().await.expect(200);
    assert_eq!(set.header("cache-control"), "public, max-age=600");
    assert_eq!(set.json()["keys"][0]["alg"], "ES256");
    assert_eq!(answer.json()["id_token_signing_alg_values_supported"], json!(["ES256"]));
    for required in ["authorization_endpoint", "token_endpoint", "response_types_supported", "subject_types_supported"]
    {
        assert!(!answer.json()[required].is_null(), "{required}");
    }
}

#[tokio::test]
async fn a_key_that_is_not_a_token_is_ignored_where_no_credential_is_required() {
    let app = TestApp::new().await;
    let publishable = "sb_publishable_AAAAAAAAAAAAAAAAAAAAAA_AAAAAAAA";
    let body = json!({ "email": "ada@example.org", "password": crate::harness::app::PASSWORD, "code_challenge": null });
    let asked = [
        app.post("/auth/v1/signup").json(&body),
        app.post("/auth/v1/token?grant_type=password").json(&body),
        app.get("/auth/v1/settings"),
        app.get("/auth/v1/health"),
        app.get("/auth/v1/.well-known/jwks.json"),
    ];
    for ask in asked {
        ask.header("apikey", publishable).token(publishable).send().await.expect(200);
    }
    app.get("/auth/v1/user").header("apikey", publishable).token(publishable).send().await.refused(403, "bad_jwt");
}
