//! Endpoints that fail, and how failures are handled.

use std::time::Duration;

use freehold_delivery::webhook::Settings;
use serde_json::{Value, json};

use super::{
    Courier, Rang, attempted, endpoint_for_all, owner, publish,
    sink::{Reply, Sink},
    until_state,
};
use crate::harness::app::TestApp;

#[tokio::test]
async fn attempts_are_shown_with_what_was_sent_and_answered() {
    let app = TestApp::new().await;
    let (owner, courier) = (owner(&app).await, Courier::start(&app));
    let sink = Sink::answering(Reply { body: "not today", ..Reply::status(500) }).await;
    let (id, secret) = endpoint_for_all(&app, &owner, &sink).await;
    let event = publish(&app, &owner, Rang { number: 1 }).await;
    let failed = attempted(&app, &owner, &id, &event, 1).await;
    assert_eq!((failed["state"].clone(), failed["ended_at"].clone()), (json!("waiting"), Value::Null));
    let next: jiff::Timestamp = failed["next_attempt_at"].as_str().unwrap().parse().unwrap();
    let wait = next.duration_since(app.clock().now()).as_millis();
    assert!((5_000..=5_500).contains(&wait), "{wait}");

    sink.answer(Reply { body: "thanks", ..Reply::status(201) });
    app.advance_seconds(6);
    let done = attempted(&app, &owner, &id, &event, 2).await;
    courier.stop().await;
    assert_eq!((done["state"].clone(), done["next_attempt_at"].clone()), (json!("delivered"), Value::Null));
    assert_eq!(done["ended_at"], "2026-03-15T12:00:06Z");
    for (attempt, heard) in done["attempts"].as_array().unwrap().iter().zip(sink.heard()) {
        assert_eq!((attempt["url"].clone(), attempt["at"].clone()).0, sink.url);
        assert_eq!(done["request_body"].as_str().unwrap().as_bytes(), &heard.body[..]);
        for (name, value) in attempt["request_headers"].as_object().unwrap() {
            assert_eq!(heard.header(name), value, "{name}");
        }
        assert_eq!(attempt["request_headers"].as_object().unwrap().len(), 5);
        assert!(heard.believed(&secret, attempt["at"].as_str().unwrap().parse().unwrap()));
        assert!(attempt["took_ms"].is_i64() && attempt["error"].is_null());
    }
    let answers: Vec<_> =
        done["attempts"].as_array().unwrap().iter().map(|a| (a["status"].clone(), a["answer"].clone())).collect();
    assert_eq!(answers, [(json!(500), json!("not today")), (json!(201), json!("thanks"))]);
    // Both attempts have the same id and different times.
    let (first, second) = (&sink.heard()[0], &sink.heard()[1]);
    assert_eq!((first.id(), second.id()), (event.clone(), event));
    assert_ne!(first.header("webhook-timestamp"), second.header("webhook-timestamp"));
}

#[tokio::test]
async fn after_ten_attempts_it_is_given_up() {
    let app = TestApp::new().await;
    let (owner, courier, sink) = (owner(&app).await, Courier::start(&app), Sink::answering(Reply::status(404)).await);
    let (id, _) = endpoint_for_all(&app, &owner, &sink).await;
    let event = publish(&app, &owner, Rang { number: 1 }).await;
    for (made, hours) in (1..).zip([1, 1, 1, 3, 6, 11, 16, 22, 27]) {
        attempted(&app, &owner, &id, &event, made).await;
        app.advance_seconds(hours * 3_600);
    }
    let last = attempted(&app, &owner, &id, &event, 10).await;
    courier.stop().await;
    assert_eq!((last["state"].clone(), last["next_attempt_at"].clone()), (json!("failed"), Value::Null));
    assert_eq!(sink.heard().len(), 10);
    let path = format!("/api/v1/webhooks/{id}/deliveries?state=failed");
    let listed = app.get(&path).key(&owner.key).send().await.expect(200).json();
    assert_eq!(listed["data"][0]["event_id"], event);
    assert_eq!(
        (listed["data"][0]["last_status"].clone(), listed["data"][0]["attempts_made"].clone()),
        (json!(404), json!(10))
    );
}

