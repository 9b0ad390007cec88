//! Operators who work in an organization as one of its members.

use freehold_core::Role;
use freehold_operators::{impersonation::impersonations_expire, operator::operator_disable};
use serde_json::{Value, json};

use super::{Operator, admin, support};
use crate::harness::app::{Answer, Person, TestApp};

async fn start(app: &TestApp, by: &Operator, owner: &Person, body: Value) -> Answer {
    let path = format!("/operator/v1/tenants/{}/impersonations", owner.organization);
    app.post(&path).token(&by.token).json(&body).send().await
}

/// The token of a session in the organization.
pub(super) async fn session(app: &TestApp, by: &Operator, owner: &Person, writes: bool) -> String {
    let body = json!({ "writes": writes, "reason": "Ticket 7" });
    start(app, by, owner, body).await.expect(201).at("/token")
}

async fn create(app: &TestApp, token: &str) -> Answer {
    app.post("/api/v1/workflows").token(token).json(&json!({ "template": "appointment_reminder" })).send().await
}

/// The entries of the organization's audit that an operator caused, oldest first.
async fn entries(app: &TestApp, owner: &Person) -> Vec<Value> {
    let audit = app.get("/api/v1/audit?actor_kind=operator").key(&owner.key).send().await.expect(200).json();
    let mut entries = audit["data"].as_array().unwrap().clone();
    entries.reverse();
    entries
}

#[tokio::test]
async fn a_read_only_session_sees_what_the_member_sees_and_changes_nothing() {
    let app = TestApp::with(crate::voice()).await;
    let (help, owner) = (support(&app).await, app.owner().await);
    create(&app, &owner.token).await.expect(201);
    let token = session(&app, &help, &owner, false).await;
    let members = format!("/api/v1/organizations/{}/members", owner.organization);
    for path in ["/api/v1/workflows", "/api/v1/keys", "/api/v1/jobs", "/api/v1/usage", &members] {
        app.get(path).token(&token).send().await.expect(200);
    }
    let refused = create(&app, &token).await.refused(403, "permission_denied");
    assert!(refused.at("/detail").contains("read-only"), "{refused}");
    start(&app, &help, &owner, json!({ "writes": true, "reason": "x" })).await.refused(403, "permission_denied");
    assert_eq!(app.count("select count(*) from voice.workflows").await, 1);
}

#[tokio::test]
async fn a_full_session_changes_the_products_data_and_the_audit_names_the_operator() {
    let app = TestApp::with(crate::voice()).await;
    let (root, owner) = (admin(&app).await, app.owner().await);
    let token = session(&app, &root, &owner, true).await;
    app.get("/api/v1/workflows").token(&token).send().await.expect(200);
    create(&app, &token).await.expect(201);
    let root_id = app.get("/operator/v1/me").token(&root.token).send().await.expect(200).at("/operator/id");
    let entries = entries(&app, &owner).await;
    assert_eq!(entries[0]["action"], "operator.impersonation_started");
    assert_eq!((&entries[0]["subject"], &entries[0]["detail"]["reason"]), (&json!(owner.id), &json!("Ticket 7")));
    assert_eq!(
        (&entries[1]["action"], &entries[1]["subject"]),
        (&json!("operator.request"), &json!("POST /api/v1/workflows"))
    );
    assert_eq!(entries[2]["action"], "workflow.created");
    assert!(
        entries.iter().all(|entry| entry["detail"]["impersonation"] == entries[0]["detail"]["impersonation"]),
        "{entries:?}"
    );
    assert_eq!(entries.len(), 3, "reading leaves no entry: {entries:?}");
    assert!(entries.iter().all(|entry| entry["actor"] == json!({ "kind": "operator", "id": root_id })), "{entries:?}");
    assert!(entries.iter().all(|entry| entry["client"].is_null()), "not the operator's network: {entries:?}");
}

#[tokio::test]
async fn a_full_session_reaches_nothing_that_outlasts_it_or_is_the_members_own() {
    let app = TestApp::with(crate::voice()).await;
    let (root, owner) = (admin(&app).await, app.owner().await);
    let member = app.member(&owner, Role::Member).await;
    let file = app.post("/api/v1/files?name=a.txt").key(&owner.key).bytes("text").send().await.expect(201).at("/id");
    let token = session(&app, &root, &owner, true).await;
    let organization = format!("/api/v1/organizations/{}", owner.organization);
    let member = format!("{organization}/members/{}", member.id);
    for ask in [
        app.post("/api/v1/keys").json(&json!({ "name": "a back door" })),
        app.post("/api/v1/invitations").json(&json!({ "email": "eve@example.net", "role": "viewer" })),
        app.patch(&member).json(&json!({ "role": "owner" })),
        app.delete(&member),
        app.patch(&organization).json(&json!({ "name": "Mine" })),
        app.post("/api/v1/webhooks").json(&json!({ "url": "https://example.org/hooks" })),
        app.post("/api/v1/billing/portal").json(&json!({})),
        app.post(&format!("/api/v1/files/{file}/link")).json(&json!({})),
    ] {
        ask.token(&token).send().await.refused(403, "permission_denied");
    }
    for ask in [
        app.get("/api/v1/me"),
        app.get("/api/v1/me/sessions"),
        app.post("/api/v1/organizations").json(&json!({ "name": "Another" })),
        app.get("/operator/v1/me"),
    ] {
        ask.token(&token).send().await.refused(401, "unauthenticated");
    }
    for ask in [
        app.put("/auth/v1/user").json(&json!({ "password": "a new password" })),
        app.post("/auth/v1/factors").json(&json!({ "factor_type": "totp", "friendly_name": "x" })),
    ] {
        ask.token(&token).send().await.refused(403, "bad_jwt");
    }
    assert_eq!(app.count("select count(*) from freehold.invitations where email = 'eve@example.net'").await, 0);
}

