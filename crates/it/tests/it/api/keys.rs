//! API keys.

use freehold_core::Role;
use serde_json::{Value, json};

use crate::harness::{
    app::{Answer, Person, TestApp},
    eventually,
};

async fn key_create(app: &TestApp, owner: &Person, body: Value) -> Answer {
    app.post("/api/v1/keys").person(owner).json(&body).send().await
}

#[tokio::test]
async fn a_key_is_shown_once() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let made = key_create(&app, &owner, json!({ "name": " ci " })).await.expect(201);
    let (key, id) = (made.at("/key"), made.at("/id"));
    assert!(key.starts_with("sk_live_"), "{key}");
    assert!(key.starts_with(&made.at("/prefix")) && made.at("/prefix").len() < key.len() / 2);
    assert_eq!((made.at("/name"), made.at("/created_by")), ("ci".into(), owner.id.clone()));
    app.get("/api/v1/usage").key(&key).send().await.expect(200);

    let secret = &key[made.at("/prefix").len()..];
    for path in ["/api/v1/keys".to_owned(), format!("/api/v1/keys/{id}")] {
        let answer = app.get(&path).person(&owner).send().await.expect(200);
        assert!(!answer.text().contains(secret) && answer.text().contains(&made.at("/prefix")), "{answer}");
    }
    let kept = app.count(&format!("select count(*) from freehold.api_keys as k where k::text like '%{secret}%'")).await;
    assert_eq!(kept, 0);
}

#[tokio::test]
async fn a_key_is_taken_in_three_ways() {
    let app = TestApp::with(crate::voice()).await;
    let key = app.owner().await.key;
    let ask = || app.get("/api/v1/usage");
    ask().key(&key).send().await.expect(200);
    ask().token(&key).send().await.expect(200);
    ask().header("authorization", &key).send().await.expect(200);
    ask().header("authorization", format!("bearer   {key}")).send().await.expect(200);
}

#[tokio::test]
async fn a_test_key_says_so() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let made = key_create(&app, &owner, json!({ "name": "try", "mode": "test" })).await.expect(201);
    assert!(made.at("/key").starts_with("sk_test_") && made.at("/prefix").starts_with("sk_test_"));
    // A test key works wherever a live key does.
    app.get("/api/v1/usage").header("authorization", format!("Bearer {}", made.at("/key"))).send().await.expect(200);
}

#[tokio::test]
async fn a_key_ends_when_it_says() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let body = json!({ "name": "until one", "expires_at": "2026-03-15T13:00:00Z" });
    let key = key_create(&app, &owner, body).await.expect(201).at("/key");
    app.advance_seconds(3_599);
    app.get("/api/v1/usage").key(&key).send().await.expect(200);
    app.advance_seconds(1);
    let refused = app.get("/api/v1/usage").key(&key).send().await.refused(401, "unauthenticated");
    assert_eq!(refused.header("www-authenticate"), "Bearer");
    app.backbone.resolver.forget();
    app.get("/api/v1/usage").key(&key).send().await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn a_key_that_is_revoked_is_refused_by_every_server_within_a_second() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let made = key_create(&app, &owner, json!({ "name": "short" })).await.expect(201);
    let (key, path) = (made.at("/key"), format!("/api/v1/keys/{}", made.at("/id")));
    let other = app.beside(crate::voice()).await.unwrap();
    other.get("/api/v1/usage").key(&key).send().await.expect(200);

    let revoked = app.delete(&path).person(&owner).send().await.expect(200);
    assert_eq!(revoked.at("/revoked_at"), "2026-03-15T12:00:00Z");
    app.get("/api/v1/usage").key(&key).send().await.refused(401, "unauthenticated");
    eventually("the other server refuses the key", async || {
        other.get("/api/v1/usage").key(&key).send().await.status() == 401
    })
    .await;

    app.advance_seconds(60);
    let again = app.delete(&path).person(&owner).send().await.expect(200);
    assert_eq!(again.at("/revoked_at"), "2026-03-15T12:00:00Z");
    assert_eq!(app.get(&path).person(&owner).send().await.expect(200).at("/name"), "short");
}

