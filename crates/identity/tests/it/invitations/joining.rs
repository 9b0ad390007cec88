//! Accepting an invitation.

use freehold_core::{Role, Standing};
use serde_json::json;

use super::{ADA, accept, invite, token};
use crate::harness::app::{PASSWORD, Setup, TestApp};

/// The code of the newest mail that has one.
async fn code(app: &TestApp) -> String {
    app.mails(ADA).await.iter().find_map(|mail| mail.mail.code().map(str::to_owned)).unwrap()
}

#[tokio::test]
async fn who_is_invited_joins_and_works_there_at_once() {
    let app = TestApp::new().await;
    let (owner, stranger) = (app.owner().await, app.stranger().await);
    let made = invite(&app, &owner, &stranger.email, "admin").await.expect(201);
    let mails = app.mails(&stranger.email).await;
    let text = mails[0].mail.text(&freehold_delivery::mail::Brand::of_product(&app.backbone.product)).unwrap();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        text.contains("owner@example.org invites you to join owner's organization on VoiceFX AI as an admin."),
        "{text}"
    );
    let link = mails[0].mail.link().unwrap();
    assert!(link.starts_with("https://app.example.org/invitation?token=inv_"), "{link}");

    let token = token(&app, &stranger.email).await;
    app.advance_seconds(1);
    let joined = accept(&app, &stranger.token, &token).await.expect(200);
    assert_eq!((joined.at("/id"), joined.at("/role")), (owner.organization.clone(), "admin".into()));
    let me = app.get("/api/v1/me").token(&stranger.token).send().await.expect(200);
    assert_eq!(me.at("/organizations/0/id"), owner.organization, "switched to it");
    assert_eq!(me.at("/organizations/1/id"), stranger.organization, "and still in his own");
    app.get("/api/v1/keys").token(&stranger.token).send().await.expect(200);

    // A client that did not get the answer repeats the request; no other client gets an answer.
    assert_eq!(accept(&app, &stranger.token, &token).await.expect(200).text(), joined.text());
    accept(&app, &owner.token, &token).await.refused(403, "permission_denied");
    let listed = app.get("/api/v1/invitations").person(&owner).send().await.expect(200);
    assert_eq!(
        (listed.at("/data/0/state"), listed.at("/data/0/accepted_by")),
        ("accepted".into(), stranger.id.clone())
    );
    let path = format!("/api/v1/invitations/{}", made.at("/id"));
    app.delete(&path).person(&owner).send().await.refused(409, "conflict");

    let entries = app.get("/api/v1/audit?action=invitation.*").person(&owner).send().await.expect(200);
    assert_eq!(entries.at("/data/0/action"), "invitation.accepted");
    assert_eq!(entries.at("/data/0/actor/id"), stranger.id);
    assert_eq!(entries.at("/data/1/action"), "invitation.created");
    assert!(!entries.text().contains(&token));
    let told = "select type, data ->> 'user_id' from freehold.events where type like 'invitation.%' order by type desc";
    let told = app.test.admin().await.query(told, &[]).await.unwrap();
    let told: Vec<(String, Option<String>)> = told.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert_eq!(told, [("invitation.created".into(), None), ("invitation.accepted".into(), Some(stranger.id))]);
}

#[tokio::test]
async fn an_invited_new_user_gets_no_organization_of_their_own() {
    let app = TestApp::with(Setup::default().confirming()).await;
    let owner = app.owner().await;
    invite(&app, &owner, ADA, "member").await.expect(201);
    app.sign_up(ADA).await.expect(200);
    let code = json!({ "type": "signup", "email": ADA, "token": code(&app).await });
    let session = app.post("/auth/v1/verify").json(&code).send().await.expect(200).at("/access_token");
    let me = app.get("/api/v1/me").token(&session).send().await.expect(200).json();
    assert_eq!(me["organizations"], json!([]));
    accept(&app, &session, &token(&app, ADA).await).await.expect(200);
    let me = app.get("/api/v1/me").token(&session).send().await.expect(200).json();
    assert_eq!(me["organizations"].as_array().unwrap().len(), 1);
    assert_eq!(me["organizations"][0]["id"], json!(owner.organization));
    app.get("/api/v1/workflows").token(&session).send().await.expect(200);
}

#[tokio::test]
async fn after_a_revoked_invitation_the_new_user_gets_their_own_organization() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let id = invite(&app, &owner, ADA, "member").await.expect(201).at("/id");
    app.delete(&format!("/api/v1/invitations/{id}")).person(&owner).send().await.expect(200);
    let ada = app.somebody(ADA).await;
    accept(&app, &ada.token, &token(&app, ADA).await).await.refused(404, "not_found");
}

