//! API keys that can be used from some networks only.

use freehold_core::Role;
use serde_json::{Value, json};

use super::{create, create_by, scene};
use crate::harness::app::{Answer, Served, Setup, TestApp};

const HOME: &str = "198.51.100.7";
const AWAY: &str = "203.0.113.9";

/// The other end of a connection from this address.
fn peer(address: &str) -> String {
    if address.contains(':') { format!("[{address}]:4711") } else { format!("{address}:4711") }
}

/// Calls with a key from an address.
async fn call_from(app: &Served, key: &str, address: &str) -> Answer {
    app.get("/api/v1/usage").key(key).from(&peer(address)).send().await
}

/// Updates the key at this path.
async fn update(app: &Served, path: &str, token: &str, networks: Value) -> Answer {
    app.patch(path).token(token).json(&json!({ "allowed_networks": networks })).send().await
}

#[tokio::test]
async fn another_address_is_refused_also_while_the_caller_is_cached() {
    let (app, owner) = scene().await;
    let body = json!({ "name": "home", "allowed_networks": ["198.51.100.0/24", "2001:db8::7"] });
    let made = app.post("/api/v1/keys").person(&owner).json(&body).send().await.expect(201);
    assert_eq!(made.json()["allowed_networks"], json!(["198.51.100.0/24", "2001:db8::7/128"]));
    let key = made.at("/key");
    for _ in 0..2 {
        for address in [HOME, "::ffff:198.51.100.8", "2001:db8::7"] {
            call_from(&app, &key, address).await.expect(200);
        }
        for (address, named) in [(AWAY, AWAY), ("::ffff:203.0.113.9", AWAY), ("2001:db8::8", "2001:db8::8")] {
            let refused = call_from(&app, &key, address).await.refused(403, "address_not_allowed");
            let detail = refused.at("/detail");
            assert!(detail.contains(named) && !detail.contains("198.51.100"), "{detail}");
        }
    }
    // Users and other keys are not restricted.
    call_from(&app, &owner.key, AWAY).await.expect(200);
    app.get("/api/v1/usage").person(&owner).from(&peer(AWAY)).send().await.expect(200);
}

#[tokio::test]
async fn only_a_trusted_proxy_reports_the_address() {
    let app = TestApp::with(Setup::of("pharmacy").behind(&["10.0.0.0/8"])).await;
    let owner = app.owner().await;
    let body = json!({ "name": "home", "allowed_networks": [HOME] });
    let (key, _) = create(|ask| ask.person(&owner), &app, body).await;
    let via = async |proxy: &str, reported: &str| {
        app.get("/api/v1/usage").key(&key).from(&peer(proxy)).header("x-forwarded-for", reported).send().await
    };
    via("10.0.0.1", HOME).await.expect(200);
    via("10.0.0.1", AWAY).await.refused(403, "address_not_allowed");
    via("10.0.0.1", &format!("{HOME}, {AWAY}")).await.refused(403, "address_not_allowed");
    via(AWAY, HOME).await.refused(403, "address_not_allowed");
    via(HOME, AWAY).await.expect(200);
}

