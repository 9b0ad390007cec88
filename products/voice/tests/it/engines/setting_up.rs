//! Creating and updating engines.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{Scene, engine_create};
use crate::{
    greeting,
    harness::app::{Person, TestApp},
    run,
};

async fn refused_at(app: &TestApp, owner: &Person, body: &Value) -> String {
    let refused = app.post("/api/v1/engines").key(&owner.key).json(body).send().await;
    refused.refused(422, "validation_failed").at("/errors/0/pointer")
}

#[tokio::test]
async fn an_engines_secret_is_shown_once_and_kept_sealed() {
    let scene = Scene::new().await;
    let (app, owner) = (&scene.app, &scene.owner);
    assert!(scene.secret.starts_with("whsec_"), "{}", scene.secret);
    for path in ["/api/v1/engines".to_owned(), format!("/api/v1/engines/{}", scene.engine)] {
        let read = app.get(&path).key(&owner.key).send().await.expect(200);
        assert!(read.text().contains("Telephone") && !read.text().contains("whsec_"), "{read}");
    }
    let readable = format!("select count(*) from voice.engines as e where e::text like '%{}%'", &scene.secret[6..]);
    assert_eq!(app.count(&readable).await, 0);
}

#[tokio::test]
async fn an_engine_is_changed_and_a_stale_change_is_refused() {
    let scene = Scene::new().await;
    let path = format!("/api/v1/engines/{}", scene.engine);
    let read = scene.app.get(&path).key(&scene.owner.key).send().await.expect(200);
    let (tag, change) = (read.header("etag").to_owned(), json!({ "name": "Switchboard", "lease_seconds": 30 }));
    scene.app.advance_seconds(1);
    let patch = scene.app.patch(&path).key(&scene.owner.key).json(&change).header("if-match", &tag);
    let changed = patch.clone().send().await.expect(200);
    assert_eq!((changed.at("/name"), changed.at("/lease_seconds")), ("Switchboard".into(), "30".into()));
    assert_eq!((changed.at("/url"), changed.at("/longest_seconds")), (read.at("/url"), "3600".into()));
    patch.send().await.refused(412, "stale_edit");
    scene.app.delete(&path).key(&scene.owner.key).send().await.expect(204);
    scene.app.get(&path).key(&scene.owner.key).send().await.refused(404, "not_found");
    scene.app.delete(&path).key(&scene.owner.key).send().await.refused(404, "not_found");
}

#[tokio::test]
async fn what_makes_no_engine_is_told_with_its_place() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let with = |name: &str, value: Value| {
        let mut body = json!({ "name": "Telephone", "url": "https://engine.example.org/runs" });
        body[name] = value;
        body
    };
    for (name, value) in [
        ("name", json!(" ")),
        ("lease_seconds", json!(14)),
        ("lease_seconds", json!(601)),
        ("longest_seconds", json!(59)),
        ("longest_seconds", json!(86_401)),
        ("url", json!("not at all")),
        ("url", json!("ftp://engine.example.org/")),
        ("url", json!("https://user@engine.example.org/")),
        // The cloud's metadata server, and addresses of private networks.
        ("url", json!("http://169.254.169.254/latest/meta-data")),
        ("url", json!("https://10.0.0.7/")),
        ("url", json!("https://[fd00::1]/")),
        ("url", json!("https://0x0a000007/")),
        ("url", json!("https://192.168.1.1/")),
    ] {
        assert_eq!(refused_at(&app, &owner, &with(name, value)).await, format!("/{name}"));
    }
    assert_eq!(app.count("select count(*) from voice.engines").await, 0);
    let made = engine_create(&app, &owner, "https://engine.example.org/runs").await;
    let bad = app.patch(&format!("/api/v1/engines/{}", made.at("/id"))).key(&owner.key);
    bad.json(&json!({ "url": "https://10.0.0.7/" })).send().await.refused(422, "validation_failed");
}

