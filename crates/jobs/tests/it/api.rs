//! An organization's jobs in the API.

use freehold_jobs::{Done, JobKind, NewJob, QueueTerms, job_enqueue};
use serde_json::{Value, json};

use super::{PLAIN, counted, quick};
use crate::harness::{
    app::{Person, TestApp},
    eventually,
};

const FAILING: JobKind = JobKind { attempts: 1, ..JobKind::named("it.failing_over_the_api") };

async fn enqueue(app: &TestApp, owner: &Person, kind: &'static JobKind) -> String {
    let caller = app.backbone.system_caller(owner.organization.parse().unwrap(), "test").await.unwrap().unwrap();
    let mut tx = app.backbone.db.tenant(&caller).begin().await.unwrap();
    let now = app.clock().now();
    let new = NewJob::now(app.backbone.ids.next(), kind, json!({ "secret": "of the house" }), now);
    let enqueued = job_enqueue(&mut tx, &QueueTerms::OPEN, new).await.unwrap();
    tx.commit().await.unwrap();
    enqueued.id().to_string()
}

async fn list(app: &TestApp, owner: &Person, query: &str) -> Vec<String> {
    app.get("/api/v1/jobs").query(query).key(&owner.key).send().await.expect(200).ids()
}

#[tokio::test]
async fn jobs_are_listed_read_cancelled_and_replayed() {
    let app = TestApp::new().await;
    let (owner, stranger) = (app.owner().await, app.stranger().await);
    let first = enqueue(&app, &owner, &PLAIN).await;
    let failing = enqueue(&app, &owner, &FAILING).await;
    assert_eq!(list(&app, &owner, "").await, [failing.clone(), first.clone()], "the newest first");
    assert_eq!(list(&app, &owner, "kind=it.plain&state=waiting").await, [first.as_str()]);
    assert!(list(&app, &owner, "state=dead").await.is_empty());
    assert!(list(&app, &stranger, "").await.is_empty());
    app.get("/api/v1/jobs?state=lost").key(&owner.key).send().await.refused(400, "malformed_request");

    let (handler, _) =
        counted(&FAILING, |_| async { Ok(Done::GiveUp(freehold_core::Error::internal("a secret of the house"))) });
    let worker = super::working(&app.test, app.test.db.clone(), vec![handler], quick());
    eventually("it is dead", async || list(&app, &owner, "state=dead").await == [failing.clone()]).await;
    worker.stop().await;
    let path = format!("/api/v1/jobs/{failing}");
    let job = app.get(&path).key(&owner.key).send().await.expect(200);
    assert!(!job.text().contains("secret"), "{job}");
    assert_eq!(job.json()["attempt"], 1);
    for answer in [app.get(&path), app.post(&format!("{path}/cancel")), app.post(&format!("{path}/replay"))] {
        answer.key(&stranger.key).send().await.refused(404, "not_found");
    }
    app.post(&format!("{path}/cancel")).key(&owner.key).send().await.refused(409, "conflict");
    let replayed = app.post(&format!("{path}/replay")).key(&owner.key).send().await.expect(200);
    assert_eq!((replayed.at("/state"), replayed.at("/attempt")), ("waiting".to_owned(), "0".to_owned()));
    app.post(&format!("{path}/replay")).key(&owner.key).send().await.refused(409, "conflict");
    let cancelled = app.post(&format!("{path}/cancel")).key(&owner.key).send().await.expect(200);
    assert_eq!(cancelled.at("/state"), "cancelled");
    assert_ne!(cancelled.json()["finished_at"], Value::Null);
}

#[tokio::test]
async fn dead_letters_of_a_kind_are_replayed_together() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    for _ in 0..3 {
        enqueue(&app, &owner, &FAILING).await;
    }
    let (handler, _) = counted(&FAILING, |_| async { Ok(Done::GiveUp(freehold_core::Error::internal("no"))) });
    let worker = super::working(&app.test, app.test.db.clone(), vec![handler], quick());
    eventually("all are dead", async || list(&app, &owner, "state=dead").await.len() == 3).await;
    worker.stop().await;
    let ask = |kind: &str| app.post("/api/v1/jobs/replay").key(&owner.key).json(&json!({ "kind": kind })).send();
    assert_eq!(ask("it.other").await.expect(200).at("/replayed"), "0");
    assert_eq!(ask(FAILING.name).await.expect(200).at("/replayed"), "3");
    assert_eq!(list(&app, &owner, "state=waiting").await.len(), 3);
}

#[tokio::test]
async fn lists_come_in_pages() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let mut all = Vec::new();
    for _ in 0..5 {
        all.insert(0, enqueue(&app, &owner, &PLAIN).await);
    }
    let first = app.get("/api/v1/jobs?limit=3").key(&owner.key).send().await.expect(200);
    assert_eq!(first.ids(), all[..3]);
    assert_eq!(list(&app, &owner, &format!("limit=3&cursor={}", first.at("/next_cursor"))).await, all[3..]);
}
