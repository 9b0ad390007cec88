//! Checking, reserving and recording usage.

use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Shop, numbers};

const CHECK: &str = "/api/v1/usage/check";
const RESERVE: &str = "/api/v1/usage/reserve";
const COMMIT: &str = "/api/v1/usage/commit";
const RELEASE: &str = "/api/v1/usage/release";
const EVENTS: &str = "/api/v1/usage/events";

#[tokio::test]
async fn entitlements_say_plan_modules_and_what_remains() {
    let shop = Shop::new().await;
    let owner = shop.app.owner().await;
    let answer = shop.service(shop.app.get("/api/v1/entitlements"), &owner).send().await.expect(200).json();
    assert_eq!(
        (&answer["plan"], &answer["plan_name"], &answer["standing"]),
        (&json!("free"), &json!("Free"), &json!("good"))
    );
    assert_eq!(answer["modules"], json!(["gift_cards"]));
    assert_eq!(answer["upgrade_url"], "https://app.example.org/billing");
    let orders = answer["meters"].as_array().unwrap().iter().find(|meter| meter["meter"] == "orders").unwrap().clone();
    assert_eq!((&orders["limit"], &orders["resets_at"]), (&json!(20), &json!("2026-04-01T00:00:00Z")));
    assert_eq!(shop.meter(&owner, "staff").await, numbers(1, 0, 2));
    // The customer reads the same with a key of their own.
    let own = shop.app.get("/api/v1/entitlements").key(&owner.key).send().await.expect(200).json();
    assert_eq!(own, answer);
}

#[tokio::test]
async fn fifty_reservations_at_once_against_a_limit_of_twenty_admit_twenty() {
    let shop = Shop::new().await;
    let owner = shop.app.owner().await;
    let asked = (0..50).map(|_| shop.post(&owner, RESERVE, json!({ "meter": "orders" })));
    let answers = join_all(asked).await;
    let admitted = answers.iter().filter(|answer| answer.status() == 201).count();
    assert_eq!(admitted, 20);
    for refused in answers.into_iter().filter(|answer| answer.status() != 201) {
        let refused = refused.refused(402, "quota_exceeded").json();
        assert_eq!(
            (&refused["meter"], &refused["limit"], &refused["used"]),
            (&json!("orders"), &json!(20), &json!(20))
        );
        assert_eq!(refused["upgrade_url"], "https://app.example.org/billing");
    }
    assert_eq!(shop.meter(&owner, "orders").await, numbers(0, 20, 0));
}

#[tokio::test]
async fn a_reservation_is_committed_with_what_was_used_or_released() {
    let shop = Shop::new().await;
    let owner = shop.app.owner().await;
    let made =
        shop.post(&owner, RESERVE, json!({ "meter": "orders", "quantity": 5, "ttl_seconds": 60 })).await.expect(201);
    assert_eq!((made.json()["used"].clone(), made.json()["remaining"].clone()), (json!(5), json!(15)));
    let id = made.at("/reservation_id");
    let commit = json!({ "reservation_id": id, "quantity": 3 });
    for _ in 0..2 {
        let done = shop.post(&owner, COMMIT, commit.clone()).await.expect(200).json();
        assert_eq!(done, json!({ "reservation_id": id, "meter": "orders", "quantity": 3 }));
    }
    // A repeated commit with another quantity returns what was recorded.
    let other = shop.post(&owner, COMMIT, json!({ "reservation_id": id, "quantity": 4 })).await.expect(200);
    assert_eq!(other.json()["quantity"], 3);
    assert_eq!(shop.meter(&owner, "orders").await, numbers(3, 0, 17));

    let made = shop.post(&owner, RESERVE, json!({ "meter": "orders", "quantity": 9 })).await.expect(201);
    let release = json!({ "reservation_id": made.at("/reservation_id") });
    assert_eq!(shop.post(&owner, RELEASE, release.clone()).await.expect(200).json()["released"], true);
    assert_eq!(shop.post(&owner, RELEASE, release.clone()).await.expect(200).json()["released"], false);
    shop.post(&owner, COMMIT, release).await.refused(404, "not_found");
    assert_eq!(shop.meter(&owner, "orders").await, numbers(3, 0, 17));
}

