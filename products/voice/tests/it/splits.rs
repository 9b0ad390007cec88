//! Splits: versions of a workflow compared with each other.

use serde_json::{Value, json};

use super::{greeting, run};
use crate::graph;
use crate::harness::app::{Answer, Person, TestApp};

/// An owner with every module, and a workflow of two versions: only the first one succeeds.
async fn shop(app: &TestApp) -> (Person, String) {
    let owner = app.owner().await;
    app.put_on_plan(&owner, "pro", 1).await;
    app.backbone.resolver.forget();
    let id = greeting(app, &owner).await;
    let mut worse = graph();
    worse["nodes"][2]["success"] = json!(false);
    change(app, &owner, &id, &worse).await;
    (owner, id)
}

async fn change(app: &TestApp, owner: &Person, workflow: &str, graph: &Value) {
    let body = json!({ "graph": graph });
    app.patch(&format!("/api/v1/workflows/{workflow}")).key(&owner.key).json(&body).send().await.expect(200);
}

fn variants(weights: &[(i32, i32)]) -> Value {
    let variants: Vec<Value> =
        weights.iter().map(|(version, weight)| json!({ "version": version, "weight": weight })).collect();
    json!({ "variants": variants })
}

async fn start(app: &TestApp, owner: &Person, workflow: &str, body: &Value) -> Answer {
    app.post(&format!("/api/v1/workflows/{workflow}/splits")).key(&owner.key).json(body).send().await
}

async fn end(app: &TestApp, owner: &Person, split: &str, body: &Value) -> Answer {
    app.post(&format!("/api/v1/splits/{split}/end")).key(&owner.key).json(body).send().await
}

async fn results(app: &TestApp, owner: &Person, split: &str) -> Value {
    app.get(&format!("/api/v1/splits/{split}/results")).key(&owner.key).send().await.expect(200).json()
}

async fn call(app: &TestApp, owner: &Person, workflow: &str, contact: &str) -> Answer {
    let body = json!({ "script": { "replies": ["Well."] }, "contact": contact });
    run(app, owner, workflow, &body).await.expect(201)
}

#[tokio::test]
async fn runs_are_divided_by_weight_and_a_contact_keeps_its_variant() {
    let app = TestApp::with(crate::voice()).await;
    let (owner, id) = shop(&app).await;
    let begun = start(&app, &owner, &id, &variants(&[(1, 3), (2, 1)])).await.expect(201);
    assert_eq!((begun.at("/workflow_id"), begun.at("/ended_at")), (id.clone(), "null".into()));
    let split = begun.at("/id");

    let mut firsts = 0;
    for contact in 0..80 {
        let contact = format!("+4930{contact:05}");
        let first = call(&app, &owner, &id, &contact).await;
        let again = call(&app, &owner, &id, &contact).await;
        assert_eq!(first.at("/version"), again.at("/version"), "{contact}");
        assert_eq!(first.at("/split_id"), split);
        firsts += i32::from(first.at("/version") == "1");
    }
    // 60 of 80 are expected; the standard deviation is 3.9.
    assert!((45..=75).contains(&firsts), "{firsts} of 80 got the variant with three quarters of the weight");

    // Without a contact every run is assigned on its own.
    let mut versions = std::collections::BTreeSet::new();
    for _ in 0..40 {
        let body = json!({ "script": { "replies": ["Well."] } });
        versions.insert(run(&app, &owner, &id, &body).await.expect(201).at("/version"));
    }
    assert_eq!(versions.len(), 2);
    assert_eq!(app.count("select count(*) from voice.runs where split_id is not null").await, 200);
}

#[tokio::test]
async fn a_run_that_names_its_version_takes_no_part() {
    let app = TestApp::with(crate::voice()).await;
    let (owner, id) = shop(&app).await;
    let split = start(&app, &owner, &id, &variants(&[(1, 1), (2, 1)])).await.expect(201).at("/id");
    let named = |version: i32| json!({ "script": { "replies": ["Well."] }, "version": version });
    for version in [1, 2] {
        let made = run(&app, &owner, &id, &named(version)).await.expect(201);
        assert_eq!((made.at("/version"), made.at("/split_id")), (version.to_string(), "null".into()));
    }
    for version in [0, 3, -1] {
        let refused = run(&app, &owner, &id, &named(version)).await.refused(422, "validation_failed");
        assert_eq!(refused.at("/errors/0/pointer"), "/version");
    }
    let counted = results(&app, &owner, &split).await;
    assert_eq!((&counted["variants"][0]["calls"], &counted["variants"][1]["calls"]), (&json!(0), &json!(0)));
    assert_eq!(counted["verdict"], "too_few_to_tell");
    let refused = run(&app, &owner, &id, &json!({ "live": true, "contact": "" })).await;
    assert_eq!(refused.refused(422, "validation_failed").at("/errors/0/pointer"), "/contact");
}

