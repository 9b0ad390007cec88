//! From the limit that stops a user to the payment that lets them continue, and back.

use serde_json::{Value, json};

use super::shop::Shop;
use crate::{
    harness::app::{Answer, Person},
    house::walk::graph,
};

const GOOD: &str = "4242424242424242";
const DECLINED: &str = "4000000000000002";
/// Pays the first time, and is declined on renewal.
const FAILS_LATER: &str = "4000000000007767";

async fn workflow(shop: &Shop, person: &Person) -> Answer {
    let body = json!({ "name": "Greeting", "graph": graph() });
    shop.app.post("/api/v1/workflows").key(&person.key).json(&body).send().await
}

async fn call(shop: &Shop, person: &Person, workflow: &str) -> Answer {
    let body = json!({ "script": { "replies": ["Well."] } });
    shop.app.post(&format!("/api/v1/workflows/{workflow}/runs")).key(&person.key).json(&body).send().await
}

async fn post(shop: &Shop, person: &Person, what: &str, body: Value) -> Answer {
    shop.app.post(&format!("/api/v1/billing/{what}")).key(&person.key).json(&body).send().await
}

/// Buys a plan with the key, which does not expire.
async fn buy(shop: &Shop, person: &Person, wanted: &str) {
    let made = post(shop, person, "checkout", plan(wanted)).await.expect(201);
    assert_eq!(shop.pay(&made.at("/url"), GOOD).await.0, 303);
    shop.settle().await;
}

async fn subscription(shop: &Shop, person: &Person) -> Value {
    shop.app.get("/api/v1/billing/subscription").key(&person.key).send().await.expect(200).json()
}

fn plan(plan: &str) -> Value {
    json!({ "plan": plan, "interval": "month" })
}

#[tokio::test]
async fn an_upgrade_lifts_the_limit_in_the_same_second() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    let id = workflow(&shop, &owner).await.expect(201).at("/id");
    for _ in 0..50 {
        call(&shop, &owner, &id).await.expect(201);
    }
    let refused = call(&shop, &owner, &id).await.refused(402, "quota_exceeded");
    assert_eq!(refused.at("/upgrade_url"), "https://app.example.org/billing");

    let made = post(&shop, &owner, "checkout", plan("starter")).await.expect(201);
    call(&shop, &owner, &id).await.refused(402, "quota_exceeded");
    let (status, to) = shop.pay(&made.at("/url"), GOOD).await;
    assert_eq!(status, 303);
    assert!(to.starts_with("https://app.example.org/billing?checkout=cs_"), "{to}");
    shop.settle().await;
    // The clock has not moved: it is the same second.
    call(&shop, &owner, &id).await.expect(201);

    // A change of plan takes effect at once.
    assert_eq!(post(&shop, &owner, "change", plan("pro")).await.expect(200).at("/plan"), "pro");
    let usage = shop.app.get("/api/v1/usage").key(&owner.key).send().await.expect(200);
    assert_eq!((usage.at("/meters/1/used"), usage.at("/meters/1/limit")), ("51".to_owned(), "5000".to_owned()));
}

#[tokio::test]
async fn a_downgrade_keeps_everything_and_stops_creation() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    shop.subscribe(&owner, "pro", GOOD).await;
    for _ in 0..7 {
        workflow(&shop, &owner).await.expect(201);
    }
    let preview = post(&shop, &owner, "preview", plan("starter")).await.expect(200).json();
    assert_eq!((&preview["now"]["minor"], &preview["regular"]["minor"]), (&json!(0), &json!(2_900)), "{preview}");
    let after = post(&shop, &owner, "change", plan("starter")).await.expect(200).json();
    assert_eq!((&after["plan"], &after["state"]), (&json!("starter"), &json!("active")));
    let over = json!([{ "meter": "workflows", "name": "workflows", "used": 7, "limit": 5 }]);
    assert_eq!(after["over"], over);

    let list = shop.app.get("/api/v1/workflows").key(&owner.key).send().await.expect(200).ids();
    assert_eq!(list.len(), 7);
    call(&shop, &owner, &list[6]).await.expect(201);
    workflow(&shop, &owner).await.refused(402, "quota_exceeded");
    for id in &list[..3] {
        shop.app.delete(&format!("/api/v1/workflows/{id}")).key(&owner.key).send().await.expect(204);
    }
    assert_eq!(subscription(&shop, &owner).await["over"], json!([]));
    workflow(&shop, &owner).await.expect(201);
    workflow(&shop, &owner).await.refused(402, "quota_exceeded");
}

