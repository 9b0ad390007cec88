//! Analytics of calls.

mod counting;
mod files;

use serde_json::{Value, json};

use super::{greeting, run, workflow};
use crate::graph;
use crate::harness::app::{Answer, Person, TestApp};

/// An owner with every module.
async fn owner(app: &TestApp) -> Person {
    let owner = app.owner().await;
    app.put_on_plan(&owner, "pro", 1).await;
    app.backbone.resolver.forget();
    owner
}

/// A call that ends at once.
async fn call(app: &TestApp, owner: &Person, workflow: &str) -> Answer {
    run(app, owner, workflow, &json!({ "script": { "replies": ["Well."] } })).await.expect(201)
}

async fn calls(app: &TestApp, owner: &Person, query: &str) -> Value {
    app.get("/api/v1/analytics/calls").query(query).key(&owner.key).send().await.expect(200).json()
}

/// The periods that had calls, as `local calls`.
fn counted(answer: &Value) -> Vec<String> {
    let periods = answer["data"].as_array().unwrap().iter().filter(|period| period["calls"] != 0);
    periods.map(|period| format!("{} {}", period["local"].as_str().unwrap(), period["calls"])).collect()
}

/// Sets the clock, which stands at 2026-03-15T12:00:00Z.
fn at(app: &TestApp, time: &str) {
    let time: jiff::Timestamp = time.parse().unwrap();
    app.clock().advance(time.duration_since(app.clock().now()));
}

#[tokio::test]
async fn calls_are_counted_with_their_success_duration_and_cost() {
    let app = TestApp::with(crate::voice()).await;
    let owner = owner(&app).await;
    let good = greeting(&app, &owner).await;
    let mut graph = graph();
    graph["nodes"][2]["success"] = json!(false);
    let bad = workflow(&app, &owner, &graph).await;
    let mut took = 0;
    for id in [&good, &good, &bad] {
        took += call(&app, &owner, id).await.json()["duration_ms"].as_i64().unwrap();
    }
    let failing = json!([
        { "id": "start", "type": "start", "next": "call" },
        { "id": "call", "type": "webhook", "url": "https://example.com/", "next": "bye" },
        { "id": "bye", "type": "end", "outcome": "done" },
    ]);
    let failing = workflow(&app, &owner, &json!({ "start": "start", "inputs": [], "nodes": failing })).await;
    let script = json!({ "script": { "webhooks": { "call": { "status": 500, "body": null } } } });
    let failed = run(&app, &owner, &failing, &script).await.expect(201);
    assert_eq!(failed.at("/status"), "failed");
    took += failed.json()["duration_ms"].as_i64().unwrap();

    let all = calls(&app, &owner, "").await;
    let total = json!({
        "calls": 4, "completed": 3, "failed": 1, "succeeded": 2, "success_rate": 0.5, "duration_ms": took,
        "average_duration_ms": took / 4, "cost": { "minor": 3, "currency": "usd" },
    });
    assert_eq!(all["total"], total);
    assert_eq!(
        (&all["from"], &all["to"], &all["by"], &all["time_zone"]),
        (&json!("2026-02-14"), &json!("2026-03-15"), &json!("day"), &json!("UTC"))
    );
    assert_eq!(all["data"].as_array().unwrap().len(), 30);
    let empty = &all["data"][0];
    assert_eq!((&empty["calls"], &empty["success_rate"]), (&json!(0), &Value::Null));
    assert_eq!(empty["starts_at"], "2026-02-14T00:00:00Z");

    let one = calls(&app, &owner, &format!("workflow_id={bad}")).await;
    assert_eq!((&one["total"]["calls"], &one["total"]["succeeded"]), (&json!(1), &json!(0)));

    let path = "/api/v1/analytics/workflows";
    let by_workflow = app.get(path).key(&owner.key).send().await.expect(200);
    assert_eq!(by_workflow.ids()[0], good);
    assert_eq!(by_workflow.json()["data"].as_array().unwrap().len(), 3);
    assert_eq!(by_workflow.at("/data/0/calls"), "2");
    // The calls of a deleted workflow still count.
    app.delete(&format!("/api/v1/workflows/{good}")).key(&owner.key).send().await.expect(204);
    assert_eq!(app.get(path).key(&owner.key).send().await.expect(200).ids()[0], good);
    assert_eq!(calls(&app, &owner, &format!("workflow_id={good}")).await["total"]["calls"], 2);
}

