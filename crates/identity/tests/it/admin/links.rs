//! Invitations, and links that an administrator mails.

use serde_json::{Value, json};

use super::{ADA, AsAdministrator};
use crate::harness::app::{Answer, PASSWORD, Setup, TestApp};

const LINK: &str = "/auth/v1/admin/generate_link";

async fn confirming() -> TestApp {
    TestApp::with(Setup::default().confirming()).await
}

async fn link(app: &TestApp, body: Value) -> Answer {
    app.post(LINK).json(&body).by(app).await
}

async fn verify(app: &TestApp, body: Value) -> Answer {
    app.post("/auth/v1/verify").json(&body).send().await
}

#[tokio::test]
async fn an_invitation_is_mailed_and_lets_its_reader_in() {
    let app = confirming().await;
    let body = json!({ "email": " Ada@example.org ", "data": { "name": "Ada" } });
    let invited = app.post("/auth/v1/invite").json(&body).by(&app).await.expect(200);
    assert_eq!((invited.at("/email"), invited.at("/invited_at")), (ADA.to_owned(), "2026-03-15T12:00:00Z".to_owned()));
    assert_eq!(invited.json()["user_metadata"]["name"], "Ada");
    let link = app.link(ADA).await;
    assert!(link.contains("type=invite"), "{link}");
    let token = app.link_token(ADA).await;
    let session = verify(&app, json!({ "type": "invite", "token_hash": token })).await.expect(200);
    assert_eq!(session.at("/user/id"), invited.at("/id"));
    verify(&app, json!({ "type": "invite", "token_hash": token })).await.refused(403, "otp_expired");
    // An existing user cannot be invited.
    let taken = app.post("/auth/v1/invite").json(&json!({ "email": ADA })).by(&app).await.refused(422, "email_exists");
    assert_eq!(taken.at("/msg"), "A user with this email address has already been registered");
    app.post("/auth/v1/invite").json(&json!({})).by(&app).await.refused(400, "validation_failed");
    app.post("/auth/v1/invite").json(&json!({ "email": "x" })).by(&app).await.refused(400, "validation_failed");
}

#[tokio::test]
async fn who_was_invited_and_did_not_come_is_invited_again() {
    let app = confirming().await;
    let invite = || app.post("/auth/v1/invite").json(&json!({ "email": ADA }));
    let first = invite().by(&app).await.expect(200);
    let old = app.link_token(ADA).await;
    let second = invite().by(&app).await.expect(200);
    assert_eq!(first.at("/id"), second.at("/id"));
    verify(&app, json!({ "type": "invite", "token_hash": old })).await.refused(403, "otp_expired");
    let code = app.code(ADA).await;
    verify(&app, json!({ "type": "invite", "email": ADA, "token": code })).await.expect(200);
}

#[tokio::test]
async fn a_link_of_each_kind_works_and_is_not_mailed() {
    for (kind, known) in
        [("signup", false), ("magiclink", false), ("invite", false), ("magiclink", true), ("recovery", true)]
    {
        let app = confirming().await;
        if known {
            let body = json!({ "email": ADA, "password": PASSWORD, "email_confirm": true });
            super::make(&app, body).await.expect(200);
        }
        let body = json!({ "type": kind, "email": ADA, "password": PASSWORD, "data": { "name": "Ada" } });
        let made = link(&app, body.clone()).await.expect(200);
        assert!(app.mails(ADA).await.is_empty(), "{kind}");
        assert_eq!((made.at("/email"), made.at("/aud")), (ADA.to_owned(), "authenticated".to_owned()));
        // For an unknown address a magic link also confirms the address.
        let verified = if known || kind != "magiclink" { kind } else { "signup" };
        assert_eq!(made.at("/verification_type"), verified);
        let token = made.at("/hashed_token");
        assert!(
            made.at("/action_link").contains(&format!("/auth/v1/verify?token={token}&type={verified}&redirect_to="))
        );
        let session = verify(&app, json!({ "type": verified, "token_hash": token })).await.expect(200);
        assert_eq!(session.at("/user/id"), made.at("/id"));
        let again = link(&app, body).await;
        if ["signup", "invite"].contains(&kind) {
            again.refused(422, "email_exists");
            continue;
        }
        let code = json!({ "type": "email", "email": ADA, "token": again.expect(200).at("/email_otp") });
        verify(&app, code).await.expect(200);
    }
}