#[tokio::test]
async fn its_last_use_is_exact_to_the_minute() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let made = key_create(&app, &owner, json!({ "name": "used" })).await.expect(201);
    let path = format!("/api/v1/keys/{}", made.at("/id"));
    let used = async || app.get(&path).person(&owner).send().await.expect(200).json()["last_used_at"].clone();
    assert_eq!(used().await, Value::Null);
    for (seconds, expected) in [(0, "12:00:00"), (59, "12:00:00"), (2, "12:01:01")] {
        app.advance_seconds(seconds);
        app.backbone.resolver.forget();
        app.get("/api/v1/usage").key(&made.at("/key")).send().await.expect(200);
        assert_eq!(used().await, format!("2026-03-15T{expected}Z"));
    }
}

#[tokio::test]
async fn scopes_narrow_a_key() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let scoped = async |scopes: Value| key_create(&app, &owner, json!({ "name": "k", "scopes": scopes })).await;
    let reading = scoped(json!(["workflows:read", "usage"])).await.expect(201).at("/key");
    app.get("/api/v1/workflows").key(&reading).send().await.expect(200);
    app.get("/api/v1/usage").key(&reading).send().await.expect(200);
    app.get("/api/v1/runs").key(&reading).send().await.refused(403, "permission_denied");
    let body = json!({ "template": "appointment_reminder" });
    let refused =
        app.post("/api/v1/workflows").key(&reading).json(&body).send().await.refused(403, "permission_denied");
    assert!(refused.at("/detail").contains("workflows:write"), "{refused}");
    let writing = scoped(json!(["workflows:write"])).await.expect(201).at("/key");
    app.post("/api/v1/workflows").key(&writing).json(&body).send().await.expect(201);
    app.get("/api/v1/workflows").key(&writing).send().await.expect(200);

    let misspelt = scoped(json!(["workflows:read", "workflow:read"])).await.refused(422, "validation_failed");
    assert_eq!(misspelt.at("/errors/0/pointer"), "/scopes/1");
    for scope in ["workflows:delete", "*", "", ":", "workflows:"] {
        scoped(json!([scope])).await.refused(422, "validation_failed");
    }
}

#[tokio::test]
async fn a_key_makes_none_that_can_do_more() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let body = json!({ "name": "maker", "scopes": ["keys:write", "runs:read"] });
    let maker = key_create(&app, &owner, body).await.expect(201).at("/key");
    let make = async |body: Value| app.post("/api/v1/keys").key(&maker).json(&body).send().await;
    make(json!({ "name": "k", "scopes": ["runs:read"] })).await.expect(201);
    for scopes in [json!([]), json!(["workflows:read"]), json!(["runs:write"]), json!(["runs:read", "usage:read"])] {
        make(json!({ "name": "k", "scopes": scopes })).await.refused(403, "permission_denied");
    }
    make(json!({ "name": "k" })).await.refused(403, "permission_denied");
}

#[tokio::test]
async fn a_key_is_never_more_than_its_maker_is_now() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let admin = app.member(&owner, Role::Admin).await;
    let key = key_create(&app, &admin, json!({ "name": "of the admin" })).await.expect(201).at("/key");
    let member = format!("/api/v1/organizations/{}/members/{}", owner.organization, admin.id);
    let body = json!({ "template": "appointment_reminder" });
    app.post("/api/v1/workflows").key(&key).json(&body).send().await.expect(201);
    app.patch(&member).person(&owner).json(&json!({ "role": "viewer" })).send().await.expect(200);
    app.post("/api/v1/workflows").key(&key).json(&body).send().await.refused(403, "permission_denied");
    app.get("/api/v1/workflows").key(&key).send().await.expect(200);
    app.patch(&member).person(&owner).json(&json!({ "role": "owner" })).send().await.expect(200);
    let made = app.post("/api/v1/keys").key(&key).json(&json!({ "name": "k" })).send().await.expect(201);
    assert_eq!(
        app.count(&format!(
            "select count(*) from freehold.api_keys where id = '{}' and role = 'admin'",
            made.at("/id")
        ))
        .await,
        1
    );
}

#[tokio::test]
async fn what_makes_no_key_is_told_with_its_place() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    for (body, pointer) in [
        (json!({ "name": "" }), "/name"),
        (json!({ "name": " \t " }), "/name"),
        (json!({ "name": "x".repeat(101) }), "/name"),
        (json!({ "name": "k", "expires_at": "2026-03-15T12:00:00Z" }), "/expires_at"),
        (json!({ "name": "k", "expires_at": "tomorrow" }), "/expires_at"),
        (json!({ "name": "k", "mode": "production" }), "/mode"),
    ] {
        let refused = key_create(&app, &owner, body).await.refused(422, "validation_failed");
        assert_eq!(refused.at("/errors/0/pointer"), pointer);
    }
}
