//! Updating users.

use serde_json::{Value, json};

use super::{ADA, AsAdministrator, at, make};
use crate::harness::app::{Answer, PASSWORD, Setup, TestApp};

async fn change(app: &TestApp, person: &Answer, body: Value) -> Answer {
    app.put(&at(person)).json(&body).by(app).await
}

#[tokio::test]
async fn metadata_is_merged_and_null_takes_a_name_away() {
    let app = TestApp::new().await;
    let body = json!({ "email": ADA, "user_metadata": { "a": 1, "b": 2 }, "app_metadata": { "c": 3 } });
    let ada = make(&app, body).await.expect(200);
    let body = json!({ "user_metadata": { "a": null, "d": 4 }, "app_metadata": { "c": null, "e": [5] } });
    let changed = change(&app, &ada, body).await.expect(200);
    assert_eq!(changed.json()["user_metadata"], json!({ "b": 2, "d": 4 }));
    assert_eq!(changed.json()["app_metadata"], json!({ "e": [5], "provider": "email", "providers": ["email"] }));
    let large = json!({ "app_metadata": { "f": "x".repeat(5000) } });
    change(&app, &ada, large).await.refused(400, "validation_failed");
    let same = change(&app, &ada, json!({ "email": null, "password": null, "user_metadata": null })).await.expect(200);
    assert_eq!(same.json()["user_metadata"], changed.json()["user_metadata"]);
}

#[tokio::test]
async fn a_new_password_ends_the_users_sessions_and_links_in_mails() {
    let app = TestApp::with(Setup::default()).await;
    let session = app.sign_up(ADA).await.expect(200);
    app.post("/auth/v1/otp").json(&json!({ "email": ADA })).send().await.expect(200);
    let token = app.link_token(ADA).await;
    let person = app.get("/auth/v1/user").token(&session.at("/access_token")).send().await.expect(200);
    change(&app, &person, json!({ "password": "12345" })).await.refused(422, "weak_password");
    change(&app, &person, json!({ "password": "" })).await.refused(400, "validation_failed");
    app.get("/auth/v1/user").token(&session.at("/access_token")).send().await.expect(200);
    change(&app, &person, json!({ "password": "another good horse" })).await.expect(200);
    app.get("/auth/v1/user").token(&session.at("/access_token")).send().await.expect(403);
    app.get("/api/v1/me").token(&session.at("/access_token")).send().await.expect(401);
    app.refresh(&session.at("/refresh_token")).await.refused(400, "refresh_token_not_found");
    let link = json!({ "type": "magiclink", "token_hash": token });
    app.post("/auth/v1/verify").json(&link).send().await.refused(403, "otp_expired");
    app.sign_in(ADA).await.refused(400, "invalid_credentials");
    let new = json!({ "email": ADA, "password": "another good horse" });
    app.post("/auth/v1/token?grant_type=password").json(&new).send().await.expect(200);
}

#[tokio::test]
async fn an_address_moves_with_the_way_in() {
    let app = TestApp::new().await;
    let ada = make(&app, json!({ "email": ADA, "password": PASSWORD, "email_confirm": true })).await.expect(200);
    make(&app, json!({ "email": "eve@example.org" })).await.expect(200);
    change(&app, &ada, json!({ "email": "eve@example.org" })).await.refused(422, "email_exists");
    let moved = change(&app, &ada, json!({ "email": "Ada@new.example.org", "email_confirm": true })).await.expect(200);
    assert_eq!(moved.at("/email"), "ada@new.example.org");
    assert_eq!(moved.at("/identities/0/identity_data/email"), "ada@new.example.org");
    assert_eq!(moved.json()["identities"].as_array().unwrap().len(), 1);
    app.sign_in("ada@new.example.org").await.expect(200);
    app.sign_in(ADA).await.refused(400, "invalid_credentials");
    let phone = change(&app, &ada, json!({ "phone": "+491701234567", "phone_confirm": true })).await.expect(200);
    assert_eq!(phone.json()["app_metadata"]["providers"], json!(["email", "phone"]));
    let role = change(&app, &ada, json!({ "role": " editor " })).await.expect(200);
    assert_eq!(role.at("/role"), "editor");
}
