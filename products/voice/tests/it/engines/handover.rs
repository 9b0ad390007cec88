//! Handing runs over.

use freehold_outbound::signature::{Key, verify};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{Scene, StandIn, Works, engine_create, line, result, run};
use crate::harness::app::Answer;

/// Moves the clock until the run has this status: retries wait by the clock.
async fn becomes_by_and_by(scene: &Scene, run: &str, status: &str) -> Answer {
    for _ in 0..2_000 {
        let read = scene.read(run).await;
        if read.at("/status") == status {
            return read;
        }
        scene.app.advance_seconds(1);
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("the run was never {status}: {}", scene.read(run).await);
}

#[tokio::test]
async fn a_run_is_handed_over_signed_and_begins_when_it_is_taken() {
    let scene = Scene::new().await;
    let body = json!({ "channel": "http", "phone_number": "+49 (30) 901-820" });
    let made = run(&scene.app, &scene.owner, &scene.workflow, &body).await.expect(201);
    let id = made.at("/id");
    assert_eq!((made.at("/status"), made.at("/engine/accepted_at")), ("queued".into(), "null".into()));
    assert_eq!((scene.calls().await, scene.events("call.started").await), ((0, 1), 0));

    scene.app.advance_seconds(3);
    let _works = Works::on(&scene.app);
    let heard = scene.stand_in.hears(1).await.remove(0);
    let begun = scene.becomes(&id, "in_progress").await;
    assert_eq!(
        (begun.at("/started_at"), begun.at("/engine/accepted_at")),
        ("2026-03-15T12:00:03Z".into(), "2026-03-15T12:00:03Z".into())
    );
    assert_eq!(begun.at("/engine/lease_until"), "2026-03-15T12:01:03Z");
    assert_eq!((scene.events("call.started").await, scene.calls().await), (1, (0, 1)));

    let key = Key::parse(&scene.secret).unwrap();
    verify(&[key.verifier()], &heard.headers, &heard.body, scene.app.clock().now()).unwrap();
    let graph = scene.app.get(&format!("/api/v1/workflows/{}", scene.workflow)).key(&scene.owner.key).send().await;
    let mut told = heard.json();
    // The format of the product's graphs, without fields that were left out.
    assert_eq!(
        told["graph"]["nodes"].as_array().map(Vec::len),
        graph.json()["graph"]["nodes"].as_array().map(Vec::len)
    );
    told["graph"] = Value::Null;
    assert_eq!((heard.header("webhook-id"), heard.header("content-type")), (id.as_str(), "application/json"));
    let expected = json!({
        "type": "run.start", "run_id": id, "workflow_id": scene.workflow, "workflow_version": 1, "direction": "outbound",
        "phone_number": "+4930901820", "inputs": {}, "graph": null, "lease_seconds": 60, "longest_seconds": 3_600,
        "callback_url": "https://app.example.org/api/v1/engine-callbacks",
    });
    assert_eq!(told, expected);
}

#[tokio::test]
async fn an_engine_that_refuses_fails_the_run_and_nothing_is_used() {
    let scene = Scene::new().await;
    let _works = Works::on(&scene.app);
    for status in [409, 410, 404, 302] {
        scene.stand_in.answers([(status, None)]);
        let id = scene.begin().await;
        let failed = scene.becomes(&id, "failed").await;
        assert_eq!((failed.at("/outcome"), failed.at("/reason")), ("engine_refused".into(), "engine_refused".into()));
        assert_eq!((failed.at("/cost/minor"), failed.at("/duration_ms")), ("0".into(), "0".into()));
        // And that is final.
        let answer = scene.report(&id, json!([result(0, "done")])).await.expect(200);
        assert_eq!(answer.at("/status"), "failed");
    }
    assert_eq!((scene.calls().await, scene.stand_in.heard().len()), ((0, 0), 4));
    assert_eq!((scene.events("call.failed").await, scene.events("call.started").await), (4, 0));
}

#[tokio::test]
async fn an_engine_that_is_down_is_asked_again_until_it_is_up() {
    let scene = Scene::new().await;
    let _works = Works::on(&scene.app);
    scene.stand_in.answers([(503, None), (500, None), (429, None)]);
    let id = scene.begin().await;
    becomes_by_and_by(&scene, &id, "in_progress").await;
    let heard = scene.stand_in.heard();
    assert_eq!(heard.len(), 4);
    // One message, four attempts: each has a time of its own.
    assert!(heard.iter().all(|heard| heard.header("webhook-id") == id && heard.body == heard.body));
    assert_eq!(scene.calls().await, (0, 1));
    scene.report(&id, json!([result(0, "done")])).await.expect(200);
    assert_eq!(scene.calls().await, (1, 0));
}

#[tokio::test]
async fn an_engine_that_did_not_listen_is_reached_when_it_does() {
    let scene = Scene::new().await;
    // The URL is valid, but no server listens there yet.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let change = json!({ "url": format!("http://{address}/engine") });
    let path = format!("/api/v1/engines/{}", scene.engine);
    scene.app.patch(&path).key(&scene.owner.key).json(&change).send().await.expect(200);
    let _works = Works::on(&scene.app);
    let id = scene.begin().await;
    crate::harness::eventually("an attempt has failed", async || {
        scene.app.count("select count(*) from freehold.jobs where kind = 'voice.engine_handover' and attempt > 0").await
            == 1
    })
    .await;
    let engine = StandIn::on(TcpListener::bind(address).await.unwrap());
    becomes_by_and_by(&scene, &id, "in_progress").await;
    assert_eq!(engine.heard().len(), 1);
}

#[tokio::test]
async fn an_engine_that_stays_away_fails_the_run() {
    let scene = Scene::new().await;
    let _works = Works::on(&scene.app);
    scene.stand_in.answers([(500, None); 20]);
    let id = scene.begin().await;
    let failed = becomes_by_and_by(&scene, &id, "failed").await;
    assert_eq!(failed.at("/outcome"), "engine_unreachable");
    assert_eq!((scene.calls().await, scene.events("call.failed").await), ((0, 0), 1));
    // It may have taken the run at an attempt whose answer was lost, so it is notified.
    let heard = scene.stand_in.hears(9).await;
    let types: Vec<_> = heard.iter().map(|heard| heard.json()["type"].as_str().unwrap().to_owned()).collect();
    assert_eq!((types[..8].iter().all(|name| name == "run.start"), types[8].as_str()), (true, "run.cancel"));
}

#[tokio::test]
async fn a_busy_engine_is_asked_when_it_says() {
    let scene = Scene::new().await;
    let _works = Works::on(&scene.app);
    // A 429 uses up no attempt: there are more of them here than a run has attempts.
    scene.stand_in.answers([(429, Some(30)); 12]);
    let id = scene.begin().await;
    for count in 1..=12 {
        scene.stand_in.hears(count).await;
        let waits = format!(
            "select count(*) from freehold.jobs where kind = 'voice.engine_handover' and run_at > '{}'",
            scene.app.clock().now()
        );
        crate::harness::eventually("it waits", async || scene.app.count(&waits).await == 1).await;
        scene.app.advance_seconds(30);
    }
    scene.becomes(&id, "in_progress").await;
    assert_eq!(scene.stand_in.heard().len(), 13);
}

#[tokio::test]
async fn a_report_that_comes_before_the_answer_is_as_good() {
    let scene = Scene::new().await;
    let id = scene.begin().await;
    let answer = scene.report(&id, json!([line(1, "agent", "Hello!"), result(2, "greeted")])).await.expect(200);
    assert_eq!(
        (answer.at("/status"), answer.at("/lease_until"), answer.at("/new")),
        ("completed".into(), "null".into(), "2".into())
    );
    assert_eq!((scene.calls().await, scene.events("call.started").await), ((1, 0), 1));
    // The job finds nothing to do.
    let _works = Works::on(&scene.app);
    crate::harness::eventually("the job is gone", async || {
        scene
            .app
            .count("select count(*) from freehold.jobs where kind = 'voice.engine_handover' and state <> 'done'")
            .await
            == 0
    })
    .await;
    assert!(scene.stand_in.heard().is_empty());
}

#[tokio::test]
async fn an_engine_that_was_switched_off_or_deleted_meanwhile_gets_nothing() {
    let scene = Scene::new().await;
    let ids = [scene.begin().await, scene.begin().await];
    let path = format!("/api/v1/engines/{}", scene.engine);
    scene.app.delete(&path).key(&scene.owner.key).send().await.expect(204);
    let _works = Works::on(&scene.app);
    for id in ids {
        assert_eq!(scene.becomes(&id, "failed").await.at("/outcome"), "engine_refused");
    }
    assert_eq!((scene.calls().await, scene.stand_in.heard().len()), ((0, 0), 0));
}

#[tokio::test]
async fn a_deleted_engine_still_reports_what_it_has_under_way() {
    let scene = Scene::new().await;
    let _works = Works::on(&scene.app);
    let id = scene.taken().await;
    scene.app.delete(&format!("/api/v1/engines/{}", scene.engine)).key(&scene.owner.key).send().await.expect(204);
    scene.report(&id, json!([result(0, "done")])).await.expect(200);
    assert_eq!(scene.read(&id).await.at("/status"), "completed");
    engine_create(&scene.app, &scene.owner, &scene.stand_in.url).await;
}
