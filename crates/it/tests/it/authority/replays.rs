//! Replayed answers.

use freehold_core::Role;
use serde_json::{Value, json};

use super::{By, key_create, key_of};
use crate::harness::app::{Answer, TestApp};

async fn create(app: &TestApp, by: By<'_>, path: &str, body: &Value) -> Answer {
    by.ask(app.post(path)).idempotent("deploy-key-1").json(body).send().await
}

#[tokio::test]
async fn the_same_request_of_another_member_or_key_is_no_retry() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let admin = app.member(&owner, Role::Admin).await;
    let body = json!({ "name": "deploy" });
    create(&app, By::Person(&owner), "/api/v1/keys", &body).await.expect(201);
    let taken = async |by: By<'_>| {
        create(&app, by, "/api/v1/keys", &body).await.refused(409, "idempotency_key_reused");
    };
    taken(By::Person(&admin)).await;
    let narrow = key_create(&app, By::Person(&owner), &json!({ "name": "n", "scopes": ["keys:write"] })).await;
    let (narrow, _) = key_of(narrow);
    taken(By::Key(&narrow)).await;
    taken(By::Key(&owner.key)).await;
    // Another session of the same user is the same sender.
    let session = app.sign_in(&owner.email).await.expect(200).at("/access_token");
    let retry = app.post("/api/v1/keys").token(&session).idempotent("deploy-key-1").json(&body).send().await;
    assert_eq!(retry.expect(201).header("idempotent-replayed"), "true");
}

#[tokio::test]
async fn a_replay_shows_no_secret_that_is_shown_once() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    app.put_on_plan(&owner, "pro", 1).await;
    app.backbone.resolver.forget();
    let hook = json!({ "url": "https://example.org/hooks" });
    let engine = json!({ "name": "Telephone", "url": "https://engine.example.org/runs" });
    let hook_id = app.post("/api/v1/webhooks").person(&owner).json(&hook).send().await.expect(201).at("/id");
    let engine_id = app.post("/api/v1/engines").person(&owner).json(&engine).send().await.expect(201).at("/id");
    let all = [
        ("/api/v1/keys".to_owned(), json!({ "name": "deploy" }), "key"),
        ("/api/v1/webhooks".to_owned(), json!({ "url": "https://example.org/others" }), "secret"),
        (format!("/api/v1/webhooks/{hook_id}/secret"), json!({}), "secret"),
        ("/api/v1/engines".to_owned(), json!({ "name": "Other", "url": "https://engine.example.org/o" }), "secret"),
        (format!("/api/v1/engines/{engine_id}/secret"), json!({}), "secret"),
    ];
    for (path, body, secret) in all {
        let ask = app.post(&path).person(&owner).idempotent(&path).json(&body);
        let first = ask.clone().send().await.expect(201);
        let shown = first.at(&format!("/{secret}"));
        assert!(shown.len() > 20, "{path}");
        let retry = ask.send().await.expect(201);
        assert_eq!((retry.header("idempotent-replayed"), retry.at("/id")), ("true", first.at("/id")), "{path}");
        assert_eq!(retry.json()[secret], Value::Null, "{path}");
        assert!(!retry.holds(&shown), "{path}");
    }
    // For every operation that shows a secret, the document says that it may be null.
    let document = &app.document;
    for (path, methods) in document["paths"].as_object().unwrap() {
        let Some(created) = methods.pointer("/post/responses/201/content/application~1json/schema/$ref") else {
            continue;
        };
        let schema = &document[&"components"]["schemas"][created.as_str().unwrap().rsplit('/').next().unwrap()];
        let parts = schema["allOf"].as_array().cloned().unwrap_or_else(|| vec![schema.clone()]);
        for part in parts {
            for (name, member) in part["properties"].as_object().into_iter().flatten() {
                let secret = ["key", "secret", "token", "password"].contains(&name.as_str());
                let nullable = member["type"].as_array().is_some_and(|types| types.contains(&json!("null")));
                assert!(!secret || nullable, "{path}: {name} is kept for retries");
            }
        }
    }
}

#[tokio::test]
async fn an_invitation_is_answered_again_after_it_was_accepted() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    app.put_on_plan(&owner, "pro", 1).await;
    app.backbone.resolver.forget();
    let guest = app.somebody("guest@example.org").await;
    let body = json!({ "email": guest.email, "role": "member" });
    let first = create(&app, By::Person(&owner), "/api/v1/invitations", &body).await.expect(201).at("/id");
    let token = json!({ "token": app.link_token(&guest.email).await });
    app.post("/api/v1/invitations/accept").token(&guest.token).json(&token).send().await.expect(200);
    let retry = create(&app, By::Person(&owner), "/api/v1/invitations", &body).await.expect(201);
    assert_eq!((retry.header("idempotent-replayed"), retry.at("/id")), ("true", first));
    app.post("/api/v1/invitations").person(&owner).json(&body).send().await.refused(409, "conflict");
}

#[tokio::test]
async fn json_is_the_same_by_its_value() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let send = async |text: &str| {
        let ask = app.post("/api/v1/keys").person(&owner).idempotent("one").header("content-type", "application/json");
        ask.bytes(text).send().await
    };
    let first = send(r#"{"name":"caf\u00e9","scopes":["usage:read"]}"#).await.expect(201).at("/id");
    let again = send("{ \"scopes\" : [ \"usage:read\" ],\n\"name\": \"café\" }").await.expect(201);
    assert_eq!((again.header("idempotent-replayed"), again.at("/id")), ("true", first));
    send(r#"{"name":"cafe","scopes":["usage:read"]}"#).await.refused(409, "idempotency_key_reused");
}
