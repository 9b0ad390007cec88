//! User requests: checkout, another plan, its preview, cancelling and resuming, invoices.

use freehold_core::Role;
use serde_json::{Value, json};

use super::shop::Shop;
use crate::harness::app::{Answer, Person};

const CARD: &str = "4242424242424242";
/// Pays the first time, and is declined on renewal.
const FAILS_LATER: &str = "4000000000007767";

async fn post(shop: &Shop, person: &Person, path: &str, body: Value) -> Answer {
    let ask = shop.app.post(&format!("/api/v1/billing/{path}")).json(&body);
    // Days pass, and a key does not expire.
    let ask = if person.key.is_empty() { ask.person(person) } else { ask.key(&person.key) };
    ask.send().await
}

/// Buys a plan with the interval month.
async fn subscribe(shop: &Shop, person: &Person, to: &str) {
    let page = post(shop, person, "checkout", plan(to, "month")).await.expect(201).at("/url");
    assert_eq!(shop.pay(&page, CARD).await.0, 303);
    shop.settle().await;
}

fn plan(plan: &str, interval: &str) -> Value {
    json!({ "plan": plan, "interval": interval })
}

async fn subscription(shop: &Shop, person: &Person) -> Value {
    shop.app.get("/api/v1/billing/subscription").key(&person.key).send().await.expect(200).json()
}

async fn at_stripe(shop: &Shop) -> Value {
    shop.stripe("/v1/subscriptions?status=all", None).await["data"][0].clone()
}

async fn newest_invoice(shop: &Shop) -> Value {
    shop.stripe("/v1/invoices?limit=1", None).await["data"][0].clone()
}

/// A subscription to a plan of the voice product, ten days into the month.
async fn ten_days_on(plan: &str, card: &str) -> (Shop, Person) {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    shop.subscribe(&owner, plan, card).await;
    shop.advance_days(10).await;
    (shop, owner)
}

#[tokio::test]
async fn what_cannot_be_bought_by_a_click_is_refused_with_words() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    for (body, pointer, words) in [
        (plan("enterprise", "month"), "/plan", "sales team"),
        (plan("free", "month"), "/plan", "costs nothing"),
        (plan("gold", "month"), "/plan", "expected starter, pro"),
    ] {
        let answer = post(&shop, &owner, "checkout", body).await.refused(422, "validation_failed");
        assert_eq!(answer.at("/errors/0/pointer"), pointer);
        assert!(answer.at("/errors/0/message").contains(words), "{}", answer.text());
    }
    for field in ["success_url", "cancel_url"] {
        for url in ["https://evil.example/", "//evil.example", "javascript:alert(1)"] {
            let mut body = plan("pro", "month");
            body[field] = json!(url);
            let answer = post(&shop, &owner, "checkout", body).await.refused(422, "validation_failed");
            assert_eq!(answer.at("/errors/0/pointer"), format!("/{field}"));
        }
    }
    let body = json!({ "return_url": "https://evil.example/" });
    post(&shop, &owner, "portal", body).await.refused(422, "validation_failed");
    let member = shop.app.member(&owner, Role::Member).await;
    post(&shop, &member, "checkout", plan("pro", "month")).await.refused(403, "permission_denied");
    assert_eq!(shop.app.count("select count(customer_id) from freehold.billing_accounts").await, 0);
}

#[tokio::test]
async fn a_plan_without_a_yearly_price_says_so() {
    let shop = Shop::of("documents").await;
    let owner = shop.app.owner().await;
    let answer = post(&shop, &owner, "checkout", plan("pro", "year")).await.refused(422, "validation_failed");
    assert_eq!(answer.at("/errors/0/pointer"), "/interval");
}

