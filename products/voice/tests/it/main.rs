//! The voice product, through the real router.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests too, which clippy sees in a #[test] only")]

mod analytics;
mod campaigns;
mod engines;
mod events;
mod graphs;
mod live;
mod metered;
mod scripted;
mod splits;

use freehold_testing as harness;
use serde_json::{Value, json};

use harness::app::{Answer, Person, Setup, TestApp};

/// The setup of a server with the voice product.
fn voice() -> Setup {
    Setup::of_product(&freehold_voice::PRODUCT)
}

/// A small runnable graph.
fn graph() -> Value {
    json!({ "start": "start", "inputs": [], "nodes": [
        { "id": "start", "type": "start", "next": "hello" },
        { "id": "hello", "type": "ask", "variable": "well", "text": "How are you?", "next": "bye" },
        { "id": "bye", "type": "end", "outcome": "greeted", "text": "Goodbye!" },
    ]})
}

/// An owner whose plan allows more than one workflow.
async fn owner(app: &TestApp) -> Person {
    let owner = app.owner().await;
    app.put_on_plan(&owner, "starter", 1).await;
    app.backbone.resolver.forget();
    owner
}

/// Creates a workflow with this graph.
async fn workflow(app: &TestApp, owner: &Person, graph: &Value) -> String {
    let body = json!({ "name": "Test", "graph": graph });
    app.post("/api/v1/workflows").key(&owner.key).json(&body).send().await.expect(201).at("/id")
}

/// Creates the workflow of the small graph.
async fn greeting(app: &TestApp, owner: &Person) -> String {
    workflow(app, owner, &graph()).await
}

async fn run(app: &TestApp, owner: &Person, workflow: &str, body: &Value) -> Answer {
    app.post(&format!("/api/v1/workflows/{workflow}/runs")).key(&owner.key).json(body).send().await
}

/// Used and reserved calls of this month.
async fn calls(app: &TestApp, owner: &Person) -> (i64, i64) {
    let usage = app.get("/api/v1/usage").key(&owner.key).send().await.expect(200).json();
    let calls = usage["meters"].as_array().unwrap().iter().find(|meter| meter["meter"] == "calls").unwrap();
    (calls["used"].as_i64().unwrap(), calls["reserved"].as_i64().unwrap())
}