#[tokio::test]
async fn a_session_names_one_organization_and_has_the_role_of_its_member() {
    let app = TestApp::with(crate::voice()).await;
    let (root, owner, stranger) = (admin(&app).await, app.owner().await, app.stranger().await);
    let viewer = app.member(&owner, Role::Viewer).await;
    let body = json!({ "user_id": viewer.id, "writes": true, "reason": "What do they see?" });
    let token = start(&app, &root, &owner, body).await.expect(201).at("/token");
    app.get("/api/v1/workflows").token(&token).send().await.expect(200);
    create(&app, &token).await.refused(403, "permission_denied");
    app.get("/api/v1/keys").token(&token).send().await.refused(403, "permission_denied");
    let elsewhere = app.get("/api/v1/workflows").token(&token).header("x-organization-id", &stranger.organization);
    elsewhere.send().await.refused(404, "not_found");

    let unknown = json!({ "user_id": stranger.id, "reason": "x" });
    start(&app, &root, &owner, unknown).await.refused(404, "not_found");
    let path = format!("/api/v1/organizations/{}/members/{}", owner.organization, viewer.id);
    app.delete(&path).key(&owner.key).send().await.expect(204);
    app.backbone.resolver.forget();
    app.get("/api/v1/workflows").token(&token).send().await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn a_session_ends_when_it_expires_when_it_is_ended_and_when_its_operator_is_disabled() {
    let app = TestApp::with(crate::voice()).await;
    let (root, help, owner) = (admin(&app).await, support(&app).await, app.owner().await);
    let works = async |token: &str| app.get("/api/v1/workflows").token(token).send().await.status();
    let short = json!({ "minutes": 5, "reason": "Ticket 7" });
    let short = start(&app, &help, &owner, short).await.expect(201).at("/token");
    assert_eq!(works(&short).await, 200);
    app.advance_seconds(5 * 60);
    assert_eq!(works(&short).await, 401, "expired");
    assert_eq!(impersonations_expire(&app.backbone.db).await.unwrap(), 1);

    let other = start(&app, &root, &owner, json!({ "reason": "Ticket 8" })).await.expect(201);
    let path = format!("/operator/v1/impersonations/{}", other.at("/impersonation/id"));
    app.delete(&path).token(&help.token).send().await.refused(403, "permission_denied");
    app.delete(&path).token(&root.token).send().await.expect(200);
    app.delete(&path).token(&root.token).send().await.expect(200);
    assert_eq!(works(&other.at("/token")).await, 401, "ended");

    let last = session(&app, &help, &owner, false).await;
    assert_eq!(works(&last).await, 200);
    let mut tx = app.backbone.db.system("test").begin().await.unwrap();
    operator_disable(&mut tx, help.email).await.unwrap();
    tx.commit().await.unwrap();
    app.backbone.resolver.forget();
    assert_eq!(works(&last).await, 401, "disabled");

    assert_eq!(impersonations_expire(&app.backbone.db).await.unwrap(), 0, "each end is recorded once");
    let ended = entries(&app, &owner).await;
    let why: Vec<_> = ended.iter().filter_map(|entry| entry["detail"]["why"].as_str()).collect();
    assert_eq!(why, ["it expired", "an operator ended it", "the operator was disabled"]);
}

#[tokio::test]
async fn a_session_needs_a_reason_and_lasts_an_hour_at_most() {
    let app = TestApp::new().await;
    let (root, owner) = (admin(&app).await, app.owner().await);
    for (body, pointer) in [
        (json!({ "reason": " " }), "/reason"),
        (json!({ "reason": "x", "minutes": 61 }), "/minutes"),
        (json!({ "reason": "x", "minutes": 0 }), "/minutes"),
    ] {
        let refused = start(&app, &root, &owner, body).await.refused(422, "validation_failed");
        assert_eq!(refused.at("/errors/0/pointer"), pointer);
    }
    let started = start(&app, &root, &owner, json!({ "reason": "x" })).await.expect(201);
    let hour = app.clock().now() + jiff::SignedDuration::from_hours(1);
    assert_eq!(started.at("/impersonation/expires_at"), hour.to_string());
    let forged = format!("{}A", started.at("/token"));
    app.get("/api/v1/usage").token(&forged).send().await.refused(401, "unauthenticated");
}
