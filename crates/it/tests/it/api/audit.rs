//! The audit log: written together with each change, read by administrators, changed by no one.

mod changes;

use freehold_core::Role;
use serde_json::{Value, json};

use crate::harness::app::{Person, TestApp};

/// The audit log as this user reads it.
async fn audit(app: &TestApp, person: &Person, query: &str) -> Vec<Value> {
    let list = app.get(&format!("/api/v1/audit{query}")).person(person).send().await.expect(200).json();
    list["data"].as_array().unwrap().clone()
}

#[tokio::test]
async fn what_is_done_to_members_and_keys_is_written_down() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let (admin, member) = (app.member(&owner, Role::Admin).await, app.member(&owner, Role::Member).await);
    let path = format!("/api/v1/organizations/{}/members/{}", owner.organization, member.id);
    app.advance_seconds(1);
    app.patch(&path).person(&admin).json(&json!({ "role": "viewer" })).send().await.expect(200);
    // A rejected request leaves no entry.
    app.patch(&path).person(&member).json(&json!({ "role": "owner" })).send().await.refused(403, "permission_denied");
    let key = app.get("/api/v1/keys").key(&owner.key).send().await.expect(200).ids().remove(0);
    app.advance_seconds(1);
    app.delete(&path).person(&member).send().await.expect(204);
    app.advance_seconds(1);
    app.delete(&format!("/api/v1/keys/{key}")).key(&owner.key).send().await.expect(200);

    let entries = audit(&app, &admin, "").await;
    let seen: Vec<(&str, &str, &str)> = entries
        .iter()
        .map(|entry| {
            let text = |pointer: &str| entry.pointer(pointer).unwrap().as_str().unwrap();
            (text("/action"), text("/actor/id"), text("/subject"))
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("key.revoked", key.as_str(), key.as_str()),
            ("member.removed", member.id.as_str(), member.id.as_str()),
            ("member.role_changed", admin.id.as_str(), member.id.as_str()),
            ("key.created", owner.id.as_str(), key.as_str()),
        ]
    );
    assert_eq!(entries[0]["actor"]["kind"], "key");
    assert_eq!(entries[2]["detail"], json!({ "role": "viewer" }));
    assert!(!entries[3].to_string().contains(&owner.key), "{}", entries[3]);
    // The event with the same id has the same content.
    let event = app.get(&format!("/api/v1/events/{}", entries[2]["id"].as_str().unwrap())).person(&owner);
    assert_eq!(event.send().await.expect(200).at("/type"), "member.changed");
    assert_eq!(audit(&app, &owner, "?action=member.*").await, entries[1..3]);
    assert_eq!(audit(&app, &owner, "?action=key.created").await, entries[3..]);
    assert!(audit(&app, &owner, "?action=key").await.is_empty());
}

#[tokio::test]
async fn the_audit_comes_in_pages_and_to_administrators_only() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    for role in [Role::Viewer, Role::Member] {
        let member = app.member(&owner, role).await;
        app.get("/api/v1/audit").person(&member).send().await.refused(403, "permission_denied");
    }
    for number in 0..4 {
        let key = json!({ "name": format!("key {number}") });
        app.post("/api/v1/keys").key(&owner.key).json(&key).send().await.expect(201);
    }
    let first = app.get("/api/v1/audit?limit=3").key(&owner.key).send().await.expect(200);
    let rest = app.get(&format!("/api/v1/audit?limit=3&cursor={}", first.at("/next_cursor"))).key(&owner.key);
    let rest = rest.send().await.expect(200).json();
    assert_eq!((first.json()["data"].as_array().unwrap().len(), rest["data"].as_array().unwrap().len()), (3, 2));
    assert_eq!(rest["next_cursor"], Value::Null);
    assert_eq!(first.at("/data/0/detail/name"), "key 3");
    assert!(audit(&app, &app.stranger().await, "").await.iter().all(|entry| entry["detail"]["name"] == "everything"));
}

#[tokio::test]
async fn no_one_changes_the_audit() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    for role in ["freehold_app", "freehold_system", "freehold_readonly"] {
        for change in ["update freehold.audit_entries set action = 'a.b'", "delete from freehold.audit_entries"] {
            let login = app.test.server_login().await;
            let opening =
                format!("begin; set local role {role}; set local freehold.tenant_id = '{}'", owner.organization);
            login.batch_execute(&opening).await.unwrap();
            let refused = login.batch_execute(change).await.unwrap_err();
            assert_eq!(refused.code().unwrap().code(), "42501", "{role}: {change}");
        }
    }
    // The entries are deleted with the tenant.
    let admin = app.test.admin().await;
    assert!(app.count("select count(*) from freehold.audit_entries").await > 0);
    admin.batch_execute("set session_replication_role = 'origin'; delete from freehold.tenants").await.unwrap();
    assert_eq!(app.count("select count(*) from freehold.audit_entries").await, 0);
}