#[tokio::test]
async fn a_reservation_that_is_left_behind_expires() {
    let shop = Shop::new().await;
    let owner = shop.app.owner().await;
    let all = json!({ "meter": "orders", "quantity": 20, "ttl_seconds": 60 });
    shop.post(&owner, RESERVE, all.clone()).await.expect(201);
    let check = json!({ "meter": "orders" });
    let full = shop.post(&owner, CHECK, check.clone()).await.expect(200).json();
    assert_eq!((&full["allowed"], &full["used"], &full["remaining"]), (&json!(false), &json!(20), &json!(0)));
    shop.app.advance_seconds(60);
    assert_eq!(shop.post(&owner, CHECK, check).await.expect(200).json()["allowed"], true);
    shop.post(&owner, RESERVE, all).await.expect(201);
}

#[tokio::test]
async fn a_retried_reservation_is_the_first_one() {
    let shop = Shop::new().await;
    let owner = shop.app.owner().await;
    let ask = shop.service(shop.app.post(RESERVE), &owner).idempotent("order-1").json(&json!({ "meter": "orders" }));
    let (first, second) = (ask.clone().send().await.expect(201), ask.send().await.expect(201));
    assert_eq!((first.text(), second.header("idempotent-replayed")), (second.text(), "true"));
    assert_eq!(shop.meter(&owner, "orders").await, numbers(0, 1, 19));
}

#[tokio::test]
async fn a_batch_counts_each_item_once_and_answers_for_each() {
    let shop = Shop::new().await;
    let owner = shop.app.owner().await;
    let id = |number: u128| Uuid::from_u128(0x019c_f1a0_7000_7000_8000_0000_0000_0000 + number);
    let batch = json!({ "events": [
        { "id": id(1), "meter": "titles", "quantity": 4 },
        { "id": id(2), "meter": "orders", "quantity": 15 },
        { "id": id(3), "meter": "orders", "quantity": 6 },
        { "id": id(2), "meter": "orders", "quantity": 15 },
        { "id": id(4), "meter": "orders" },
        { "id": id(5), "meter": "titles", "quantity": -5 },
        { "id": id(6), "meter": "titles", "quantity": -3 },
    ]});
    let statuses = |answer: Value| -> Vec<String> {
        let results = answer["results"].as_array().unwrap();
        results
            .iter()
            .map(|result| format!("{} {}", result["meter"].as_str().unwrap(), result["status"].as_str().unwrap()))
            .collect()
    };
    let first = shop.post(&owner, EVENTS, batch.clone()).await.expect(200).json();
    assert_eq!((&first["results"][2]["limit"], &first["results"][2]["used"]), (&json!(20), &json!(15)));
    assert_eq!(
        statuses(first),
        [
            "titles recorded",
            "orders recorded",
            "orders exceeded",
            "orders duplicate",
            "orders recorded",
            "titles below_zero",
            "titles recorded"
        ]
    );
    let again = statuses(shop.post(&owner, EVENTS, batch).await.expect(200).json());
    let recorded = again.iter().filter(|status| status.ends_with("recorded")).count();
    assert_eq!(recorded, 0, "{again:?}");
    assert_eq!(shop.meter(&owner, "orders").await, numbers(16, 0, 4));
    assert_eq!(shop.meter(&owner, "titles").await, numbers(1, 0, 4));
    // The ledger names the service key.
    let named =
        "select count(*) from freehold.usage_events where service_key_id = (select id from freehold.service_keys)";
    assert_eq!(shop.app.count(named).await, 4);
}

