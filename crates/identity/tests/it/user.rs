//! `GET` and `PUT /auth/v1/user`.

use serde_json::{Value, json};

use super::{ADA, auth};
use crate::harness::app::{Answer, PASSWORD, TestApp};

async fn change(app: &TestApp, token: &str, body: Value) -> Answer {
    app.put("/auth/v1/user").token(token).json(&body).send().await
}

#[tokio::test]
async fn a_user_reads_their_own_account() {
    let app = TestApp::new().await;
    let session = app.sign_up(ADA).await.expect(200);
    let user = app.get("/auth/v1/user").token(&session.at("/access_token")).send().await.expect(200);
    assert_eq!(user.json(), session.json()["user"]);
    let nobody = app.get("/auth/v1/user").send().await.refused(401, "no_authorization");
    assert_eq!(nobody.at("/msg"), "This endpoint requires a valid Bearer token");
    app.get("/auth/v1/user").token("x").send().await.refused(403, "bad_jwt");
    app.advance_seconds(3_600);
    app.get("/auth/v1/user").token(&session.at("/access_token")).send().await.refused(403, "bad_jwt");
}

#[tokio::test]
async fn user_metadata_is_merged_and_null_removes_a_key() {
    let app = TestApp::new().await;
    let data = json!({ "name": "Ada", "color": "green", "nested": { "a": 1, "b": null } });
    let body = json!({ "email": ADA, "password": PASSWORD, "data": data });
    let token = auth(&app, "signup", &body).await.expect(200).at("/access_token");
    let body = json!({ "data": { "color": null, "size": 3, "nested": { "c": null } } });
    let user = change(&app, &token, body).await.expect(200);
    // Only top-level keys are removed; a value is replaced as a whole, with the nulls inside it.
    assert_eq!(user.json()["user_metadata"], json!({ "name": "Ada", "size": 3, "nested": { "c": null } }));
    let read = app.get("/auth/v1/user").token(&token).send().await.expect(200);
    assert_eq!(read.json()["user_metadata"], user.json()["user_metadata"]);
    change(&app, &token, json!({ "data": { "never": null } })).await.expect(200);
    change(&app, &token, json!({})).await.expect(200);
    let read = app.get("/auth/v1/user").token(&token).send().await.expect(200);
    assert_eq!(read.json()["user_metadata"], user.json()["user_metadata"]);
}

#[tokio::test]
async fn user_metadata_never_exceeds_the_limit_of_a_token() {
    let app = TestApp::new().await;
    let token = app.sign_up(ADA).await.expect(200).at("/access_token");
    let mut taken = 0;
    for number in 0..10 {
        let name = format!("n{number}");
        let answer = change(&app, &token, json!({ "data": { name: "x".repeat(500) } })).await;
        if answer.status() != 200 {
            answer.refused(400, "validation_failed");
            continue;
        }
        taken += 1;
    }
    assert_eq!(taken, 4);
}

#[tokio::test]
async fn a_new_password_replaces_the_old_one() {
    let app = TestApp::new().await;
    let token = app.sign_up(ADA).await.expect(200).at("/access_token");
    let same = change(&app, &token, json!({ "password": PASSWORD })).await.refused(422, "same_password");
    assert_eq!(same.at("/msg"), "New password should be different from the old password.");
    change(&app, &token, json!({ "password": "another good horse" })).await.expect(200);
    app.sign_in(ADA).await.refused(400, "invalid_credentials");
    let new = json!({ "email": ADA, "password": "another good horse" });
    auth(&app, "token?grant_type=password", &new).await.expect(200);
}

#[tokio::test]
async fn a_weak_password_is_refused_with_its_reasons() {
    let app = TestApp::new().await;
    let weak = auth(&app, "signup", &json!({ "email": ADA, "password": "12345" })).await.refused(422, "weak_password");
    assert!(weak.json()["weak_password"]["reasons"].as_array().unwrap().contains(&json!("length")), "{weak}");
    let token = app.sign_up(ADA).await.expect(200).at("/access_token");
    let body = json!({ "password": "12345" });
    let new = app.put("/auth/v1/user").token(&token).json(&body).supabase().send().await.refused(422, "weak_password");
    assert_eq!(new.json()["weak_password"], weak.json()["weak_password"]);
    assert!(new.json()["message"].is_string());
}

#[tokio::test]
async fn users_cannot_change_app_metadata() {
    let app = TestApp::new().await;
    let token = app.sign_up(ADA).await.expect(200).at("/access_token");
    for data in [json!({ "role": "admin" }), json!({})] {
        let body = json!({ "app_metadata": data, "data": { "name": "Eve" } });
        change(&app, &token, body).await.refused(403, "not_admin");
    }
    change(&app, &token, json!({ "phone": "+4930901820" })).await.refused(400, "phone_provider_disabled");
    let body = json!({ "role": "service_role", "aud": "x", "email_confirmed_at": "2020-01-01", "app_metadata": null });
    let user = change(&app, &token, body).await.expect(200).json();
    assert_eq!(user["role"], "authenticated");
    assert_eq!(user["user_metadata"], json!({}));
    assert_eq!(user["app_metadata"], json!({ "provider": "email", "providers": ["email"] }));
}

#[tokio::test]
async fn an_address_and_nothing_are_taken_for_no_change() {
    let app = TestApp::new().await;
    let token = app.sign_up(ADA).await.expect(200).at("/access_token");
    let body =
        json!({ "email": null, "password": null, "data": null, "phone": null, "nonce": null, "code_challenge": null });
    change(&app, &token, body).await.expect(200);
    app.sign_in(ADA).await.expect(200);
}
