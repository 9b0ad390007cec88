//! `GET /auth/v1/reauthenticate`, and the requirements of a new password.

use serde_json::json;

use super::{ADA, another, auth, change, methods, newest_mail, type_code};
use crate::harness::app::{PASSWORD, Setup, TestApp};

const OTHER: &str = "another good horse";

#[tokio::test]
async fn a_session_of_yesterday_needs_a_code_for_a_new_password() {
    let app = TestApp::with(Setup::default().with_auth(|auth| auth.password_change_needs_code = true)).await;
    let ada = app.somebody(ADA).await;
    app.advance_seconds(24 * 3_600 + 1);
    let token = app.refresh(&ada.refresh).await.expect(200).at("/access_token");
    let needed = change(&app, &token, &json!({ "password": OTHER })).await.refused(400, "reauthentication_needed");
    assert_eq!(needed.at("/msg"), "Password update requires reauthentication");
    // A change of metadata needs no code.
    change(&app, &token, &json!({ "data": { "name": "Ada" } })).await.expect(200);

    let sent = app.get("/auth/v1/reauthenticate").token(&token).send().await.expect(200);
    assert_eq!(sent.text(), "{}");
    assert_eq!(newest_mail(&app, ADA).await, "reauthentication");
    app.get("/auth/v1/reauthenticate").token(&token).send().await.refused(429, "over_email_send_rate_limit");
    let code = app.code(ADA).await;
    let wrong = change(&app, &token, &json!({ "password": OTHER, "nonce": another(&code) })).await;
    assert_eq!(wrong.refused(422, "reauthentication_not_valid").at("/msg"), "Nonce has expired or is invalid");
    type_code(&app, "email", ADA, &code).await.refused(403, "otp_expired");
    // A rejected password does not use the code up.
    change(&app, &token, &json!({ "password": PASSWORD, "nonce": code })).await.refused(422, "same_password");
    change(&app, &token, &json!({ "password": OTHER, "nonce": code })).await.expect(200);
    let again = change(&app, &token, &json!({ "password": PASSWORD, "nonce": code })).await;
    again.refused(422, "reauthentication_not_valid");
}

#[tokio::test]
async fn five_wrong_codes_kill_it_and_an_hour_ends_it() {
    let app = TestApp::with(Setup::default().with_auth(|auth| auth.password_change_needs_code = true)).await;
    let ada = app.somebody(ADA).await;
    app.advance_seconds(24 * 3_600 + 1);
    let token = app.refresh(&ada.refresh).await.expect(200).at("/access_token");
    app.get("/auth/v1/reauthenticate").token(&token).send().await.expect(200);
    let code = app.code(ADA).await;
    for _ in 0..5 {
        let body = json!({ "password": OTHER, "nonce": another(&code) });
        change(&app, &token, &body).await.refused(422, "reauthentication_not_valid");
    }
    let body = json!({ "password": OTHER, "nonce": code });
    change(&app, &token, &body).await.refused(422, "reauthentication_not_valid");
    app.advance_seconds(60);
    app.get("/auth/v1/reauthenticate").token(&token).send().await.expect(200);
    let code = app.code(ADA).await;
    app.advance_seconds(3_500);
    let token = app.sign_in(ADA).await.expect(200);
    app.advance_seconds(101);
    let body = json!({ "password": OTHER, "nonce": code });
    // A fresh session needs no code, so it is not checked.
    change(&app, &token.at("/access_token"), &body).await.expect(200);
}

#[tokio::test]
async fn a_fresh_session_needs_none() {
    let app = TestApp::with(Setup::default().with_auth(|auth| auth.password_change_needs_code = true)).await;
    let ada = app.somebody(ADA).await;
    change(&app, &ada.token, &json!({ "password": OTHER })).await.expect(200);
}

#[tokio::test]
async fn the_present_password_is_shown_where_it_is_wanted() {
    let setup = Setup::default().confirming().with_auth(|auth| auth.password_change_needs_current = true);
    let app = TestApp::with(setup).await;
    app.somebody(ADA).await;
    let token = app.sign_in(ADA).await.expect(200).at("/access_token");
    for body in [json!({ "password": OTHER }), json!({ "password": OTHER, "current_password": "" })] {
        let missing = change(&app, &token, &body).await.refused(400, "current_password_required");
        assert_eq!(missing.at("/msg"), "Current password required when setting new password.");
    }
    let wrong = json!({ "password": OTHER, "current_password": "not it at all" });
    change(&app, &token, &wrong).await.refused(400, "current_password_invalid");
    let right = json!({ "password": OTHER, "current_password": PASSWORD });
    change(&app, &token, &right).await.expect(200);

    // A user who forgot the password signs in by mail.
    auth(&app, "recover", &json!({ "email": ADA })).await.expect(200);
    let session = type_code(&app, "recovery", ADA, &app.code(ADA).await).await.expect(200);
    assert_eq!(methods(&session), ["otp"]);
    change(&app, &session.at("/access_token"), &json!({ "password": PASSWORD })).await.expect(200);
}

#[tokio::test]
async fn no_code_is_sent_without_a_session_or_an_address() {
    let app = TestApp::with(Setup::default().with_auth(|auth| auth.anonymous_users = true)).await;
    app.get("/auth/v1/reauthenticate").send().await.refused(401, "no_authorization");
    let token = auth(&app, "signup", &json!({})).await.expect(200).at("/access_token");
    let refused = app.get("/auth/v1/reauthenticate").token(&token).send().await.refused(400, "validation_failed");
    assert!(refused.at("/msg").contains("to have an email"), "{refused}");
}
