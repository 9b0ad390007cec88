//! A cancelled subscription, however it was cancelled: no further payment is announced anywhere.

use serde_json::{Value, json};

use super::{
    once::{post, running, text},
    pages::Browser,
    shop::Shop,
};
use crate::harness::app::Person;

const CARD: &str = "4242424242424242";
const DAY: i64 = 86_400;

async fn subscribed() -> (Shop, Person, String, i64) {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    shop.subscribe(&owner, "pro", CARD).await;
    let found = running(&shop).await.remove(0);
    let end = found["items"]["data"][0]["current_period_end"].as_i64().unwrap();
    (shop, owner, text(&found["id"]), end)
}

async fn cancel_at(shop: &Shop, id: &str, at: i64) {
    shop.stripe(&format!("/v1/subscriptions/{id}"), Some(&[("cancel_at", &at.to_string())])).await;
    shop.settle().await;
}

async fn subscription(shop: &Shop, person: &Person) -> Value {
    shop.app.get("/api/v1/billing/subscription").key(&person.key).send().await.expect(200).json()
}

#[tokio::test]
async fn a_cancellation_by_date_announces_no_other_payment_on_page_and_api() {
    let (shop, owner, id, end) = subscribed().await;
    let browser = Browser::of(&shop, &owner).await;
    let goes_on = subscription(&shop, &owner).await;
    assert_eq!((&goes_on["next_payment_at"], &goes_on["cancel_at"]), (&goes_on["period_end"], &Value::Null));
    assert!(browser.page().await.0.contains("The next payment is on"));
    for (at, said) in [(end, "2026-04-15"), (end - 5 * DAY, "2026-04-10")] {
        cancel_at(&shop, &id, at).await;
        let ending = subscription(&shop, &owner).await;
        assert_eq!(
            (&ending["next_payment_at"], &ending["cancel_at_period_end"]),
            (&Value::Null, &json!(true)),
            "{ending}"
        );
        assert!(text(&ending["cancel_at"]).starts_with(said), "{ending}");
        let (page, _) = browser.page().await;
        assert!(!page.contains("next payment") && page.contains("The subscription ends on"), "{page}");
        assert!(page.contains("The subscription ends on") && page.contains("Keep"), "{page}");
        assert!(!page.contains("Cancel the subscription"), "{page}");
        // Cancelling again does not make it last longer.
        let again = post(&shop, &owner, "cancel", json!({})).await.expect(200).json();
        assert_eq!(again["cancel_at"], ending["cancel_at"]);
    }
    let resumed = post(&shop, &owner, "resume", json!({})).await.expect(200).json();
    assert_eq!((&resumed["cancel_at"], &resumed["next_payment_at"]), (&Value::Null, &goes_on["period_end"]));
    assert_eq!(running(&shop).await[0]["cancel_at"], Value::Null);
}

#[tokio::test]
async fn a_subscription_that_ends_after_another_payment_announces_both() {
    let (shop, owner, id, end) = subscribed().await;
    let browser = Browser::of(&shop, &owner).await;
    cancel_at(&shop, &id, end + 10 * DAY).await;
    let ending = subscription(&shop, &owner).await;
    assert_eq!((&ending["next_payment_at"], &ending["cancel_at_period_end"]), (&ending["period_end"], &json!(false)));
    assert!(text(&ending["cancel_at"]).starts_with("2026-04-25"), "{ending}");
    let (page, _) = browser.page().await;
    assert!(
        page.contains("The next payment is on 15 April 2026, and the subscription ends on 25 April 2026"),
        "{page}"
    );
    // It can end sooner, and be resumed.
    let sooner = post(&shop, &owner, "cancel", json!({})).await.expect(200).json();
    assert_eq!((&sooner["cancel_at"], &sooner["next_payment_at"]), (&ending["period_end"], &Value::Null));
    let kept = post(&shop, &owner, "resume", json!({})).await.expect(200).json();
    assert_eq!((&kept["cancel_at"], &kept["cancel_at_period_end"]), (&Value::Null, &json!(false)));
}

#[tokio::test]
async fn a_trial_that_was_cancelled_by_date_announces_no_first_payment() {
    let toml = format!("{}\n[trial]\nplan = \"pro\"\ndays = 14\nreminder_days = 2\n", freehold_voice::PRODUCT.toml);
    let shop = Shop::open(crate::voice().with_text(toml)).await;
    let owner = shop.app.owner().await;
    let browser = Browser::of(&shop, &owner).await;
    shop.subscribe(&owner, "pro", CARD).await;
    assert!(browser.page().await.0.contains("The first payment is on"));
    let found = running(&shop).await.remove(0);
    cancel_at(&shop, &text(&found["id"]), found["trial_end"].as_i64().unwrap()).await;
    let (page, _) = browser.page().await;
    assert!(!page.contains("first payment") && page.contains("The subscription ends on"), "{page}");
    assert_eq!(subscription(&shop, &owner).await["next_payment_at"], Value::Null);
}
