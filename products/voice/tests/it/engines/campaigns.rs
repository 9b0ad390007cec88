//! Campaigns with a voice engine: as many concurrent calls as the campaign may make, and no more.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::{engine_create, failure, result, signed, stand_in::StandIn};
use crate::campaigns::{Scene, Works};

/// A campaign's owner with an engine that the test simulates.
struct Switchboard {
    scene: Scene,
    engine: String,
    secret: String,
    stand_in: StandIn,
    /// Runs that were reported.
    reported: HashSet<String>,
}

impl Switchboard {
    async fn new() -> Self {
        let scene = Scene::new().await;
        let stand_in = StandIn::new().await;
        let made = engine_create(&scene.app, &scene.owner, &stand_in.url).await;
        Self { scene, engine: made.at("/id"), secret: made.at("/secret"), stand_in, reported: HashSet::new() }
    }

    /// The runs that were handed over and not reported yet, with the number to call, in order.
    fn calls(&self) -> Vec<(String, String)> {
        let heard = self.stand_in.heard();
        let calls = heard.iter().map(super::stand_in::Heard::json).filter(|body| body["type"] == "run.start");
        let calls = calls.map(|body| {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            (text(&body["run_id"]), text(&body["phone_number"]))
        });
        calls.filter(|(run, _)| !self.reported.contains(run)).collect()
    }

    /// Waits until this many calls are in progress.
    async fn busy_with(&self, id: &str, count: usize) -> Vec<(String, String)> {
        let busy = format!("busy with {count}");
        self.scene
            .until_progress(id, &busy, |progress| {
                self.calls().len() == count && progress["in_progress"] == json!(count)
            })
            .await;
        self.calls()
    }

    async fn report(&mut self, run: &str, report: Value) {
        let body = json!({ "run_id": run, "reports": [report] });
        signed(&self.scene.app, &self.secret, &body).send().await.expect(200);
        self.reported.insert(run.to_owned());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_conducts_as_many_calls_at_a_time_as_the_campaign_may_make() {
    let mut board = Switchboard::new().await;
    let _works = Works::on(&board.scene.app, 2);
    let fields = json!({ "channel": "http", "concurrency": 3, "retry": { "tries": 2, "wait_minutes": 0 } });
    let id = board.scene.draft(&fields, 5).await;
    board.scene.command(&id, "start").await.expect(200);
    let calls = board.busy_with(&id, 3).await;
    assert!(calls.iter().all(|(_, phone)| phone.starts_with("+49309")), "{calls:?}");
    assert_eq!(board.scene.calls().await, (0, 3));
    // One is reached, one fails, one does not answer: two more are called, and then the one that did not answer again.
    board.report(&calls[0].0, result(1, "greeted")).await;
    board.report(&calls[1].0, failure(1, "failed")).await;
    board.report(&calls[2].0, result(1, "no_answer")).await;
    let next = board.busy_with(&id, 3).await;
    assert!(next.iter().any(|(_, phone)| *phone == calls[2].1), "{next:?}");
    let now = board.scene.progress(&id).await;
    assert_eq!(
        (&now["reached"], &now["failed"], &now["calls"], &now["left"]),
        (&json!(1), &json!(1), &json!(6), &json!(0))
    );
    for (run, _) in &next {
        board.report(run, result(1, "greeted")).await;
    }
    let done = board.scene.until(&id, "completed").await;
    assert_eq!((&done["reached"], &done["failed"], &done["calls"]), (&json!(4), &json!(1), &json!(6)));
    // The failed call was not counted.
    assert_eq!(board.scene.calls().await, (5, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_under_way_when_a_campaign_is_paused_ends_and_is_kept() {
    let mut board = Switchboard::new().await;
    let _works = Works::on(&board.scene.app, 1);
    let id = board.scene.draft(&json!({ "channel": "http", "concurrency": 2 }), 4).await;
    board.scene.command(&id, "start").await.expect(200);
    let calls = board.busy_with(&id, 2).await;
    board.scene.command(&id, "pause").await.expect(200);
    for (run, _) in &calls {
        board.report(run, result(1, "greeted")).await;
    }
    let paused = board.scene.until_progress(&id, "both ended", |progress| progress["reached"] == 2).await;
    assert_eq!((&paused["status"], &paused["left"], &paused["in_progress"]), (&json!("paused"), &json!(2), &json!(0)));
    board.scene.command(&id, "resume").await.expect(200);
    for (run, _) in board.busy_with(&id, 2).await {
        board.report(&run, result(1, "greeted")).await;
    }
    board.scene.until(&id, "completed").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_engine_a_campaign_stops_and_goes_on_when_there_is_one() {
    let board = Switchboard::new().await;
    let _works = Works::on(&board.scene.app, 1);
    let enable = |enabled: bool| {
        let path = format!("/api/v1/engines/{}", board.engine);
        board.scene.app.patch(&path).key(&board.scene.owner.key).json(&json!({ "enabled": enabled })).send()
    };
    enable(false).await.expect(200);
    let id = board.scene.draft(&json!({ "channel": "http", "engine_id": board.engine }), 1).await;
    board.scene.command(&id, "start").await.expect(200);
    let stopped = board.scene.until(&id, "stopped").await;
    assert_eq!((&stopped["reason"], &stopped["calls"]), (&json!("engine_unavailable"), &json!(0)));
    enable(true).await.expect(200);
    board.busy_with(&id, 1).await;
    assert_eq!(board.scene.events("campaign.stopped").await, 1);
}

#[tokio::test]
async fn a_contact_for_a_real_call_needs_a_number() {
    let board = Switchboard::new().await;
    let id = board.scene.make(&json!({ "channel": "http" })).await.expect(201).at("/id");
    let mut with_name = crate::graph();
    with_name["inputs"] = json!([{ "name": "name" }]);
    let named = crate::workflow(&board.scene.app, &board.scene.owner, &with_name).await;
    let other = board.scene.make(&json!({ "channel": "http", "workflow_id": named })).await.expect(201).at("/id");
    let file = |id: &str, text: &'static str| {
        let ask = board.scene.post(&format!("/campaigns/{id}/contacts"));
        ask.header("content-type", "text/csv").bytes(text).send()
    };
    file(&id, "phone\n+4930901820\n").await.expect(201);
    let refused = file(&other, "name\nAda\n").await.refused(422, "validation_failed");
    assert!(refused.at("/errors/0/message").contains("no column for the phone number was found"), "{refused}");
    let added = file(&other, "name,phone\nAda,\nBob,+4930901820\n").await.expect(201);
    assert_eq!((added.at("/added"), added.at("/errors/0/message")), ("1".into(), "is missing".into()));
}