#[tokio::test]
async fn a_refused_card_changes_nothing() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    let made = post(&shop, &owner, "checkout", plan("starter")).await.expect(201);
    assert_eq!(shop.pay(&made.at("/url"), DECLINED).await.0, 402);
    shop.settle().await;
    assert_eq!(shop.standing(&owner).await, ("free/good".to_owned(), "free".to_owned()));
    // The page still accepts another card.
    assert_eq!(shop.pay(&made.at("/url"), GOOD).await.0, 303);
    shop.settle().await;

    let customer = shop.stripe("/v1/customers", None).await["data"][0]["id"].as_str().unwrap().to_owned();
    let method = [("customer", customer.as_str())];
    let attached = shop.stripe("/v1/payment_methods/pm_card_chargeCustomerFail/attach", Some(&method)).await;
    let default = [("invoice_settings[default_payment_method]", attached["id"].as_str().unwrap())];
    shop.stripe(&format!("/v1/customers/{customer}"), Some(&default)).await;
    let subscriptions = shop.stripe("/v1/subscriptions", None).await;
    let path = format!("/v1/subscriptions/{}", subscriptions["data"][0]["id"].as_str().unwrap());
    shop.stripe(&path, Some(&[("default_payment_method", attached["id"].as_str().unwrap())])).await;
    shop.settle().await;

    let before = subscription(&shop, &owner).await;
    let refused = post(&shop, &owner, "change", plan("pro")).await.refused(402, "payment_failed");
    assert_eq!(refused.at("/upgrade_url"), "https://app.example.org/billing");
    assert_eq!(subscription(&shop, &owner).await, before);
    assert_eq!(before["plan"], "starter");
}

#[tokio::test]
async fn a_cancellation_ends_with_the_period_and_can_be_taken_back() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    shop.subscribe(&owner, "starter", GOOD).await;
    let cancelled = post(&shop, &owner, "cancel", json!({ "at": "period_end" })).await.expect(200).json();
    assert_eq!((&cancelled["cancel_at_period_end"], &cancelled["state"]), (&json!(true), &json!("active")));
    let again = post(&shop, &owner, "cancel", json!({})).await.expect(200).json();
    assert_eq!(again, cancelled, "sending it again changes nothing");
    let resumed = post(&shop, &owner, "resume", json!({})).await.expect(200).json();
    assert_eq!(resumed["cancel_at_period_end"], false);

    post(&shop, &owner, "cancel", json!({})).await.expect(200);
    shop.advance_days(30).await;
    assert_eq!(shop.standing(&owner).await.0, "starter/good", "March has 31 days");
    shop.advance_days(2).await;
    assert_eq!(shop.standing(&owner).await, ("free/good".to_owned(), "free".to_owned()));
    post(&shop, &owner, "resume", json!({})).await.refused(409, "conflict");
    // A returning customer needs a checkout.
    buy(&shop, &owner, "pro").await;
    let now = post(&shop, &owner, "cancel", json!({ "at": "now" })).await.expect(200).json();
    assert_eq!((&now["plan"], &now["state"], &now["interval"]), (&json!("free"), &json!("free"), &Value::Null));
}