#[tokio::test]
async fn a_redirect_is_a_failure_and_is_not_followed() {
    let app = TestApp::new().await;
    let (owner, courier, elsewhere) = (owner(&app).await, Courier::start(&app), Sink::new().await);
    let sink = Sink::answering(Reply::status(307).header("location", &elsewhere.url)).await;
    let (id, _) = endpoint_for_all(&app, &owner, &sink).await;
    let event = publish(&app, &owner, Rang { number: 1 }).await;
    let failed = attempted(&app, &owner, &id, &event, 1).await;
    courier.stop().await;
    assert_eq!((failed["state"].clone(), failed["attempts"][0]["status"].clone()), (json!("waiting"), json!(307)));
    assert_eq!(elsewhere.heard().len(), 0);
}

#[tokio::test]
async fn what_is_not_answered_in_time_has_failed() {
    let app = TestApp::new().await;
    let owner = owner(&app).await;
    let courier = Courier::with(&app, Settings { time_limit: Duration::from_millis(200), ..Courier::settings() });
    let sink = Sink::answering(Reply { after: Duration::from_hours(1), ..Reply::status(200) }).await;
    let (id, _) = endpoint_for_all(&app, &owner, &sink).await;
    let event = publish(&app, &owner, Rang { number: 1 }).await;
    let failed = attempted(&app, &owner, &id, &event, 1).await;
    let attempt = &failed["attempts"][0];
    assert_eq!((attempt["status"].clone(), attempt["failure"].clone()), (Value::Null, json!("timeout")));
    assert_eq!(attempt["took_ms"], 200);
    assert_eq!(failed["state"], "waiting");
    courier.stop().await;
    assert_eq!(Settings::default().time_limit, Duration::from_secs(15));
}

#[tokio::test]
async fn an_address_without_a_server_is_a_failure_with_a_reason() {
    let app = TestApp::new().await;
    let (owner, courier) = (owner(&app).await, Courier::start(&app));
    let sink = Sink::new().await;
    let (id, _) = endpoint_for_all(&app, &owner, &sink).await;
    drop(sink);
    let event = publish(&app, &owner, Rang { number: 1 }).await;
    let failed = attempted(&app, &owner, &id, &event, 1).await;
    courier.stop().await;
    assert_eq!(failed["attempts"][0]["failure"], "connect");
    assert!(failed["attempts"][0]["error"].as_str().unwrap().contains("could not be reached"));
}

#[tokio::test]
async fn a_wish_to_be_left_alone_holds_back_everything_for_the_endpoint() {
    let app = TestApp::new().await;
    let (owner, courier) = (owner(&app).await, Courier::start(&app));
    let (busy, other) = (Sink::answering(Reply::status(429).header("retry-after", "120")).await, Sink::new().await);
    let (id, _) = endpoint_for_all(&app, &owner, &busy).await;
    let first = publish(&app, &owner, Rang { number: 1 }).await;
    let held = attempted(&app, &owner, &id, &first, 1).await;
    assert_eq!(held["next_attempt_at"], "2026-03-15T12:02:00Z");
    busy.answer(Reply::status(200));
    endpoint_for_all(&app, &owner, &other).await;
    // Another endpoint gets the next event at once; the busy one gets it later.
    publish(&app, &owner, Rang { number: 2 }).await;
    other.hears(1).await;
    app.advance_seconds(119);
    publish(&app, &owner, Rang { number: 3 }).await;
    other.hears(2).await;
    assert_eq!(busy.heard().len(), 1);
    app.advance_seconds(1);
    until_state(&app, "delivered", 5).await;
    courier.stop().await;
    assert_eq!(busy.heard().len(), 4);
}
