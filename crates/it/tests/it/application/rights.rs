//! What a service key may do, and what customers may not.

use axum::http::Method;
use freehold_identity::{
    service_key::{service_keys_end, service_keys_renew},
    signing::keys_refresh,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Shop, numbers};
use crate::house::walk::{About, Operation};

/// The operations that a service key may call, with a body; the first of a list is for customers, too.
fn writes() -> Vec<(&'static str, Value)> {
    let id = Uuid::from_u128(7);
    vec![
        ("/api/v1/usage/reserve", json!({ "meter": "orders" })),
        ("/api/v1/usage/commit", json!({ "reservation_id": id })),
        ("/api/v1/usage/release", json!({ "reservation_id": id })),
        ("/api/v1/usage/events", json!({ "events": [{ "id": id, "meter": "orders" }] })),
        ("/api/v1/keys/verify", json!({ "key": "sk_live_x" })),
        ("/api/v1/events", json!({ "type": "shelf.moved", "data": {} })),
    ]
}

#[tokio::test]
async fn customers_check_and_never_record() {
    let shop = Shop::new().await;
    let owner = shop.app.owner().await;
    for (path, body) in writes() {
        for ask in [shop.app.post(path).person(&owner), shop.app.post(path).key(&owner.key)] {
            let refused = ask.json(&body).send().await.refused(403, "permission_denied");
            assert!(refused.text().contains("service key"), "{refused}");
        }
    }
    let check = shop.app.post("/api/v1/usage/check").key(&owner.key).json(&json!({ "meter": "orders" }));
    assert_eq!(check.send().await.expect(200).json()["allowed"], true);
    let narrow = json!({ "name": "narrow", "scopes": ["billing:read"] });
    let narrow = shop.app.post("/api/v1/keys").key(&owner.key).json(&narrow).send().await.expect(201).at("/key");
    let check = shop.app.post("/api/v1/usage/check").key(&narrow).json(&json!({ "meter": "orders" }));
    check.send().await.refused(403, "permission_denied");
    assert_eq!(shop.meter(&owner, "orders").await, numbers(0, 0, 20));
    assert_eq!(shop.app.count("select count(*) from freehold.events where type like 'shelf.%'").await, 0);
}

#[tokio::test]
async fn a_service_key_names_the_organization_it_acts_in() {
    let shop = Shop::new().await;
    let (owner, stranger) = (shop.app.owner().await, shop.app.stranger().await);
    let secret = shop.keys.secret_key.expose();
    for (path, body) in writes().into_iter().filter(|(path, _)| !path.ends_with("verify")) {
        shop.app.post(path).token(secret).json(&body).send().await.refused(400, "malformed_request");
        let nowhere = shop.app.post(path).token(secret).header("x-organization-id", Uuid::from_u128(9).to_string());
        nowhere.json(&body).send().await.refused(404, "not_found");
    }
    // What belongs to one organization cannot be reached in another.
    let made =
        shop.post(&owner, "/api/v1/usage/reserve", json!({ "meter": "orders", "quantity": 4 })).await.expect(201);
    let id = json!({ "reservation_id": made.at("/reservation_id") });
    shop.post(&stranger, "/api/v1/usage/commit", id.clone()).await.refused(404, "not_found");
    assert_eq!(shop.post(&stranger, "/api/v1/usage/release", id.clone()).await.expect(200).json()["released"], false);
    assert_eq!(shop.meter(&stranger, "orders").await, numbers(0, 0, 20));
    assert_eq!(shop.meter(&owner, "orders").await, numbers(0, 4, 16));
    let event = json!({ "id": Uuid::from_u128(7), "type": "shelf.moved", "data": {} });
    shop.post(&owner, "/api/v1/events", event.clone()).await.expect(201);
    // The same id in another organization is another event.
    shop.post(&stranger, "/api/v1/events", event).await.expect(201);
    let theirs = shop.app.get(&format!("/api/v1/events/{}", Uuid::from_u128(7))).key(&stranger.key).send().await;
    assert_eq!(theirs.expect(200).json()["data"], json!({}));
}

#[tokio::test]
async fn a_service_key_opens_nothing_else() {
    let shop = Shop::new().await;
    let owner = shop.app.owner().await;
    let mut closed = 0;
    let paths = shop.app.document["paths"].as_object().unwrap();
    for (path, methods) in paths.iter().filter(|(path, _)| path.starts_with("/api/v1/")) {
        for (method, operation) in methods.as_object().unwrap() {
            let security = operation["security"].to_string();
            // Public operations, and those that name the service key.
            if security.contains("service") || security == "[{}]" {
                continue;
            }
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let path = path.replace("{id}", &owner.organization).replace("{user_id}", &owner.id);
            let path = path.replace("{event_id}", &owner.id);
            let ask = shop.service(shop.app.ask(method, &path), &owner).json(&json!({}));
            let answer = ask.send().await.refused(401, "unauthenticated");
            assert!(!answer.holds(&owner.email), "{answer}");
            closed += 1;
        }
    }
    assert!(closed > 30, "only {closed} operations were found");
}

#[tokio::test]
async fn the_document_says_which_operations_take_the_service_key() {
    let shop = Shop::new().await;
    let voice = crate::harness::app::TestApp::with(crate::voice()).await;
    let listed: Vec<String> = Operation::all(&voice.document)
        .into_iter()
        .filter(|operation| operation.about == About::Service)
        .map(|operation| operation.path)
        .collect();
    for (path, _) in writes() {
        assert!(listed.iter().any(|each| each == path), "{path} is not for the service key");
    }
    assert_eq!(listed.len(), writes().len());
    let headers = &shop.app.document["paths"]["/api/v1/usage/check"]["post"]["parameters"];
    assert!(headers.to_string().contains("Required with the service key"), "{headers}");
}

#[tokio::test]
async fn other_keys_of_applications_and_revoked_ones_are_no_credential() {
    let shop = Shop::new().await;
    let owner = shop.app.owner().await;
    let body = json!({ "meter": "orders" });
    let reserve = |key: &str| {
        let ask = shop.app.post("/api/v1/usage/reserve").token(key).header("x-organization-id", &owner.organization);
        ask.json(&body).send()
    };
    for key in [&shop.keys.secret_key, &shop.keys.service_role_key] {
        reserve(key.expose()).await.expect(201);
    }
    for key in [&shop.keys.publishable_key, &shop.keys.anon_key] {
        reserve(key.expose()).await.refused(401, "unauthenticated");
    }
    reserve("sb_secret_nothing").await.refused(401, "unauthenticated");
    let identity = &shop.app.backbone.identity;
    let keeper = identity.base.keeper();
    service_keys_renew(&keeper, &identity.settings().issuer()).await.unwrap();
    service_keys_end(&keeper).await.unwrap();
    keys_refresh(&identity.tokens).await.unwrap();
    for key in [&shop.keys.secret_key, &shop.keys.service_role_key] {
        reserve(key.expose()).await.refused(401, "unauthenticated");
    }
}
