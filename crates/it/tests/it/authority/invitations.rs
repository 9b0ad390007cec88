//! Invitations whose sender has lost rights.

use freehold_core::Role;
use serde_json::json;

use super::{By, ban, change_role, key_create, key_of, member_path};
use crate::harness::app::{Answer, Person, TestApp};

const EVE: &str = "eve@example.org";

async fn invite(app: &TestApp, by: By<'_>, role: &str) -> Answer {
    by.ask(app.post("/api/v1/invitations")).json(&json!({ "email": EVE, "role": role })).send().await
}

/// An owner and an admin who has invited Eve as an admin, and Eve with the token of the mail.
async fn scene() -> (TestApp, Person, Person, Person, String) {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    app.put_on_plan(&owner, "pro", 1).await;
    app.backbone.resolver.forget();
    let admin = app.member(&owner, Role::Admin).await;
    let eve = app.somebody(EVE).await;
    invite(&app, By::Person(&admin), "admin").await.expect(201);
    let token = app.link_token(EVE).await;
    (app, owner, admin, eve, token)
}

async fn accept(app: &TestApp, who: &Person, token: &str) -> Answer {
    app.post("/api/v1/invitations/accept").token(&who.token).json(&json!({ "token": token })).send().await
}

#[tokio::test]
async fn an_invitation_gives_no_more_than_its_sender_has_when_it_is_accepted() {
    let (app, owner, admin, eve, token) = scene().await;
    change_role(&app, &owner, &admin, Role::Member).await;
    let page = app.get(&format!("/invitation?token={token}")).browser().send().await.expect(200);
    let text = page.text().replace(&admin.email, "");
    assert!(text.contains("member") && !text.contains("admin"), "the page offers what is given: {text}");
    assert_eq!(accept(&app, &eve, &token).await.expect(200).at("/role"), "member");
}

#[tokio::test]
async fn an_invitation_is_closed_when_its_sender_goes() {
    let (app, owner, admin, eve, token) = scene().await;
    app.delete(&member_path(&owner, &admin)).person(&owner).send().await.expect(204);
    accept(&app, &eve, &token).await.refused(404, "not_found");
    let listed = app.get("/api/v1/invitations").person(&owner).send().await.expect(200);
    assert_eq!(listed.at("/data/0/state"), "revoked");
    // The seat is free, and the address can be invited again.
    invite(&app, By::Person(&owner), "viewer").await.expect(201);
    let token = app.link_token(EVE).await;
    assert_eq!(accept(&app, &eve, &token).await.expect(200).at("/role"), "viewer");
}

#[tokio::test]
async fn an_invitation_of_a_banned_sender_rests_until_the_ban_ends() {
    let (app, _, admin, eve, token) = scene().await;
    ban(&app, &admin, "2026-03-15 12:30:00Z").await;
    accept(&app, &eve, &token).await.refused(404, "not_found");
    app.advance_seconds(1_800);
    assert_eq!(accept(&app, &eve, &token).await.expect(200).at("/role"), "admin");
}

#[tokio::test]
async fn an_invitation_sent_again_is_the_senders_who_did_that() {
    let (app, owner, admin, eve, _) = scene().await;
    let id = app.get("/api/v1/invitations").person(&owner).send().await.expect(200).at("/data/0/id");
    app.advance_seconds(60);
    let resend = app.post(&format!("/api/v1/invitations/{id}/resend")).person(&owner).send().await.expect(200);
    assert_eq!(resend.at("/invited_by"), owner.id);
    let token = app.link_token(EVE).await;
    app.delete(&member_path(&owner, &admin)).person(&owner).send().await.expect(204);
    assert_eq!(accept(&app, &eve, &token).await.expect(200).at("/role"), "admin");
}

