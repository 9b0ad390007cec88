//! What operators did stays: no route deletes an entry, and the database refuses it.

use axum::http::Method;
use serde_json::json;

use super::admin;
use crate::harness::app::TestApp;

#[tokio::test]
async fn no_role_changes_or_deletes_an_entry() {
    let app = TestApp::new().await;
    let (root, owner) = (admin(&app).await, app.owner().await);
    let path = format!("/operator/v1/tenants/{}/suspend", owner.organization);
    app.post(&path).token(&root.token).json(&json!({ "reason": "Spam" })).send().await.expect(200);
    let client = app.test.admin().await;
    for table in ["freehold.operator_entries", "freehold.audit_entries", "freehold.audit_chains"] {
        assert!(app.count(&format!("select count(*) from {table}")).await > 0 || table.ends_with("chains"), "{table}");
        for role in ["freehold_app", "freehold_readonly", "freehold_system"] {
            for change in [format!("delete from {table}"), format!("truncate {table}")] {
                let sql = format!("begin; set local role {role}; {change}; rollback");
                let refused = client.batch_execute(&sql).await.unwrap_err();
                client.batch_execute("rollback").await.unwrap();
                assert_eq!(refused.code().unwrap().code(), "42501", "{role}: {change}");
            }
        }
    }
    for (role, table) in [("freehold_system", "freehold.operator_entries"), ("freehold_app", "freehold.audit_entries")]
    {
        let sql = format!("begin; set local role {role}; update {table} set detail = '{{}}'; rollback");
        let refused = client.batch_execute(&sql).await.unwrap_err();
        client.batch_execute("rollback").await.unwrap();
        assert_eq!(refused.code().unwrap().code(), "42501", "{role}: {table}");
    }
}

#[tokio::test]
async fn the_operator_api_has_no_way_to_an_audit_entry() {
    let app = TestApp::new().await;
    let root = admin(&app).await;
    let paths = app.operators["paths"].as_object().unwrap();
    let about = paths.keys().filter(|path| path.contains("audit") || path.contains("entries")).collect::<Vec<_>>();
    assert_eq!(about, ["/operator/v1/entries"]);
    assert_eq!(paths["/operator/v1/entries"].as_object().unwrap().keys().collect::<Vec<_>>(), ["get"]);
    for method in [Method::DELETE, Method::PUT, Method::PATCH, Method::POST] {
        let answer = app.ask(method, "/operator/v1/entries").token(&root.token).send().await;
        answer.refused(405, "method_not_allowed");
    }
}

#[tokio::test]
async fn the_log_says_what_every_operator_did() {
    let app = TestApp::new().await;
    let (root, owner) = (admin(&app).await, app.owner().await);
    let path = format!("/operator/v1/tenants/{}/suspend", owner.organization);
    app.post(&path).token(&root.token).json(&json!({ "reason": "Spam" })).send().await.expect(200);
    let entries = app.get("/operator/v1/entries").token(&root.token).send().await.expect(200).json();
    let actions: Vec<&str> =
        entries["data"].as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["tenant.suspended", "operator.set_up", "operator.created"]);
    let newest = &entries["data"][0];
    assert_eq!(newest["subject"], owner.organization);
    assert_eq!((&newest["detail"]["reason"], &newest["address"]), (&json!("Spam"), &json!("127.0.0.1")));
    assert_eq!(entries["data"][2]["operator_id"], json!(null), "the command line");
}
