//! Publishing the events that `product.toml` declares.

use serde_json::{Value, json};
use uuid::Uuid;

use super::Shop;
use crate::harness::{Courier, app::Person, sink::Sink};

const EVENTS: &str = "/api/v1/events";

fn paid(order: &str) -> Value {
    json!({ "type": "order.paid", "data": { "order_id": order, "books": 2 } })
}

async fn published(shop: &Shop, owner: &Person) -> i64 {
    let query = format!(
        "select count(*) from freehold.events where tenant_id = '{}' and type like 'order.%'",
        owner.organization
    );
    shop.app.count(&query).await
}

#[tokio::test]
async fn an_event_reaches_the_endpoints_that_subscribed_to_its_type() {
    let shop = Shop::new().await;
    let (owner, stranger) = (shop.app.owner().await, shop.app.stranger().await);
    let (sink, theirs) = (Sink::new().await, Sink::new().await);
    for (person, sink, types) in [(&owner, &sink, "order.*"), (&stranger, &theirs, "*")] {
        let body = json!({ "url": sink.url, "events": [types] });
        shop.app.post("/api/v1/webhooks").key(&person.key).json(&body).send().await.expect(201);
    }
    let moved = json!({ "type": "shelf.moved", "data": { "anything": [1, 2] } });
    shop.post(&owner, EVENTS, moved).await.expect(201);
    let made = shop.post(&owner, EVENTS, paid("1")).await.expect(201);
    let courier = Courier::start(&shop.app);
    let heard = sink.hears(1).await;
    courier.stop().await;
    assert_eq!(heard[0].json(), made.json());
    assert_eq!((made.json()["version"].clone(), made.at("/type")), (json!(2), "order.paid".to_owned()));
    let orders = |heard: &Vec<crate::harness::sink::Heard>| {
        heard.iter().filter(|each| each.json()["type"].as_str().unwrap().starts_with("order.")).count()
    };
    assert_eq!((orders(&sink.heard()), sink.heard().len(), orders(&theirs.heard())), (1, 1, 0));
    let listed = shop.app.get("/api/v1/events?type=order.*").key(&owner.key).send().await.expect(200).json();
    assert_eq!(listed["data"], json!([made.json()]));
    // The audit names the service key.
    let audit = shop.app.get("/api/v1/audit?action=event.published").key(&owner.key).send().await.expect(200).json();
    let entry = audit["data"].as_array().unwrap().iter().find(|entry| entry["detail"]["type"] == "order.paid").unwrap();
    assert_eq!((&entry["actor"]["kind"], &entry["subject"]), (&json!("service"), &json!(made.at("/id"))));
    assert!(entry["actor"]["id"].is_string(), "{entry}");
}

#[tokio::test]
async fn an_event_is_published_once_by_its_id_or_its_key() {
    let shop = Shop::new().await;
    let owner = shop.app.owner().await;
    let mut event = paid("1");
    event["id"] = json!(Uuid::from_u128(1));
    let first = shop.post(&owner, EVENTS, event.clone()).await.expect(201);
    let again = shop.post(&owner, EVENTS, event.clone()).await.expect(200);
    assert_eq!(first.text(), again.text());
    event["data"]["order_id"] = json!("2");
    shop.post(&owner, EVENTS, event).await.refused(409, "conflict");
    let ask = shop.service(shop.app.post(EVENTS), &owner).idempotent("paid-3").json(&paid("3"));
    let (first, second) = (ask.clone().send().await.expect(201), ask.send().await.expect(201));
    assert_eq!((first.text(), second.header("idempotent-replayed")), (second.text(), "true"));
    assert_eq!(published(&shop, &owner).await, 2);
}

#[tokio::test]
async fn data_is_checked_against_the_declaration() {
    let shop = Shop::new().await;
    let owner = shop.app.owner().await;
    for (event, pointer, message) in [
        (json!({ "type": "order.payed", "data": {} }), "/type", "product.toml declares: order.paid, shelf.moved"),
        (json!({ "type": "api_key.created", "data": {} }), "/type", "unknown type"),
        (json!({ "type": "order.paid", "data": { "books": 1 } }), "/data/order_id", "missing; expected a string"),
        (
            json!({ "type": "order.paid", "data": { "order_id": "1", "books": 1.5 } }),
            "/data/books",
            "expected an integer",
        ),
        (
            json!({ "type": "order.paid", "data": { "order_id": "1", "books": 1, "b/k": 1 } }),
            "/data/b~1k",
            "unknown field",
        ),
        (json!({ "type": "shelf.moved", "data": { "text": "x".repeat(65_536) } }), "/data", "at most 65536 bytes"),
    ] {
        let refused = shop.post(&owner, EVENTS, event).await.refused(422, "validation_failed");
        assert_eq!(refused.at("/errors/0/pointer"), pointer, "{refused}");
        assert!(refused.text().contains(message), "{refused}");
    }
    let with_note = json!({ "type": "order.paid", "data": { "order_id": "1", "books": 1, "note": null } });
    shop.post(&owner, EVENTS, with_note).await.expect(201);
    assert_eq!(published(&shop, &owner).await, 1);
}

#[tokio::test]
async fn the_page_of_events_lists_the_declared_ones() {
    let shop = Shop::new().await;
    let page = shop.app.get("/docs/events").send().await.expect(200);
    for text in ["id=\"order.paid\"", "id=\"shelf.moved\"", "An order is paid.", ">order_id</code>", "Id of the order."]
    {
        assert!(page.text().contains(text), "{text} is not shown");
    }
}