#[tokio::test]
async fn the_calls_of_a_campaign_are_counted_apart() {
    let app = TestApp::with(crate::voice()).await;
    let owner = owner(&app).await;
    let id = greeting(&app, &owner).await;
    let mut campaigns = Vec::new();
    for (name, of_it) in [("Spring", 1), ("Autumn", 2)] {
        let body = json!({ "name": name, "workflow_id": id });
        let made = app.post("/api/v1/campaigns").key(&owner.key).json(&body).send().await.expect(201).at("/id");
        for _ in 0..of_it {
            let run = call(&app, &owner, &id).await.at("/id");
            let give = format!("update voice.runs set campaign_id = '{made}' where id = '{run}'");
            app.test.admin().await.batch_execute(&give).await.unwrap();
        }
        campaigns.push(made);
    }
    call(&app, &owner, &id).await;
    let list = app.get("/api/v1/analytics/campaigns").key(&owner.key).send().await.expect(200);
    assert_eq!(list.ids(), [campaigns[1].clone(), campaigns[0].clone()]);
    assert_eq!((list.at("/data/0/name"), list.at("/data/0/calls")), ("Autumn".into(), "2".into()));
    let one = calls(&app, &owner, &format!("campaign_id={}", campaigns[0])).await;
    assert_eq!(one["total"]["calls"], 1);
    assert_eq!(calls(&app, &owner, "").await["total"]["calls"], 4);
}

#[tokio::test]
async fn a_call_counts_when_it_has_ended_in_the_hour_in_which_it_began() {
    let app = TestApp::with(crate::voice()).await;
    let owner = owner(&app).await;
    let id = greeting(&app, &owner).await;
    at(&app, "2026-03-15T23:50:00Z");
    let live = run(&app, &owner, &id, &json!({ "live": true })).await.expect(201).at("/id");
    assert_eq!(calls(&app, &owner, "").await["total"]["calls"], 0);
    at(&app, "2026-03-16T00:10:00Z");
    let said = app.post(&format!("/api/v1/runs/{live}/messages")).key(&owner.key).json(&json!({ "text": "Well." }));
    said.send().await.expect(200);
    assert_eq!(counted(&calls(&app, &owner, "").await), ["2026-03-15 1"]);
    assert_eq!(counted(&calls(&app, &owner, "by=hour&to=2026-03-16").await), ["2026-03-15T23:00+00:00 1"]);
}

#[tokio::test]
async fn a_day_is_a_day_of_its_time_zone() {
    let app = TestApp::with(crate::voice()).await;
    let owner = owner(&app).await;
    let id = greeting(&app, &owner).await;
    // Midnight in Kolkata is 18:30 UTC; in New York 4:00 with summer time and 5:00 without, before 8 March.
    at(&app, "2026-03-15T18:20:00Z");
    call(&app, &owner, &id).await;
    at(&app, "2026-03-15T18:30:00Z");
    call(&app, &owner, &id).await;
    at(&app, "2026-03-16T03:59:59Z");
    call(&app, &owner, &id).await;
    at(&app, "2026-03-16T04:00:00Z");
    call(&app, &owner, &id).await;
    let days = async |zone: &str| {
        counted(&calls(&app, &owner, &format!("from=2026-03-15&to=2026-03-16&time_zone={zone}")).await)
    };
    assert_eq!(days("UTC").await, ["2026-03-15 2", "2026-03-16 2"]);
    assert_eq!(days("Asia/Kolkata").await, ["2026-03-15 1", "2026-03-16 3"]);
    assert_eq!(days("America/New_York").await, ["2026-03-15 3", "2026-03-16 1"]);
    let hours = calls(&app, &owner, "from=2026-03-15&to=2026-03-16&time_zone=Asia/Kolkata&by=hour").await;
    assert_eq!(counted(&hours), ["2026-03-15T23:00+05:30 1", "2026-03-16T00:00+05:30 1", "2026-03-16T09:00+05:30 2"]);

    // In the night in which New York's clocks go back, there are two hours from one to two.
    for time in ["2026-11-01T03:59:00Z", "2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z", "2026-11-02T04:59:00Z"] {
        at(&app, time);
        call(&app, &owner, &id).await;
    }
    let autumn = "from=2026-11-01&to=2026-11-01&time_zone=America/New_York";
    assert_eq!(counted(&calls(&app, &owner, autumn).await), ["2026-11-01 3"]);
    let hours = calls(&app, &owner, &format!("{autumn}&by=hour")).await;
    assert_eq!(hours["data"].as_array().unwrap().len(), 25);
    assert_eq!(counted(&hours), ["2026-11-01T01:00-04:00 1", "2026-11-01T01:00-05:00 1", "2026-11-01T23:00-05:00 1"]);
}

