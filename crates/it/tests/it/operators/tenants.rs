//! Finding organizations, and giving them trials, plans and limits.

use serde_json::{Value, json};

use super::{Operator, admin, support};
use crate::harness::app::{Answer, Person, Setup, TestApp};

async fn search(app: &TestApp, root: &Operator, query: &str) -> Answer {
    app.get(&format!("/operator/v1/tenants?{query}")).token(&root.token).send().await
}

async fn detail(app: &TestApp, root: &Operator, owner: &Person) -> Answer {
    app.get(&format!("/operator/v1/tenants/{}", owner.organization)).token(&root.token).send().await.expect(200)
}

async fn change(app: &TestApp, root: &Operator, owner: &Person, what: &str, body: Value) -> Answer {
    let path = format!("/operator/v1/tenants/{}/{what}", owner.organization);
    let ask = if ["plan", "limits"].contains(&what) { app.put(&path) } else { app.post(&path) };
    ask.token(&root.token).json(&body).send().await
}

#[tokio::test]
async fn an_organization_is_found_by_its_name_slug_owner_plan_and_standing() {
    let app = TestApp::new().await;
    let (root, owner, stranger) = (admin(&app).await, app.owner().await, app.stranger().await);
    app.put_on_plan(&owner, "pro", 1).await;
    let rename = json!({ "name": "Riverside Dental" });
    let path = format!("/api/v1/organizations/{}", owner.organization);
    app.patch(&path).key(&owner.key).json(&rename).send().await.expect(200);
    let all = search(&app, &root, "").await.expect(200).ids();
    assert_eq!(all, [stranger.organization.clone(), owner.organization.clone()]);
    let email = owner.email.split('@').next().unwrap().to_uppercase();
    for query in ["search=rIVERSIDE", &format!("search={email}"), &format!("search={}", owner.organization), "plan=pro"]
    {
        assert_eq!(
            search(&app, &root, query).await.expect(200).ids(),
            std::slice::from_ref(&owner.organization),
            "{query}"
        );
    }
    assert!(search(&app, &root, "search=nothing+like+it").await.expect(200).ids().is_empty());
    assert!(search(&app, &root, "standing=archived").await.expect(200).ids().is_empty());
    let first = search(&app, &root, "limit=1").await.expect(200);
    assert_eq!(first.ids(), [stranger.organization]);
    let next = search(&app, &root, &format!("limit=1&cursor={}", first.at("/next_cursor"))).await.expect(200);
    assert_eq!((next.ids(), next.json()["next_cursor"].clone()), (vec![owner.organization], Value::Null));
    search(&app, &root, "standing=bad").await.refused(422, "validation_failed");
    search(&app, &root, "color=red").await.refused(400, "malformed_request");
}

#[tokio::test]
async fn an_organization_shows_its_usage_its_account_and_its_health() {
    let app = TestApp::with(crate::voice()).await;
    let (help, owner) = (support(&app).await, app.owner().await);
    let made = json!({ "template": "appointment_reminder" });
    app.post("/api/v1/workflows").key(&owner.key).json(&made).send().await.expect(201);
    let seen = detail(&app, &help, &owner).await.json();
    assert_eq!(seen["organization"]["owner_email"], owner.email);
    assert_eq!(seen["organization"]["members"], 1);
    let usage = seen["usage"].as_array().unwrap();
    let workflows = usage.iter().find(|each| each["meter"] == "workflows").unwrap();
    assert_eq!((&workflows["used"], &workflows["kind"]), (&json!(1), &json!("level")));
    assert!(workflows["limit"].is_i64() && workflows["set_by_operator"].is_null(), "{workflows}");
    assert_eq!(seen["health"]["dead_jobs"], 0);
    assert!(seen["health"]["last_change_at"].is_string(), "{seen}");
    let nowhere = app.test.uuid();
    app.get(&format!("/operator/v1/tenants/{nowhere}")).token(&help.token).send().await.refused(404, "not_found");
}

#[tokio::test]
async fn a_limit_of_an_operator_applies_until_it_expires_or_is_removed() {
    let app = TestApp::with(crate::voice()).await;
    let (root, owner) = (admin(&app).await, app.owner().await);
    let create = async || {
        let body = json!({ "template": "appointment_reminder" });
        app.post("/api/v1/workflows").key(&owner.key).json(&body).send().await
    };
    let before = detail(&app, &root, &owner).await.json();
    let of_plan = before["usage"].as_array().unwrap().iter().find(|each| each["meter"] == "workflows").unwrap();
    let of_plan = of_plan["limit"].as_i64().unwrap();
    let expires = app.clock().now() + jiff::SignedDuration::from_hours(1);
    let none = json!({ "meter": "workflows", "limit": 0, "expires_at": expires, "reason": "Abuse" });
    let set = change(&app, &root, &owner, "limits", none.clone()).await.expect(200);
    assert!(set.text().contains("\"reason\":\"Abuse\""), "{set}");
    create().await.refused(402, "quota_exceeded");
    let usage = app.get("/api/v1/usage").key(&owner.key).send().await.expect(200).json();
    let shown = usage["meters"].as_array().unwrap().iter().find(|each| each["meter"] == "workflows").unwrap();
    assert_eq!(shown["limit"], 0, "members see the limit that applies: {usage}");
    app.advance_seconds(3600);
    create().await.expect(201);

    let more = json!({ "meter": "workflows", "limit": null, "reason": "A big customer" });
    change(&app, &root, &owner, "limits", more).await.expect(200);
    for _ in 0..=of_plan {
        create().await.expect(201);
    }
    let removed = json!({ "meter": "workflows", "reason": "The deal is over" });
    change(&app, &root, &owner, "remove-limit", removed.clone()).await.expect(200);
    create().await.refused(402, "quota_exceeded");
    change(&app, &root, &owner, "remove-limit", removed).await.refused(404, "not_found");

    let audit = app.get("/api/v1/audit?action=usage.*").key(&owner.key).send().await.expect(200).json();
    let entries = audit["data"].as_array().unwrap();
    let actions: Vec<_> = entries.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["usage.limit_removed", "usage.limit_set", "usage.limit_set"]);
    assert_eq!(entries[2]["before"]["limit"], "plan");
    assert_eq!((&entries[2]["after"]["limit"], &entries[2]["actor"]["kind"]), (&json!(0), &json!("operator")));
}

