//! A request above the plan's limit is rejected with the information needed to upgrade.

use serde_json::json;

use super::{on_plan, workflow};
use crate::{
    harness::{app::TestApp, eventually},
    house::walk::graph,
};

#[tokio::test]
async fn a_plan_without_room_says_which_limit_and_where_to_upgrade() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let id = workflow(&app, &owner).await;
    let body = json!({ "name": "Second", "graph": graph() });
    let refused = app.post("/api/v1/workflows").key(&owner.key).json(&body).send().await.refused(402, "quota_exceeded");
    let mut problem = refused.json();
    problem["trace_id"] = json!("[32 hexadecimal digits]");
    insta::assert_json_snapshot!(problem, @r#"
    {
      "code": "quota_exceeded",
      "detail": "The plan Free includes 1 workflow, and 1 of 1 are used. Upgrade to go on, or delete what you no longer need.",
      "limit": 1,
      "meter": "workflows",
      "plan": "free",
      "status": 402,
      "title": "The plan's limit is reached",
      "trace_id": "[32 hexadecimal digits]",
      "type": "/docs/errors#quota_exceeded",
      "upgrade_url": "https://app.example.org/billing",
      "used": 1
    }
    "#);
    app.delete(&format!("/api/v1/workflows/{id}")).key(&owner.key).send().await.expect(204);
    workflow(&app, &owner).await;
}

#[tokio::test]
async fn the_calls_of_a_month_come_back_with_the_next() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let body = json!({ "name": "Greeting", "graph": graph() });
    let id = app.post("/api/v1/workflows").key(&owner.key).json(&body).send().await.expect(201).at("/id");
    let run = || {
        app.post(&format!("/api/v1/workflows/{id}/runs"))
            .key(&owner.key)
            .json(&json!({ "script": { "replies": ["Well."] } }))
    };
    for _ in 0..50 {
        run().send().await.expect(201);
    }
    let refused = run().send().await.refused(402, "quota_exceeded");
    let mut problem = refused.json();
    problem["trace_id"] = json!("[32 hexadecimal digits]");
    insta::assert_json_snapshot!(problem, @r#"
    {
      "code": "quota_exceeded",
      "detail": "The plan Free includes 50 calls a month, and 50 of 50 are used. Upgrade to go on.",
      "limit": 50,
      "meter": "calls",
      "plan": "free",
      "status": 402,
      "title": "The plan's limit is reached",
      "trace_id": "[32 hexadecimal digits]",
      "type": "/docs/errors#quota_exceeded",
      "upgrade_url": "https://app.example.org/billing",
      "used": 50
    }
    "#);
    let usage = app.get("/api/v1/usage").key(&owner.key).send().await.expect(200).json();
    let calls = usage["meters"].as_array().unwrap().iter().find(|meter| meter["meter"] == "calls").unwrap();
    assert_eq!(
        (&calls["used"], &calls["limit"], &calls["period_end"]),
        (&json!(50), &json!(50), &json!("2026-04-01T00:00:00Z"))
    );
    // 1 April, a second after midnight.
    app.advance_seconds((16 * 24 + 12) * 3_600 + 1);
    run().send().await.expect(201);
}

#[tokio::test]
async fn another_plan_lifts_the_limit_on_every_server_within_a_second() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let other = app.beside(crate::voice()).await.unwrap();
    let body = json!({ "template": "appointment_reminder" });
    let create = || other.post("/api/v1/workflows").key(&owner.key).json(&body).send();
    create().await.expect(201);
    create().await.refused(402, "quota_exceeded");
    app.put_on_plan(&owner, "starter", 1).await;
    eventually("the limit is lifted", async || create().await.status() == 201).await;
    let usage = other.get("/api/v1/usage").key(&owner.key).send().await.expect(200);
    assert_eq!(
        (usage.at("/plan"), usage.at("/meters/0/limit"), usage.at("/meters/0/used")),
        ("starter".into(), "5".into(), "2".into())
    );
}

#[tokio::test]
async fn a_smaller_plan_takes_nothing_away_and_gives_nothing_more() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    on_plan(&app, &owner, "starter").await;
    let ids = [workflow(&app, &owner).await, workflow(&app, &owner).await];
    on_plan(&app, &owner, "free").await;
    for id in &ids {
        app.get(&format!("/api/v1/workflows/{id}")).key(&owner.key).send().await.expect(200);
    }
    let body = json!({ "template": "appointment_reminder" });
    let refused = app.post("/api/v1/workflows").key(&owner.key).json(&body).send().await.refused(402, "quota_exceeded");
    assert_eq!((refused.at("/used"), refused.at("/limit")), ("2".into(), "1".into()));
}
