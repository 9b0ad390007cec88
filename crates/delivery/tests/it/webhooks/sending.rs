//! Sent messages: content, recipients and signatures.

use serde_json::json;

use super::{
    Courier, Opened, Rang, attempted, endpoint, endpoint_at, endpoint_for_all, owner, publish, ring, shown, sink::Sink,
    until_state,
};
use crate::harness::app::TestApp;

#[tokio::test]
async fn an_event_arrives_as_it_is_listed_and_signed() {
    let app = TestApp::new().await;
    let (owner, sink, _courier) = (owner(&app).await, Sink::new().await, Courier::start(&app));
    let (_, secret) = endpoint_for_all(&app, &owner, &sink).await;
    let event = publish(&app, &owner, Rang { number: 7 }).await;
    let heard = &sink.hears(1).await[0];
    assert_eq!(
        heard.json(),
        json!({
            "id": event, "type": "bell.rang", "version": 3, "timestamp": "2026-03-15T12:00:00Z", "data": { "number": 7 }
        })
    );
    let listed = app.get(&format!("/api/v1/events/{event}")).key(&owner.key).send().await.expect(200);
    assert_eq!(listed.bytes(), &heard.body[..]);
    assert_eq!((heard.id(), heard.header("content-type")), (event, "application/json"));
    assert!(heard.header("user-agent").starts_with("Freehold/"));
    assert!(heard.header("webhook-signature").starts_with("v1,"));
    assert!(heard.believed(&secret, app.clock().now()));
}

#[tokio::test]
async fn an_ed25519_endpoint_gives_out_a_public_key_and_no_secret() {
    let app = TestApp::new().await;
    let (owner, sink, _courier) = (owner(&app).await, Sink::new().await, Courier::start(&app));
    let made = endpoint(&app, &owner, json!({ "url": sink.url, "signature": "v1a" })).await.expect(201);
    let public = made.at("/public_key");
    assert!(public.starts_with("whpk_") && made.json()["secret"].is_null(), "{made}");
    assert_eq!(shown(&app, &owner, &made.at("/id")).await["public_key"], public);
    publish(&app, &owner, Rang { number: 1 }).await;
    let heard = &sink.hears(1).await[0];
    assert!(heard.header("webhook-signature").starts_with("v1a,"));
    assert!(heard.believed(&public, app.clock().now()));
}

#[tokio::test]
async fn filters_let_through_types_and_what_begins_like_them() {
    let app = TestApp::new().await;
    let (owner, courier) = (owner(&app).await, Courier::start(&app));
    let mut sinks = Vec::new();
    for events in
        [json!(["bell.rang"]), json!(["bell.*"]), json!(["*"]), json!(["door.*", "bell.rang"]), json!(["call.*"])]
    {
        let sink = Sink::new().await;
        endpoint_at(&app, &owner, &sink, json!({ "events": events })).await;
        sinks.push(sink);
    }
    let disabled = Sink::new().await;
    endpoint_at(&app, &owner, &disabled, json!({ "enabled": false })).await;
    publish(&app, &owner, Rang { number: 1 }).await;
    publish(&app, &owner, Opened { number: 1 }).await;
    until_state(&app, "delivered", 6).await;
    courier.stop().await;
    let counts: Vec<usize> = sinks.iter().map(|sink| sink.heard().len()).collect();
    assert_eq!((counts, disabled.heard().len()), (vec![1, 1, 2, 2, 0], 0));
}

#[tokio::test]
async fn no_endpoint_gets_another_organizations_events() {
    let app = TestApp::new().await;
    let (owner, stranger, sink) = (owner(&app).await, app.stranger().await, Sink::new().await);
    endpoint_for_all(&app, &owner, &sink).await;
    ring(&app, &stranger, 3).await;
    let own = publish(&app, &owner, Rang { number: 9 }).await;
    let courier = Courier::start(&app);
    until_state(&app, "delivered", 1).await;
    courier.stop().await;
    assert_eq!(sink.heard().iter().map(crate::harness::sink::Heard::id).collect::<Vec<_>>(), [own]);
}

