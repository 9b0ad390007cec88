//! What an entry says, and how entries are found.

use freehold_core::Role;
use freehold_db::Origin;
use freehold_tenancy::departure::person_depart;
use serde_json::{Value, json};

use crate::{audit, busy, harness::app::TestApp};

#[tokio::test]
async fn an_entry_says_from_where_and_what_changed() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let member = app.member(&owner, Role::Member).await;
    let path = format!("/api/v1/organizations/{}/members/{}", owner.organization, member.id);
    let change = app.patch(&path).person(&owner).header("user-agent", "Firefox '; drop table x; --");
    change.from("203.0.113.77:4711").json(&json!({ "role": "viewer" })).send().await.expect(200);
    let key = app.post("/api/v1/keys").key(&owner.key).json(&json!({ "name": "child" }));
    key.from("[2001:db8::7]:4711").send().await.expect(201);

    // The same before the entries are chained and afterwards.
    let unchained = audit(&app, &owner, "").await;
    freehold_tenancy::audit::audit_chain(&app.backbone.infra).await.unwrap();
    let entries = audit(&app, &owner, "").await;
    for (number, (before, after)) in unchained.iter().zip(&entries).rev().enumerate() {
        assert_eq!((&before["number"], &before["hash"]), (&Value::Null, &Value::Null));
        assert_eq!(after["number"], number + 1);
        let mut same = after.clone();
        (same["number"], same["hash"]) = (Value::Null, Value::Null);
        assert_eq!(same, *before);
    }
    assert_eq!(entries[0]["action"], "key.created");
    assert_eq!(entries[0]["actor"]["kind"], "key");
    assert_eq!(entries[0]["client"], json!({ "address": "2001:db8::7", "agent": null }));
    assert_eq!(entries[1]["action"], "member.role_changed");
    assert_eq!(
        (&entries[1]["before"], &entries[1]["after"]),
        (&json!({ "role": "member" }), &json!({ "role": "viewer" }))
    );
    let client = json!({ "address": "203.0.113.77", "agent": "Firefox '; drop table x; --" });
    assert_eq!(entries[1]["client"], client);
    assert_eq!(entries[1]["erased"], json!([]));
}

#[tokio::test]
async fn an_operators_command_is_an_operators_change() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let member = app.member(&owner, Role::Member).await;
    let depart = async {
        let mut tx = app.backbone.db.system("test").begin().await.unwrap();
        person_depart(&mut tx, &app.backbone.vault, member.id.parse().unwrap()).await.unwrap();
        tx.commit().await.unwrap();
    };
    Origin::Operator.scope(depart).await;
    let entry = &audit(&app, &owner, "?actor_kind=operator").await[0];
    assert_eq!(entry["action"], "member.removed");
    assert_eq!((&entry["actor"], &entry["client"]), (&json!({ "kind": "operator", "id": null }), &Value::Null));
}

#[tokio::test]
async fn entries_are_found_by_actor_action_subject_and_time() {
    let app = TestApp::new().await;
    let owner = busy(&app).await;
    let all = audit(&app, &owner, "?limit=200").await;
    let find = async |query: &str, wanted: &dyn Fn(&Value) -> bool| {
        let found = audit(&app, &owner, query).await;
        let expected: Vec<Value> = all.iter().filter(|entry| wanted(entry)).cloned().collect();
        assert!(!expected.is_empty() && expected.len() < all.len(), "{query}: {} of {}", expected.len(), all.len());
        // Only what is asked for, in the same order; another list may have chained entries meanwhile.
        let ids = |entries: &[Value]| entries.iter().map(|entry| entry["id"].clone()).collect::<Vec<_>>();
        assert_eq!(ids(&found), ids(&expected), "{query}");
    };
    find("?limit=200&action=invitation.*", &|entry| entry["action"] == "invitation.created").await;
    find("?limit=200&actor_kind=key", &|entry| entry["actor"]["kind"] == "key").await;
    let by_owner = format!("?limit=200&actor={}", owner.id);
    find(&by_owner, &|entry| entry["actor"]["id"] == owner.id.as_str()).await;
    let subject = all[5]["subject"].as_str().unwrap();
    find(&format!("?limit=200&subject={subject}"), &|entry| entry["subject"] == subject).await;
    let since = all[9]["at"].as_str().unwrap();
    find(&format!("?limit=200&since={since}"), &|entry| entry["at"].as_str().unwrap() >= since).await;
    find(&format!("?limit=200&until={since}"), &|entry| entry["at"].as_str().unwrap() < since).await;
    for bad in ["?actor=nobody", "?actor_kind=ghost", "?since=yesterday", "?target=x"] {
        app.get(&format!("/api/v1/audit{bad}")).person(&owner).send().await.refused(400, "malformed_request");
    }
}

#[tokio::test]
async fn another_organizations_audit_cannot_be_exported() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let stranger = app.stranger().await;
    let viewer = app.member(&owner, Role::Viewer).await;
    for path in ["/api/v1/audit/export", "/api/v1/audit/head"] {
        app.get(path).send().await.refused(401, "unauthenticated");
        app.get(path).person(&viewer).send().await.refused(403, "permission_denied");
        let ask = app.get(path).token(&stranger.token).header("x-organization-id", &owner.organization);
        ask.send().await.refused(404, "not_found");
    }
    let theirs = app.get("/api/v1/audit/export").person(&stranger).send().await.expect(200);
    assert!(theirs.holds(&stranger.organization) && !theirs.holds(&owner.organization) && !theirs.holds(&owner.id));
    let bad = app.get("/api/v1/audit/export?format=pdf").person(&owner).send().await;
    bad.refused(400, "malformed_request");
}