#[tokio::test]
async fn a_second_checkout_closes_the_page_of_the_first() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    let first = post(&shop, &owner, "checkout", plan("starter", "month")).await.expect(201).at("/url");
    let second = post(&shop, &owner, "checkout", plan("pro", "year")).await.expect(201).at("/url");
    assert_ne!(shop.pay(&first, CARD).await.0, 303);
    assert_eq!(shop.pay(&second, CARD).await.0, 303);
    shop.settle().await;
    assert_eq!(shop.standing(&owner).await, ("pro/good".to_owned(), "active".to_owned()));
    let answer = post(&shop, &owner, "checkout", plan("starter", "month")).await.refused(409, "conflict");
    assert!(answer.text().contains("A subscription to Pro is running already"), "{}", answer.text());
    assert_eq!(shop.stripe("/v1/customers", None).await["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_checkout_that_was_paid_is_known_before_its_webhook() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    shop.stripe("/_sandbox/chaos", Some(&[("drop", "1")])).await;
    let page = post(&shop, &owner, "checkout", plan("starter", "month")).await.expect(201).at("/url");
    assert_eq!(shop.pay(&page, CARD).await.0, 303);
    post(&shop, &owner, "checkout", plan("pro", "month")).await.refused(409, "conflict");
    // The requested change is made at Stripe, and is stored at once.
    let changed = post(&shop, &owner, "change", plan("pro", "month")).await.expect(200);
    assert_eq!((changed.at("/plan"), changed.at("/state")), ("pro".to_owned(), "active".to_owned()));
}

#[tokio::test]
async fn lost_answers_make_nothing_twice() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    shop.stripe("/_sandbox/chaos", Some(&[("lose", "1")])).await;
    post(&shop, &owner, "checkout", plan("starter", "month")).await.expect(201);
    shop.stripe("/_sandbox/chaos", Some(&[("lose", "0")])).await;
    for noun in ["customers", "checkout/sessions"] {
        let found = shop.stripe(&format!("/v1/{noun}"), None).await;
        assert_eq!(found["data"].as_array().unwrap().len(), 1, "{noun}");
    }
    shop.stripe("/_sandbox/chaos", Some(&[("fail", "1"), ("fail_status", "503")])).await;
    let answer = post(&shop, &owner, "portal", json!({})).await.refused(503, "unavailable");
    assert!(!answer.header("retry-after").is_empty());
}

#[tokio::test]
async fn a_customer_that_was_deleted_at_stripe_is_replaced() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    // A caller with a key has no address: the page asks for one.
    let ask = shop.app.post("/api/v1/billing/checkout").person(&owner).json(&plan("starter", "month"));
    ask.send().await.expect(201);
    let customers = shop.stripe("/v1/customers", None).await;
    let first = customers["data"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(customers["data"][0]["metadata"]["freehold_tenant"], json!(owner.organization));
    assert_eq!(customers["data"][0]["email"], json!(owner.email));
    shop.app.backbone.billing.as_ref().unwrap().stripe.customer_delete(&first).await.unwrap();
    shop.subscribe(&owner, "starter", CARD).await;
    assert_eq!(shop.standing(&owner).await, ("starter/good".to_owned(), "active".to_owned()));
    assert_ne!(at_stripe(&shop).await["customer"], json!(first));
}

#[tokio::test]
async fn what_is_left_of_a_trial_is_taken_along() {
    let shop = Shop::of("pharmacy").await;
    let owner = shop.app.owner().await;
    let ends = subscription(&shop, &owner).await["trial_ends_at"].clone();
    shop.advance_days(3).await;
    subscribe(&shop, &owner, "professional").await;
    let now = subscription(&shop, &owner).await;
    assert_eq!(
        (&now["state"], &now["plan"], &now["trial_ends_at"]),
        (&json!("trialing"), &json!("professional"), &ends)
    );
    assert_eq!(newest_invoice(&shop).await["amount_paid"], json!(0));
    shop.advance_days(11).await;
    shop.advance_days(1).await;
    assert_eq!(shop.standing(&owner).await, ("professional/good".to_owned(), "active".to_owned()));
    assert_eq!(newest_invoice(&shop).await["amount_paid"], json!(29_900));
}

