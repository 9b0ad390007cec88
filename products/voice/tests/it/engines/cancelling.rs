//! Cancelling runs.

use serde_json::json;

use super::{Scene, Works, line, result, run};
use crate::harness::{app::Answer, eventually};

async fn cancel(scene: &Scene, run: &str) -> Answer {
    scene.app.post(&format!("/api/v1/runs/{run}/cancel")).key(&scene.owner.key).send().await
}

#[tokio::test]
async fn a_run_that_no_engine_has_taken_is_cancelled_and_uses_nothing() {
    let scene = Scene::new().await;
    let id = scene.begin().await;
    let cancelled = cancel(&scene, &id).await.expect(200);
    assert_eq!(Scene::outcome(&cancelled), ("cancelled".into(), "cancelled".into(), "false".into()));
    assert_eq!((cancelled.at("/cost/minor"), scene.calls().await), ("0".into(), (0, 0)));
    cancel(&scene, &id).await.refused(409, "conflict");
    // A cancelled run is not handed over any more.
    let _works = Works::on(&scene.app);
    let told = scene.stand_in.hears(1).await.remove(0).json();
    assert_eq!(told, json!({ "type": "run.cancel", "run_id": id }));
    eventually("the jobs are gone", async || {
        let waiting =
            "select count(*) from freehold.jobs where kind like 'voice.%' and kind <> 'voice.engine_watch' and state in ('waiting', 'running')";
        scene.app.count(waiting).await == 0
    })
    .await;
    assert_eq!(scene.stand_in.heard().len(), 1);
    let answer = scene.report(&id, json!([result(1, "done")])).await.expect(200);
    assert_eq!((answer.at("/status"), scene.calls().await), ("cancelled".into(), (0, 0)));
}

#[tokio::test]
async fn a_call_under_way_is_hung_up_and_counts() {
    let scene = Scene::new().await;
    let _works = Works::on(&scene.app);
    let id = scene.taken().await;
    scene.report(&id, json!([line(1, "agent", "Hello!")])).await.expect(200);
    scene.app.advance_seconds(30);
    scene.report(&id, json!([])).await.expect(200);
    scene.app.advance_seconds(40);
    let hung_up = cancel(&scene, &id).await.expect(200);
    assert_eq!(Scene::outcome(&hung_up), ("completed".into(), "cancelled".into(), "false".into()));
    assert_eq!((hung_up.at("/duration_ms"), hung_up.at("/cost/minor")), ("70000".into(), "10".into()));
    assert_eq!((scene.calls().await, scene.events("call.completed").await), ((1, 0), 1));
    let told = scene.stand_in.hears(2).await.remove(1);
    assert_eq!(
        (told.json()["type"].as_str(), told.header("webhook-id")),
        (Some("run.cancel"), format!("{id}_cancel").as_str())
    );
    // Its result comes too late.
    scene.report(&id, json!([result(2, "greeted")])).await.expect(200);
    assert_eq!(scene.read(&id).await.json(), hung_up.json());
    assert_eq!(scene.calls().await, (1, 0));
}

#[tokio::test]
async fn an_engine_that_is_away_is_told_again_and_then_left_alone() {
    let scene = Scene::new().await;
    let works = Works::on(&scene.app);
    let id = scene.taken().await;
    scene.stand_in.answers([(500, None); 9]);
    cancel(&scene, &id).await.expect(200);
    for count in 2..=6 {
        scene.stand_in.hears(count).await;
        // Only then is the next attempt at most ten minutes away.
        eventually("the failure is written down", async || {
            let running = "select count(*) from freehold.jobs where kind = 'voice.engine_cancel' and state = 'running'";
            scene.app.count(running).await == 0
        })
        .await;
        scene.app.advance_seconds(600);
    }
    eventually("nobody tries any more", async || {
        scene
            .app
            .count("select count(*) from freehold.jobs where kind = 'voice.engine_cancel' and state <> 'done'")
            .await
            == 0
    })
    .await;
    assert_eq!(scene.stand_in.heard().len(), 6);
    drop(works);
}

#[tokio::test]
async fn only_runs_of_engines_are_cancelled() {
    let scene = Scene::new().await;
    let live = run(&scene.app, &scene.owner, &scene.workflow, &json!({ "live": true })).await.expect(201).at("/id");
    cancel(&scene, &live).await.refused(409, "conflict");
    cancel(&scene, &scene.app.test.uuid().to_string()).await.refused(404, "not_found");
    let id = scene.begin().await;
    scene.report(&id, json!([result(1, "done")])).await.expect(200);
    cancel(&scene, &id).await.refused(409, "conflict");
    assert_eq!(scene.calls().await, (1, 1));
    let speak = scene.app.post(&format!("/api/v1/runs/{id}/messages")).key(&scene.owner.key);
    speak.json(&json!({ "text": "Hello?" })).send().await.refused(409, "conflict");
}