#[tokio::test]
async fn only_the_confirmed_address_opens_it() {
    let app = TestApp::with(Setup::default().with_auth(|auth| auth.anonymous_users = true)).await;
    let (owner, stranger) = (app.owner().await, app.stranger().await);
    invite(&app, &owner, ADA, "member").await.expect(201);
    let token = token(&app, ADA).await;
    let refused = accept(&app, &stranger.token, &token).await.refused(403, "permission_denied");
    assert!(!refused.text().contains(ADA), "{refused}");
    let nobody = app.post("/auth/v1/signup").json(&json!({})).send().await.expect(200).at("/access_token");
    accept(&app, &nobody, &token).await.refused(403, "permission_denied");
    app.post("/api/v1/invitations/accept")
        .json(&json!({ "token": token }))
        .send()
        .await
        .refused(401, "unauthenticated");
    app.post("/api/v1/invitations/accept")
        .key(&stranger.key)
        .json(&json!({ "token": token }))
        .send()
        .await
        .refused(401, "unauthenticated");
}

#[tokio::test]
async fn who_accepts_twice_at_once_joins_once() {
    let app = TestApp::new().await;
    let (owner, stranger) = (app.owner().await, app.stranger().await);
    invite(&app, &owner, &stranger.email, "viewer").await.expect(201);
    let token = token(&app, &stranger.email).await;
    let (one, two) = tokio::join!(accept(&app, &stranger.token, &token), accept(&app, &stranger.token, &token));
    assert_eq!((one.status(), two.status()), (200, 200), "{one} {two}");
    assert_eq!(app.count("select count(*) from freehold.events where type = 'invitation.accepted'").await, 1);
    assert_eq!(app.count("select count(*) from freehold.audit_entries where action = 'invitation.accepted'").await, 1);
}

#[tokio::test]
async fn a_member_who_accepts_an_invitation_keeps_their_role() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let ada = app.somebody(ADA).await;
    invite(&app, &owner, ADA, "owner").await.expect(201);
    let there = crate::harness::app::Person { organization: owner.organization.clone(), ..ada.clone() };
    app.join(&there, Role::Viewer).await;
    let joined = accept(&app, &ada.token, &token(&app, ADA).await).await.expect(200);
    assert_eq!(joined.at("/role"), "viewer");
}

#[tokio::test]
async fn no_one_joins_an_organization_that_is_read_only() {
    let app = TestApp::new().await;
    let (owner, stranger) = (app.owner().await, app.stranger().await);
    invite(&app, &owner, &stranger.email, "member").await.expect(201);
    let token = token(&app, &stranger.email).await;
    for (standing, code) in
        [(Standing::Suspended, "subscription_suspended"), (Standing::Archived, "organization_archived")]
    {
        app.stand(&owner, standing).await;
        accept(&app, &stranger.token, &token).await.refused(402, code);
        invite(&app, &owner, ADA, "member").await.refused(402, code);
    }
    app.stand(&owner, Standing::Good).await;
    accept(&app, &stranger.token, &token).await.expect(200);
}

#[tokio::test]
async fn who_was_removed_does_not_come_back_by_the_old_link() {
    let app = TestApp::new().await;
    let (owner, stranger) = (app.owner().await, app.stranger().await);
    invite(&app, &owner, &stranger.email, "member").await.expect(201);
    let token = token(&app, &stranger.email).await;
    accept(&app, &stranger.token, &token).await.expect(200);
    let path = format!("/api/v1/organizations/{}/members/{}", owner.organization, stranger.id);
    app.delete(&path).person(&owner).send().await.expect(204);
    accept(&app, &stranger.token, &token).await.refused(404, "not_found");
    invite(&app, &owner, &stranger.email, "member").await.expect(201);
}

#[tokio::test]
async fn an_invited_user_may_sign_up_where_sign_up_is_closed() {
    let app = TestApp::with(Setup::default().confirming()).await;
    let owner = app.owner().await;
    let closed = Setup::default().confirming().with_auth(|auth| auth.signup_disabled = true);
    let closed = app.beside(closed).await.unwrap();
    let sign_up = async |email| {
        closed.post("/auth/v1/signup").json(&json!({ "email": email, "password": PASSWORD })).send().await
    };
    sign_up(ADA).await.refused(422, "signup_disabled");
    invite(&app, &owner, ADA, "member").await.expect(201);
    sign_up(ADA).await.expect(200);
    sign_up("eve@example.org").await.refused(422, "signup_disabled");
}