#[tokio::test]
async fn both_links_of_a_change_of_address_change_it_together() {
    let app = confirming().await;
    let body = json!({ "email": ADA, "password": PASSWORD, "email_confirm": true });
    super::make(&app, body).await.expect(200);
    let new = "ada@new.example.org";
    let change = |kind: &str| json!({ "type": kind, "email": ADA, "new_email": new });
    let current = link(&app, change("email_change_current")).await.expect(200);
    let other = link(&app, change("email_change_new")).await.expect(200);
    assert_eq!(
        (current.at("/new_email"), other.at("/verification_type")),
        (new.to_owned(), "email_change_new".to_owned())
    );
    let half = json!({ "type": "email_change", "token_hash": current.at("/hashed_token") });
    verify(&app, half).await.expect(200);
    let whole = json!({ "type": "email_change", "token_hash": other.at("/hashed_token") });
    let session = verify(&app, whole).await.expect(200);
    assert_eq!(session.at("/user/email"), new);
    app.sign_in(new).await.expect(200);
}

#[tokio::test]
async fn a_link_that_cannot_be_is_refused() {
    let app = confirming().await;
    for kind in ["recovery", "email_change_current", "email_change_new"] {
        let refused = link(&app, json!({ "type": kind, "email": ADA, "new_email": "b@x.org" })).await;
        assert_eq!(refused.refused(404, "user_not_found").at("/msg"), "User with this email not found");
    }
    let kind = link(&app, json!({ "type": "sms", "email": ADA })).await.refused(400, "validation_failed");
    assert_eq!(kind.at("/msg"), "Invalid email action link type requested: sms");
    link(&app, json!({ "type": "signup", "email": "x" })).await.refused(400, "validation_failed");
    link(&app, json!({ "type": "signup", "email": ADA, "password": "123" })).await.refused(422, "weak_password");
    assert_eq!(app.count("select count(*) from auth.users").await, 0);
}

#[tokio::test]
async fn a_link_leads_only_where_links_may() {
    let app = confirming().await;
    let to = |target: &str| json!({ "type": "magiclink", "email": ADA, "redirect_to": target });
    let ours = link(&app, to("https://app.example.org/next?a=1")).await.expect(200);
    assert_eq!(ours.at("/redirect_to"), "https://app.example.org/next?a=1");
    let theirs = link(&app, to("https://evil.example/")).await.expect(200);
    assert!(!theirs.holds("evil.example"), "{theirs}");
}

#[tokio::test]
async fn a_strangers_password_does_not_survive_an_invitation() {
    for kind in ["invite", "signup", "recovery", "magiclink"] {
        let app = confirming().await;
        // Another person signs up with Ada's address, and never reads its mail.
        let stranger = json!({ "email": ADA, "password": "a stranger's password" });
        app.post("/auth/v1/signup").json(&stranger).send().await.expect(200);
        let asked = json!({ "type": kind, "email": ADA, "password": PASSWORD });
        let made = link(&app, asked).await.expect(200);
        let proof = json!({ "type": made.at("/verification_type"), "token_hash": made.at("/hashed_token") });
        verify(&app, proof).await.expect(200);
        let token = "/auth/v1/token?grant_type=password";
        app.post(token).json(&stranger).send().await.refused(400, "invalid_credentials");
        if kind == "signup" {
            app.post(token).json(&json!({ "email": ADA, "password": PASSWORD })).send().await.expect(200);
        }
    }
}
