//! Graphs that cannot be run, and their error messages.

use serde_json::{Value, json};

use super::{greeting, owner};
use crate::{graph, harness::app::TestApp};

/// The pointers and messages of a rejection.
fn errors(problem: &Value) -> Vec<(String, String)> {
    let text = |error: &Value, name: &str| error[name].as_str().unwrap().to_owned();
    problem["errors"].as_array().unwrap().iter().map(|error| (text(error, "pointer"), text(error, "message"))).collect()
}

#[tokio::test]
async fn every_problem_is_told_at_once_with_its_place_and_node() {
    let app = TestApp::with(crate::voice()).await;
    let owner = owner(&app).await;
    let nodes = json!([
        { "id": "start", "type": "start", "next": "ask" },
        { "id": "ask", "type": "ask", "text": "Well, {{nobody}}?", "variable": "well", "next": "choose" },
        { "id": "choose", "type": "branch", "variable": "well", "cases": [{ "when": { "equals": "yes" }, "next": "bye" }] },
        { "id": "round", "type": "say", "text": "Hm.", "next": "about" },
        { "id": "about", "type": "say", "text": "Hm?", "next": "round" },
        { "id": "island", "type": "say", "text": "Hello?", "next": "bye" },
        { "id": "lost", "type": "say", "text": "Hello?", "next": "gone" },
        { "id": "bye", "type": "end", "outcome": "done" },
    ]);
    let body = json!({ "name": "Broken", "graph": { "start": "start", "inputs": [], "nodes": nodes } });
    let refused =
        app.post("/api/v1/workflows").key(&owner.key).json(&body).send().await.refused(422, "validation_failed");
    let told = errors(&refused.json());
    for (pointer, part) in [
        ("/graph/nodes/2/otherwise", "'choose'"),
        ("/graph/nodes/1/text", "'nobody'"),
        ("/graph/nodes/3", "the cycle round -> about never reaches an end"),
        ("/graph/nodes/5", "node 'island' cannot be reached from the start"),
        ("/graph/nodes/6/next", "node 'lost' leads to 'gone', which is not there"),
    ] {
        let found = told.iter().any(|(at, message)| at == pointer && message.contains(part));
        assert!(found, "{pointer} {part} is not in {told:#?}");
    }
    assert!(refused.at("/detail").contains("values are invalid"), "{refused}");
    assert_eq!(app.count("select count(*) from voice.workflows").await, 0);
}

#[tokio::test]
async fn a_change_to_such_a_graph_leaves_the_old_one() {
    let app = TestApp::with(crate::voice()).await;
    let owner = owner(&app).await;
    let path = format!("/api/v1/workflows/{}", greeting(&app, &owner).await);
    let mut broken = graph();
    broken["nodes"][1]["next"] = json!("gone");
    let body = json!({ "name": "Renamed", "graph": broken });
    let refused = app.patch(&path).key(&owner.key).json(&body).send().await.refused(422, "validation_failed");
    assert_eq!(refused.at("/errors/0/pointer"), "/graph/nodes/1/next");
    let kept = app.get(&path).key(&owner.key).send().await.expect(200).json();
    assert_eq!(
        (&kept["name"], &kept["version"], &kept["graph"]["nodes"][1]["next"]),
        (&json!("Test"), &json!(1), &json!("bye"))
    );
}

#[tokio::test]
async fn what_makes_no_workflow_is_told_with_its_place() {
    let app = TestApp::with(crate::voice()).await;
    let owner = owner(&app).await;
    for (body, pointer) in [
        (json!({}), "/graph"),
        (json!({ "name": "x" }), "/graph"),
        (json!({ "graph": graph() }), "/name"),
        (json!({ "name": "", "graph": graph() }), "/name"),
        (json!({ "name": "x", "graph": graph(), "template": "appointment_reminder" }), "/template"),
        (json!({ "template": "nothing" }), "/template"),
        (
            json!({ "name": "x", "graph": { "start": "s", "nodes": [{ "id": "s", "type": "sing" }] } }),
            "/graph/nodes/0/type",
        ),
        (json!({ "name": "x", "graph": { "start": "s", "nodes": [{ "id": "s" }] } }), "/graph/nodes/0/type"),
        (
            json!({ "name": "x", "graph": { "start": "s", "nodes": [{ "id": "s", "type": "say", "txt": "x" }] } }),
            "/graph/nodes/0/txt",
        ),
    ] {
        let refused =
            app.post("/api/v1/workflows").key(&owner.key).json(&body).send().await.refused(422, "validation_failed");
        assert!(pointer.starts_with(&refused.at("/errors/0/pointer")), "{pointer}: {refused}");
    }
}

#[tokio::test]
async fn templates_are_whole_and_ready_to_be_made() {
    let app = TestApp::with(crate::voice()).await;
    let owner = owner(&app).await;
    let list = app.get("/api/v1/templates").key(&owner.key).send().await.expect(200);
    assert_eq!(list.ids(), ["appointment_reminder", "lead_qualification", "satisfaction_survey"]);
    for id in list.ids() {
        let template = app.get(&format!("/api/v1/templates/{id}")).key(&owner.key).send().await.expect(200);
        let made =
            app.post("/api/v1/workflows").key(&owner.key).json(&json!({ "template": id })).send().await.expect(201);
        assert_eq!(made.json()["graph"], template.json()["graph"]);
        assert_eq!((made.at("/name"), made.at("/version")), (template.at("/name"), "1".into()));
    }
    app.get("/api/v1/templates/nothing").key(&owner.key).send().await.refused(404, "not_found");
}

#[tokio::test]
async fn a_deleted_workflow_is_gone_and_its_runs_stay() {
    let app = TestApp::with(crate::voice()).await;
    let owner = owner(&app).await;
    let id = greeting(&app, &owner).await;
    let script = json!({ "script": { "replies": ["Well."] } });
    let run = super::run(&app, &owner, &id, &script).await.expect(201).at("/id");
    let path = format!("/api/v1/workflows/{id}");
    app.delete(&path).key(&owner.key).send().await.expect(204);
    app.delete(&path).key(&owner.key).send().await.refused(404, "not_found");
    for gone in [path.clone(), format!("{path}/versions"), format!("{path}/runs")] {
        app.get(&gone).key(&owner.key).send().await.refused(404, "not_found");
    }
    app.patch(&path).key(&owner.key).json(&json!({ "name": "x" })).send().await.refused(404, "not_found");
    super::run(&app, &owner, &id, &script).await.refused(404, "not_found");
    let runs = app.get("/api/v1/runs").key(&owner.key).send().await.expect(200);
    assert_eq!(runs.ids(), std::slice::from_ref(&run));
    app.get(&format!("/api/v1/runs/{run}")).key(&owner.key).send().await.expect(200);
    assert!(app.get("/api/v1/workflows").key(&owner.key).send().await.expect(200).ids().is_empty());
}
