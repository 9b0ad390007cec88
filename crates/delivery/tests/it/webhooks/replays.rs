//! Replaying deliveries.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    Courier, Opened, Rang, attempted, dispatch, endpoint_at, endpoint_for_all, owner, publish, ring,
    sink::{Heard, Reply, Sink},
    until_state,
};
use crate::harness::app::{Answer, Person, TestApp};

async fn replay(app: &TestApp, owner: &Person, endpoint: &str, body: Value) -> Answer {
    app.post(&format!("/api/v1/webhooks/{endpoint}/replay")).key(&owner.key).json(&body).send().await
}

#[tokio::test]
async fn one_delivery_is_sent_again_under_the_same_id() {
    let app = TestApp::new().await;
    let (owner, courier, sink) = (owner(&app).await, Courier::start(&app), Sink::new().await);
    let (id, _) = endpoint_for_all(&app, &owner, &sink).await;
    let event = publish(&app, &owner, Rang { number: 1 }).await;
    attempted(&app, &owner, &id, &event, 1).await;
    let path = format!("/api/v1/webhooks/{id}/deliveries/{event}/replay");
    app.post(&path).key(&owner.key).send().await.expect(202);
    let again = attempted(&app, &owner, &id, &event, 2).await;
    courier.stop().await;
    assert_eq!(again["state"], "delivered");
    assert_eq!(sink.heard().iter().map(Heard::id).collect::<Vec<_>>(), [event.clone(), event]);
    let nothing = format!("/api/v1/webhooks/{id}/deliveries/{}/replay", app.test.uuid());
    app.post(&nothing).key(&owner.key).send().await.refused(404, "not_found");
}

#[tokio::test]
async fn what_was_not_delivered_since_a_time_is_sent_again() {
    let app = TestApp::new().await;
    let (owner, courier, sink) = (owner(&app).await, Courier::start(&app), Sink::new().await);
    let (id, _) = endpoint_at(&app, &owner, &sink, json!({ "events": ["bell.*"] })).await;
    let before = publish(&app, &owner, Rang { number: 1 }).await;
    attempted(&app, &owner, &id, &before, 1).await;
    app.advance_seconds(60);
    let since = app.clock().now();
    // Missed while it was disabled: three, one of which is not an event that it subscribes to.
    let path = format!("/api/v1/webhooks/{id}");
    app.patch(&path).key(&owner.key).json(&json!({ "enabled": false })).send().await.expect(200);
    let missed = ring(&app, &owner, 2).await;
    publish(&app, &owner, Opened { number: 1 }).await;
    dispatch(&app).await;
    replay(&app, &owner, &id, json!({ "since": since })).await.refused(409, "conflict");
    app.patch(&path).key(&owner.key).json(&json!({ "enabled": true })).send().await.expect(200);
    // Delivered in the meantime: not sent again.
    let delivered = publish(&app, &owner, Rang { number: 3 }).await;
    attempted(&app, &owner, &id, &delivered, 1).await;

    let replayed = replay(&app, &owner, &id, json!({ "since": since })).await.expect(202).json();
    assert_eq!(replayed, json!({ "replayed": 2, "next_since": null }));
    until_state(&app, "delivered", 4).await;
    courier.stop().await;
    let again: BTreeSet<String> = sink.heard()[2..].iter().map(Heard::id).collect();
    assert_eq!(again, missed.into_iter().collect());
}

#[tokio::test]
async fn everything_since_a_time_is_sent_again_when_asked() {
    let app = TestApp::new().await;
    let (owner, courier, sink) = (owner(&app).await, Courier::start(&app), Sink::new().await);
    let (id, _) = endpoint_for_all(&app, &owner, &sink).await;
    ring(&app, &owner, 3).await;
    until_state(&app, "delivered", 3).await;
    app.advance_seconds(1);
    let since = app.clock().now();
    let wanted: BTreeSet<String> = ring(&app, &owner, 4).await.into_iter().collect();
    until_state(&app, "delivered", 7).await;
    let body = json!({ "since": since, "only_failed": false });
    assert_eq!(replay(&app, &owner, &id, body).await.expect(202).json()["replayed"], 4);
    let heard = sink.hears(11).await;
    courier.stop().await;
    assert_eq!(heard[7..].iter().map(Heard::id).collect::<BTreeSet<_>>(), wanted);
}

#[tokio::test]
async fn a_replay_begins_the_schedule_anew() {
    let app = TestApp::new().await;
    let (owner, courier, sink) = (owner(&app).await, Courier::start(&app), Sink::answering(Reply::status(500)).await);
    let (id, _) = endpoint_for_all(&app, &owner, &sink).await;
    let event = publish(&app, &owner, Rang { number: 1 }).await;
    attempted(&app, &owner, &id, &event, 1).await;
    app.advance_seconds(6);
    attempted(&app, &owner, &id, &event, 2).await;
    let path = format!("/api/v1/webhooks/{id}/deliveries/{event}/replay");
    app.post(&path).key(&owner.key).send().await.expect(202);
    let third = attempted(&app, &owner, &id, &event, 3).await;
    courier.stop().await;
    let next: jiff::Timestamp = third["next_attempt_at"].as_str().unwrap().parse().unwrap();
    assert!(next.duration_since(app.clock().now()).as_secs() < 6, "{third}");
}
