//! `POST /auth/v1/otp` and the older `/magiclink`.

use serde_json::json;

use super::{ADA, auth, confirming, type_code};
use crate::harness::app::{Setup, TestApp};

#[tokio::test]
async fn a_mail_makes_a_person_unless_told_not_to() {
    let app = confirming().await;
    let unknown = auth(&app, "otp", &json!({ "email": ADA, "create_user": false })).await.refused(422, "otp_disabled");
    assert_eq!(unknown.at("/msg"), "Signups not allowed for otp");
    let body = json!({ "email": ADA, "create_user": true, "data": { "name": "Ada" } });
    assert_eq!(auth(&app, "otp", &body).await.expect(200).text(), "{}");
    let session = type_code(&app, ADA, &app.code(ADA).await).await.expect(200);
    assert_eq!(session.at("/user/user_metadata/name"), "Ada");
    app.get("/api/v1/usage").token(&session.at("/access_token")).send().await.expect(200);
}

#[tokio::test]
async fn the_older_name_does_the_same() {
    let app = confirming().await;
    assert_eq!(auth(&app, "magiclink", &json!({ "email": ADA })).await.expect(200).text(), "{}");
    let body = json!({ "type": "email", "email": ADA, "token": app.code(ADA).await });
    auth(&app, "verify", &body).await.expect(200);
}

#[tokio::test]
async fn mails_to_one_address_have_a_minute_between_them() {
    let app = confirming().await;
    app.somebody(ADA).await;
    auth(&app, "otp", &json!({ "email": ADA })).await.expect(200);
    let refused = auth(&app, "otp", &json!({ "email": ADA })).await.refused(429, "over_email_send_rate_limit");
    assert_eq!(refused.at("/msg"), "For security purposes, you can only request this after 60 seconds.");
    app.advance_seconds(60);
    auth(&app, "otp", &json!({ "email": ADA })).await.expect(200);
}

#[tokio::test]
async fn a_product_without_links_sends_none() {
    let app = TestApp::with(Setup::of("documents")).await;
    auth(&app, "otp", &json!({ "email": ADA })).await.refused(422, "email_provider_disabled");
    assert_eq!(app.count("select count(*) from auth.users").await, 0);
}
