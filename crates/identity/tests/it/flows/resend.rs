//! `POST /auth/v1/resend`.

use serde_json::json;

use super::{ADA, NEW, auth, change, confirming, newest_mail};

#[tokio::test]
async fn the_mails_of_a_change_are_sent_again_to_both_addresses() {
    let app = confirming().await;
    let ada = app.somebody(ADA).await;
    change(&app, &ada.token, &json!({ "email": NEW })).await.expect(200);
    let (old, new) = (app.code(ADA).await, app.code(NEW).await);
    let again = json!({ "type": "email_change", "email": ADA });
    auth(&app, "resend", &again).await.refused(429, "over_email_send_rate_limit");
    app.advance_seconds(60);
    assert_eq!(auth(&app, "resend", &again).await.expect(200).text(), "{}");
    assert_eq!((app.mails(ADA).await.len(), app.mails(NEW).await.len()), (3, 2));
    assert_eq!(newest_mail(&app, ADA).await, "email_change_current");
    assert_eq!(newest_mail(&app, NEW).await, "email_change");
    assert!(app.code(ADA).await != old && app.code(NEW).await != new);
}

#[tokio::test]
async fn resending_a_change_that_was_not_requested_is_answered_alike() {
    let app = confirming().await;
    app.somebody(ADA).await;
    let mails = app.count("select count(*) from freehold.mails").await;
    for email in [ADA, "nobody@example.org"] {
        let body = json!({ "type": "email_change", "email": email });
        assert_eq!(auth(&app, "resend", &body).await.expect(200).text(), "{}");
        auth(&app, "resend", &body).await.refused(429, "over_email_send_rate_limit");
    }
    assert_eq!(app.count("select count(*) from freehold.mails").await, mails);
}

#[tokio::test]
async fn what_cannot_be_sent_again_is_told() {
    let app = confirming().await;
    let phone = "+4930901820";
    for (body, status, code, message) in [
        (json!({}), 400, "validation_failed", "Missing one of these types: signup, email_change, sms, phone_change"),
        (
            json!({ "type": "magiclink", "email": ADA }),
            400,
            "validation_failed",
            "Missing one of these types: signup, email_change, sms, phone_change",
        ),
        (json!({ "type": "signup" }), 400, "validation_failed", "Type provided requires an email address"),
        (json!({ "type": "sms" }), 400, "validation_failed", "Type provided requires a phone number"),
        (json!({ "type": "email_change" }), 400, "validation_failed", "Missing email address or phone number"),
        (
            json!({ "type": "signup", "email": ADA, "phone": phone }),
            400,
            "validation_failed",
            "Only an email address or phone number should be provided.",
        ),
        (json!({ "type": "sms", "phone": phone }), 400, "phone_provider_disabled", "Phone logins are disabled"),
        (
            json!({ "type": "phone_change", "phone": phone }),
            400,
            "phone_provider_disabled",
            "Phone logins are disabled",
        ),
    ] {
        let answer = auth(&app, "resend", &body).await.refused(status, code);
        assert_eq!(answer.at("/msg"), message, "{body}");
    }
}
