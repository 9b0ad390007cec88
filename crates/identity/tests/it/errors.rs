//! The two formats of Supabase Auth's errors.

use serde_json::json;

use crate::harness::app::{Ask, TestApp};

fn wrong(app: &TestApp) -> Ask {
    let body = json!({ "email": "ada@example.org", "password": "not it at all" });
    app.post("/auth/v1/token?grant_type=password").json(&body)
}

#[tokio::test]
async fn new_clients_get_the_code_and_the_version_that_makes_them_read_it() {
    let app = TestApp::new().await;
    for version in ["2024-01-01", "2025-06-30", "2099-12-31"] {
        let answer = wrong(&app).header("x-supabase-api-version", version).send().await.expect(400);
        assert_eq!(answer.json(), json!({ "code": "invalid_credentials", "message": "Invalid login credentials" }));
        assert_eq!(answer.header("x-supabase-api-version"), "2024-01-01");
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("x-sb-error-code"), "invalid_credentials");
    }
}

#[tokio::test]
async fn old_clients_get_the_number() {
    let app = TestApp::new().await;
    let old = json!({ "code": 400, "error_code": "invalid_credentials", "msg": "Invalid login credentials" });
    for version in [None, Some(""), Some("2023-12-31"), Some("1")] {
        let ask = wrong(&app);
        let ask = version.map_or(ask.clone(), |version| ask.header("x-supabase-api-version", version));
        let answer = ask.send().await.expect(400);
        assert_eq!(answer.json(), old);
        assert_eq!(answer.header("x-supabase-api-version"), "");
    }
}

#[tokio::test]
async fn paths_and_methods_that_are_not_there_are_told_in_its_form_too() {
    let app = TestApp::new().await;
    app.get("/auth/v1/nothing").send().await.refused(404, "not_found");
    app.get("/auth/v1/signup").send().await.refused(405, "method_not_allowed");
    let new = app.post("/auth/v1/nothing/here").supabase().send().await.refused(404, "not_found");
    assert_eq!(new.header("x-supabase-api-version"), "2024-01-01");
}

#[tokio::test]
async fn codes_have_the_words_of_supabase() {
    let app = TestApp::new().await;
    let signup = || app.post("/auth/v1/signup");
    signup().header("content-type", "application/json").bytes("{").send().await.refused(400, "bad_json");
    signup().header("content-type", "application/json").send().await.refused(400, "bad_json");
    signup().bytes("{}").send().await.refused(400, "bad_json");
    let large = signup().header("content-type", "application/json").bytes(vec![b' '; 1024 * 1024 + 1]);
    large.send().await.refused(413, "request_entity_too_large");
    signup().json(&json!({ "email": 1 })).send().await.refused(400, "validation_failed");
}