#[tokio::test]
async fn networks_change_at_once_and_invalid_ones_are_named() {
    let (app, owner) = scene().await;
    let (key, path) = create_by(&owner, &app).await;
    let change =
        async |networks| app.patch(&path).person(&owner).json(&json!({ "allowed_networks": networks })).send().await;
    call_from(&app, &key, AWAY).await.expect(200);
    assert_eq!(change(json!([HOME])).await.expect(200).json()["allowed_networks"], json!(["198.51.100.7/32"]));
    call_from(&app, &key, AWAY).await.refused(403, "address_not_allowed");
    let refused = change(json!(["10.0.0.0/8", "10.0.0.1/8", "here"])).await.refused(422, "validation_failed");
    assert_eq!(refused.at("/errors/0/pointer"), "/allowed_networks/1");
    assert_eq!(refused.at("/errors/1/pointer"), "/allowed_networks/2");
    assert!(refused.at("/errors/0/message").contains("10.0.0.0/8"), "{refused}");
    change(json!(vec!["10.0.0.1"; 51])).await.refused(422, "validation_failed");
    call_from(&app, &key, HOME).await.expect(200);
    call_from(&app, &key, AWAY).await.refused(403, "address_not_allowed");
    // The name changes without the networks, and an empty list lifts the restriction.
    let renamed = app.patch(&path).person(&owner).json(&json!({ "name": " new " })).send().await.expect(200);
    assert_eq!((renamed.at("/name"), renamed.at("/allowed_networks/0")), ("new".into(), "198.51.100.7/32".into()));
    app.patch(&path).person(&owner).json(&json!({ "name": "" })).send().await.refused(422, "validation_failed");
    change(json!([])).await.expect(200);
    call_from(&app, &key, AWAY).await.expect(200);
    let audit = app.get("/api/v1/audit?action=key.updated").person(&owner).send().await.expect(200);
    assert_eq!(audit.json()["data"].as_array().unwrap().len(), 3, "{audit}");
    let first = &audit.json()["data"][2];
    assert_eq!(first["before"], json!({ "allowed_networks": [] }));
    assert_eq!(first["after"], json!({ "allowed_networks": ["198.51.100.7/32"] }));
    app.delete(&path).person(&owner).send().await.expect(200);
    change(json!([])).await.refused(409, "conflict");
}

#[tokio::test]
async fn a_key_reaches_no_further_than_the_key_that_created_it() {
    let (app, owner) = scene().await;
    let home = json!({ "name": "home", "allowed_networks": ["198.51.100.0/24"] });
    let (parent, path) = create(|ask| ask.person(&owner), &app, home).await;
    let make = async |networks: Value| {
        let body = json!({ "name": "child", "allowed_networks": networks });
        app.post("/api/v1/keys").key(&parent).from(&peer(HOME)).json(&body).send().await
    };
    let child = make(json!([])).await.expect(201);
    assert_eq!(child.json()["allowed_networks"], json!(["198.51.100.0/24"]));
    make(json!([HOME])).await.expect(201);
    for outside in [json!([AWAY]), json!(["198.51.0.0/16"]), json!([HOME, "::/0"])] {
        make(outside).await.refused(403, "permission_denied");
    }
    // A key widens neither itself nor what it created beyond itself.
    let by_parent = async |path: &str, networks: Value| {
        let body = json!({ "allowed_networks": networks });
        app.patch(path).key(&parent).from(&peer(HOME)).json(&body).send().await
    };
    let child_path = format!("/api/v1/keys/{}", child.at("/id"));
    by_parent(&path, json!([])).await.refused(403, "permission_denied");
    by_parent(&child_path, json!([AWAY])).await.refused(403, "permission_denied");
    by_parent(&child_path, json!(["198.51.100.0/25"])).await.expect(200);
    // Restricting a key restricts those that it created.
    let owner_changes =
        async |networks| app.patch(&path).person(&owner).json(&json!({ "allowed_networks": networks })).send().await;
    owner_changes(json!(["198.51.100.64/26"])).await.expect(200);
    call_from(&app, &child.at("/key"), HOME).await.refused(403, "address_not_allowed");
    call_from(&app, &child.at("/key"), "198.51.100.65").await.expect(200);
}

#[tokio::test]
async fn who_may_do_less_than_a_key_changes_nothing_of_it() {
    let (app, owner) = scene().await;
    let admin = app.member(&owner, Role::Admin).await;
    let (_, path) = create_by(&owner, &app).await;
    app.patch(&path)
        .person(&admin)
        .json(&json!({ "allowed_networks": [] }))
        .send()
        .await
        .refused(403, "permission_denied");
    app.patch(&path).key(&owner.key).json(&json!({ "name": "k" })).send().await.refused(403, "permission_denied");
    let stranger = app.stranger().await;
    update(&app, &path, &stranger.token, json!([])).await.refused(404, "not_found");
}