#[tokio::test]
async fn batches_in_opposite_orders_do_not_wait_for_each_other_and_stay_exact() {
    let shop = Shop::new().await;
    let owner = shop.app.owner().await;
    let asked = (0..16_u128).map(|number| {
        let item = |of: u128, meter: &str| json!({ "id": Uuid::from_u128(number * 2 + of), "meter": meter });
        let mut events = vec![item(0, "orders"), item(1, "titles")];
        if number % 2 == 0 {
            events.reverse();
        }
        shop.post(&owner, EVENTS, json!({ "events": events }))
    });
    for answer in join_all(asked).await {
        answer.expect(200);
    }
    assert_eq!(shop.meter(&owner, "orders").await, numbers(16, 0, 4));
    assert_eq!(shop.meter(&owner, "titles").await, numbers(5, 0, 0));
}

#[tokio::test]
async fn meters_that_the_application_may_not_record_are_named() {
    let shop = Shop::new().await;
    let owner = shop.app.owner().await;
    for (meter, why) in [
        ("order", "unknown meter; expected one of: orders, titles, imports, staff"),
        ("requests", "unknown meter"),
        ("imports", "the product's own code records this meter; expected one of: orders, titles"),
        ("staff", "Freehold counts the members by itself"),
    ] {
        let refused = shop.post(&owner, RESERVE, json!({ "meter": meter })).await.refused(422, "validation_failed");
        assert!(refused.text().contains(why) && refused.at("/errors/0/pointer") == "/meter", "{refused}");
        let batch = json!({ "events": [{ "id": Uuid::from_u128(1), "meter": "orders" }, { "id": Uuid::from_u128(2), "meter": meter }] });
        let refused = shop.post(&owner, EVENTS, batch).await.refused(422, "validation_failed");
        assert_eq!(refused.at("/errors/0/pointer"), "/events/1/meter");
    }
    for (field, value) in
        [("quantity", json!(0)), ("quantity", json!(-1)), ("ttl_seconds", json!(0)), ("ttl_seconds", json!(86_401))]
    {
        let mut body = json!({ "meter": "orders" });
        body[field] = value;
        let refused = shop.post(&owner, RESERVE, body).await.refused(422, "validation_failed");
        assert_eq!(refused.at("/errors/0/pointer"), format!("/{field}"));
    }
    let down = json!({ "events": [{ "id": Uuid::from_u128(3), "meter": "orders", "quantity": -1 }] });
    shop.post(&owner, EVENTS, down).await.refused(422, "validation_failed");
    shop.post(&owner, EVENTS, json!({ "events": [] })).await.refused(422, "validation_failed");
    // Anyone may ask about every level and counter.
    let check = shop.post(&owner, CHECK, json!({ "meter": "staff", "quantity": 3 })).await.expect(200).json();
    assert_eq!((&check["allowed"], &check["used"]), (&json!(false), &json!(1)));
    assert_eq!(shop.meter(&owner, "orders").await, numbers(0, 0, 20));
}

#[tokio::test]
async fn a_suspended_organization_completes_what_it_began() {
    let shop = Shop::new().await;
    let owner = shop.app.owner().await;
    let begin = json!({ "meter": "orders", "quantity": 2 });
    let (one, two) = (shop.post(&owner, RESERVE, begin.clone()).await, shop.post(&owner, RESERVE, begin.clone()).await);
    shop.app.suspend(&owner, true).await;
    shop.app.backbone.resolver.forget();
    shop.post(&owner, RESERVE, begin).await.refused(402, "subscription_suspended");
    let batch = json!({ "events": [{ "id": Uuid::from_u128(1), "meter": "orders" }] });
    shop.post(&owner, EVENTS, batch).await.refused(402, "subscription_suspended");
    shop.post(&owner, COMMIT, json!({ "reservation_id": one.at("/reservation_id") })).await.expect(200);
    shop.post(&owner, RELEASE, json!({ "reservation_id": two.at("/reservation_id") })).await.expect(200);
    shop.post(&owner, CHECK, json!({ "meter": "orders" })).await.expect(200);
    assert_eq!(shop.meter(&owner, "orders").await, numbers(2, 0, 18));
}
