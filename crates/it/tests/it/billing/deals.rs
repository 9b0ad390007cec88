//! Custom prices at Stripe: deals that were made with one customer.

use freehold_billing::reconcile::reconcile;
use serde_json::{Value, json};

use super::{
    once::{customer, paid, post, running, text},
    shop::Shop,
};
use crate::harness::app::{Person, Setup};

const CARD: &str = "4242424242424242";

/// A price of $500 a month, with these additional fields.
async fn price(shop: &Shop, fields: &[(&str, &str)]) -> String {
    let product = shop.stripe("/v1/products", Some(&[("name", "A deal")])).await;
    let product = text(&product["id"]);
    price_of(shop, &product, fields).await
}

async fn price_of(shop: &Shop, product: &str, fields: &[(&str, &str)]) -> String {
    let form = [("product", product), ("currency", "usd"), ("unit_amount", "50000"), ("recurring[interval]", "month")];
    let form: Vec<(&str, &str)> = form.into_iter().chain(fields.iter().copied()).collect();
    text(&shop.stripe("/v1/prices", Some(&form)).await["id"])
}

/// An operator creates a subscription in Stripe's dashboard.
async fn deal(shop: &Shop, customer: &str, price: &str) -> String {
    let card = shop.stripe("/v1/payment_methods/pm_card_visa/attach", Some(&[("customer", customer)])).await;
    let default = [("invoice_settings[default_payment_method]", card["id"].as_str().unwrap())];
    shop.stripe(&format!("/v1/customers/{customer}"), Some(&default)).await;
    let form = [("customer", customer), ("items[0][price]", price)];
    let made = text(&shop.stripe("/v1/subscriptions", Some(&form)).await["id"]);
    shop.settle().await;
    made
}

fn plan(plan: &str) -> Value {
    json!({ "plan": plan, "interval": "month" })
}

async fn dealt(setup: Setup, fields: &[(&str, &str)]) -> (Shop, Person, String) {
    let shop = Shop::open(setup).await;
    let owner = shop.app.owner().await;
    let customer = customer(&shop, &owner).await;
    let price = price(&shop, fields).await;
    deal(&shop, &customer, &price).await;
    (shop, owner, customer)
}

#[tokio::test]
async fn a_custom_price_stands_for_a_plan_by_metadata_lookup_key_or_setting() {
    let voice = crate::voice();
    let set = Setup { prices: &[("acme_2026", "enterprise")], ..voice };
    for (setup, fields) in [
        (voice, [("metadata[freehold_plan]", "enterprise")]),
        (voice, [("lookup_key", "freehold_voice_enterprise_acme")]),
        (set, [("lookup_key", "acme_2026")]),
    ] {
        let (shop, owner, _) = Box::pin(dealt(setup, &fields)).await;
        assert_eq!(shop.standing(&owner).await, ("enterprise/good".to_owned(), "active".to_owned()), "{fields:?}");
        let refused = post(&shop, &owner, "checkout", plan("pro")).await.refused(409, "conflict");
        assert!(refused.text().contains("A subscription to Enterprise is running already"), "{}", refused.text());
        let report = reconcile(shop.app.backbone.billing.as_ref().unwrap()).await.unwrap();
        assert_eq!((report.repaired.len(), report.strange.len()), (0, 0), "{report:?}");
    }
}

#[tokio::test]
async fn another_price_of_a_plans_product_at_stripe_stands_for_that_plan() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    let customer = customer(&shop, &owner).await;
    let price = price_of(&shop, "freehold_voice_pro", &[]).await;
    deal(&shop, &customer, &price).await;
    assert_eq!(shop.standing(&owner).await, ("pro/good".to_owned(), "active".to_owned()));
}

#[tokio::test]
async fn a_deal_beside_a_checkout_is_kept_and_the_checkout_refunded() {
    for deal_first in [true, false] {
        let shop = Shop::of("voice").await;
        let owner = shop.app.owner().await;
        let price = price(&shop, &[("metadata[freehold_plan]", "enterprise")]).await;
        let page = post(&shop, &owner, "checkout", plan("pro")).await.expect(201).at("/url");
        let customer = customer(&shop, &owner).await;
        if deal_first {
            deal(&shop, &customer, &price).await;
            shop.app.advance_seconds(60);
        }
        assert_eq!(shop.pay(&page, CARD).await.0, 303);
        if !deal_first {
            deal(&shop, &customer, &price).await;
        }
        shop.settle().await;
        assert_eq!((running(&shop).await.len(), paid(&shop).await), (1, 50_000), "{deal_first}");
        assert_eq!(shop.standing(&owner).await, ("enterprise/good".to_owned(), "active".to_owned()));
    }
}

#[tokio::test]
async fn a_price_that_stands_for_nothing_is_told_to_the_operator() {
    let (shop, owner, _) = Box::pin(dealt(crate::voice(), &[("lookup_key", "a_secret_deal")])).await;
    assert_eq!(shop.standing(&owner).await.0, "free/good");
    let billing = shop.app.backbone.billing.as_ref().unwrap();
    let report = reconcile(billing).await.unwrap();
    assert_eq!(report.strange.len(), 1, "{report:?}");
    let line = &report.strange[0];
    assert!(
        line.contains(&owner.organization) && line.contains("a_secret_deal") && line.contains("freehold_plan"),
        "{line}"
    );
    // No checkout can be started beside it, and it can be cancelled.
    let refused = post(&shop, &owner, "checkout", plan("pro")).await.refused(409, "conflict");
    assert!(refused.text().contains("is running already"), "{}", refused.text());
    post(&shop, &owner, "cancel", json!({ "at": "now" })).await.expect(200);
    assert_eq!(running(&shop).await.len(), 0);
    assert_eq!(reconcile(billing).await.unwrap().strange.len(), 0);
}