#[tokio::test]
async fn the_numbers_are_those_of_the_runs() {
    let app = TestApp::with(crate::voice()).await;
    let (owner, id) = shop(&app).await;
    let split = start(&app, &owner, &id, &variants(&[(1, 1), (2, 1)])).await.expect(201).at("/id");
    let mut runs = [0_i64; 2];
    let mut took = [0_i64; 2];
    for contact in 0..60 {
        let made = call(&app, &owner, &id, &contact.to_string()).await.json();
        let variant = usize::try_from(made["version"].as_i64().unwrap()).unwrap() - 1;
        runs[variant] += 1;
        took[variant] += made["duration_ms"].as_i64().unwrap();
    }
    // A run that has not ended does not count.
    run(&app, &owner, &id, &json!({ "live": true })).await.expect(201);

    let counted = results(&app, &owner, &split).await;
    for (variant, (count, duration)) in counted["variants"].as_array().unwrap().iter().zip(runs.into_iter().zip(took)) {
        let succeeded = if variant["version"] == 1 { count } else { 0 };
        assert_eq!((&variant["calls"], &variant["succeeded"]), (&json!(count), &json!(succeeded)), "{counted:#}");
        assert_eq!(variant["average_duration_ms"], duration / count);
        assert_eq!(variant["cost"], json!({ "minor": count, "currency": "usd" }));
        assert_eq!(variant["weight"], 1);
        let interval = &variant["success_rate_interval"];
        let (low, high) = (interval["low"].as_f64().unwrap(), interval["high"].as_f64().unwrap());
        let rate = variant["success_rate"].as_f64().unwrap();
        assert!(low <= rate && rate <= high && high - low < 0.3, "{variant:#}");
    }
    // All of one version and none of the other is not a coincidence.
    assert_eq!((&counted["verdict"], &counted["better"]), (&json!("clear_difference"), &json!(1)));
    assert!(counted["p_value"].as_f64().unwrap() < 0.001);
    assert!(
        counted["statement"]
            .as_str()
            .unwrap()
            .starts_with("Version 1 does better: 100.0 % succeed, 0.0 % with version 2.")
    );
}

#[tokio::test]
async fn the_winner_becomes_current_and_versions_go_on_counting() {
    let app = TestApp::with(crate::voice()).await;
    let (owner, id) = shop(&app).await;
    let path = format!("/api/v1/workflows/{id}");
    let split = start(&app, &owner, &id, &variants(&[(1, 1), (2, 1)])).await.expect(201).at("/id");
    let mut third = graph();
    third["nodes"][2]["text"] = json!("Farewell!");
    change(&app, &owner, &id, &third).await;
    // The new version is not used until the split has ended.
    assert!(["1", "2"].contains(&call(&app, &owner, &id, "ada").await.at("/version").as_str()));
    let stale = app.get(&path).key(&owner.key).send().await.expect(200).header("etag").to_owned();

    let refused = end(&app, &owner, &split, &json!({ "winner": 3 })).await.refused(422, "validation_failed");
    assert_eq!(refused.at("/errors/0/pointer"), "/winner");
    app.advance_seconds(60);
    let ended = end(&app, &owner, &split, &json!({ "winner": 1 })).await.expect(200);
    assert_eq!((ended.at("/winner"), ended.at("/ended_at")), ("1".into(), "2026-03-15T12:01:00Z".into()));
    let current = app.get(&path).key(&owner.key).send().await.expect(200);
    assert_eq!((current.at("/version"), &current.json()["graph"]), ("1".into(), &graph_of(&app, &id, 1).await));
    let made = call(&app, &owner, &id, "ada").await;
    assert_eq!((made.at("/version"), made.at("/split_id")), ("1".into(), "null".into()));

    // An edit based on an older version is rejected, and the next version is the fourth.
    let edit = json!({ "graph": third });
    let late = app.patch(&path).key(&owner.key).header("if-match", &stale).json(&edit);
    late.send().await.refused(412, "stale_edit");
    let fourth = app.patch(&path).key(&owner.key).json(&edit).send().await.expect(200);
    assert_eq!(fourth.at("/version"), "4");
    end(&app, &owner, &split, &json!({})).await.refused(409, "conflict");
}

