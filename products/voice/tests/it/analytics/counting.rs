//! The rollup equals the counts of the runs, whatever happened and however much ran concurrently.

use freehold_core::{Caller, Plan, Standing};
use freehold_voice::analytics::analytics_rebuild;
use futures_util::future::join_all;
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};
use serde_json::{Value, json};

use super::{Person, TestApp, at, calls, greeting, owner, run};
use crate::graph;

/// The whole rollup, as one text.
const ROLLUP: &str = "select coalesce(string_agg(q::text, e'\\n' order by q::text), '') from voice.call_quarters as q";

async fn text(app: &TestApp, query: &str) -> String {
    app.test.admin().await.query_one(query, &[]).await.unwrap().get(0)
}

/// Rebuilds the rollup of the user's organization.
async fn rebuild(app: &TestApp, person: &Person) -> i64 {
    let tenant = person.organization.parse().unwrap();
    let plan = Plan { id: "pro".to_owned(), version: 1 };
    let caller = Caller::system(tenant, "test", plan, Standing::Good);
    let mut tx = app.backbone.db.tenant(&caller).begin().await.unwrap();
    let rows = analytics_rebuild(&mut tx, tenant).await.unwrap();
    tx.commit().await.unwrap();
    rows
}

async fn check(app: &TestApp, owner: &Person) {
    assert_eq!(app.count("select count(*) from voice.call_quarters_drift").await, 0);
    let kept = text(app, ROLLUP).await;
    rebuild(app, owner).await;
    assert_eq!(text(app, ROLLUP).await, kept);
    // Every completed call, and nothing else, is in the ledger, in the month that it is counted in.
    let differ = "with ledger as (
            select period_start as month, sum(quantity)::bigint as calls from freehold.usage_events where meter = 'calls' group by 1
        ), rollup as (
            select date_trunc('month', quarter, 'UTC') as month, sum(completed)::bigint as calls from voice.call_quarters group by 1
        )
        select count(*) from ledger full join rollup using (month)
        where coalesce(ledger.calls, 0) <> coalesce(rollup.calls, 0)";
    assert_eq!(app.count(differ).await, 0);
}

/// One step of a random sequence.
#[derive(Clone, Debug)]
enum Step {
    /// A call of this workflow that ends at once.
    Scripted(usize),
    /// A call that fails.
    Failing,
    /// A conversation begins.
    Live(usize),
    /// The contact speaks in the oldest conversation, which ends it.
    Speak,
    /// Seconds pass.
    Wait(i64),
    /// A split of the first workflow begins, or ends.
    Split,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0..2_usize).prop_map(Step::Scripted),
        1 => Just(Step::Failing),
        3 => (0..2_usize).prop_map(Step::Live),
        3 => Just(Step::Speak),
        3 => (1..2_000_000_i64).prop_map(Step::Wait),
        1 => Just(Step::Split),
    ];
    prop::collection::vec(step, 10..40)
}

struct World<'a> {
    app: &'a TestApp,
    owner: &'a Person,
    workflows: [String; 2],
    failing: String,
    live: Vec<String>,
    split: Option<String>,
}

impl World<'_> {
    async fn play(&mut self, step: Step) {
        let (app, owner) = (self.app, self.owner);
        match step {
            Step::Scripted(which) => {
                let body = json!({ "script": { "replies": ["Well."] } });
                run(app, owner, &self.workflows[which], &body).await.expect(201);
            }
            Step::Failing => {
                let body = json!({ "script": { "webhooks": { "call": { "status": 500, "body": null } } } });
                run(app, owner, &self.failing, &body).await.expect(201);
            }
            Step::Live(which) => {
                let live = run(app, owner, &self.workflows[which], &json!({ "live": true })).await.expect(201);
                self.live.push(live.at("/id"));
            }
            Step::Speak if self.live.is_empty() => {}
            Step::Speak => {
                let path = format!("/api/v1/runs/{}/messages", self.live.remove(0));
                app.post(&path).key(&owner.key).json(&json!({ "text": "Well." })).send().await.expect(200);
            }
            Step::Wait(seconds) => app.advance_seconds(seconds),
            Step::Split => self.turn_split().await,
        }
    }

    async fn turn_split(&mut self) {
        let (path, body, status) = if let Some(split) = self.split.take() {
            (format!("/api/v1/splits/{split}/end"), json!({ "winner": 1 }), 200)
        } else {
            let variants = json!([{ "version": 1, "weight": 1 }, { "version": 2, "weight": 1 }]);
            (format!("/api/v1/workflows/{}/splits", self.workflows[0]), json!({ "variants": variants }), 201)
        };
        let answer = self.app.post(&path).key(&self.owner.key).json(&body).send().await.expect(status);
        self.split = (status == 201).then(|| answer.at("/id"));
    }
}

