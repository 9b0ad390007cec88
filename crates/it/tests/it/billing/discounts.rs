//! Discounts and taxes of Stripe, as customers see them: in the API and on the page.

use serde_json::{Value, json};

use super::{pages::Browser, shop::Shop};
use crate::harness::app::Person;

/// Creates an object at Stripe and returns its id.
async fn made(shop: &Shop, noun: &str, form: &[(&str, &str)]) -> String {
    shop.stripe(&format!("/v1/{noun}"), Some(form)).await["id"].as_str().unwrap().to_owned()
}

/// A promotion code at Stripe for 20 % off two invoices in a row.
async fn spring(shop: &Shop) {
    let coupon = [("percent_off", "20"), ("duration", "repeating"), ("duration_in_months", "2"), ("name", "Spring")];
    let coupon = made(shop, "coupons", &coupon).await;
    let code = [("promotion[type]", "coupon"), ("promotion[coupon]", coupon.as_str()), ("code", "SPRING")];
    made(shop, "promotion_codes", &code).await;
}

/// Buys the plan Starter ($29) with a promotion code on Stripe's page.
async fn buy(shop: &Shop, owner: &Person, code: &str) -> u16 {
    let wanted = json!({ "plan": "starter", "interval": "month" });
    let page = shop.app.post("/api/v1/billing/checkout").person(owner).json(&wanted).send().await.expect(201);
    let form = [("email", "payer@example.org"), ("card_number", "4242424242424242"), ("promotion_code", code)];
    let answer = shop.http.post(page.at("/url")).form(&form).send().await.unwrap();
    shop.settle().await;
    answer.status().as_u16()
}

/// Subtotal, discount, tax, total and amount paid of the newest invoice.
async fn newest(shop: &Shop, owner: &Person) -> (Value, [i64; 5]) {
    let list = shop.app.get("/api/v1/billing/invoices").person(owner).send().await.expect(200).json();
    let invoice = list["data"][0].clone();
    let sum = |field: &str| invoice[field]["minor"].as_i64().unwrap();
    let sums = ["subtotal", "discount", "tax", "total", "amount_paid"].map(sum);
    (invoice, sums)
}

#[tokio::test]
async fn a_promotion_code_is_redeemed_at_checkout_and_invoices_and_page_show_the_discount() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    spring(&shop).await;
    assert_eq!(buy(&shop, &owner, "WRONG").await, 400);
    assert_eq!(buy(&shop, &owner, "spring").await, 303);
    let (invoice, sums) = newest(&shop, &owner).await;
    assert_eq!(sums, [2_900, 580, 0, 2_320, 2_320]);
    let discount = &invoice["discounts"][0];
    assert_eq!((&discount["name"], &discount["percent_off"]), (&json!("Spring"), &json!(20.0)));
    assert_eq!(discount["amount"]["minor"], 580);
    assert!(discount["ends_at"].as_str().is_some_and(|end| end.starts_with("20")), "{discount}");
    let (page, _) = Browser::of(&shop, &owner).await.page().await;
    assert!(page.contains("Next payment") && page.contains("Spring (20% off), until"), "{page}");
    assert!(page.contains("<strong>$23.20</strong>"), "{page}");
}

#[tokio::test]
async fn the_configured_tax_rate_is_added_to_what_is_paid_and_shown_with_the_next_payment() {
    let shop = Shop::on_terms(true, Some("19")).await;
    let owner = shop.app.owner().await;
    spring(&shop).await;
    assert_eq!(buy(&shop, &owner, "SPRING").await, 303);
    // 2900 less 20 %, and 19 % of that.
    assert_eq!(newest(&shop, &owner).await.1, [2_900, 580, 441, 2_761, 2_761]);
    let (page, _) = Browser::of(&shop, &owner).await.page().await;
    assert!(page.contains("<strong>$27.61</strong>") && page.contains("$4.41"), "{page}");
}

#[tokio::test]
async fn no_codes_are_taken_where_the_operator_switched_them_off() {
    let shop = Shop::on_terms(false, None).await;
    let owner = shop.app.owner().await;
    spring(&shop).await;
    assert_eq!(buy(&shop, &owner, "SPRING").await, 303);
    assert_eq!(newest(&shop, &owner).await.1, [2_900, 0, 0, 2_900, 2_900]);
}
