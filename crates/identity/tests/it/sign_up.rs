//! `POST /auth/v1/signup`.

use serde_json::{Value, json};

use super::{ADA, auth, confirming};
use crate::harness::app::{PASSWORD, Setup, TestApp};

#[tokio::test]
async fn a_sign_up_creates_a_user_and_sends_a_mail_without_a_session() {
    let app = confirming().await;
    let body = json!({ "email": " Ada@Example.org ", "password": PASSWORD, "data": { "name": "Ada" } });
    let answer = auth(&app, "signup", &body).await.expect(200);
    let user = answer.json();
    assert!(user.get("access_token").is_none() && user.get("user").is_none(), "{answer}");
    assert_eq!(user["email"], ADA);
    assert_eq!(
        (&user["aud"], &user["role"], &user["phone"]),
        (&json!("authenticated"), &json!("authenticated"), &json!(""))
    );
    assert_eq!(user["user_metadata"], json!({ "name": "Ada" }));
    assert_eq!(user["app_metadata"], json!({ "provider": "email", "providers": ["email"] }));
    assert_eq!(user["confirmation_sent_at"], "2026-03-15T12:00:00Z");
    // Times that have not come are left out, not null.
    assert!(user.get("email_confirmed_at").is_none() && user.get("last_sign_in_at").is_none(), "{answer}");
    let identity = &user["identities"][0];
    assert_eq!((&identity["provider"], &identity["id"]), (&json!("email"), &user["id"]));
    assert_ne!(identity["identity_id"], identity["id"]);
    assert_eq!(identity["identity_data"]["email_verified"], false);

    let mails = app.mails(ADA).await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].mail.template().name, "confirm_signup");
    assert_eq!(app.count("select count(*) from auth.sessions").await, 0);
    // A user who never confirms the address gets no organization and starts no trial.
    assert_eq!(app.count("select count(*) from freehold.tenants").await, 0);
}

#[tokio::test]
async fn a_confirmed_address_gets_the_answer_of_a_new_one_and_no_mail() {
    let app = confirming().await;
    let ada = app.somebody(ADA).await;
    let mails = app.mails(ADA).await.len();
    app.advance_seconds(3_600);
    let body = json!({ "email": ADA, "password": "somebody elses horse", "data": { "name": "Eve" } });
    let disguised = auth(&app, "signup", &body).await.expect(200).json();
    assert_eq!(disguised["identities"], json!([]));
    assert_ne!(disguised["id"], ada.id);
    assert_eq!(disguised["role"], "");
    let new =
        auth(&app, "signup", &json!({ "email": "new@example.org", "password": PASSWORD })).await.expect(200).json();
    // Supabase's answer reveals it by empty `identities`, because its users asked for that; no other field may.
    assert_eq!(names(&disguised), names(&new));

    assert_eq!(app.mails(ADA).await.len(), mails);
    app.sign_in(ADA).await.expect(200);
    let people = app.count("select count(*) from auth.users where email = 'ada@example.org'").await;
    assert_eq!(people, 1);
}

fn names(object: &Value) -> Vec<&String> {
    object.as_object().unwrap().keys().collect()
}

#[tokio::test]
async fn an_unconfirmed_address_gets_another_mail_after_a_minute() {
    let app = confirming().await;
    let first = app.sign_up(ADA).await.expect(200).at("/id");
    let refused = app.sign_up(ADA).await.refused(429, "over_email_send_rate_limit");
    assert_eq!(refused.at("/msg"), "For security purposes, you can only request this after 60 seconds.");
    assert_eq!(refused.header("retry-after"), "60");
    app.advance_seconds(59);
    let refused = app.sign_up(ADA).await.refused(429, "over_email_send_rate_limit");
    assert_eq!(refused.at("/msg"), "For security purposes, you can only request this after 1 seconds.");
    app.advance_seconds(1);
    let again = app.sign_up(ADA).await.expect(200);
    assert_eq!(again.at("/id"), first);
    assert_eq!(again.json()["identities"].as_array().unwrap().len(), 1);
    assert_eq!(app.mails(ADA).await.len(), 2);
}