#[tokio::test]
async fn the_last_two_days_of_a_trial_are_not() {
    let shop = Shop::of("pharmacy").await;
    let owner = shop.app.owner().await;
    shop.advance_days(12).await;
    subscribe(&shop, &owner, "professional").await;
    assert_eq!(subscription(&shop, &owner).await["state"], json!("active"));
    assert_eq!(newest_invoice(&shop).await["amount_paid"], json!(29_900));
}

#[tokio::test]
async fn an_upgrade_costs_what_its_preview_says_and_holds_at_once() {
    let (shop, owner) = ten_days_on("starter", CARD).await;
    let said = post(&shop, &owner, "preview", plan("pro", "month")).await.expect(200).json();
    assert_eq!((&said["next"]["minor"], &said["regular"]["minor"]), (&json!(9900), &json!(9900)));
    assert_eq!(said["lines"].as_array().unwrap().len(), 2);
    assert_eq!(subscription(&shop, &owner).await["plan"], json!("starter"));
    let now = said["now"]["minor"].as_i64().unwrap();
    assert!((1..7000).contains(&now), "{now}");

    // Waiting five minutes after the preview changes nothing.
    shop.app.advance_seconds(300);
    let mut body = plan("pro", "month");
    body["at"] = said["at"].clone();
    let changed = post(&shop, &owner, "change", body).await.expect(200).json();
    assert_eq!(
        (&changed["plan"], &changed["state"], &changed["period_end"]),
        (&json!("pro"), &json!("active"), &said["next_at"])
    );
    assert_eq!(newest_invoice(&shop).await["amount_paid"], json!(now));
    // The same request again changes nothing.
    post(&shop, &owner, "change", plan("pro", "month")).await.expect(200);
    assert_eq!(newest_invoice(&shop).await["amount_paid"], json!(now));
    assert_eq!(shop.stripe("/v1/invoices", None).await["data"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn no_one_chooses_the_time_of_the_proration() {
    let (shop, owner) = ten_days_on("starter", CARD).await;
    let end = subscription(&shop, &owner).await["period_end"].clone();
    for at in [end, json!("2026-03-25T10:59:59Z"), json!("2026-03-15T12:00:00Z")] {
        let mut body = plan("pro", "month");
        body["at"] = at;
        let answer = post(&shop, &owner, "change", body).await.refused(422, "validation_failed");
        assert_eq!(answer.at("/errors/0/pointer"), "/at");
    }
    assert_eq!(subscription(&shop, &owner).await["plan"], json!("starter"));
}

#[tokio::test]
async fn a_downgrade_costs_nothing_and_the_next_invoice_is_as_foretold() {
    let (shop, owner) = ten_days_on("pro", CARD).await;
    let said = post(&shop, &owner, "preview", plan("starter", "month")).await.expect(200).json();
    assert_eq!((&said["now"]["minor"], &said["regular"]["minor"]), (&json!(0), &json!(2900)));
    let changed = post(&shop, &owner, "change", plan("starter", "month")).await.expect(200).json();
    assert_eq!((&changed["plan"], &changed["period_end"]), (&json!("starter"), &said["next_at"]));
    shop.advance_days(25).await;
    assert_eq!(newest_invoice(&shop).await["amount_due"], said["next"]["minor"]);
}

#[tokio::test]
async fn another_interval_begins_a_new_period() {
    let (shop, owner) = ten_days_on("starter", CARD).await;
    let said = post(&shop, &owner, "preview", plan("starter", "year")).await.expect(200).json();
    let changed = post(&shop, &owner, "change", plan("starter", "year")).await.expect(200).json();
    assert_eq!((&changed["interval"], &changed["period_end"]), (&json!("year"), &said["next_at"]));
    assert_eq!(changed["period_end"], json!("2027-03-25T12:00:00Z"));
    assert_eq!(newest_invoice(&shop).await["amount_paid"], said["now"]["minor"]);
    // Back to monthly: the rest of the paid year becomes credit.
    shop.advance_days(20).await;
    let said = post(&shop, &owner, "preview", plan("starter", "month")).await.expect(200).json();
    assert_eq!(said["now"]["minor"], json!(0));
    assert!(said["credit"]["minor"].as_i64().unwrap() > 20_000, "{said}");
    post(&shop, &owner, "change", plan("starter", "month")).await.expect(200);
    let customer = shop.stripe("/v1/customers", None).await["data"][0]["balance"].as_i64().unwrap();
    assert_eq!(-customer, said["credit"]["minor"].as_i64().unwrap());
}

#[tokio::test]
async fn a_refused_card_changes_nothing() {
    let (shop, owner) = ten_days_on("starter", FAILS_LATER).await;
    let customer = shop.stripe("/v1/customers", None).await["data"][0]["id"].as_str().unwrap().to_owned();
    let subscription_path = format!("/v1/subscriptions/{}", at_stripe(&shop).await["id"].as_str().unwrap());
    for (card, words) in
        [("pm_card_chargeCustomerFail", "declined"), ("pm_card_authenticationRequired", "confirm the card")]
    {
        let attach = format!("/v1/payment_methods/{card}/attach");
        let method = shop.stripe(&attach, Some(&[("customer", &customer)])).await["id"].as_str().unwrap().to_owned();
        shop.stripe(&subscription_path, Some(&[("default_payment_method", &method)])).await;
        let before = at_stripe(&shop).await;
        for (to, interval) in [("pro", "month"), ("starter", "year")] {
            let answer = post(&shop, &owner, "change", plan(to, interval)).await.refused(402, "payment_failed");
            assert!(answer.text().contains(words), "{}", answer.text());
        }
        assert_eq!(at_stripe(&shop).await, before);
    }
    shop.settle().await;
    assert_eq!(shop.standing(&owner).await, ("starter/good".to_owned(), "active".to_owned()));
}

#[tokio::test]
async fn what_was_cancelled_goes_on_when_asked_in_time() {
    let (shop, owner) = ten_days_on("pro", CARD).await;
    let ending = post(&shop, &owner, "cancel", json!({})).await.expect(200).json();
    assert_eq!(
        (&ending["state"], &ending["plan"], &ending["cancel_at_period_end"]),
        (&json!("active"), &json!("pro"), &json!(true))
    );
    post(&shop, &owner, "cancel", json!({ "at": "period_end" })).await.expect(200);
    let kept = post(&shop, &owner, "resume", json!({})).await.expect(200).json();
    assert_eq!(kept["cancel_at_period_end"], json!(false));
    post(&shop, &owner, "resume", json!({})).await.expect(200);

    // Choosing a plan takes back the cancellation, even if it is the present plan.
    for chosen in ["starter", "starter", "pro"] {
        post(&shop, &owner, "cancel", json!({})).await.expect(200);
        let chosen = post(&shop, &owner, "change", plan(chosen, "month")).await.expect(200).json();
        assert_eq!(chosen["cancel_at_period_end"], json!(false));
    }

    let over = post(&shop, &owner, "cancel", json!({ "at": "now" })).await.expect(200).json();
    assert_eq!((&over["state"], &over["plan"]), (&json!("free"), &json!("free")));
    for path in ["cancel", "resume"] {
        post(&shop, &owner, path, json!({})).await.refused(409, "conflict");
    }
    for path in ["preview", "change"] {
        post(&shop, &owner, path, plan("pro", "month")).await.refused(409, "conflict");
    }
}

#[tokio::test]
async fn what_is_owed_comes_first() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    shop.subscribe(&owner, "starter", FAILS_LATER).await;
    shop.advance_days(32).await;
    assert_eq!(shop.standing(&owner).await.1, "past_due");
    let answer = post(&shop, &owner, "change", plan("pro", "month")).await.refused(409, "conflict");
    assert!(answer.text().contains("An invoice is open"), "{}", answer.text());
    let answer = post(&shop, &owner, "checkout", plan("pro", "month")).await.refused(409, "conflict");
    assert!(answer.text().contains("Pay what is open"), "{}", answer.text());
    let pay = subscription(&shop, &owner).await["pay_url"].as_str().unwrap().to_owned();
    let paid = shop.http.post(pay).form(&[("card_number", CARD)]).send().await.unwrap();
    assert_eq!(paid.status().as_u16(), 303);
    shop.settle().await;
    post(&shop, &owner, "change", plan("pro", "month")).await.expect(200);
}

#[tokio::test]
async fn a_price_for_each_member_is_changed_for_each_member() {
    let toml = freehold_voice::PRODUCT.toml.replace(r#"year = "$990" }"#, r#"year = "$990", per = "member" }"#);
    let shop = Shop::open(crate::voice().with_text(toml)).await;
    let owner = shop.app.owner().await;
    shop.app.member(&owner, Role::Member).await;
    shop.app.member(&owner, Role::Viewer).await;
    shop.subscribe(&owner, "starter", CARD).await;
    assert_eq!(subscription(&shop, &owner).await["seats"], json!(1));
    let said = post(&shop, &owner, "preview", plan("pro", "month")).await.expect(200).json();
    assert_eq!(said["regular"]["minor"], json!(3 * 9900));
    let changed = post(&shop, &owner, "change", plan("pro", "month")).await.expect(200).json();
    assert_eq!((&changed["plan"], &changed["seats"]), (&json!("pro"), &json!(3)));
    let back = post(&shop, &owner, "change", plan("starter", "month")).await.expect(200).json();
    assert_eq!((&back["plan"], &back["seats"]), (&json!("starter"), &json!(1)));
}

#[tokio::test]
async fn invoices_come_in_pages_and_only_ones_own() {
    let shop = Shop::of("voice").await;
    let (owner, stranger) = (shop.app.owner().await, shop.app.stranger().await);
    let list = async |person: &Person, query: &str| {
        shop.app.get("/api/v1/billing/invoices").query(query).person(person).send().await
    };
    assert_eq!(list(&owner, "").await.expect(200).json(), json!({ "data": [], "next_cursor": null }));
    shop.subscribe(&owner, "starter", CARD).await;
    post(&shop, &owner, "change", plan("pro", "month")).await.expect(200);
    post(&shop, &owner, "change", plan("pro", "year")).await.expect(200);
    let first = list(&owner, "limit=2").await.expect(200).json();
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = list(&owner, &format!("limit=2&cursor={cursor}")).await.expect(200).json();
    assert_eq!((first["data"].as_array().unwrap().len(), second["data"].as_array().unwrap().len()), (2, 1));
    assert_eq!((&second["next_cursor"], &second["data"][0]["total"]["minor"]), (&Value::Null, &json!(2900)));
    assert_eq!(
        (&second["data"][0]["status"], &second["data"][0]["amount_paid"]["minor"]),
        (&json!("paid"), &json!(2900))
    );
    let paper = second["data"][0]["pdf"].as_str().unwrap();
    assert!(shop.http.get(paper).send().await.unwrap().bytes().await.unwrap().starts_with(b"%PDF"));

    shop.subscribe(&stranger, "starter", CARD).await;
    let theirs = list(&stranger, "").await.expect(200).json();
    assert_eq!(theirs["data"].as_array().unwrap().len(), 1);
    for query in ["cursor=in_nowhere", "cursor=nonsense", "limit=0"] {
        list(&owner, query).await.refused(422, "validation_failed");
    }
}

#[tokio::test]
async fn the_portal_leads_back_to_us() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    let url =
        post(&shop, &owner, "portal", json!({ "return_url": "/billing?from=portal" })).await.expect(201).at("/url");
    let page = shop.http.get(url).send().await.unwrap();
    assert_eq!(page.status().as_u16(), 200);
    assert!(page.text().await.unwrap().contains("/billing?from=portal"));
}
