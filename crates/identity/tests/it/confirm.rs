//! Confirming an address with the code of the mail.

use serde_json::json;

use super::{ADA, another, auth, confirming, type_code};

#[tokio::test]
async fn the_code_confirms_the_address_and_signs_in_once() {
    let app = confirming().await;
    app.sign_up(ADA).await.expect(200);
    app.sign_in(ADA).await.refused(400, "email_not_confirmed");
    let code = app.code(ADA).await;
    assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()), "{code}");
    let session = type_code(&app, "Ada@Example.org", &format!("{} {}", &code[..3], &code[3..])).await.expect(200);
    assert_eq!(session.at("/user/email_confirmed_at"), "2026-03-15T12:00:00Z");
    assert_eq!(session.at("/user/identities/0/identity_data/email_verified"), "true");
    app.get("/auth/v1/user").token(&session.at("/access_token")).send().await.expect(200);

    let again = type_code(&app, ADA, &code).await.refused(403, "otp_expired");
    assert_eq!(again.at("/msg"), "Token has expired or is invalid");
    app.sign_in(ADA).await.expect(200);
}

#[tokio::test]
async fn two_who_type_the_code_at_once_get_one_session() {
    let app = confirming().await;
    app.sign_up(ADA).await.expect(200);
    let code = app.code(ADA).await;
    let all = futures_util::future::join_all((0..8).map(|_| type_code(&app, ADA, &code))).await;
    assert_eq!(all.iter().filter(|answer| answer.status() == 200).count(), 1);
    assert!(all.iter().all(|answer| [200, 403].contains(&answer.status())));
    assert_eq!(app.count("select count(*) from auth.sessions").await, 1);
}

#[tokio::test]
async fn five_wrong_codes_kill_the_code_and_not_the_link() {
    let app = confirming().await;
    app.sign_up(ADA).await.expect(200);
    let code = app.code(ADA).await;
    for _ in 0..5 {
        type_code(&app, ADA, &another(&code)).await.refused(403, "otp_expired");
    }
    type_code(&app, ADA, &code).await.refused(403, "otp_expired");
    let link = json!({ "type": "signup", "token_hash": app.link_token(ADA).await });
    auth(&app, "verify", &link).await.expect(200);
}

#[tokio::test]
async fn four_wrong_codes_do_not_kill_it() {
    let app = confirming().await;
    app.sign_up(ADA).await.expect(200);
    let code = app.code(ADA).await;
    for _ in 0..4 {
        type_code(&app, ADA, &another(&code)).await.refused(403, "otp_expired");
    }
    type_code(&app, ADA, &code).await.expect(200);
}

#[tokio::test]
async fn many_guesses_at_once_are_five_at_most() {
    let app = confirming().await;
    app.sign_up(ADA).await.expect(200);
    let code = app.code(ADA).await;
    let wrong = another(&code);
    futures_util::future::join_all((0..12).map(|_| type_code(&app, ADA, &wrong))).await;
    type_code(&app, ADA, &code).await.refused(403, "otp_expired");
}

#[tokio::test]
async fn code_and_link_end_after_an_hour() {
    let app = confirming().await;
    app.sign_up(ADA).await.expect(200);
    let (code, link) = (app.code(ADA).await, app.link_token(ADA).await);
    app.advance_seconds(3_601);
    type_code(&app, ADA, &code).await.refused(403, "otp_expired");
    auth(&app, "verify", &json!({ "type": "signup", "token_hash": link })).await.refused(403, "otp_expired");
    let page = app.get(&app.link(ADA).await).browser().send().await.expect(403);
    assert!(page.header("content-type").starts_with("text/html"));
    assert_eq!(app.count("select count(*) from auth.users where email_confirmed_at is not null").await, 0);
}

#[tokio::test]
async fn a_code_still_works_in_its_last_second() {
    let app = confirming().await;
    app.sign_up(ADA).await.expect(200);
    app.advance_seconds(3_600);
    type_code(&app, ADA, &app.code(ADA).await).await.expect(200);
}

#[tokio::test]
async fn a_new_mail_ends_the_one_before() {
    let app = confirming().await;
    app.sign_up(ADA).await.expect(200);
    let (code, link) = (app.code(ADA).await, app.link_token(ADA).await);
    let resend = json!({ "type": "signup", "email": ADA });
    auth(&app, "resend", &resend).await.refused(429, "over_email_send_rate_limit");
    app.advance_seconds(60);
    assert_eq!(auth(&app, "resend", &resend).await.expect(200).text(), "{}");
    assert_ne!(app.code(ADA).await, code);
    type_code(&app, ADA, &code).await.refused(403, "otp_expired");
    auth(&app, "verify", &json!({ "type": "signup", "token_hash": link })).await.refused(403, "otp_expired");
    type_code(&app, ADA, &app.code(ADA).await).await.expect(200);
}

#[tokio::test]
async fn resending_a_mail_reveals_no_account() {
    let app = confirming().await;
    app.somebody(ADA).await;
    app.advance_seconds(60);
    let mails = app.count("select count(*) from freehold.mails").await;
    for email in [ADA, "nobody@example.org"] {
        assert_eq!(auth(&app, "resend", &json!({ "type": "signup", "email": email })).await.expect(200).text(), "{}");
    }
    assert_eq!(app.count("select count(*) from freehold.mails").await, mails);
    let other = json!({ "type": "sms", "email": ADA });
    auth(&app, "resend", &other).await.refused(400, "validation_failed");
}

#[tokio::test]
async fn a_code_is_good_for_its_own_address_only() {
    let app = confirming().await;
    app.sign_up(ADA).await.expect(200);
    app.sign_up("eve@example.org").await.expect(200);
    type_code(&app, ADA, &app.code("eve@example.org").await).await.refused(403, "otp_expired");
    type_code(&app, ADA, &app.code(ADA).await).await.expect(200);
}

#[tokio::test]
async fn what_a_proof_has_to_hold_is_told() {
    let app = confirming().await;
    let token = "A".repeat(43);
    for body in [
        json!({}),
        json!({ "type": "signup" }),
        json!({ "type": "signup", "token": "123456" }),
        json!({ "type": "signup", "email": ADA }),
        json!({ "token": "123456", "email": ADA }),
        json!({ "type": "sms", "token": "123456", "email": ADA }),
        json!({ "type": "signup", "token": "123456", "email": "no address" }),
        json!({ "type": "signup", "token": "123456", "email": ADA, "phone": "+4930901820" }),
        json!({ "type": "signup", "token_hash": token, "redirect_to": "https://app.example.org" }),
        json!({ "type": "signup", "token_hash": token, "email": ADA }),
        json!({ "type": "signup", "token_hash": token, "token": "123456", "email": ADA }),
    ] {
        auth(&app, "verify", &body).await.refused(400, "validation_failed");
    }
    for body in [
        json!({ "type": "signup", "token_hash": token }),
        json!({ "type": "signup", "token_hash": "x" }),
        json!({ "type": "signup", "token": "not a code", "email": ADA }),
    ] {
        auth(&app, "verify", &body).await.refused(403, "otp_expired");
    }
}
