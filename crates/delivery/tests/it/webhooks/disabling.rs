//! Disabled endpoints.

use freehold_delivery::{
    mail::{Brand, Mail},
    webhook::event::WebhookDisabled,
};
use freehold_jobs::outbox::Event;
use serde_json::{Value, json};

use super::{
    Courier, Rang, attempted, endpoint_at, endpoint_for_all, owner, publish, ring, shown,
    sink::{Reply, Sink},
    until_state,
};
use crate::harness::{
    app::{Person, TestApp},
    eventually,
};

async fn until_disabled(app: &TestApp, owner: &Person, id: &str) -> Value {
    eventually("the endpoint is disabled", async || shown(app, owner, id).await["enabled"] == false).await;
    shown(app, owner, id).await
}

/// The text of the mail to the owner about it.
async fn mail(app: &TestApp, owner: &Person) -> String {
    let query = "select data from freehold.mails where template = 'webhook_disabled' and recipient = $1";
    let rows = app.test.admin().await.query(query, &[&owner.email]).await.unwrap();
    assert_eq!(rows.len(), 1);
    let mail = Mail::read(&app.backbone.mails, "webhook_disabled", rows[0].get(0)).unwrap();
    let product = freehold_compose::specification(crate::harness::app::Setup::default().product).unwrap();
    mail.text(&Brand::of_product(&product)).unwrap()
}

#[tokio::test]
async fn an_endpoint_that_answers_gone_is_disabled_and_the_owner_is_notified() {
    let app = TestApp::new().await;
    let (owner, courier) = (owner(&app).await, Courier::start(&app));
    let (sink, watcher) = (Sink::answering(Reply::status(410)).await, Sink::new().await);
    let (id, _) = endpoint_at(&app, &owner, &sink, json!({ "events": ["bell.*"] })).await;
    endpoint_at(&app, &owner, &watcher, json!({ "events": ["webhook.*"] })).await;
    let event = publish(&app, &owner, Rang { number: 1 }).await;
    let endpoint = until_disabled(&app, &owner, &id).await;
    assert_eq!(
        (endpoint["disabled_because"].clone(), endpoint["disabled_at"].clone()),
        (json!("gone"), json!("2026-03-15T12:00:00Z"))
    );
    assert_eq!(attempted(&app, &owner, &id, &event, 1).await["state"], "failed");

    let told = watcher.hears(1).await[0].json();
    assert_eq!((told["type"].clone(), told["data"]["because"].clone()), (json!("webhook.disabled"), json!("gone")));
    let sample = serde_json::to_value(WebhookDisabled::sample()).unwrap();
    assert!(told["data"].as_object().unwrap().keys().eq(sample.as_object().unwrap().keys()), "{told}");
    let mail = mail(&app, &owner).await;
    assert!(mail.contains(&sink.url) && mail.contains("410 Gone"), "{mail}");

    ring(&app, &owner, 3).await;
    app.advance_seconds(3_600);
    watcher.hears(1).await;
    courier.stop().await;
    assert_eq!(sink.heard().len(), 1);
}

#[tokio::test]
async fn five_days_of_nothing_but_failures_disable_an_endpoint() {
    let app = TestApp::new().await;
    let (owner, courier, sink) = (owner(&app).await, Courier::start(&app), Sink::answering(Reply::status(500)).await);
    let (id, _) = endpoint_for_all(&app, &owner, &sink).await;
    let mut last = publish(&app, &owner, Rang { number: 0 }).await;
    attempted(&app, &owner, &id, &last, 1).await;
    for day in 1..5 {
        app.advance_seconds(24 * 3_600);
        last = publish(&app, &owner, Rang { number: day }).await;
        attempted(&app, &owner, &id, &last, 1).await;
        assert_eq!(shown(&app, &owner, &id).await["enabled"], true, "day {day}");
    }
    assert_eq!(shown(&app, &owner, &id).await["failing_since"], "2026-03-15T12:00:00Z");
    app.advance_seconds(24 * 3_600);
    publish(&app, &owner, Rang { number: 5 }).await;
    let endpoint = until_disabled(&app, &owner, &id).await;
    assert_eq!(endpoint["disabled_because"], "failing");
    let mail = mail(&app, &owner).await;
    assert!(mail.contains("No delivery succeeded for 5 days. The last answer was: 500"), "{mail}");

    // Once enabled again, it starts anew, and waiting deliveries are sent.
    sink.answer(Reply::status(200));
    let path = format!("/api/v1/webhooks/{id}");
    let enabled = app.patch(&path).key(&owner.key).json(&json!({ "enabled": true })).send().await.expect(200).json();
    assert_eq!((enabled["failing_since"].clone(), enabled["disabled_because"].clone()), (Value::Null, Value::Null));
    app.advance_seconds(24 * 3_600);
    eventually("what waited is sent", async || {
        app.count("select count(*) from freehold.webhook_deliveries where state = 'waiting'").await == 0
    })
    .await;
    courier.stop().await;
}

#[tokio::test]
async fn a_success_in_between_is_a_reason_to_go_on() {
    let app = TestApp::new().await;
    let (owner, courier, sink) = (owner(&app).await, Courier::start(&app), Sink::answering(Reply::status(500)).await);
    let (id, _) = endpoint_for_all(&app, &owner, &sink).await;
    let first = publish(&app, &owner, Rang { number: 1 }).await;
    attempted(&app, &owner, &id, &first, 1).await;
    app.advance_seconds(4 * 24 * 3_600);
    sink.answer(Reply::status(200));
    until_state(&app, "delivered", 1).await;
    assert_eq!(shown(&app, &owner, &id).await["failing_since"], Value::Null);
    sink.answer(Reply::status(500));
    app.advance_seconds(2 * 24 * 3_600);
    let second = publish(&app, &owner, Rang { number: 2 }).await;
    attempted(&app, &owner, &id, &second, 1).await;
    let endpoint = shown(&app, &owner, &id).await;
    courier.stop().await;
    assert_eq!(
        (endpoint["enabled"].clone(), endpoint["failing_since"].clone()),
        (json!(true), json!("2026-03-21T12:00:00Z"))
    );
}