#[tokio::test]
async fn a_strangers_password_from_before_the_confirmation_is_invalid() {
    let app = confirming().await;
    let eve = json!({ "email": ADA, "password": "the password of eve" });
    auth(&app, "signup", &eve).await.expect(200);
    app.advance_seconds(60);
    app.sign_up(ADA).await.expect(200);
    super::type_code(&app, ADA, &app.code(ADA).await).await.expect(200);
    auth(&app, "token?grant_type=password", &eve).await.refused(400, "invalid_credentials");
    app.sign_in(ADA).await.refused(400, "invalid_credentials");
}

#[tokio::test]
async fn without_confirmation_the_answer_is_a_session() {
    let app = TestApp::new().await;
    let answer = app.sign_up(ADA).await.expect(200);
    let session = answer.json();
    assert_eq!((&session["token_type"], &session["expires_in"]), (&json!("bearer"), &json!(3600)));
    assert_eq!(session["expires_at"], app.clock().now().as_second() + 3600);
    assert_eq!(session["user"]["email_confirmed_at"], "2026-03-15T12:00:00Z");
    app.get("/auth/v1/user").token(&answer.at("/access_token")).send().await.expect(200);
    app.refresh(&answer.at("/refresh_token")).await.expect(200);
    assert!(app.mails(ADA).await.is_empty());
    let again = app.sign_up("ADA@example.org").await.refused(422, "user_already_exists");
    assert_eq!(again.at("/msg"), "User already registered");
}

#[tokio::test]
async fn two_sign_ups_of_one_address_at_once_make_one_person() {
    for setup in [Setup::default(), Setup::default().confirming()] {
        let app = TestApp::with(setup).await;
        let (one, other) = tokio::join!(app.sign_up(ADA), app.sign_up(ADA));
        for answer in [&one, &other] {
            assert!([200, 422, 429].contains(&answer.status()), "{answer}");
        }
        assert!(one.status() == 200 || other.status() == 200);
        assert_eq!(app.count("select count(*) from auth.users").await, 1);
        let came_in = i64::from(setup.autoconfirm);
        assert_eq!(app.count("select count(*) from freehold.tenants").await, came_in);
    }
}

#[tokio::test]
async fn what_cannot_sign_up_is_told_why() {
    let app = confirming().await;
    let refused = async |body: Value, status: u16, code: &str, message: &str| {
        let answer = auth(&app, "signup", &body).await.refused(status, code);
        assert!(answer.at("/msg").contains(message), "{answer}");
    };
    refused(json!({ "email": "ada", "password": PASSWORD }), 400, "validation_failed", "invalid format").await;
    refused(json!({ "email": ADA }), 400, "validation_failed", "valid password").await;
    refused(json!({ "email": ADA, "password": "" }), 400, "validation_failed", "valid password").await;
    refused(json!({ "email": ADA, "password": "x".repeat(5_000) }), 400, "validation_failed", "").await;
    refused(json!({ "data": {} }), 422, "anonymous_provider_disabled", "Anonymous").await;
    refused(json!({ "phone": "+4930901820", "password": PASSWORD }), 400, "phone_provider_disabled", "Phone").await;
    refused(json!({ "email": ADA, "password": PASSWORD, "data": [1] }), 400, "validation_failed", "object").await;
    let large = json!({ "note": "x".repeat(2_048) });
    refused(json!({ "email": ADA, "password": PASSWORD, "data": large }), 400, "validation_failed", "2,048").await;
    assert_eq!(app.count("select count(*) from auth.users").await, 0);
}

#[tokio::test]
async fn what_supabases_clients_send_beside_is_ignored_and_null_is_nothing() {
    let app = confirming().await;
    let body = json!({
        "email": ADA, "password": PASSWORD, "phone": null, "data": null, "channel": null, "code_challenge": null,
        "code_challenge_method": null, "gotrue_meta_security": { "captcha_token": null }, "anything": [1, { "a": 2 }],
    });
    assert_eq!(auth(&app, "signup", &body).await.expect(200).json()["user_metadata"], json!({}));
    let wire = app.post("/auth/v1/signup").json(&json!({ "email": "b@example.org", "password": PASSWORD }));
    let wire = wire.header("content-type", "application/json;charset=UTF-8").header("apikey", "sb_publishable_x");
    wire.token("sb_publishable_x").send().await.expect(200);
}
