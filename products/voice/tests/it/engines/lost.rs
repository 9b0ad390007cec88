//! Engines that stop reporting.

use serde_json::{Value, json};

use super::{Scene, Works, line, progress, result, run};
use crate::harness::eventually;

#[tokio::test]
async fn an_engine_that_falls_silent_is_noticed_and_a_result_that_comes_later_changes_nothing() {
    let scene = Scene::new().await;
    let _works = Works::on(&scene.app);
    let id = scene.taken().await;
    scene.app.advance_seconds(50);
    let alive = scene.report(&id, json!([line(1, "agent", "Hello!")])).await.expect(200);
    assert_eq!((alive.at("/status"), alive.at("/lease_until")), ("in_progress".into(), "2026-03-15T12:01:50Z".into()));
    // An empty report is a sign of life, too.
    scene.app.advance_seconds(50);
    assert_eq!(scene.report(&id, json!([])).await.expect(200).at("/lease_until"), "2026-03-15T12:02:40Z");
    scene.app.advance_seconds(70);

    let lost = scene.becomes(&id, "failed").await;
    assert_eq!((lost.at("/outcome"), lost.at("/reason")), ("engine_lost".into(), "engine_lost".into()));
    assert_eq!(
        (lost.at("/cost/minor"), lost.at("/duration_ms"), lost.at("/transcript/0/text")),
        ("0".into(), "170000".into(), "Hello!".into())
    );
    assert_eq!((scene.calls().await, scene.events("call.failed").await), ((0, 0), 1));
    // The engine may be alive but unable to reach the server: it is told to stop.
    let told = scene.stand_in.hears(2).await.remove(1);
    assert_eq!(
        (told.json(), told.header("webhook-id")),
        (json!({ "type": "run.cancel", "run_id": id }), format!("{id}_cancel").as_str())
    );

    let late = scene.report(&id, json!([line(2, "callee", "Well."), result(3, "greeted")])).await.expect(200);
    assert_eq!(
        (late.at("/status"), late.at("/lease_until"), late.at("/new")),
        ("failed".into(), "null".into(), "2".into())
    );
    assert_eq!(scene.read(&id).await.json(), lost.json());
    assert_eq!(scene.calls().await, (0, 0));
    assert_eq!((scene.events("call.completed").await, scene.events("call.failed").await), (0, 1));
    // But it can still be read.
    let kept = scene.app.get(&format!("/api/v1/runs/{id}/reports")).key(&scene.owner.key).send().await.expect(200);
    let kept = kept.json();
    let late: Vec<&Value> = kept["data"].as_array().unwrap().iter().map(|row| &row["late"]).collect();
    assert_eq!(late, [&json!(false), &json!(true), &json!(true)]);
    assert_eq!(kept["data"][2]["report"], json!(result(3, "greeted")));
}

#[tokio::test]
async fn the_room_of_a_lost_run_is_given_to_another_and_no_late_result_takes_it_back() {
    let scene = Scene::new().await;
    let works = Works::on(&scene.app);
    let id = scene.taken().await;
    scene.app.advance_seconds(80);
    scene.becomes(&id, "failed").await;
    drop(works);
    // One call is left in the plan, and another run has it.
    let fill = "insert into freehold.usage_events (tenant_id, event_id, meter, period_start, quantity, occurred_at)
        select tenant_id, gen_random_uuid(), meter, period_start, 499, '2026-03-15T12:00:00Z' from freehold.usage_totals where meter = 'calls';
        update freehold.usage_totals set used = 499 where meter = 'calls'";
    scene.app.test.admin().await.batch_execute(fill).await.unwrap();
    let other = scene.begin().await;
    let full = run(&scene.app, &scene.owner, &scene.workflow, &json!({ "channel": "http" })).await;
    full.refused(402, "quota_exceeded");
    scene.report(&id, json!([result(1, "done")])).await.expect(200);
    scene.report(&other, json!([result(1, "done")])).await.expect(200);
    assert_eq!(scene.calls().await, (500, 0));
}

#[tokio::test]
async fn a_call_that_lasts_too_long_is_given_up_though_it_is_heard_of() {
    let scene = Scene::new().await;
    let path = format!("/api/v1/engines/{}", scene.engine);
    let change = json!({ "longest_seconds": 120, "lease_seconds": 100 });
    scene.app.patch(&path).key(&scene.owner.key).json(&change).send().await.expect(200);
    let _works = Works::on(&scene.app);
    let id = scene.taken().await;
    scene.app.advance_seconds(90);
    let lease = scene.report(&id, json!([progress(1, "talking")])).await.expect(200).at("/lease_until");
    assert_eq!(lease, "2026-03-15T12:02:00Z");
    scene.app.advance_seconds(40);
    let ended = scene.becomes(&id, "failed").await;
    assert_eq!((ended.at("/outcome"), scene.calls().await), ("too_long".into(), (0, 0)));
    scene.stand_in.hears(2).await;
}

#[tokio::test]
async fn a_run_that_is_not_handed_over_fails_after_an_hour() {
    let scene = Scene::new().await;
    let id = scene.begin().await;
    // No new run starts for a suspended organization.
    scene.app.suspend(&scene.owner, true).await;
    let _works = Works::on(&scene.app);
    let tried =
        "select count(*) from freehold.jobs where kind = 'voice.engine_handover' and run_at > '2026-03-15T12:00:00Z'";
    eventually("it was looked at", async || scene.app.count(tried).await == 1).await;
    assert_eq!(scene.read(&id).await.at("/status"), "queued");
    scene.app.advance_seconds(3_600);
    let given_up = scene.becomes(&id, "failed").await;
    assert_eq!((given_up.at("/outcome"), scene.calls().await), ("engine_unreachable".into(), (0, 0)));
    let told = scene.stand_in.hears(1).await;
    assert_eq!((told.len(), told[0].json()["type"].as_str()), (1, Some("run.cancel")));
}

#[tokio::test]
async fn many_lost_calls_of_several_tenants_are_noticed_together() {
    let scene = Scene::new().await;
    let works = Works::on(&scene.app);
    let stranger = scene.app.stranger().await;
    let theirs = super::greeting(&scene.app, &stranger).await;
    super::engine_create(&scene.app, &stranger, &scene.stand_in.url).await;
    let body = json!({ "channel": "http" });
    for _ in 0..15 {
        scene.begin().await;
        run(&scene.app, &stranger, &theirs, &body).await.expect(201);
    }
    let count = async |status: &str| {
        scene.app.count(&format!("select count(*) from voice.runs where status = '{status}'")).await
    };
    eventually("all are taken", async || count("in_progress").await == 30).await;
    scene.app.advance_seconds(75);
    eventually("all are lost", async || count("failed").await == 30).await;
    assert_eq!((scene.calls().await, super::calls(&scene.app, &stranger).await), ((0, 0), (0, 0)));
    drop(works);
}
