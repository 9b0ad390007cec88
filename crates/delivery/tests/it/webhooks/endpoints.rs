//! Creating and managing endpoints.

use freehold_core::Role;
use serde_json::{Value, json};

use super::{endpoint, owner, shown};
use crate::harness::app::TestApp;

#[tokio::test]
async fn an_endpoint_wants_everything_unless_it_says_otherwise_and_shows_its_secret_once() {
    let app = TestApp::new().await;
    let owner = owner(&app).await;
    let made = endpoint(&app, &owner, json!({ "url": "https://example.org/hooks" })).await.expect(201);
    assert!(made.at("/secret").starts_with("whsec_"));
    let id = made.at("/id");
    let mut expected = made.json();
    expected.as_object_mut().unwrap().remove("secret");
    assert_eq!(shown(&app, &owner, &id).await, expected);
    assert_eq!(
        (
            expected["events"].clone(),
            expected["enabled"].clone(),
            expected["signature"].clone(),
            expected["at_once"].clone()
        ),
        (json!(["*"]), json!(true), json!("v1"), json!(20))
    );
    let listed = app.get("/api/v1/webhooks").key(&owner.key).send().await.expect(200);
    assert_eq!(listed.json()["data"], json!([expected]));
    assert!(!listed.holds("whsec_"));
}

#[tokio::test]
async fn a_retry_gets_the_same_endpoint_without_the_secret() {
    let app = TestApp::new().await;
    let owner = owner(&app).await;
    let ask =
        app.post("/api/v1/webhooks").key(&owner.key).idempotent("once").json(&json!({ "url": "https://example.org/" }));
    let (first, second) = (ask.clone().send().await.expect(201), ask.send().await.expect(201));
    let mut kept = first.json();
    kept["secret"] = Value::Null;
    assert_eq!((kept, second.header("idempotent-replayed")), (second.json(), "true"));
    assert_eq!(app.count("select count(*) from freehold.webhook_endpoints").await, 1);
}

#[tokio::test]
async fn a_secret_is_kept_sealed() {
    let app = TestApp::new().await;
    let owner = owner(&app).await;
    let secret = endpoint(&app, &owner, json!({ "url": "https://example.org/" })).await.expect(201).at("/secret");
    let query = "select sealed_secret from freehold.webhook_endpoints";
    let sealed: Vec<u8> = app.test.admin().await.query_one(query, &[]).await.unwrap().get(0);
    assert!(!sealed.windows(8).any(|window| secret.as_bytes().windows(8).any(|part| part == window)));
}

#[tokio::test]
async fn an_address_that_is_not_called_is_refused_with_the_reason() {
    let app = TestApp::new().await;
    let owner = owner(&app).await;
    for (url, reason) in [
        ("https://10.0.0.1/", "private"),
        ("https://169.254.169.254/latest", "metadata"),
        ("ftp://example.org/", "https://"),
        ("http://93.184.215.14/", "read on the way"),
        ("https://user:pass@example.org/", "password"),
        ("https://example.org:22/", "Port 22"),
        ("nonsense", "https://host/path"),
    ] {
        let refused = endpoint(&app, &owner, json!({ "url": url })).await.refused(422, "validation_failed");
        assert_eq!(refused.at("/errors/0/pointer"), "/url");
        assert!(refused.at("/errors/0/message").contains(reason), "{url}: {refused}");
    }
}

#[tokio::test]
async fn every_value_that_is_not_allowed_is_named() {
    let app = TestApp::new().await;
    let owner = owner(&app).await;
    for (pointer, body) in [
        ("/events/1", json!({ "events": ["call.*", "call*"] })),
        ("/per_second", json!({ "per_second": 0 })),
        ("/at_once", json!({ "at_once": 101 })),
        ("/description", json!({ "description": "x".repeat(501) })),
    ] {
        let mut body = body;
        body["url"] = "https://example.org/".into();
        let refused = endpoint(&app, &owner, body).await.refused(422, "validation_failed");
        assert_eq!(refused.at("/errors/0/pointer"), pointer);
    }
}

