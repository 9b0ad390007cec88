//! Rotation of API keys with an overlap.

use freehold_core::Role;
use serde_json::json;

use super::{call, create, create_by, scene};
use crate::harness::app::{Answer, Ask, Served, Setup};

/// Rotates the key at this path.
async fn rotate(app: &Served, path: &str, seconds: i64, by: impl Fn(Ask) -> Ask) -> Answer {
    by(app.post(&format!("{path}/rotate"))).json(&json!({ "overlap_seconds": seconds })).send().await
}

#[tokio::test]
async fn the_previous_secret_works_until_the_overlap_ends() {
    let (app, owner) = scene().await;
    let (old, path) = create_by(&owner, &app).await;
    let before = app.get(&path).person(&owner).send().await.expect(200);
    let rotated = rotate(&app, &path, 1_800, |ask| ask.person(&owner)).await.expect(201);
    let new = rotated.at("/key");
    assert_ne!(new, old);
    assert_eq!((rotated.at("/id"), rotated.at("/name")), (before.at("/id"), before.at("/name")));
    assert!(new.starts_with(&rotated.at("/prefix")) && old.starts_with(&rotated.at("/previous_prefix")), "{rotated}");
    assert_eq!(rotated.at("/rotated_at"), "2026-03-15T12:00:00Z");
    assert_eq!(rotated.at("/previous_expires_at"), "2026-03-15T12:30:00Z");
    call(&app, &old).await.expect(200);
    call(&app, &new).await.expect(200);
    app.advance_seconds(1_799);
    call(&app, &old).await.expect(200);
    app.advance_seconds(1);
    // Also while the caller is cached.
    call(&app, &old).await.refused(401, "unauthenticated");
    app.backbone.resolver.forget();
    call(&app, &old).await.refused(401, "unauthenticated");
    call(&app, &new).await.expect(200);
    let after = app.get(&path).person(&owner).send().await.expect(200);
    assert!(after.json()["previous_prefix"].is_null() && after.json()["previous_expires_at"].is_null(), "{after}");
}

#[tokio::test]
async fn no_overlap_ends_the_previous_secret_at_once_on_every_server() {
    let (app, owner) = scene().await;
    let (old, path) = create_by(&owner, &app).await;
    let other = app.beside(Setup::of("pharmacy")).await.unwrap();
    call(&other, &old).await.expect(200);
    let new = rotate(&app, &path, 0, |ask| ask.person(&owner)).await.expect(201).at("/key");
    call(&app, &old).await.refused(401, "unauthenticated");
    call(&app, &new).await.expect(200);
    other.backbone.resolver.forget();
    call(&other, &old).await.refused(401, "unauthenticated");
    call(&other, &new).await.expect(200);
}

#[tokio::test]
async fn another_rotation_ends_the_oldest_secret_at_once() {
    let (app, owner) = scene().await;
    let (first, path) = create_by(&owner, &app).await;
    let second = rotate(&app, &path, 3_600, |ask| ask.person(&owner)).await.expect(201).at("/key");
    let third = rotate(&app, &path, 3_600, |ask| ask.person(&owner)).await.expect(201).at("/key");
    call(&app, &first).await.refused(401, "unauthenticated");
    call(&app, &second).await.expect(200);
    call(&app, &third).await.expect(200);
    // Revoking the key ends both of its secrets.
    app.delete(&path).person(&owner).send().await.expect(200);
    call(&app, &second).await.refused(401, "unauthenticated");
    call(&app, &third).await.refused(401, "unauthenticated");
    rotate(&app, &path, 0, |ask| ask.person(&owner)).await.refused(409, "conflict");
}

#[tokio::test]
async fn an_overlap_is_a_day_unless_said_and_a_week_at_most() {
    let (app, owner) = scene().await;
    let (_, path) = create_by(&owner, &app).await;
    let rotated = app.post(&format!("{path}/rotate")).person(&owner).json(&json!({})).send().await.expect(201);
    assert_eq!(rotated.at("/previous_expires_at"), "2026-03-16T12:00:00Z");
    for seconds in [-1, 604_801, i64::MIN, i64::MAX] {
        let refused = rotate(&app, &path, seconds, |ask| ask.person(&owner)).await.refused(422, "validation_failed");
        assert_eq!(refused.at("/errors/0/pointer"), "/overlap_seconds");
    }
    rotate(&app, &path, 604_800, |ask| ask.person(&owner)).await.expect(201);
    let unknown = "/api/v1/keys/019cf1a0-7000-7000-8000-000000000000";
    rotate(&app, unknown, 0, |ask| ask.person(&owner)).await.refused(404, "not_found");
}

#[tokio::test]
async fn a_key_rotates_itself_and_the_keys_it_created_with_its_newest_secret_only() {
    let (app, owner) = scene().await;
    let (old, path) = create_by(&owner, &app).await;
    let (_, child) = create(|ask| ask.key(&old), &app, json!({ "name": "child" })).await;
    let new = rotate(&app, &path, 86_400, |ask| ask.key(&old)).await.expect(201).at("/key");
    // What the previous secret creates ends with it, and it replaces nothing.
    let refused = rotate(&app, &path, 0, |ask| ask.key(&old)).await.refused(403, "permission_denied");
    assert!(refused.at("/detail").contains("2026-03-16T12:00:00Z"), "{refused}");
    rotate(&app, &child, 0, |ask| ask.key(&old)).await.refused(403, "permission_denied");
    app.advance_seconds(10);
    let late = app.post("/api/v1/keys").key(&old).json(&json!({ "name": "late" })).send().await.expect(201);
    assert_eq!(late.at("/expires_at"), "2026-03-16T12:00:00Z");
    let body = json!({ "name": "later", "expires_at": "2026-03-16T12:00:01Z" });
    app.post("/api/v1/keys").key(&old).json(&body).send().await.refused(403, "permission_denied");
    // The newest secret does both.
    let child = rotate(&app, &child, 0, |ask| ask.key(&new)).await.expect(201).at("/key");
    call(&app, &child).await.expect(200);
    rotate(&app, &path, 0, |ask| ask.key(&child)).await.refused(403, "permission_denied");
    rotate(&app, &path, 0, |ask| ask.key(&new)).await.expect(201);
}