async fn failing(app: &TestApp, owner: &Person) -> String {
    let nodes = json!([
        { "id": "start", "type": "start", "next": "call" },
        { "id": "call", "type": "webhook", "url": "https://example.com/", "next": "bye" },
        { "id": "bye", "type": "end", "outcome": "done" },
    ]);
    super::workflow(app, owner, &json!({ "start": "start", "inputs": [], "nodes": nodes })).await
}

#[tokio::test]
async fn the_rollup_is_the_rebuild_is_the_ledger() {
    let app = TestApp::with(crate::voice()).await;
    let owner = owner(&app).await;
    let workflows = [greeting(&app, &owner).await, greeting(&app, &owner).await];
    let mut second = graph();
    second["nodes"][2]["success"] = json!(false);
    let path = format!("/api/v1/workflows/{}", workflows[0]);
    app.patch(&path).key(&owner.key).json(&json!({ "graph": second })).send().await.expect(200);
    let failing = failing(&app, &owner).await;
    let mut world = World { app: &app, owner: &owner, workflows, failing, live: Vec::new(), split: None };
    let mut runner = TestRunner::new(Config::default());
    for _ in 0..12 {
        let steps = steps().new_tree(&mut runner).unwrap().current();
        for step in steps.clone() {
            world.play(step).await;
        }
        check(&app, &owner).await;
    }
    assert!(app.count("select sum(calls)::bigint from voice.call_quarters").await > 50);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_at_once_are_fifty() {
    let app = TestApp::with(crate::voice()).await;
    let owner = owner(&app).await;
    let id = greeting(&app, &owner).await;
    let body = json!({ "script": { "replies": ["Well."] } });
    let path = format!("/api/v1/workflows/{id}/runs");
    let asks: Vec<_> = (0..50).map(|_| tokio::spawn(app.post(&path).key(&owner.key).json(&body).send())).collect();
    // While they arrive, the rollup is rebuilt.
    let rebuilds = join_all((0..3).map(|_| rebuild(&app, &owner)));
    let (answers, _) = tokio::join!(join_all(asks), rebuilds);
    for answer in answers {
        answer.unwrap().expect(201);
    }
    assert_eq!(calls(&app, &owner, "").await["total"]["calls"], 50);
    assert_eq!(app.count("select count(*) from voice.call_quarters").await, 1);
    check(&app, &owner).await;
}

#[tokio::test]
async fn a_run_that_is_corrected_is_counted_as_it_is_now() {
    let app = TestApp::with(crate::voice()).await;
    let owner = owner(&app).await;
    let id = greeting(&app, &owner).await;
    super::call(&app, &owner, &id).await;
    let admin = app.test.admin().await;
    admin.batch_execute("update voice.runs set success = false, duration_ms = 7, cost_minor = 9").await.unwrap();
    let total = &calls(&app, &owner, "").await["total"];
    assert_eq!(
        (&total["succeeded"], &total["duration_ms"], &total["cost"]["minor"]),
        (&json!(0), &json!(7), &json!(9))
    );
    admin.batch_execute("update voice.runs set status = 'cancelled'").await.unwrap();
    assert_eq!(calls(&app, &owner, "").await["total"]["calls"], 0);
    let list = app.get("/api/v1/analytics/workflows").key(&owner.key).send().await.expect(200);
    assert_eq!(list.json()["data"], Value::Array(Vec::new()));
    admin.batch_execute("update voice.runs set status = 'completed'").await.unwrap();
    check(&app, &owner).await;
}

#[tokio::test]
async fn a_rebuild_repairs_the_rollup_of_its_own_organization_only() {
    let app = TestApp::with(crate::voice()).await;
    let (owner, stranger) = (owner(&app).await, app.stranger().await);
    for person in [&owner, &stranger] {
        let id = greeting(&app, person).await;
        super::call(&app, person, &id).await;
    }
    app.test.admin().await.batch_execute("update voice.call_quarters set calls = 5").await.unwrap();
    assert_eq!(app.count("select count(*) from voice.call_quarters_drift").await, 2);
    assert_eq!(rebuild(&app, &owner).await, 1);
    assert_eq!(app.count("select count(*) from voice.call_quarters_drift").await, 1);
    assert_eq!(calls(&app, &owner, "").await["total"]["calls"], 1);
    // The owner cannot rebuild the stranger's rollup.
    at(&app, "2026-03-15T13:00:00Z");
    rebuild(&app, &stranger).await;
    assert_eq!(app.count("select count(*) from voice.call_quarters_drift").await, 0);
}
