//! The product's events.

use serde_json::json;

use crate::harness::app::TestApp;

/// Makes the published events visible in the list.
async fn dispatch(app: &TestApp) {
    let admin = app.test.admin().await;
    admin.query("select freehold.webhook_dispatch(1000, $1)", &[&app.clock().now()]).await.unwrap();
}

#[tokio::test]
async fn a_call_tells_its_beginning_and_its_end() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    app.put_on_plan(&owner, "enterprise", 1).await;
    app.backbone.resolver.forget();
    dispatch(&app).await;
    let begin = app.get("/api/v1/events").key(&owner.key).send().await.expect(200).ids().pop().unwrap();
    let template = freehold_voice::template::template_find("appointment_reminder").unwrap();
    let body = json!({ "template": "appointment_reminder" });
    let workflow = app.post("/api/v1/workflows").key(&owner.key).json(&body).send().await.expect(201).at("/id");
    let path = format!("/api/v1/workflows/{workflow}/runs");
    let scripted = json!({ "inputs": template.sample_inputs, "script": template.sample_script });
    let run = app.post(&path).key(&owner.key).json(&scripted).send().await.expect(201).json();
    let live = json!({ "inputs": template.sample_inputs, "live": true });
    app.post(&path).key(&owner.key).json(&live).send().await.expect(201);
    dispatch(&app).await;
    let events =
        app.get(&format!("/api/v1/events?since={begin}")).key(&owner.key).send().await.expect(200).json()["data"]
            .clone();
    let types: Vec<_> = events.as_array().unwrap().iter().map(|event| event["type"].clone()).collect();
    assert_eq!(types, ["workflow.created", "call.started", "call.completed", "workflow.finished", "call.started"]);
    for field in ["outcome", "success", "duration_ms", "cost", "started_at", "ended_at"] {
        assert_eq!(events[2]["data"][field], run[field], "{field}");
    }
    assert_eq!(
        (events[2]["data"]["run_id"].clone(), events[2]["data"]["workflow_id"].clone()),
        (run["id"].clone(), json!(workflow))
    );
}
