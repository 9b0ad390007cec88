//! Who may invite whom, and what happens to an invitation that is not accepted.

use freehold_core::Role;
use freehold_tenancy::invitation::invitations_forget;
use serde_json::json;

use super::{ADA, accept, invite, token};
use crate::harness::app::{Person, Setup, TestApp};

async fn states(app: &TestApp, owner: &Person) -> Vec<(String, String)> {
    let list = app.get("/api/v1/invitations").key(&owner.key).send().await.expect(200).json();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    list["data"].as_array().unwrap().iter().map(|each| (text(&each["email"]), text(&each["state"]))).collect()
}

#[tokio::test]
async fn administrators_invite_up_to_their_own_role() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let (admin, member) = (app.member(&owner, Role::Admin).await, app.member(&owner, Role::Member).await);
    invite(&app, &member, ADA, "viewer").await.refused(403, "permission_denied");
    let refused = invite(&app, &admin, ADA, "owner").await.refused(403, "permission_denied");
    assert_eq!(refused.at("/detail"), "The role admin cannot grant or manage the role owner, which is above it.");
    assert_eq!(app.mails(ADA).await.len(), 0, "what is refused sends nothing");
    let made = invite(&app, &admin, " Ada@Example.ORG ", "admin").await.expect(201);
    assert_eq!((made.at("/email"), made.at("/role"), made.at("/state")), (ADA.into(), "admin".into(), "open".into()));
    assert_eq!(made.at("/invited_by"), admin.id);
    invite(&app, &owner, "grace@example.org", "owner").await.expect(201);
    // A member who may not make owners may not change an owner's invitation.
    let list = app.get("/api/v1/invitations").person(&member).send().await.expect(200).ids();
    let path = format!("/api/v1/invitations/{}", list[0]);
    app.delete(&path).person(&member).send().await.refused(403, "permission_denied");
    app.delete(&path).person(&admin).send().await.refused(403, "permission_denied");
    app.delete(&path).person(&owner).send().await.expect(200);
    // A key invites for its creator; the mail then names no one.
    let body = json!({ "email": "joan@example.org" });
    let by_key = app.post("/api/v1/invitations").key(&owner.key).json(&body).send().await.expect(201);
    assert_eq!((by_key.at("/role"), by_key.at("/invited_by")), ("member".into(), "null".into()));
}

#[tokio::test]
async fn what_is_no_invitation_is_told() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    for (body, pointer) in [
        (json!({ "email": "no address" }), "/email"),
        (json!({ "email": "a@example.org, b@example.org" }), "/email"),
        (json!({ "email": "a@example.org\r\nBcc: b@example.org" }), "/email"),
        (json!({ "email": ADA, "role": "king" }), "/role"),
        (json!({ "email": ADA, "rolle": "member" }), ""),
    ] {
        let refused = app.post("/api/v1/invitations").key(&owner.key).json(&body).send().await;
        let refused = refused.refused(422, "validation_failed");
        assert!(refused.at("/errors/0/pointer").starts_with(pointer), "{refused}");
    }
    for wrong in ["", "inv_", "inv_00", &format!("inv_{}", "0".repeat(64)), "é"] {
        accept(&app, &owner.token, wrong).await.refused(404, "not_found");
    }
}

#[tokio::test]
async fn an_address_has_one_open_invitation() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let first = invite(&app, &owner, ADA, "member").await.expect(201);
    let refused = invite(&app, &owner, "ADA@example.org", "viewer").await.refused(409, "conflict");
    assert!(refused.at("/detail").contains("has an open invitation already"), "{refused}");
    assert_eq!(app.mails(ADA).await.len(), 1);
    // Of two concurrent invitations one is created.
    let (one, two) =
        tokio::join!(invite(&app, &owner, "joan@x.org", "member"), invite(&app, &owner, "joan@x.org", "member"));
    let mut statuses = [one.status(), two.status()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409], "{one} {two}");

    let path = format!("/api/v1/invitations/{}", first.at("/id"));
    assert_eq!(app.delete(&path).person(&owner).send().await.expect(200).at("/state"), "revoked");
    app.delete(&path).person(&owner).send().await.refused(409, "conflict");
    invite(&app, &owner, ADA, "viewer").await.expect(201);
    // Once expired, it can be replaced by another.
    app.advance_seconds(8 * 24 * 3600);
    let body = json!({ "email": ADA });
    app.post("/api/v1/invitations").key(&owner.key).json(&body).send().await.expect(201);
    let expected = [(ADA, "open"), (ADA, "expired"), ("joan@x.org", "expired"), (ADA, "revoked")];
    assert_eq!(states(&app, &owner).await, expected.map(|(email, state)| (email.to_owned(), state.to_owned())));
}

