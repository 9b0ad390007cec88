//! Requests of API keys by day.

use serde_json::{Value, json};

use super::{call, create, create_by, scene};
use crate::harness::app::{Person, Served, Setup};

/// The days of the key at this path.
async fn days(app: &Served, owner: &Person, path: &str) -> Vec<Value> {
    let answer = app.get(&format!("{path}/usage")).key(&owner.key).send().await.expect(200);
    answer.json()["data"].as_array().unwrap().clone()
}

#[tokio::test]
async fn requests_count_by_day_and_are_written_in_batches() {
    let (app, owner) = scene().await;
    let (key, path) = create_by(&owner, &app).await;
    let (other, _) = create_by(&owner, &app).await;
    for _ in 0..3 {
        call(&app, &key).await.expect(200);
    }
    call(&app, &other).await.expect(200);
    let rows = "select count(*) from freehold.api_key_days";
    assert_eq!(app.count(rows).await, 0);
    app.backbone.key_uses_write().await;
    assert_eq!(app.count(rows).await, 2);
    // Nothing is written twice.
    app.backbone.key_uses_write().await;
    let seen = days(&app, &owner, &path).await;
    assert_eq!(seen.len(), 90);
    assert_eq!(seen[0], json!({ "day": "2025-12-16", "requests": 0 }));
    assert_eq!(
        seen[88..],
        [json!({ "day": "2026-03-14", "requests": 0 }), json!({ "day": "2026-03-15", "requests": 3 })]
    );

    // Another server adds to the same day, also with a secret that was rotated.
    let server = app.beside(Setup::of("pharmacy")).await.unwrap();
    let rotate = app.post(&format!("{path}/rotate")).person(&owner).json(&json!({})).send().await.expect(201);
    for secret in [&key, &rotate.at("/key")] {
        call(&server, secret).await.expect(200);
    }
    call(&app, &key).await.expect(200);
    server.backbone.key_uses_write().await;
    app.advance_seconds(12 * 3_600);
    call(&app, &key).await.expect(200);
    app.backbone.key_uses_write().await;
    let seen = days(&app, &owner, &path).await;
    assert_eq!(
        seen[88..],
        [json!({ "day": "2026-03-15", "requests": 6 }), json!({ "day": "2026-03-16", "requests": 1 })]
    );
}

#[tokio::test]
async fn refused_requests_do_not_count_and_usage_is_not_for_strangers() {
    let (app, owner) = scene().await;
    let restricted = json!({ "name": "home", "allowed_networks": ["198.51.100.7"] });
    let (key, path) = create(|ask| ask.person(&owner), &app, restricted).await;
    call(&app, &key).await.refused(403, "address_not_allowed");
    call(&app, &format!("{}0", &key[..56])).await;
    app.backbone.key_uses_write().await;
    assert!(days(&app, &owner, &path).await.iter().all(|day| day["requests"] == 0));
    let stranger = app.stranger().await;
    app.get(&format!("{path}/usage")).person(&stranger).send().await.refused(404, "not_found");
    let narrow = json!({ "name": "narrow", "scopes": ["usage:read"] });
    let (narrow, _) = create(|ask| ask.person(&owner), &app, narrow).await;
    app.get(&format!("{path}/usage")).key(&narrow).send().await.refused(403, "permission_denied");
}

#[tokio::test]
async fn old_days_are_deleted() {
    let (app, owner) = scene().await;
    let (key, _) = create_by(&owner, &app).await;
    call(&app, &key).await.expect(200);
    app.backbone.key_uses_write().await;
    app.advance_seconds(89 * 86_400);
    freehold_identity::sweep::sweep(&app.backbone.identity.base).await.unwrap();
    assert_eq!(app.count("select count(*) from freehold.api_key_days").await, 1);
    app.advance_seconds(2 * 86_400);
    let swept = freehold_identity::sweep::sweep(&app.backbone.identity.base).await.unwrap();
    assert_eq!((swept.key_days, app.count("select count(*) from freehold.api_key_days").await), (1, 0));
}
