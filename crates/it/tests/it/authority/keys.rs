//! API keys whose giver has lost rights.

use freehold_core::Role;
use freehold_identity::admin::user_delete;
use freehold_tenancy::departure::person_depart;
use serde_json::json;

use super::{By, ban, change_role, key_create, key_of, member_path, run_jobs};
use crate::harness::app::{Person, TestApp};

/// An owner, an admin, and a key that the admin created.
async fn scene() -> (TestApp, Person, Person, String, String) {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let admin = app.member(&owner, Role::Admin).await;
    let (key, id) = key_of(key_create(&app, By::Person(&admin), &json!({ "name": "theirs" })).await);
    (app, owner, admin, key, id)
}

async fn status(app: &TestApp, key: &str) -> u16 {
    app.get("/api/v1/keys").key(key).send().await.status()
}

#[tokio::test]
async fn the_key_of_an_admin_who_was_demoted_and_left_does_not_get_its_rights_back() {
    let (app, owner, admin, key, id) = scene().await;
    assert_eq!(status(&app, &key).await, 200);
    change_role(&app, &owner, &admin, Role::Viewer).await;
    assert_eq!(status(&app, &key).await, 403);
    app.delete(&member_path(&owner, &admin)).person(&admin).send().await.expect(204);
    assert_eq!(status(&app, &key).await, 401);
    let kept = app.get(&format!("/api/v1/keys/{id}")).person(&owner).send().await.expect(200);
    assert_eq!(kept.at("/state"), "suspended");
    // Joining again does not adopt the key.
    app.join(&admin, Role::Admin).await;
    assert_eq!(status(&app, &key).await, 401);
}

#[tokio::test]
async fn a_key_created_by_a_key_is_bounded_by_the_user_behind_both() {
    let (app, owner, admin, key, id) = scene().await;
    let made = key_create(&app, By::Key(&key), &json!({ "name": "child" })).await.expect(201);
    assert_eq!((made.at("/created_by"), made.at("/parent_id")), (admin.id.clone(), id));
    let child = made.at("/key");
    assert_eq!(status(&app, &child).await, 200);
    change_role(&app, &owner, &admin, Role::Viewer).await;
    assert_eq!(status(&app, &child).await, 403);
    let invite = json!({ "email": "eve@example.org", "role": "viewer" });
    app.post("/api/v1/invitations").key(&child).json(&invite).send().await.refused(403, "permission_denied");
    app.delete(&member_path(&owner, &admin)).person(&owner).send().await.expect(204);
    assert_eq!(status(&app, &child).await, 401);
}

#[tokio::test]
async fn the_keys_of_a_banned_user_rest_until_the_ban_ends() {
    let (app, _owner, admin, key, _) = scene().await;
    let (child, _) = key_of(key_create(&app, By::Key(&key), &json!({ "name": "child" })).await);
    ban(&app, &admin, "2026-03-15 13:00:00Z").await;
    assert_eq!((status(&app, &key).await, status(&app, &child).await), (401, 401));
    app.advance_seconds(3_600);
    app.backbone.resolver.forget();
    assert_eq!((status(&app, &key).await, status(&app, &child).await), (200, 200));
}

#[tokio::test]
async fn the_keys_of_a_deleted_user_open_nothing() {
    let (app, _owner, admin, key, _) = scene().await;
    let (child, _) = key_of(key_create(&app, By::Key(&key), &json!({ "name": "child" })).await);
    let mut tx = app.backbone.db.system("test").begin().await.unwrap();
    let user = admin.id.parse().unwrap();
    person_depart(&mut tx, &app.backbone.vault, user).await.unwrap();
    user_delete(&mut tx, user).await.unwrap();
    tx.commit().await.unwrap();
    app.backbone.resolver.forget();
    assert_eq!((status(&app, &key).await, status(&app, &child).await), (401, 401));
    // Also where other programs delete the rows, as in a Supabase project.
    let other = app.stranger().await;
    let gone = format!("delete from auth.users where id = '{}'", other.id);
    app.test.admin().await.batch_execute(&gone).await.unwrap();
    app.backbone.resolver.forget();
    assert_eq!(status(&app, &other.key).await, 401);
    let suspended = app.count("select count(*) from freehold.api_keys where suspended_at is not null").await;
    assert_eq!(suspended, 3);
}

#[tokio::test]
async fn a_test_key_that_ends_creates_no_live_one_and_none_that_outlives_it() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let parent = json!({ "name": "trial", "mode": "test", "expires_at": "2026-03-15T13:00:00Z" });
    let (parent, _) = key_of(key_create(&app, By::Person(&owner), &parent).await);
    let by = By::Key(&parent);
    let denied = async |body| key_create(&app, by, &body).await.refused(403, "permission_denied");
    denied(json!({ "name": "k", "mode": "live" })).await;
    denied(json!({ "name": "k", "mode": "test", "expires_at": "2026-03-15T13:00:01Z" })).await;
    // A field that is left out is inherited from the parent.
    let child = key_create(&app, by, &json!({ "name": "k" })).await.expect(201);
    assert_eq!((child.at("/mode"), child.at("/expires_at")), ("test".into(), "2026-03-15T13:00:00Z".into()));
    app.advance_seconds(3_600);
    assert_eq!((status(&app, &parent).await, status(&app, &child.at("/key")).await), (401, 401));
}