#[tokio::test]
async fn a_key_that_was_just_rotated_grants_nothing() {
    let (app, owner) = scene().await;
    let (old, path) = create_by(&owner, &app).await;
    // Another server may take the previous secret for the current one for half a second.
    let other = app.beside(Setup::of("pharmacy")).await.unwrap();
    let new = rotate(&app, &path, 0, |ask| ask.key(&old)).await.expect(201).at("/key");
    for (path, body) in [(format!("{path}/rotate"), json!({})), ("/api/v1/keys".to_owned(), json!({ "name": "k" }))] {
        let refused = other.post(&path).key(&new).json(&body).send().await.refused(409, "conflict");
        assert_eq!(refused.header("retry-after"), "2");
    }
    app.advance_seconds(2);
    rotate(&other, &path, 0, |ask| ask.key(&new)).await.expect(201);
}

#[tokio::test]
async fn only_the_user_of_a_key_and_scoped_keys_with_the_right_rotate_it() {
    let (app, owner) = scene().await;
    let admin = app.member(&owner, Role::Admin).await;
    let member = app.member(&owner, Role::Member).await;
    let (key, path) = create_by(&admin, &app).await;
    // An owner may do more than the key, and still not act in the name of its user.
    for refused in [
        rotate(&app, &path, 0, |ask| ask.person(&owner)).await,
        rotate(&app, &path, 0, |ask| ask.key(&owner.key)).await,
        rotate(&app, &path, 0, |ask| ask.person(&member)).await,
    ] {
        refused.refused(403, "permission_denied");
    }
    let stranger = app.stranger().await;
    rotate(&app, &path, 0, |ask| ask.person(&stranger)).await.refused(404, "not_found");
    let reading = json!({ "name": "reader", "scopes": ["keys:read", "usage:read"] });
    let (reader, own) = create(|ask| ask.person(&admin), &app, reading).await;
    rotate(&app, &own, 0, |ask| ask.key(&reader)).await.refused(403, "permission_denied");
    call(&app, &reader).await.expect(200);
    // Another key of the same user outlives neither the key that it would rotate nor its own end.
    let ending = json!({ "name": "ending", "expires_at": "2026-03-15T13:00:00Z" });
    let (ending, _) = create(|ask| ask.person(&admin), &app, ending).await;
    rotate(&app, &path, 0, |ask| ask.key(&ending)).await.refused(403, "permission_denied");
    call(&app, &key).await.expect(200);
    // Once the owner is responsible for the key, they rotate it.
    app.post(&format!("{path}/adopt")).person(&owner).send().await.expect(200);
    rotate(&app, &path, 0, |ask| ask.person(&owner)).await.expect(201);
    rotate(&app, &path, 0, |ask| ask.person(&admin)).await.refused(403, "permission_denied");
}

#[tokio::test]
async fn the_new_secret_may_do_no_more_than_its_user_now() {
    let (app, owner) = scene().await;
    let admin = app.member(&owner, Role::Admin).await;
    let (_, path) = create_by(&admin, &app).await;
    let new = rotate(&app, &path, 0, |ask| ask.person(&admin)).await.expect(201).at("/key");
    let member = format!("/api/v1/organizations/{}/members/{}", owner.organization, admin.id);
    app.patch(&member).person(&owner).json(&json!({ "role": "viewer" })).send().await.expect(200);
    app.get("/api/v1/keys").key(&new).send().await.refused(403, "permission_denied");
    rotate(&app, &path, 0, |ask| ask.key(&new)).await.refused(403, "permission_denied");
    app.delete(&member).person(&owner).send().await.expect(204);
    call(&app, &new).await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn a_retry_rotates_once_and_shows_no_secret() {
    let (app, owner) = scene().await;
    let (old, path) = create_by(&owner, &app).await;
    let ask = || app.post(&format!("{path}/rotate")).person(&owner).json(&json!({ "overlap_seconds": 60 }));
    let first = ask().idempotent("r-1").send().await.expect(201);
    let again = ask().idempotent("r-1").send().await.expect(201);
    assert_eq!((again.header("idempotent-replayed"), &again.json()["key"]), ("true", &json!(null)));
    assert_eq!(again.at("/prefix"), first.at("/prefix"));
    call(&app, &old).await.expect(200);
    call(&app, &first.at("/key")).await.expect(200);
    let secret = &first.at("/key")[16..];
    for table in ["api_keys", "audit_entries", "events", "idempotent_answers"] {
        let kept = format!("select count(*) from freehold.{table} as t where t::text like '%{secret}%'");
        assert_eq!(app.count(&kept).await, 0, "{table}");
    }
    let audit = app.get("/api/v1/audit?action=key.rotated").person(&owner).send().await.expect(200);
    assert_eq!(audit.json()["data"].as_array().unwrap().len(), 1, "{audit}");
    let event = format!("/api/v1/events/{}", audit.at("/data/0/id"));
    assert_eq!(app.get(&event).person(&owner).send().await.expect(200).at("/type"), "api_key.rotated");
}