#[tokio::test]
async fn a_change_that_is_taken_back_is_never_told() {
    let app = TestApp::new().await;
    let (owner, sink, courier) = (owner(&app).await, Sink::new().await, Courier::start(&app));
    endpoint_for_all(&app, &owner, &sink).await;
    let (tx, _) = super::publishing(&app.backbone.db, &owner, Rang { number: 1 }).await;
    drop(tx);
    let kept = publish(&app, &owner, Rang { number: 2 }).await;
    until_state(&app, "delivered", 1).await;
    courier.stop().await;
    assert_eq!(sink.heard().iter().map(crate::harness::sink::Heard::id).collect::<Vec<_>>(), [kept]);
}

#[tokio::test]
async fn while_a_secret_is_rotated_both_sign() {
    let app = TestApp::new().await;
    let (owner, sink, _courier) = (owner(&app).await, Sink::new().await, Courier::start(&app));
    let (id, old) = endpoint_for_all(&app, &owner, &sink).await;
    let path = format!("/api/v1/webhooks/{id}/secret");
    let rotated = app.post(&path).key(&owner.key).json(&json!({ "overlap_seconds": 3600 })).send().await.expect(201);
    let new = rotated.at("/secret");
    assert_ne!(old, new);
    assert_eq!(rotated.at("/previous_secret_until"), "2026-03-15T13:00:00Z");

    publish(&app, &owner, Rang { number: 1 }).await;
    let heard = sink.hears(1).await[0].clone();
    let now = app.clock().now();
    assert_eq!(heard.header("webhook-signature").split(' ').count(), 2);
    assert!(heard.believed(&old, now) && heard.believed(&new, now));

    app.advance_seconds(3_600);
    publish(&app, &owner, Rang { number: 2 }).await;
    let heard = sink.hears(2).await[1].clone();
    let now = app.clock().now();
    assert!(!heard.believed(&old, now) && heard.believed(&new, now));
}

#[tokio::test]
async fn a_rotation_may_change_the_kind_of_signature_and_overlaps_a_day_by_itself() {
    let app = TestApp::new().await;
    let (owner, sink) = (owner(&app).await, Sink::new().await);
    let (id, old) = endpoint_for_all(&app, &owner, &sink).await;
    let path = format!("/api/v1/webhooks/{id}/secret");
    let rotated = app.post(&path).key(&owner.key).json(&json!({ "signature": "v1a" })).send().await.expect(201);
    assert_eq!(rotated.at("/previous_secret_until"), "2026-03-16T12:00:00Z");
    // Also events that were published before, because a message is signed when it is sent.
    publish(&app, &owner, Rang { number: 1 }).await;
    let _courier = Courier::start(&app);
    let heard = sink.hears(1).await[0].clone();
    let now = app.clock().now();
    assert!(heard.believed(&old, now) && heard.believed(&rotated.at("/public_key"), now));
    let week = json!({ "overlap_seconds": 604_801 });
    app.post(&path).key(&owner.key).json(&week).send().await.refused(422, "validation_failed");
}

#[tokio::test]
async fn a_test_goes_to_one_endpoint_whatever_its_filters_say() {
    let app = TestApp::new().await;
    let (owner, sink, other) = (owner(&app).await, Sink::new().await, Sink::new().await);
    let courier = Courier::start(&app);
    let (id, secret) = endpoint_at(&app, &owner, &sink, json!({ "events": ["call.*"] })).await;
    endpoint_for_all(&app, &owner, &other).await;
    let path = format!("/api/v1/webhooks/{id}/test");
    let event = app.post(&path).key(&owner.key).send().await.expect(202).at("/event_id");
    let attempt = attempted(&app, &owner, &id, &event, 1).await;
    let heard = &sink.heard()[0];
    assert_eq!((heard.id(), heard.json()["type"].clone()), (event.clone(), json!("webhook.test")));
    assert_eq!(heard.json()["data"]["endpoint_id"], id);
    assert!(heard.believed(&secret, app.clock().now()));
    assert_eq!(attempt["state"], "delivered");
    // The event is listed like any other once it has its position.
    crate::harness::eventually("the test is listed", async || {
        app.get("/api/v1/events?type=webhook.test").key(&owner.key).send().await.ids() == [event.clone()]
    })
    .await;
    courier.stop().await;
    assert_eq!(other.heard().len(), 0);
}