#[tokio::test]
async fn the_plan_says_how_many_there_may_be() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let another = async || endpoint(&app, &owner, json!({ "url": "https://example.org/" })).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(another().await.expect(201).at("/id"));
    }
    let refused = another().await.refused(402, "quota_exceeded");
    assert_eq!(
        (refused.at("/limit"), refused.at("/used"), refused.at("/plan")),
        ("3".into(), "3".into(), "free".into())
    );
    assert!(refused.at("/upgrade_url").ends_with("/billing"));
    // A disabled endpoint counts, a deleted one does not.
    let path = format!("/api/v1/webhooks/{}", ids[0]);
    app.patch(&path).key(&owner.key).json(&json!({ "enabled": false })).send().await.expect(200);
    another().await.refused(402, "quota_exceeded");
    app.delete(&path).key(&owner.key).send().await.expect(204);
    another().await.expect(201);
    app.put_on_plan(&owner, "starter", 1).await;
    app.backbone.resolver.forget();
    for _ in 3..10 {
        another().await.expect(201);
    }
    assert_eq!(another().await.refused(402, "quota_exceeded").at("/limit"), "10");
}

#[tokio::test]
async fn of_many_made_at_once_the_plan_lets_through_as_many_as_it_has() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let asks = (0..8).map(|_| endpoint(&app, &owner, json!({ "url": "https://example.org/" })));
    let answers = futures_util::future::join_all(asks).await;
    assert_eq!(answers.iter().filter(|answer| answer.status() == 201).count(), 3);
}

#[tokio::test]
async fn a_change_names_what_it_changes_and_null_takes_the_throttle_away() {
    let app = TestApp::new().await;
    let owner = owner(&app).await;
    let body = json!({ "url": "https://example.org/", "per_second": 5, "description": "one" });
    let id = endpoint(&app, &owner, body).await.expect(201).at("/id");
    let path = format!("/api/v1/webhooks/{id}");
    let change = async |body: Value| app.patch(&path).key(&owner.key).json(&body).send().await;
    app.advance_seconds(1);
    let changed = change(json!({ "events": ["call.*"] })).await.expect(200).json();
    assert_eq!(
        (changed["per_second"].clone(), changed["events"].clone(), changed["description"].clone()),
        (json!(5), json!(["call.*"]), json!("one"))
    );
    assert_eq!(change(json!({ "per_second": null })).await.expect(200).json()["per_second"], Value::Null);
    change(json!({ "url": "https://[::ffff:10.0.0.1]/" })).await.refused(422, "validation_failed");
    change(json!({ "secret": "whsec_" })).await.expect(422);
}

#[tokio::test]
async fn a_change_of_an_outdated_version_is_rejected() {
    let app = TestApp::new().await;
    let owner = owner(&app).await;
    let id = endpoint(&app, &owner, json!({ "url": "https://example.org/" })).await.expect(201).at("/id");
    let path = format!("/api/v1/webhooks/{id}");
    let tag = app.get(&path).key(&owner.key).send().await.header("etag").to_owned();
    let change = async |number: i32| {
        let body = json!({ "description": number.to_string() });
        app.patch(&path).key(&owner.key).header("if-match", &tag).json(&body).send().await
    };
    app.advance_seconds(1);
    change(1).await.expect(200);
    change(2).await.refused(412, "stale_edit");
}

#[tokio::test]
async fn only_admins_see_webhooks_and_events() {
    let app = TestApp::new().await;
    let owner = owner(&app).await;
    let id = endpoint(&app, &owner, json!({ "url": "https://example.org/" })).await.expect(201).at("/id");
    let member = app.member(&owner, Role::Member).await;
    for path in ["/api/v1/webhooks", &format!("/api/v1/webhooks/{id}"), "/api/v1/events"] {
        app.get(path).person(&member).send().await.refused(403, "permission_denied");
    }
    let admin = app.member(&owner, Role::Admin).await;
    app.get("/api/v1/webhooks").person(&admin).send().await.expect(200);
}

#[tokio::test]
async fn a_stranger_finds_nothing() {
    let app = TestApp::new().await;
    let (owner, stranger) = (owner(&app).await, app.stranger().await);
    let id = endpoint(&app, &owner, json!({ "url": "https://example.org/" })).await.expect(201).at("/id");
    let event = super::publish(&app, &owner, super::Rang { number: 1 }).await;
    super::dispatch(&app).await;
    let path = format!("/api/v1/webhooks/{id}");
    for path in [
        path.clone(),
        format!("{path}/deliveries"),
        format!("{path}/deliveries/{event}"),
        format!("/api/v1/events/{event}"),
    ] {
        app.get(&path).key(&owner.key).send().await.expect(200);
        app.get(&path).person(&stranger).send().await.refused(404, "not_found");
    }
    for path in [format!("{path}/test"), format!("{path}/deliveries/{event}/replay")] {
        app.post(&path).person(&stranger).send().await.refused(404, "not_found");
    }
    app.delete(&path).person(&stranger).send().await.refused(404, "not_found");
    let listed = app.get("/api/v1/events").person(&stranger).send().await.expect(200);
    assert!(!listed.holds(&event));
}