#[tokio::test]
async fn a_member_is_not_invited_and_of_others_nothing_is_told() {
    let app = TestApp::with(Setup::default().confirming()).await;
    let (owner, _known) = (app.owner().await, app.stranger().await);
    let member = app.member(&owner, Role::Viewer).await;
    invite(&app, &owner, &member.email, "admin").await.refused(409, "conflict");
    let known = invite(&app, &owner, "stranger@example.net", "member").await.expect(201);
    let unknown = invite(&app, &owner, "nobodyhere@example.net", "member").await.expect(201);
    let told = |answer: &crate::harness::app::Answer| {
        let body = answer.json();
        let mut body = body.as_object().unwrap().clone();
        body.remove("id");
        body.remove("email");
        (body, answer.header("content-type").to_owned())
    };
    assert_eq!(told(&known), told(&unknown));
    // Both get the same mail.
    assert_ne!(token(&app, "stranger@example.net").await, token(&app, "nobodyhere@example.net").await);
}

#[tokio::test]
async fn sending_it_again_replaces_the_token() {
    let app = TestApp::new().await;
    let (owner, stranger) = (app.owner().await, app.stranger().await);
    let made = invite(&app, &owner, "stranger@example.net", "member").await.expect(201);
    let first = token(&app, "stranger@example.net").await;
    let path = format!("/api/v1/invitations/{}/resend", made.at("/id"));
    let soon = app.post(&path).person(&owner).send().await.refused(429, "rate_limited");
    assert!(soon.header("retry-after").parse::<u64>().unwrap() <= 60, "{soon}");
    app.advance_seconds(61);
    let sent = app.post(&path).person(&owner).send().await.expect(200);
    assert!(sent.at("/expires_at") > made.at("/expires_at"), "{sent}");
    let second = token(&app, "stranger@example.net").await;
    assert_ne!(first, second);
    accept(&app, &stranger.token, &first).await.refused(404, "not_found");
    accept(&app, &stranger.token, &second).await.expect(200);
    app.advance_seconds(61);
    app.post(&path).person(&owner).send().await.refused(409, "conflict");
}

#[tokio::test]
async fn an_invitation_that_is_over_can_be_sent_again() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let made = invite(&app, &owner, ADA, "member").await.expect(201);
    app.advance_seconds(8 * 24 * 3600);
    let ada = app.somebody(ADA).await;
    accept(&app, &ada.token, &token(&app, ADA).await).await.refused(404, "not_found");
    let path = format!("/api/v1/invitations/{}/resend", made.at("/id"));
    assert_eq!(app.post(&path).key(&owner.key).send().await.expect(200).at("/state"), "open");
    accept(&app, &ada.token, &token(&app, ADA).await).await.expect(200);
}

#[tokio::test]
async fn another_tenants_invitations_are_not_there() {
    let app = TestApp::new().await;
    let (owner, stranger) = (app.owner().await, app.stranger().await);
    let id = invite(&app, &owner, ADA, "member").await.expect(201).at("/id");
    let path = format!("/api/v1/invitations/{id}");
    app.delete(&path).person(&stranger).send().await.refused(404, "not_found");
    app.post(&format!("{path}/resend")).person(&stranger).send().await.refused(404, "not_found");
    assert!(app.get("/api/v1/invitations").person(&stranger).send().await.expect(200).ids().is_empty());
    let secret = token(&app, ADA).await;
    let kept = format!("select count(*) from freehold.invitations where encode(digest, 'escape') like '%{secret}%'");
    assert_eq!(app.count(&kept).await, 0);
}

#[tokio::test]
async fn a_retry_invites_once() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let body = json!({ "email": ADA });
    let ask = || app.post("/api/v1/invitations").key(&owner.key).idempotent("once").json(&body).send();
    let (first, again) = (ask().await.expect(201), ask().await.expect(201));
    assert_eq!(first.text(), again.text());
    assert_eq!(app.mails(ADA).await.len(), 1);
}

#[tokio::test]
async fn an_organization_sends_so_many_mails_a_day() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    invite(&app, &owner, ADA, "member").await.expect(201);
    app.test.admin().await.execute("update freehold.invitations set mails = 200", &[]).await.unwrap();
    invite(&app, &owner, "joan@example.org", "member").await.refused(429, "rate_limited");
    app.advance_seconds(24 * 3600);
    let body = json!({ "email": "joan@example.org" });
    app.post("/api/v1/invitations").key(&owner.key).json(&body).send().await.expect(201);
}

#[tokio::test]
async fn what_was_over_long_ago_is_forgotten() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    invite(&app, &owner, ADA, "member").await.expect(201);
    let forget = async || invitations_forget(&app.backbone.db).await.unwrap();
    app.advance_seconds(96 * 24 * 3600);
    assert_eq!(forget().await, 0);
    app.advance_seconds(2 * 24 * 3600);
    assert_eq!((forget().await, forget().await), (1, 0));
}
