//! Sign-ins that a browser starts with a challenge and finishes with a code (RFC 7636).

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use freehold_identity::{
    one_time::{Flow, LinkToken},
    session::Client,
    verify::{Verified, VerifyType, link_peek, link_use},
};
use serde_json::{Value, json};

use super::{ADA, NEW, auth, change, confirming, follow, methods, type_code};
use crate::harness::app::{PASSWORD, Served, Setup, TestApp};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// The body, with the challenge of [`VERIFIER`].
fn begun(mut body: Value) -> Value {
    body["code_challenge"] = json!(URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, VERIFIER.as_bytes())));
    body["code_challenge_method"] = json!("s256");
    body
}

/// What the page behind the link does.
async fn press(app: &Served, kind: &str, token: &str) -> freehold_core::Result<Verified> {
    let kind = VerifyType::parse(kind).unwrap();
    let token = LinkToken::parse(token).unwrap();
    assert_eq!(token.flow(), Flow::Pkce);
    link_use(&app.backbone.identity.limits, &app.backbone.identity.sessions, token, kind, &Client::default()).await
}

fn code(verified: &Verified) -> String {
    let Verified::Code(code) = verified else { panic!("{verified:?}") };
    code.expose().to_owned()
}

async fn redeem(app: &Served, code: &str, verifier: &str) -> crate::harness::app::Answer {
    auth(app, "token?grant_type=pkce", &json!({ "auth_code": code, "code_verifier": verifier })).await
}

#[tokio::test]
async fn every_mail_ends_in_a_code_for_who_asked_for_it() {
    for (path, body, kind, method) in [
        ("signup", json!({ "email": "new@example.org", "password": PASSWORD }), "signup", "email/signup"),
        ("otp", json!({ "email": "new@example.org" }), "signup", "email/signup"),
        ("otp", json!({ "email": ADA }), "magiclink", "magiclink"),
        ("magiclink", json!({ "email": ADA }), "magiclink", "magiclink"),
        ("recover", json!({ "email": ADA }), "recovery", "recovery"),
    ] {
        let app = confirming().await;
        app.somebody(ADA).await;
        auth(&app, path, &begun(body.clone())).await.expect(200);
        let email = body["email"].as_str().unwrap();
        let token = app.link_token(email).await;
        let peeked = LinkToken::parse(&token).unwrap();
        let address = link_peek(&app.backbone.identity.base, &peeked, VerifyType::parse(kind).unwrap()).await.unwrap();
        assert_eq!(address.as_deref(), Some(email));
        let code = code(&press(&app, kind, &token).await.unwrap());
        press(&app, kind, &token).await.unwrap_err();

        redeem(&app, &code, "another verifier that nobody has seen in his life")
            .await
            .refused(400, "bad_code_verifier");
        let session = redeem(&app, &code, VERIFIER).await.expect(200);
        assert_eq!(session.at("/user/email"), email, "{path}");
        assert_eq!(methods(&session), [method], "{path}");
        app.get("/api/v1/usage").token(&session.at("/access_token")).send().await.expect(200);
        redeem(&app, &code, VERIFIER).await.refused(404, "flow_state_not_found");
    }
}

#[tokio::test]
async fn a_change_of_address_ends_in_a_code_as_well() {
    let app = confirming().await;
    let ada = app.somebody(ADA).await;
    change(&app, &ada.token, &begun(json!({ "email": NEW }))).await.expect(200);
    let (old, new) = (app.link_token(ADA).await, app.link_token(NEW).await);
    assert!(matches!(press(&app, "email_change", &new).await.unwrap(), Verified::HalfConfirmed));
    let code = code(&press(&app, "email_change", &old).await.unwrap());
    let session = redeem(&app, &code, VERIFIER).await.expect(200);
    assert_eq!((session.at("/user/email"), methods(&session)), (NEW.to_owned(), vec!["email_change".to_owned()]));
}

#[tokio::test]
async fn a_program_gets_a_session_from_code_and_link_all_the_same() {
    let app = confirming().await;
    app.somebody(ADA).await;
    auth(&app, "otp", &begun(json!({ "email": ADA }))).await.expect(200);
    let session = type_code(&app, "email", ADA, &app.code(ADA).await).await.expect(200);
    assert_eq!(methods(&session), ["otp"]);
    app.advance_seconds(60);
    auth(&app, "otp", &begun(json!({ "email": ADA }))).await.expect(200);
    let token = app.link_token(ADA).await;
    assert!(token.starts_with("pkce_"), "{token}");
    follow(&app, "magiclink", token.strip_prefix("pkce_").unwrap()).await.refused(403, "otp_expired");
    follow(&app, "magiclink", &token).await.expect(200);
    assert_eq!(app.count("select count(*) from auth.flow_state").await, 0);
}

#[tokio::test]
async fn the_code_ends_after_five_minutes_and_the_link_after_an_hour() {
    let app = confirming().await;
    app.somebody(ADA).await;
    auth(&app, "otp", &begun(json!({ "email": ADA }))).await.expect(200);
    app.advance_seconds(3_600);
    let code = code(&press(&app, "magiclink", &app.link_token(ADA).await).await.unwrap());
    app.advance_seconds(301);
    redeem(&app, &code, VERIFIER).await.refused(422, "flow_state_expired");
}

#[tokio::test]
async fn what_is_no_code_is_told() {
    let app = TestApp::with(Setup::default()).await;
    for body in [json!({}), json!({ "auth_code": "x" }), json!({ "code_verifier": "x" }), json!({ "auth_code": null })]
    {
        let refused = auth(&app, "token?grant_type=pkce", &body).await.refused(400, "validation_failed");
        assert_eq!(refused.at("/msg"), "invalid request: both auth code and code verifier should be non-empty");
    }
    let unknown = redeem(&app, "7d2ff4f6-9a0e-4d53-8ac2-7ddc11ec1ef6", VERIFIER).await;
    assert_eq!(
        unknown.refused(404, "flow_state_not_found").at("/msg"),
        "invalid flow state, no valid flow state found"
    );
}

#[tokio::test]
async fn who_is_locked_out_meanwhile_gets_no_session() {
    let app = confirming().await;
    app.somebody(ADA).await;
    auth(&app, "otp", &begun(json!({ "email": ADA }))).await.expect(200);
    let code = code(&press(&app, "magiclink", &app.link_token(ADA).await).await.unwrap());
    let ban = "update auth.users set banned_until = '2030-01-01T00:00:00Z'";
    app.test.admin().await.batch_execute(ban).await.unwrap();
    redeem(&app, &code, VERIFIER).await.refused(403, "user_banned");
}

#[tokio::test]
async fn two_who_bring_the_code_at_once_get_one_session() {
    let app = confirming().await;
    app.somebody(ADA).await;
    let before = app.count("select count(*) from auth.sessions").await;
    auth(&app, "otp", &begun(json!({ "email": ADA }))).await.expect(200);
    let code = code(&press(&app, "magiclink", &app.link_token(ADA).await).await.unwrap());
    let all = futures_util::future::join_all((0..6).map(|_| redeem(&app, &code, VERIFIER))).await;
    assert_eq!(all.iter().filter(|answer| answer.status() == 200).count(), 1);
    assert_eq!(app.count("select count(*) from auth.sessions").await, before + 1);
}
