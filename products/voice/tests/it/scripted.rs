//! Runs whose callee follows a script.

use freehold_voice::template::template_list;
use serde_json::{Value, json};

use super::{calls, greeting, owner, run, workflow};
use crate::{graph, harness::app::TestApp};

#[tokio::test]
async fn the_sample_of_every_template_comes_to_what_it_promises() {
    let app = TestApp::with(crate::voice()).await;
    let owner = owner(&app).await;
    for (number, template) in template_list().into_iter().enumerate() {
        let made = app.post("/api/v1/workflows").key(&owner.key).json(&json!({ "template": template.id }));
        let id = made.send().await.expect(201).at("/id");
        let body = json!({ "inputs": template.sample_inputs, "script": template.sample_script });
        let done = run(&app, &owner, &id, &body).await.expect(201);
        assert_eq!((done.at("/status"), done.at("/outcome")), ("completed".into(), template.sample_outcome.clone()));
        let shown = app.get(&format!("/api/v1/runs/{}", done.at("/id"))).key(&owner.key).send().await.expect(200);
        assert_eq!(shown.json(), done.json());
        let run = done.json();
        assert_eq!((&run["channel"], &run["waiting_at"], &run["reason"]), (&json!("text"), &Value::Null, &Value::Null));
        let minutes = (run["duration_ms"].as_i64().unwrap() + 59_999) / 60_000;
        assert_eq!(run["cost"], json!({ "minor": minutes, "currency": "usd" }));
        let transcript = run["transcript"].as_array().unwrap();
        assert!(transcript.iter().any(|line| line["speaker"] == "callee") && transcript.len() > 4, "{done}");
        assert!(transcript.windows(2).all(|pair| pair[0]["at_ms"].as_u64() <= pair[1]["at_ms"].as_u64()));
        assert_eq!(calls(&app, &owner).await, (i64::try_from(number).unwrap() + 1, 0));
    }
}

#[tokio::test]
async fn a_run_keeps_the_version_it_ran() {
    let app = TestApp::with(crate::voice()).await;
    let owner = owner(&app).await;
    let id = greeting(&app, &owner).await;
    let script = json!({ "script": { "replies": ["Well."] } });
    let first = run(&app, &owner, &id, &script).await.expect(201);
    let mut changed = graph();
    changed["nodes"][1]["text"] = json!("How do you do?");
    app.patch(&format!("/api/v1/workflows/{id}"))
        .key(&owner.key)
        .json(&json!({ "graph": changed }))
        .send()
        .await
        .expect(200);
    app.advance_seconds(1);
    let second = run(&app, &owner, &id, &script).await.expect(201);
    assert_eq!((first.at("/version"), second.at("/version")), ("1".into(), "2".into()));
    assert!(second.text().contains("How do you do?"));
    let kept = app.get(&format!("/api/v1/runs/{}", first.at("/id"))).key(&owner.key).send().await.expect(200);
    assert!(kept.text().contains("How are you?") && kept.at("/version") == "1");
    let of_workflow = app.get(&format!("/api/v1/workflows/{id}/runs")).key(&owner.key).send().await.expect(200);
    assert_eq!(of_workflow.ids(), [second.at("/id"), first.at("/id")]);
}

#[tokio::test]
async fn a_failed_run_uses_nothing_and_costs_nothing() {
    let app = TestApp::with(crate::voice()).await;
    let owner = owner(&app).await;
    let nodes = json!([
        { "id": "start", "type": "start", "next": "call" },
        { "id": "call", "type": "webhook", "url": "https://example.com/", "next": "bye" },
        { "id": "bye", "type": "end", "outcome": "done" },
    ]);
    let id = workflow(&app, &owner, &json!({ "start": "start", "inputs": [], "nodes": nodes })).await;
    let body = json!({ "script": { "webhooks": { "call": { "status": 500, "body": null } } } });
    let failed = run(&app, &owner, &id, &body).await.expect(201);
    assert_eq!((failed.at("/status"), failed.at("/reason")), ("failed".into(), "webhook_failed".into()));
    assert_eq!((failed.at("/success"), failed.at("/cost/minor")), ("false".into(), "0".into()));
    assert_eq!(calls(&app, &owner).await, (0, 0));
    assert_eq!(app.count("select count(*) from voice.runs where status = 'failed'").await, 1);
}

#[tokio::test]
async fn inputs_and_scripts_are_checked_against_the_graph() {
    let app = TestApp::with(crate::voice()).await;
    let owner = owner(&app).await;
    let template = freehold_voice::template::template_find("appointment_reminder").unwrap();
    let id = workflow(&app, &owner, &json!(template.graph)).await;
    let good = json!({ "inputs": template.sample_inputs, "script": { "replies": ["Yes."] } });
    let refused = async |body: Value, pointer: &str| {
        let refused = run(&app, &owner, &id, &body).await.refused(422, "validation_failed");
        let pointers: Vec<_> =
            refused.json()["errors"].as_array().unwrap().iter().map(|error| error["pointer"].clone()).collect();
        assert!(pointers.contains(&json!(pointer)), "{pointer}: {refused}");
    };
    let with = |pointer: &str, value: Value| {
        let mut body = good.clone();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        body.pointer_mut(parent).unwrap()[name] = value;
        body
    };
    refused(with("/inputs/nobody", json!("x")), "/inputs/nobody").await;
    refused(with("/inputs/name", json!(7)), "/inputs/name").await;
    refused(with("/script/rules", json!([{ "reply": "y", "node": "gone" }])), "/script/rules/0/node").await;
    refused(with("/script/unanswered_transfers", json!(["gone"])), "/script/unanswered_transfers/0").await;
    refused(with("/script/replies", json!(["x".repeat(2_001)])), "/script/replies/0").await;
    refused(with("/live", json!(true)), "/live").await;
    refused(json!({ "inputs": template.sample_inputs }), "/script").await;
    let mut missing = good.clone();
    missing["inputs"].as_object_mut().unwrap().remove("name");
    refused(missing, "/inputs/name").await;
    assert_eq!(calls(&app, &owner).await, (0, 0));
    run(&app, &owner, &id, &good).await.expect(201);
}