#[tokio::test]
async fn a_limit_that_makes_no_sense_is_refused_and_changes_nothing() {
    let app = TestApp::new().await;
    let (root, owner) = (admin(&app).await, app.owner().await);
    let past = app.clock().now();
    for (body, pointer) in [
        (json!({ "meter": "unknown", "limit": 1, "reason": "x" }), "/meter"),
        (json!({ "meter": "workflows", "limit": -1, "reason": "x" }), "/limit"),
        (json!({ "meter": "workflows", "limit": 1, "expires_at": past, "reason": "x" }), "/expires_at"),
        (json!({ "meter": "workflows", "limit": 1, "reason": "  " }), "/reason"),
    ] {
        let refused = change(&app, &root, &owner, "limits", body).await.refused(422, "validation_failed");
        assert_eq!(refused.at("/errors/0/pointer"), pointer);
    }
    let forgotten = json!({ "meter": "workflows", "reason": "x" });
    change(&app, &root, &owner, "limits", forgotten).await.refused(422, "validation_failed");
    assert_eq!(app.count("select count(*) from freehold.limit_overrides").await, 0);
}

#[tokio::test]
async fn a_plan_is_granted_and_revoked_with_its_reason_in_the_audit() {
    let app = TestApp::new().await;
    let (root, owner) = (admin(&app).await, app.owner().await);
    let before = detail(&app, &root, &owner).await.at("/organization/plan");
    let granted =
        change(&app, &root, &owner, "plan", json!({ "plan": "pro", "reason": "A partner" })).await.expect(200);
    assert_eq!((granted.at("/organization/plan"), granted.at("/billing/granted_plan")), ("pro".into(), "pro".into()));
    let revoked = change(&app, &root, &owner, "revoke-plan", json!({ "reason": "No partner" })).await.expect(200);
    assert_eq!(revoked.at("/organization/plan"), before);
    let unknown = change(&app, &root, &owner, "plan", json!({ "plan": "gold", "reason": "x" })).await;
    assert_eq!(unknown.refused(422, "validation_failed").at("/errors/0/pointer"), "/plan");
    let audit = app.get("/api/v1/audit?action=billing.plan_granted").key(&owner.key).send().await.expect(200).json();
    let reasons: Vec<_> = audit["data"].as_array().unwrap().iter().map(|entry| &entry["detail"]["reason"]).collect();
    assert_eq!(reasons, ["No partner", "A partner"]);
    let root_id = app.get("/operator/v1/me").token(&root.token).send().await.expect(200).at("/operator/id");
    assert_eq!(audit["data"][0]["actor"], json!({ "kind": "operator", "id": root_id }));
    let changed = app.get("/api/v1/audit?action=billing.plan_changed").key(&owner.key).send().await.expect(200).json();
    assert_eq!(changed["data"][0]["actor"]["id"], json!(root_id), "what follows names the operator, too");
}

#[tokio::test]
async fn a_trial_that_has_ended_is_extended() {
    let app = TestApp::with(Setup::of("pharmacy")).await;
    let owner = app.owner().await;
    app.advance_seconds(15 * 24 * 3600);
    let root = admin(&app).await;
    let ends_at = app.clock().now() + jiff::SignedDuration::from_hours(24 * 10);
    let body = json!({ "ends_at": ends_at, "reason": "They were ill" });
    let extended = change(&app, &root, &owner, "extend-trial", body.clone()).await.expect(200);
    assert_eq!(extended.at("/billing/state"), "trialing");
    assert_eq!(extended.at("/billing/trial_ends_at"), ends_at.to_string());
    let past = json!({ "ends_at": app.clock().now(), "reason": "x" });
    change(&app, &root, &owner, "extend-trial", past).await.refused(422, "validation_failed");
    let far = json!({ "ends_at": app.clock().now() + jiff::SignedDuration::from_hours(24 * 400), "reason": "x" });
    change(&app, &root, &owner, "extend-trial", far).await.refused(422, "validation_failed");
    change(&app, &root, &owner, "plan", json!({ "plan": "starter", "reason": "A partner" })).await.expect(200);
    change(&app, &root, &owner, "extend-trial", body).await.refused(409, "conflict");
}