#[tokio::test]
async fn revoking_a_key_revokes_what_it_created() {
    let (app, owner, _, key, id) = scene().await;
    let (child, _) = key_of(key_create(&app, By::Key(&key), &json!({ "name": "child" })).await);
    let (grandchild, last) = key_of(key_create(&app, By::Key(&child), &json!({ "name": "grandchild" })).await);
    assert_eq!(status(&app, &grandchild).await, 200);
    app.delete(&format!("/api/v1/keys/{id}")).person(&owner).send().await.expect(200);
    for gone in [&key, &child, &grandchild] {
        assert_eq!(status(&app, gone).await, 401);
    }
    let kept = app.get(&format!("/api/v1/keys/{last}")).person(&owner).send().await.expect(200);
    assert_eq!(kept.at("/state"), "revoked");
    let told = "select count(*) from freehold.events where type = 'api_key.revoked'";
    assert_eq!(app.count(told).await, 3);
}

#[tokio::test]
async fn keys_create_keys_in_lines_of_eight_at_most() {
    let (app, _, _, key, _) = scene().await;
    let mut last = key;
    for _ in 1..8 {
        (last, _) = key_of(key_create(&app, By::Key(&last), &json!({ "name": "next" })).await);
    }
    key_create(&app, By::Key(&last), &json!({ "name": "next" })).await.refused(409, "conflict");
}

#[tokio::test]
async fn a_key_revokes_only_what_may_do_no_more_than_itself() {
    let (app, owner, admin, theirs, id) = scene().await;
    let narrow = json!({ "name": "narrow", "scopes": ["keys:write", "usage:read"] });
    let (narrow, own) = key_of(key_create(&app, By::Person(&owner), &narrow).await);
    let revoke = async |id: &str, by: By<'_>| by.ask(app.delete(&format!("/api/v1/keys/{id}"))).send().await;
    let all = app.get("/api/v1/keys").person(&owner).send().await.expect(200);
    let everything = all.json()["data"].as_array().unwrap().last().unwrap()["id"].as_str().unwrap().to_owned();
    revoke(&everything, By::Key(&narrow)).await.refused(403, "permission_denied");
    revoke(&id, By::Key(&narrow)).await.refused(403, "permission_denied");
    // An admin's key, or the admin, may revoke the keys of roles up to admin.
    revoke(&everything, By::Key(&theirs)).await.refused(403, "permission_denied");
    revoke(&everything, By::Person(&admin)).await.refused(403, "permission_denied");
    // A key may revoke the keys that it created, keys within its own rights, and itself.
    let (_, child) =
        key_of(key_create(&app, By::Key(&narrow), &json!({ "name": "c", "scopes": ["usage:read"] })).await);
    revoke(&child, By::Key(&narrow)).await.expect(200);
    let within = key_create(&app, By::Person(&admin), &json!({ "name": "w", "scopes": ["usage"] })).await.expect(201);
    revoke(&within.at("/id"), By::Key(&narrow)).await.refused(403, "permission_denied");
    let within =
        key_create(&app, By::Person(&admin), &json!({ "name": "w", "scopes": ["usage:read"] })).await.expect(201);
    revoke(&within.at("/id"), By::Key(&narrow)).await.expect(200);
    revoke(&own, By::Key(&narrow)).await.expect(200);
    assert_eq!((status(&app, &narrow).await, status(&app, &theirs).await), (401, 200));
}

#[tokio::test]
async fn owners_are_told_of_suspended_keys_and_adopt_them() {
    let (app, owner, admin, key, id) = scene().await;
    let (child, child_id) = key_of(key_create(&app, By::Key(&key), &json!({ "name": "child" })).await);
    let other = app.somebody("other.admin@example.org").await;
    app.join(&Person { organization: owner.organization.clone(), ..other.clone() }, Role::Admin).await;
    let other = Person { organization: owner.organization.clone(), ..other };
    app.delete(&member_path(&owner, &admin)).person(&owner).send().await.expect(204);
    run_jobs(&app).await;

    let mails = app.mails(&owner.email).await;
    assert_eq!(mails.iter().filter(|mail| mail.mail.template().name == "keys_suspended").count(), 1);
    assert_eq!(mails[0].mail.content().value.as_deref(), Some("theirs, child"));
    assert!(app.mails(&other.email).await.is_empty(), "only owners can adopt");
    assert_eq!(app.count("select count(*) from freehold.events where type = 'api_key.suspended'").await, 2);

    let adopt = async |id: &str, by: By<'_>| by.ask(app.post(&format!("/api/v1/keys/{id}/adopt"))).send().await;
    adopt(&id, By::Person(&other)).await.refused(403, "permission_denied");
    adopt(&id, By::Key(&owner.key)).await.refused(403, "permission_denied");
    let adopted = adopt(&id, By::Person(&owner)).await.expect(200);
    assert_eq!((adopted.at("/state"), adopted.at("/created_by")), ("active".into(), owner.id.clone()));
    assert_eq!((status(&app, &key).await, status(&app, &child).await), (200, 401));
    adopt(&child_id, By::Person(&owner)).await.expect(200);
    assert_eq!(status(&app, &child).await, 200);
    // It may do what it was created for, and no more.
    app.patch(&member_path(&owner, &owner)).key(&key).json(&json!({ "role": "admin" })).send().await.expect(403);
    app.delete(&format!("/api/v1/keys/{id}")).person(&owner).send().await.expect(200);
    adopt(&id, By::Person(&owner)).await.refused(409, "conflict");
}
