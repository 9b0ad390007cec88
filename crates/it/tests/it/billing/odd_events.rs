//! Everything that Stripe signs is stored, because Stripe retries a rejected webhook for days.

use freehold_billing::{inbox::inbox_get, stripe::signature};
use serde_json::{Value, json};

use super::shop::Shop;

/// Sends a body with Stripe's signature; returns the answer.
async fn send(shop: &Shop, body: &[u8], kind: &str) -> Value {
    let billing = shop.app.backbone.billing.as_ref().unwrap();
    let signed = signature::sign(&billing.webhook_secrets, body, shop.app.clock().now());
    let ask = shop.http.post(format!("{}/webhooks/stripe", shop.url)).header("stripe-signature", signed);
    let answer = ask.header("content-type", kind).body(body.to_vec()).send().await.unwrap();
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    assert_eq!(status, 200, "{text}");
    serde_json::from_str::<Value>(&text).unwrap()["received"].clone()
}

#[tokio::test]
async fn an_event_with_a_nul_is_dealt_with_as_any_other() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    shop.subscribe(&owner, "starter", "4242424242424242").await;
    let customer = shop.stripe("/v1/customers", None).await["data"][0]["id"].as_str().unwrap().to_owned();
    let object = json!({ "object": "customer", "id": customer, "name": "A\u{0}B", "metadata": { "a\u{0}": "\u{0}" } });
    let event = json!({ "id": "evt_nul", "object": "event", "type": "customer.updated", "created": 1_773_576_000,
        "livemode": false, "data": { "object": object } });
    let body = event.to_string();
    assert!(body.contains("\\u0000"));
    assert_eq!(send(&shop, body.as_bytes(), "application/json").await, "new");
    assert_eq!(send(&shop, body.as_bytes(), "application/json").await, "known");
    shop.settle().await;
    let (found, payload) = inbox_get(shop.app.backbone.billing.as_ref().unwrap(), "evt_nul").await.unwrap();
    assert_eq!((found.state.as_str(), found.times, payload), ("done", 2, event));
    // An operator reads it on the page, too.
    shop.app.get("/dev/billing/evt_nul").browser().send().await.expect(200);
}

#[tokio::test]
async fn a_thin_event_of_the_second_api_is_kept_and_told() {
    let shop = Shop::of("voice").await;
    let event = json!({ "id": "evt_test_65", "object": "v2.core.event", "type": "v1.billing.meter.error_report_triggered",
        "created": "2026-03-15T12:00:00.246Z", "livemode": false, "context": null,
        "related_object": { "id": "mtr_1", "type": "billing.meter", "url": "/v1/billing/meters/mtr_1" } });
    assert_eq!(send(&shop, event.to_string().as_bytes(), "application/json").await, "ignored");
    let (found, payload) = inbox_get(shop.app.backbone.billing.as_ref().unwrap(), "evt_test_65").await.unwrap();
    assert_eq!((found.state.as_str(), found.object_id.as_deref(), payload), ("ignored", Some("mtr_1"), event));
    assert_eq!(found.created_at.as_second(), 1_773_576_000);
    assert!(found.note.unwrap().contains("thin event of API v2"));
}

#[tokio::test]
async fn whatever_is_signed_is_answered_once_and_kept() {
    let shop = Shop::of("voice").await;
    let deep = "[".repeat(50_000);
    let bodies: &[&[u8]] = &[
        b"",
        b"null",
        b"[]",
        b"nonsense",
        b"\xff\xfe\x00",
        b"{}",
        deep.as_bytes(),
        br#"{"id":7}"#,
        br#"{"id":"evt_\u0000"}"#,
        br#"{"id":"evt_lone","data":{"object":{"name":"\ud800"}}}"#,
        br#"{"id":"evt_inf","created":1e400}"#,
    ];
    for body in bodies {
        for kind in ["application/json", "text/plain"] {
            send(&shop, body, kind).await;
        }
    }
    for odd in [
        json!({ "id": "evt_1", "created": "soon", "livemode": "yes", "data": [] }),
        json!({ "id": "evt_2", "created": -900_000_000_000_i64, "type": 7, "api_version": {}, "data": { "object": 7 } }),
        json!({ "id": "evt_3", "created": 1e300, "type": "x".repeat(5_000), "data": { "object": { "id": [] } } }),
        json!({ "id": "e".repeat(5_000), "data": { "object": { "object": "customer", "id": "c".repeat(5_000) } } }),
    ] {
        send(&shop, odd.to_string().as_bytes(), "application/json").await;
    }
    let failed = "select count(*) from freehold.stripe_events where note is not null and state = 'failed'";
    assert_eq!(shop.app.count(failed).await, i64::try_from(bodies.len()).unwrap() + 1);
    let odd = "select count(*) from freehold.stripe_events where event_id in ('evt_1', 'evt_2', 'evt_3') and state = 'ignored'";
    assert_eq!(shop.app.count(odd).await, 3);
    let twice = "select count(*) from freehold.stripe_events where state = 'failed' and times = 2";
    assert_eq!(shop.app.count(twice).await, i64::try_from(bodies.len()).unwrap());
}