#[tokio::test]
async fn what_is_changed_in_the_portal_reaches_us() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    shop.subscribe(&owner, "starter", GOOD).await;
    let portal = post(&shop, &owner, "portal", json!({ "return_url": "/billing" })).await.expect(201).at("/url");
    let found = shop.stripe("/v1/subscriptions", None).await;
    let subscription_id = found["data"][0]["id"].as_str().unwrap().to_owned();
    let prices = shop.stripe("/v1/prices?lookup_keys[]=freehold_voice_pro_v1_month", None).await;
    let price = prices["data"][0]["id"].as_str().unwrap().to_owned();
    let press = async |button: &str, form: &[(&str, &str)]| {
        let answer = shop.http.post(format!("{portal}/{button}")).form(form).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 303, "{button}");
        shop.settle().await;
    };
    press("plan", &[("subscription", &subscription_id), ("price", &price)]).await;
    assert_eq!(subscription(&shop, &owner).await["plan"], "pro");
    press("cancel", &[("subscription", &subscription_id)]).await;
    assert_eq!(subscription(&shop, &owner).await["cancel_at_period_end"], true);
    press("keep", &[("subscription", &subscription_id)]).await;
    assert_eq!(subscription(&shop, &owner).await["cancel_at_period_end"], false);
}

#[tokio::test]
async fn a_second_checkout_closes_the_first_and_a_second_subscription_is_refused() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    let first = post(&shop, &owner, "checkout", plan("starter")).await.expect(201).at("/url");
    let second = post(&shop, &owner, "checkout", plan("pro")).await.expect(201).at("/url");
    assert_ne!(shop.pay(&first, GOOD).await.0, 303, "nobody pays twice");
    assert_eq!(shop.pay(&second, GOOD).await.0, 303);
    // Also before the webhook has arrived.
    post(&shop, &owner, "checkout", plan("starter")).await.refused(409, "conflict");
    shop.settle().await;
    assert_eq!(subscription(&shop, &owner).await["plan"], "pro");
    assert_eq!(shop.stripe("/v1/customers", None).await["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_suspended_organization_pays_and_is_active_again() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    shop.subscribe(&owner, "starter", FAILS_LATER).await;
    shop.advance_days(32).await;
    let late = subscription(&shop, &owner).await;
    assert_eq!((&late["state"], &late["plan"]), (&json!("past_due"), &json!("starter")));
    assert!(late["grace_ends_at"].is_string(), "{late}");
    workflow(&shop, &owner).await.expect(201);

    shop.advance_days(8).await;
    let suspended = subscription(&shop, &owner).await;
    assert_eq!(suspended["state"], "suspended");
    workflow(&shop, &owner).await.refused(402, "subscription_suspended");
    post(&shop, &owner, "portal", json!({})).await.expect(201);
    let pay =
        shop.http.post(suspended["pay_url"].as_str().unwrap()).form(&[("card_number", GOOD)]).send().await.unwrap();
    assert!(pay.status().is_redirection() || pay.status().is_success(), "{}", pay.status());
    shop.settle().await;
    assert_eq!(subscription(&shop, &owner).await["state"], "active");
    workflow(&shop, &owner).await.expect(201);
}

#[tokio::test]
async fn the_archive_opens_with_a_payment() {
    let shop = Shop::of("pharmacy").await;
    let owner = shop.app.owner().await;
    assert_eq!(subscription(&shop, &owner).await["state"], "trialing");
    shop.advance_days(15).await;
    let over = subscription(&shop, &owner).await;
    assert_eq!((&over["state"], &over["kept_until"].is_string()), (&json!("suspended"), &true));
    shop.advance_days(31).await;
    assert_eq!(subscription(&shop, &owner).await["state"], "archived");
    shop.app.get("/api/v1/usage").key(&owner.key).send().await.refused(402, "organization_archived");
    buy(&shop, &owner, "professional").await;
    let back = subscription(&shop, &owner).await;
    assert_eq!((&back["state"], &back["plan"]), (&json!("active"), &json!("professional")));
    shop.app.get("/api/v1/usage").key(&owner.key).send().await.expect(200);
}