#[tokio::test]
async fn nonsense_is_told_with_its_parameter() {
    let app = TestApp::with(crate::voice()).await;
    let owner = owner(&app).await;
    for (query, pointer) in [
        ("from=yesterday", "?from"),
        ("to=2026-02-30", "?to"),
        ("from=2026-03-16&to=2026-03-15", "?from"),
        ("from=2020-01-01", "?from"),
        ("by=hour&from=2026-01-01", "?from"),
        ("by=week", "?by"),
        ("time_zone=Mars", "?time_zone"),
        ("workflow_id=7", "?workflow_id"),
        ("campaign_id=x", "?campaign_id"),
    ] {
        let answer = app.get("/api/v1/analytics/calls").query(query).key(&owner.key).send().await;
        assert_eq!(answer.refused(422, "validation_failed").at("/errors/0/pointer"), pointer, "{query}");
    }
    let unknown = app.get("/api/v1/analytics/calls").query("form=2026-01-01").key(&owner.key).send().await;
    unknown.refused(400, "malformed_request");
    let report = app.get("/api/v1/analytics/calls.pdf").query("by=hour").key(&owner.key).send().await;
    assert_eq!(report.refused(422, "validation_failed").at("/errors/0/pointer"), "?by");
}

#[tokio::test]
async fn a_stranger_sees_nothing_of_it() {
    let app = TestApp::with(crate::voice()).await;
    let (owner, stranger) = (owner(&app).await, app.stranger().await);
    app.put_on_plan(&stranger, "pro", 1).await;
    app.backbone.resolver.forget();
    let id = greeting(&app, &owner).await;
    call(&app, &owner, &id).await;
    assert_eq!(calls(&app, &stranger, "").await["total"]["calls"], 0);
    for path in ["calls", "calls.csv", "calls.pdf"] {
        for query in [format!("workflow_id={id}"), format!("campaign_id={id}")] {
            let answer = app.get(&format!("/api/v1/analytics/{path}")).query(&query).key(&stranger.key).send().await;
            answer.refused(404, "not_found");
        }
    }
    for path in ["workflows", "campaigns"] {
        let list = app.get(&format!("/api/v1/analytics/{path}")).key(&stranger.key).send().await.expect(200);
        assert!(list.ids().is_empty());
    }
}

#[tokio::test]
async fn hours_and_campaigns_are_advanced_analytics() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    for (query, part) in [
        ("calls", true),
        ("calls?by=day", true),
        ("calls.csv", true),
        ("calls.pdf", true),
        ("workflows", true),
        ("workflows.csv", true),
        ("calls?by=hour", false),
        ("calls.csv?by=hour", false),
        ("calls?campaign_id=018f0000-0000-7000-8000-000000000001", false),
        ("campaigns", false),
        ("campaigns.csv", false),
    ] {
        let answer = app.get(&format!("/api/v1/analytics/{query}")).key(&owner.key).send().await;
        if part {
            answer.expect(200);
        } else {
            let refused = answer.refused(402, "module_not_in_plan");
            assert_eq!(
                refused.at("/detail"),
                "The plan Free does not include Advanced analytics. Upgrade to use it.",
                "{query}"
            );
        }
    }
}