#[tokio::test]
async fn an_invitation_of_a_key_ends_with_the_key() {
    let (app, owner, admin, eve, token) = scene().await;
    let id = app.get("/api/v1/invitations").person(&owner).send().await.expect(200).at("/data/0/id");
    app.delete(&format!("/api/v1/invitations/{id}")).person(&owner).send().await.expect(200);
    accept(&app, &eve, &token).await.refused(404, "not_found");

    let body = json!({ "name": "sync", "expires_at": "2026-03-16T12:00:00Z" });
    let (key, key_id) = key_of(key_create(&app, By::Person(&admin), &body).await);
    invite(&app, By::Key(&key), "admin").await.refused(403, "permission_denied");
    let made = invite(&app, By::Key(&key), "member").await.expect(201);
    assert_eq!((made.at("/invited_by_key"), made.at("/expires_at")), (key_id.clone(), "2026-03-16T12:00:00Z".into()));
    let token = app.link_token(EVE).await;
    app.delete(&format!("/api/v1/keys/{key_id}")).person(&owner).send().await.expect(200);
    accept(&app, &eve, &token).await.refused(404, "not_found");

    let (key, _) = key_of(key_create(&app, By::Person(&admin), &json!({ "name": "sync" })).await);
    invite(&app, By::Key(&key), "admin").await.expect(201);
    let token = app.link_token(EVE).await;
    change_role(&app, &owner, &admin, Role::Viewer).await;
    assert_eq!(accept(&app, &eve, &token).await.expect(200).at("/role"), "viewer");
}

#[tokio::test]
async fn a_test_key_gives_no_role_and_one_that_ends_none_that_creates_keys() {
    let (app, owner, admin, eve, token) = scene().await;
    assert_eq!(accept(&app, &eve, &token).await.expect(200).at("/role"), "admin");
    change_role(&app, &owner, &admin, Role::Viewer).await;
    let create = async |body| key_of(key_create(&app, By::Person(&owner), &body).await).0;
    let test = create(json!({ "name": "trial", "mode": "test" })).await;
    let ends = create(json!({ "name": "ends", "expires_at": "2026-03-16T12:00:00Z" })).await;
    let raise = async |key: &str, role: &str| {
        let ask = app.patch(&member_path(&owner, &admin)).key(key).json(&json!({ "role": role }));
        ask.send().await.status()
    };
    assert_eq!((raise(&test, "member").await, raise(&test, "owner").await), (403, 403));
    assert_eq!((raise(&ends, "admin").await, raise(&ends, "member").await), (403, 200));
    let narrow = create(json!({ "name": "people", "scopes": ["members:write"] })).await;
    let remove = app.delete(&member_path(&owner, &eve)).key(&narrow).send().await;
    remove.refused(403, "permission_denied");
}

#[tokio::test]
async fn a_narrow_key_gives_no_role_that_can_do_more() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    app.put_on_plan(&owner, "pro", 1).await;
    app.backbone.resolver.forget();
    let member = app.member(&owner, Role::Viewer).await;
    let narrow = json!({ "name": "people", "scopes": ["members:write"] });
    let (narrow, _) = key_of(key_create(&app, By::Person(&owner), &narrow).await);
    let refused = invite(&app, By::Key(&narrow), "admin").await.refused(403, "permission_denied");
    assert!(refused.at("/detail").contains("not among the key's scopes"), "{refused}");
    invite(&app, By::Key(&narrow), "viewer").await.refused(403, "permission_denied");
    let raise = app.patch(&member_path(&owner, &member)).key(&narrow).json(&json!({ "role": "admin" }));
    raise.send().await.refused(403, "permission_denied");
    // Removing members is what the scope is for.
    app.delete(&member_path(&owner, &member)).key(&narrow).send().await.expect(204);

    let areas: Vec<String> =
        ["organization", "members", "usage", "jobs", "files"].iter().map(|area| (*area).to_owned()).collect();
    let products = freehold_voice::MODULE.areas.iter().map(|area| format!("{}:read", area.name()));
    let scopes: Vec<String> = areas.into_iter().chain(products).collect();
    let wide = json!({ "name": "people", "scopes": scopes });
    let (wide, _) = key_of(key_create(&app, By::Person(&owner), &wide).await);
    invite(&app, By::Key(&wide), "member").await.refused(403, "permission_denied");
    invite(&app, By::Key(&wide), "viewer").await.expect(201);
}
