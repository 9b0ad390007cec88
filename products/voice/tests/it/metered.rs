//! Calls are counted exactly, however many arrive at once.

use futures_util::future::join_all;
use serde_json::json;

use super::{calls, run};
use crate::graph;
use crate::harness::app::{Answer, Person, TestApp};

/// An owner on the free plan, which has 50 calls, with the one workflow that it allows.
async fn shop() -> (TestApp, Person, String) {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let id = super::workflow(&app, &owner, &graph()).await;
    (app, owner, id)
}

fn count(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status() == status).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_at_once_are_fifty() {
    let (app, owner, id) = shop().await;
    let other = app.beside(crate::voice()).await.unwrap();
    let path = format!("/api/v1/workflows/{id}/runs");
    let body = json!({ "script": { "replies": ["Well."] } });
    let asks: Vec<_> = (0..200)
        .map(|number| {
            let server = if number % 2 == 0 { &*app } else { &other };
            tokio::spawn(server.post(&path).key(&owner.key).json(&body).send())
        })
        .collect();
    let answers: Vec<Answer> = join_all(asks).await.into_iter().map(Result::unwrap).collect();
    assert_eq!((count(&answers, 201), count(&answers, 402)), (50, 150));
    for refused in answers.into_iter().filter(|answer| answer.status() == 402) {
        assert_eq!(refused.refused(402, "quota_exceeded").at("/limit"), "50");
    }
    assert_eq!(calls(&app, &owner).await, (50, 0));
    assert_eq!(app.count("select count(*) from voice.runs").await, 50);
    let ledger = "select sum(quantity)::bigint from freehold.usage_events where meter = 'calls'";
    assert_eq!(app.count(ledger).await, 50);
    assert_eq!(app.count("select used from freehold.usage_totals where meter = 'calls'").await, 50);
}

#[tokio::test]
async fn promises_to_live_runs_count_too_and_are_given_back_after_an_hour() {
    let (app, owner, id) = shop().await;
    let live = json!({ "live": true });
    let answers = join_all((0..60).map(|_| run(&app, &owner, &id, &live))).await;
    assert_eq!((count(&answers, 201), count(&answers, 402)), (50, 10));
    assert_eq!(calls(&app, &owner).await, (0, 50));
    let script = json!({ "script": { "replies": ["Well."] } });
    run(&app, &owner, &id, &script).await.refused(402, "quota_exceeded");
    // No reply ever came.
    app.advance_seconds(3_600);
    run(&app, &owner, &id, &script).await.expect(201);
    assert_eq!(calls(&app, &owner).await, (1, 0));
}

#[tokio::test]
async fn a_refused_run_leaves_nothing_behind() {
    let (app, owner, id) = shop().await;
    let fill = "insert into freehold.usage_totals (tenant_id, meter, period_start, used)
        select tenant_id, 'calls', '2026-03-01T00:00:00Z', 50 from freehold.tenants";
    let ledger = "insert into freehold.usage_events (tenant_id, event_id, meter, period_start, quantity, occurred_at)
        select tenant_id, gen_random_uuid(), 'calls', '2026-03-01T00:00:00Z', 50, '2026-03-15T12:00:00Z' from freehold.tenants";
    app.test.admin().await.batch_execute(&format!("{fill}; {ledger}")).await.unwrap();
    for body in [json!({ "live": true }), json!({ "script": { "replies": ["Well."] } })] {
        run(&app, &owner, &id, &body).await.refused(402, "quota_exceeded");
    }
    assert_eq!(app.count("select count(*) from voice.runs").await, 0);
    assert_eq!(calls(&app, &owner).await, (50, 0));
}

#[tokio::test]
async fn two_tenants_do_not_see_each_others_use() {
    let (app, owner, id) = shop().await;
    let stranger = app.stranger().await;
    run(&app, &owner, &id, &json!({ "script": { "replies": ["Well."] } })).await.expect(201);
    assert_eq!(calls(&app, &owner).await, (1, 0));
    assert_eq!(calls(&app, &stranger).await, (0, 0));
    assert!(app.get("/api/v1/runs").key(&stranger.key).send().await.expect(200).ids().is_empty());
}
