//! `POST /auth/v1/recover`, and the new password after it.

use serde_json::json;

use super::{ADA, another, auth, change, confirming, follow, methods, newest_mail, type_code};
use crate::harness::app::PASSWORD;

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_the_mail() {
    let app = confirming().await;
    app.somebody(ADA).await;
    let answer = auth(&app, "recover", &json!({ "email": " ADA@example.org" })).await.expect(200);
    assert_eq!(answer.text(), "{}");
    assert_eq!(newest_mail(&app, ADA).await, "recovery");
    assert!(app.link(ADA).await.contains("&type=recovery&"));
    let session = type_code(&app, "recovery", ADA, &app.code(ADA).await).await.expect(200);
    assert_eq!(methods(&session), ["otp"]);
    let token = session.at("/access_token");
    change(&app, &token, &json!({ "password": "another good horse" })).await.expect(200);
    app.sign_in(ADA).await.refused(400, "invalid_credentials");
    let new = json!({ "email": ADA, "password": "another good horse" });
    auth(&app, "token?grant_type=password", &new).await.expect(200);
}

#[tokio::test]
async fn the_link_of_it_works_as_well_and_once() {
    let app = confirming().await;
    app.somebody(ADA).await;
    auth(&app, "recover", &json!({ "email": ADA })).await.expect(200);
    let token = app.link_token(ADA).await;
    follow(&app, "signup", &token).await.refused(403, "otp_expired");
    follow(&app, "recovery", &token).await.expect(200);
    let again = follow(&app, "recovery", &token).await.refused(403, "otp_expired");
    assert_eq!(again.at("/msg"), "Email link is invalid or has expired");
}

#[tokio::test]
async fn who_has_not_confirmed_the_address_does_so_by_it() {
    let app = confirming().await;
    app.sign_up(ADA).await.expect(200);
    auth(&app, "recover", &json!({ "email": ADA })).await.expect(200);
    let session = type_code(&app, "recovery", ADA, &app.code(ADA).await).await.expect(200);
    assert_eq!(session.at("/user/email_confirmed_at"), "2026-03-15T12:00:00Z");
    // The person who set the password may not be the one who reads the mail.
    app.sign_in(ADA).await.refused(400, "invalid_credentials");
    change(&app, &session.at("/access_token"), &json!({ "password": PASSWORD })).await.expect(200);
    app.sign_in(ADA).await.expect(200);
}

#[tokio::test]
async fn what_cannot_be_recovered_is_told() {
    let app = confirming().await;
    auth(&app, "recover", &json!({})).await.refused(400, "validation_failed");
    auth(&app, "recover", &json!({ "email": null })).await.refused(400, "validation_failed");
    auth(&app, "recover", &json!({ "email": "ada" })).await.refused(400, "validation_failed");
    auth(&app, "recover", &json!({ "email": ADA, "code_challenge": "x", "code_challenge_method": "s256" }))
        .await
        .refused(400, "validation_failed");
}

#[tokio::test]
async fn wrong_codes_kill_the_code_of_the_recovery_too() {
    let app = confirming().await;
    app.somebody(ADA).await;
    auth(&app, "recover", &json!({ "email": ADA })).await.expect(200);
    let code = app.code(ADA).await;
    for _ in 0..5 {
        type_code(&app, "recovery", ADA, &another(&code)).await.refused(403, "otp_expired");
    }
    type_code(&app, "recovery", ADA, &code).await.refused(403, "otp_expired");
    follow(&app, "recovery", &app.link_token(ADA).await).await.expect(200);
}

#[tokio::test]
async fn a_new_password_ends_what_was_sent_and_the_other_sessions() {
    let app = confirming().await;
    let ada = app.somebody(ADA).await;
    let other = app.sign_in(ADA).await.expect(200);
    auth(&app, "recover", &json!({ "email": ADA })).await.expect(200);
    let link = app.link_token(ADA).await;
    change(&app, &ada.token, &json!({ "password": "another good horse" })).await.expect(200);
    follow(&app, "recovery", &link).await.refused(403, "otp_expired");
    app.refresh(&other.at("/refresh_token")).await.refused(400, "refresh_token_not_found");
    app.get("/auth/v1/user").token(&other.at("/access_token")).send().await.refused(403, "session_not_found");
    app.get("/auth/v1/user").token(&ada.token).send().await.expect(200);
    app.refresh(&ada.refresh).await.expect(200);
}
