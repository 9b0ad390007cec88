//! Webhooks: sent once the change is committed, signed, and never lost.

mod disabling;
mod endpoints;
mod events;
mod failures;
mod fairness;
mod plans;
mod replays;
mod sending;
mod takeover;
mod thresholds;
mod verified;

use freehold_core::{Caller, Plan, Standing};
use freehold_db::{Db, TenantTx};
use freehold_jobs::outbox::{Event, EventId, event_publish};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::harness::{
    Courier,
    app::{Answer, Person, TestApp},
    eventually,
    sink::{self, Sink},
};

/// `bell.rang`.
#[derive(Serialize, ToSchema)]
struct Rang {
    number: i32,
}

impl Event for Rang {
    const TYPE: &'static str = "bell.rang";
    const VERSION: i16 = 3;
    const SUMMARY: &'static str = "A bell rang.";
    fn sample() -> Self {
        Self { number: 1 }
    }
}

/// `door.opened`.
#[derive(Serialize, ToSchema)]
struct Opened {
    number: i32,
}

impl Event for Opened {
    const TYPE: &'static str = "door.opened";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "A door was opened.";
    fn sample() -> Self {
        Self { number: 1 }
    }
}

/// Creates an endpoint.
async fn endpoint(app: &TestApp, owner: &Person, body: Value) -> Answer {
    app.post("/api/v1/webhooks").key(&owner.key).json(&body).send().await
}

/// Creates an endpoint at the sink with these fields; returns its id and secret.
async fn endpoint_at(app: &TestApp, owner: &Person, sink: &Sink, body: Value) -> (String, String) {
    let mut body = body;
    body["url"] = sink.url.clone().into();
    let made = endpoint(app, owner, body).await.expect(201);
    (made.at("/id"), made.at("/secret"))
}

/// Creates an endpoint for all events at the sink; returns its id and secret.
async fn endpoint_for_all(app: &TestApp, owner: &Person, sink: &Sink) -> (String, String) {
    endpoint_at(app, owner, sink, json!({})).await
}

/// The owner of the organization, on a plan that allows many endpoints. Their events so far were delivered to no
/// endpoint.
async fn owner(app: &TestApp) -> Person {
    let owner = app.owner().await;
    app.put_on_plan(&owner, "enterprise", 1).await;
    app.backbone.resolver.forget();
    app.dispatch().await;
    owner
}

/// Freehold itself as a caller, for the user's organization.
fn house(owner: &Person) -> Caller {
    let plan = Plan { id: "enterprise".to_owned(), version: 1 };
    Caller::system(owner.organization.parse().unwrap(), "test", plan, Standing::Good)
}

/// A transaction in which an event is published but not committed.
async fn publishing<E: Event>(db: &Db, owner: &Person, event: E) -> (TenantTx, EventId) {
    let mut tx = db.tenant(&house(owner)).begin().await.unwrap();
    let id = event_publish(&mut tx, &event).await.unwrap();
    (tx, id)
}

async fn publish<E: Event>(app: &TestApp, owner: &Person, event: E) -> String {
    let (tx, id) = publishing(&app.backbone.db, owner, event).await;
    tx.commit().await.unwrap();
    app.backbone.nudge.nudge();
    id.to_string()
}

/// Publishes this many events.
async fn ring(app: &TestApp, owner: &Person, count: i32) -> Vec<String> {
    let mut ids = Vec::new();
    for number in 1..=count {
        ids.push(publish(app, owner, Rang { number }).await);
    }
    ids
}

async fn delivery(app: &TestApp, owner: &Person, endpoint: &str, event: &str) -> Value {
    let path = format!("/api/v1/webhooks/{endpoint}/deliveries/{event}");
    app.get(&path).key(&owner.key).send().await.expect(200).json()
}

/// Waits until the delivery has this many attempts, and returns it.
async fn attempted(app: &TestApp, owner: &Person, endpoint: &str, event: &str, count: usize) -> Value {
    let path = format!("/api/v1/webhooks/{endpoint}/deliveries/{event}");
    eventually(&format!("attempt {count}"), async || {
        let answer = app.get(&path).key(&owner.key).send().await;
        // There is no delivery before the dispatcher has run.
        answer.status() == 200 && answer.json()["attempts"].as_array().unwrap().len() >= count
    })
    .await;
    delivery(app, owner, endpoint, event).await
}

/// Waits until this many deliveries are in this state.
async fn until_state(app: &TestApp, state: &str, count: i64) {
    let query = format!("select count(*) from freehold.webhook_deliveries where state = '{state}'");
    let mut found = 0;
    eventually(&format!("{count} deliveries are {state}"), async || {
        found = app.count(&query).await;
        found >= count
    })
    .await;
    assert_eq!(found, count);
}

/// The endpoint, as its owner sees it.
async fn shown(app: &TestApp, owner: &Person, endpoint: &str) -> Value {
    app.get(&format!("/api/v1/webhooks/{endpoint}")).key(&owner.key).send().await.expect(200).json()
}