#[tokio::test]
async fn a_split_without_a_winner_leaves_the_current_version() {
    let app = TestApp::with(crate::voice()).await;
    let (owner, id) = shop(&app).await;
    let split = start(&app, &owner, &id, &variants(&[(1, 1), (2, 1)])).await.expect(201).at("/id");
    end(&app, &owner, &split, &json!({})).await.expect(200);
    assert_eq!(call(&app, &owner, &id, "ada").await.at("/version"), "2");
    let second = start(&app, &owner, &id, &variants(&[(2, 1), (1, 5)])).await.expect(201).at("/id");
    let list = app.get(&format!("/api/v1/workflows/{id}/splits")).key(&owner.key).send().await.expect(200);
    assert_eq!(list.ids(), [second, split]);
}

#[tokio::test]
async fn one_split_of_a_workflow_runs_at_a_time() {
    let app = TestApp::with(crate::voice()).await;
    let (owner, id) = shop(&app).await;
    let body = variants(&[(1, 1), (2, 1)]);
    let answers = futures_util::future::join_all((0..6).map(|_| start(&app, &owner, &id, &body))).await;
    let mut statuses: Vec<u16> = answers.iter().map(Answer::status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409]);
    let conflict = answers.into_iter().find(|answer| answer.status() == 409).unwrap();
    assert!(conflict.refused(409, "conflict").at("/detail").contains("End it before you start another"));
}

#[tokio::test]
async fn what_cannot_be_compared_is_told_with_its_place() {
    let app = TestApp::with(crate::voice()).await;
    let (owner, id) = shop(&app).await;
    for (weights, pointer) in [
        (&[(1, 1)][..], "/variants"),
        (&[(1, 1), (2, 0)], "/variants/1/weight"),
        (&[(1, 1_001), (2, 1)], "/variants/0/weight"),
        (&[(1, 1), (1, 1)], "/variants/1/version"),
        (&[(1, 1), (7, 1)], "/variants/1/version"),
        (&[(1, 1), (2, -1)], "/variants/1/weight"),
    ] {
        let refused = start(&app, &owner, &id, &variants(weights)).await.refused(422, "validation_failed");
        assert_eq!(refused.at("/errors/0/pointer"), pointer, "{weights:?}");
    }
    assert_eq!(app.count("select count(*) from voice.splits").await, 0);
}

#[tokio::test]
async fn a_strangers_split_is_not_there_and_results_are_advanced_analytics() {
    let app = TestApp::with(crate::voice()).await;
    let (owner, id) = shop(&app).await;
    let split = start(&app, &owner, &id, &variants(&[(1, 1), (2, 1)])).await.expect(201).at("/id");
    let stranger = app.stranger().await;
    for path in [format!("/api/v1/splits/{split}"), format!("/api/v1/splits/{split}/results")] {
        app.get(&path).key(&stranger.key).send().await.refused(404, "not_found");
    }
    end(&app, &stranger, &split, &json!({ "winner": 1 })).await.refused(404, "not_found");
    start(&app, &stranger, &id, &variants(&[(1, 1), (2, 1)])).await.refused(404, "not_found");

    app.put_on_plan(&owner, "starter", 1).await;
    app.backbone.resolver.forget();
    app.get(&format!("/api/v1/splits/{split}")).key(&owner.key).send().await.expect(200);
    let results = app.get(&format!("/api/v1/splits/{split}/results")).key(&owner.key).send().await;
    let refused = results.refused(402, "module_not_in_plan");
    assert_eq!(refused.at("/detail"), "The plan Starter does not include Advanced analytics. Upgrade to use it.");
    assert_eq!(refused.at("/upgrade_url"), "https://app.example.org/billing");
}

/// The graph of a version, as stored in the database.
async fn graph_of(app: &TestApp, workflow: &str, version: i32) -> Value {
    let query = format!(
        "select graph::text from voice.workflow_versions where workflow_id = '{workflow}' and version = {version}"
    );
    let text: String = app.test.admin().await.query_one(&query, &[]).await.unwrap().get(0);
    serde_json::from_str(&text).unwrap()
}