#[tokio::test]
async fn a_run_goes_to_the_only_engine_or_to_the_one_it_names() {
    let app = TestApp::with(crate::voice()).await;
    let owner = super::owner(&app).await;
    let workflow = greeting(&app, &owner).await;
    let ask =
        async |engine: Value| run(&app, &owner, &workflow, &json!({ "channel": "http", "engine_id": engine })).await;
    let none = ask(Value::Null).await;
    assert_eq!(none.refused(422, "validation_failed").at("/errors/0/pointer"), "/engine_id");
    let one = engine_create(&app, &owner, "https://one.example.org/").await.at("/id");
    assert_eq!(ask(Value::Null).await.expect(201).at("/engine/id"), one);
    let other = engine_create(&app, &owner, "https://other.example.org/").await.at("/id");
    ask(Value::Null).await.refused(422, "validation_failed");
    assert_eq!(ask(json!(other)).await.expect(201).at("/engine/id"), other);
    // A disabled engine gets no runs; the only enabled one is then used by default.
    let off = app.patch(&format!("/api/v1/engines/{other}")).key(&owner.key).json(&json!({ "enabled": false }));
    off.send().await.expect(200);
    ask(json!(other)).await.refused(409, "conflict");
    assert_eq!(ask(Value::Null).await.expect(201).at("/engine/id"), one);
    // A stranger's engine is not found.
    let stranger = app.stranger().await;
    let theirs = engine_create(&app, &stranger, "https://theirs.example.org/").await.at("/id");
    ask(json!(theirs)).await.refused(422, "validation_failed");
    app.get(&format!("/api/v1/engines/{one}")).key(&stranger.key).send().await.refused(404, "not_found");
}

#[tokio::test]
async fn what_belongs_to_one_channel_is_refused_on_the_other() {
    let scene = Scene::new().await;
    let script = json!({ "replies": ["Well."] });
    for (body, pointer) in [
        (json!({ "channel": "http", "live": true }), "/live"),
        (json!({ "channel": "http", "script": script }), "/script"),
        (json!({ "channel": "http", "phone_number": "030 901820" }), "/phone_number"),
        (json!({ "channel": "http", "inputs": { "nobody": "asked" } }), "/inputs/nobody"),
        (json!({ "script": script, "engine_id": scene.engine }), "/engine_id"),
        (json!({ "script": script, "phone_number": "+4930901820" }), "/phone_number"),
        (json!({ "channel": "fax" }), "/channel"),
    ] {
        let refused = run(&scene.app, &scene.owner, &scene.workflow, &body).await.refused(422, "validation_failed");
        assert_eq!(refused.at("/errors/0/pointer"), pointer);
    }
    assert_eq!(
        (scene.calls().await, scene.app.count("select count(*) from freehold.jobs where kind like 'voice.%'").await),
        ((0, 0), 0)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_runs_for_fifty_calls_are_fifty() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let workflow = greeting(&app, &owner).await;
    engine_create(&app, &owner, "https://engine.example.org/").await;
    let body = json!({ "channel": "http" });
    let answers = join_all((0..60).map(|_| run(&app, &owner, &workflow, &body))).await;
    let count = |status| answers.iter().filter(|answer| answer.status() == status).count();
    assert_eq!((count(201), count(402)), (50, 10));
    assert_eq!(super::calls(&app, &owner).await, (0, 50));
    let both = "select count(*) from voice.runs join freehold.jobs on payload ->> 'run_id' = runs.id::text";
    assert_eq!(app.count(both).await, 50);
}

#[tokio::test]
async fn there_are_twenty_engines_at_most() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    for _ in 0..20 {
        engine_create(&app, &owner, "https://engine.example.org/").await;
    }
    let body = json!({ "name": "One more", "url": "https://engine.example.org/" });
    app.post("/api/v1/engines").key(&owner.key).json(&body).send().await.refused(409, "conflict");
}
