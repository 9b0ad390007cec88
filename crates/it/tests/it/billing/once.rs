//! No tenant pays twice: concurrent checkouts, and what happens to a second subscription.

use freehold_billing::{
    extra::{self, extra_list},
    reconcile::reconcile,
};
use freehold_delivery::mail::Brand;
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::shop::Shop;
use crate::harness::app::{Answer, Person};

const CARD: &str = "4242424242424242";
/// A card that pays, and whose refunds fail later.
const REFUND_FAILS: &str = "4000000000005126";

pub(super) async fn post(shop: &Shop, person: &Person, path: &str, body: Value) -> Answer {
    shop.app.post(&format!("/api/v1/billing/{path}")).key(&person.key).json(&body).send().await
}

fn plan(plan: &str) -> Value {
    json!({ "plan": plan, "interval": "month" })
}

async fn open_pages(shop: &Shop) -> Vec<Value> {
    shop.stripe("/v1/checkout/sessions?status=open&limit=100", None).await["data"].as_array().unwrap().clone()
}

/// The running subscriptions at Stripe.
pub(super) async fn running(shop: &Shop) -> Vec<Value> {
    let all = shop.stripe("/v1/subscriptions?status=all&limit=100", None).await;
    let runs = |each: &&Value| {
        ["active", "trialing", "past_due", "unpaid", "paused"].contains(&text(&each["status"]).as_str())
    };
    all["data"].as_array().unwrap().iter().filter(runs).cloned().collect()
}

/// Total of the payments, less the refunds.
pub(super) async fn paid(shop: &Shop) -> i64 {
    let charges = shop.stripe("/v1/charges?limit=100", None).await;
    let left = |each: &Value| each["amount_captured"].as_i64().unwrap() - each["amount_refunded"].as_i64().unwrap();
    charges["data"].as_array().unwrap().iter().map(left).sum()
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

/// The customer of the user's organization, created by a checkout whose page closes.
pub(super) async fn customer(shop: &Shop, person: &Person) -> String {
    post(shop, person, "portal", json!({})).await.expect(201);
    let query =
        format!("select customer_id from freehold.billing_accounts where tenant_id = '{}'", person.organization);
    shop.app.test.admin().await.query_one(&query, &[]).await.unwrap().get(0)
}

/// A page left by a server that died before it closed the others.
async fn old_page(shop: &Shop, customer: &str, plan: &str) -> String {
    let prices = shop.stripe(&format!("/v1/prices?lookup_keys[]=freehold_voice_{plan}_v1_month"), None).await;
    let form = [
        ("mode", "subscription"),
        ("customer", customer),
        ("line_items[0][price]", prices["data"][0]["id"].as_str().unwrap()),
        ("line_items[0][quantity]", "1"),
        ("success_url", "https://app.example.org/billing"),
    ];
    text(&shop.stripe("/v1/checkout/sessions", Some(&form)).await["url"])
}

#[tokio::test]
async fn parallel_checkouts_leave_one_page_that_can_be_paid() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    let made = join_all((0..4).map(|_| post(&shop, &owner, "checkout", plan("pro")))).await;
    // A checkout that began when another one had just ended replaces it, and the other may get `conflict`.
    let (made, overtaken): (Vec<_>, Vec<_>) = made.into_iter().partition(|answer| answer.status == 201);
    for answer in overtaken {
        answer.refused(409, "conflict");
    }
    let pages: Vec<String> = made.iter().map(|answer| answer.at("/url")).collect();
    let open = open_pages(&shop).await;
    assert_eq!(open.len(), 1, "{pages:?}");
    assert!(pages.contains(&text(&open[0]["url"])), "{pages:?}");
    // All of them are paid at once, as if they were open in several tabs.
    join_all(pages.iter().map(|page| shop.pay(page, CARD))).await;
    shop.settle().await;
    assert_eq!((running(&shop).await.len(), paid(&shop).await), (1, 9_900));
    assert_eq!(shop.standing(&owner).await, ("pro/good".to_owned(), "active".to_owned()));
    post(&shop, &owner, "checkout", plan("pro")).await.refused(409, "conflict");
    assert_eq!(open_pages(&shop).await.len(), 0);
}

#[tokio::test]
async fn of_parallel_checkouts_of_different_plans_the_last_one_stays_open() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    for _ in 0..5 {
        let wanted = ["starter", "pro", "starter", "pro", "starter", "pro"];
        let made = join_all(wanted.map(|name| post(&shop, &owner, "checkout", plan(name)))).await;
        let open = open_pages(&shop).await;
        assert_eq!(open.len(), 1, "{open:?}");
        let answered: Vec<u16> = made.iter().map(|answer| answer.status).collect();
        assert!(answered.iter().all(|status| [201, 409].contains(status)), "{answered:?}");
        let page = text(&open[0]["url"]);
        assert!(made.iter().any(|answer| answer.status == 201 && answer.at("/url") == page), "{page}");
    }
}

#[tokio::test]
async fn a_page_that_is_paid_while_another_is_made_refuses_the_other() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    let first = post(&shop, &owner, "checkout", plan("starter")).await.expect(201).at("/url");
    let (paying, other) = tokio::join!(shop.pay(&first, CARD), post(&shop, &owner, "checkout", plan("pro")));
    let both = paying.0 == 303 && other.status == 201;
    assert!(!both, "{paying:?} {}", other.text());
}

#[tokio::test]
async fn a_second_subscription_is_cancelled_and_refunded_when_its_webhook_comes() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    let customer = customer(&shop, &owner).await;
    let pages = [old_page(&shop, &customer, "starter").await, old_page(&shop, &customer, "pro").await];
    for page in &pages {
        assert_eq!(shop.pay(page, CARD).await.0, 303);
        shop.app.advance_seconds(60);
    }
    shop.settle().await;
    let kept = running(&shop).await;
    assert_eq!((kept.len(), paid(&shop).await), (1, 2_900), "the first is kept");
    assert_eq!(shop.standing(&owner).await, ("starter/good".to_owned(), "active".to_owned()));

    let billing = shop.app.backbone.billing.as_ref().unwrap();
    let told = extra_list(billing, 10).await.unwrap();
    assert_eq!((told.len(), told[0].state.as_str(), told[0].refunded), (1, "refunded", 9_900));
    assert_eq!((&told[0].kept_id, &told[0].note), (&text(&kept[0]["id"]), &None));
    let mail = shop.app.mails(&owner.email).await.remove(0).mail;
    let words = mail.text(&Brand::of_product(&shop.app.backbone.product)).unwrap();
    assert!(words.contains("had a second subscription") && words.contains("refund $99"), "{words}");
    let audit = shop.app.get("/api/v1/audit?action=billing.extra_subscription_ended").key(&owner.key).send().await;
    assert_eq!(audit.expect(200).at("/data/0/subject"), told[0].subscription_id);
    // Repeated calls refund nothing twice.
    let report = reconcile(billing).await.unwrap();
    assert_eq!((report.repaired.len(), report.strange.len()), (0, 0), "{report:?}");
    assert_eq!(paid(&shop).await, 2_900);
}

#[tokio::test]
async fn the_daily_round_ends_extra_subscriptions_of_which_no_webhook_told() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    let customer = customer(&shop, &owner).await;
    let mut pages = Vec::new();
    for name in ["pro", "starter", "pro", "pro"] {
        pages.push(old_page(&shop, &customer, name).await);
    }
    shop.stripe("/_sandbox/chaos", Some(&[("drop", "1")])).await;
    for page in &pages {
        assert_eq!(shop.pay(page, CARD).await.0, 303);
    }
    assert_eq!((running(&shop).await.len(), paid(&shop).await), (4, 3 * 9_900 + 2_900));
    let billing = shop.app.backbone.billing.as_ref().unwrap();
    let report = reconcile(billing).await.unwrap();
    let ended = report.repaired.iter().filter(|line| line.contains("went back")).count();
    assert_eq!((running(&shop).await.len(), report.strange.len(), report.failed.len()), (1, 0, 0), "{report:?}");
    // The worker may have been as fast as the reconciliation.
    assert!(ended <= 3, "{report:?}");
    shop.settle().await;
    let kept = running(&shop).await.remove(0)["items"]["data"][0]["price"]["unit_amount"].as_i64().unwrap();
    assert_eq!(paid(&shop).await, kept);
    assert_eq!(extra_list(billing, 10).await.unwrap().iter().filter(|extra| extra.state == "refunded").count(), 3);
}

#[tokio::test]
async fn who_decided_when_another_one_was_to_be_kept_decides_again() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    let customer = customer(&shop, &owner).await;
    // The daily round is over before there is anything for it to find.
    shop.settle().await;
    let pages = [old_page(&shop, &customer, "pro").await, old_page(&shop, &customer, "starter").await];
    shop.stripe("/_sandbox/chaos", Some(&[("drop", "1")])).await;
    for page in &pages {
        assert_eq!(shop.pay(page, CARD).await.0, 303);
        shop.app.advance_seconds(60);
    }
    let both = running(&shop).await;
    let of_price = |amount: i64| {
        let costs = |each: &&Value| each["items"]["data"][0]["price"]["unit_amount"] == amount;
        text(&both.iter().find(costs).unwrap()["id"])
    };
    let (kept, extra) = (of_price(9_900), of_price(2_900));
    // Found beside a subscription that has ended since; while Stripe answers, it is found beside the other one.
    let admin = shop.app.test.admin().await;
    let found = "insert into freehold.extra_subscriptions
         (tenant_id, subscription_id, kept_id, kept_since, state, found_at)
         select tenant_id, $1, 'sub_gone', created_at, 'found', created_at from freehold.billing_accounts for update";
    admin.execute(found, &[&extra]).await.unwrap();
    shop.stripe("/_sandbox/chaos", Some(&[("slow_ms", "400")])).await;
    let billing = shop.app.backbone.billing.as_ref().unwrap();
    let tenant = owner.organization.parse().unwrap();
    let found_again = async {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        admin.execute("update freehold.extra_subscriptions set kept_id = $1", &[&kept]).await.unwrap();
    };
    let (ended, ()) = tokio::join!(extra::settle(billing, tenant), found_again);
    assert_eq!(ended.unwrap().repaired.len(), 1);
    assert_eq!(extra_list(billing, 9).await.unwrap()[0].state, "refunded");
    assert_eq!((running(&shop).await.len(), paid(&shop).await), (1, 9_900));
}

#[tokio::test]
async fn a_crash_between_cancelling_and_refunding_makes_one_refund() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    let customer = customer(&shop, &owner).await;
    let pages = [old_page(&shop, &customer, "starter").await, old_page(&shop, &customer, "pro").await];
    for page in &pages {
        assert_eq!(shop.pay(page, CARD).await.0, 303);
        shop.app.advance_seconds(60);
    }
    shop.settle().await;
    // As after a crash: Stripe has done everything, and it was not stored here. A day later the idempotency keys are
    // gone.
    let admin = shop.app.test.admin().await;
    for state in ["found", "cancelled"] {
        shop.app.advance_seconds(2 * 86_400);
        let back = format!("update freehold.extra_subscriptions set state = '{state}', refunded = 0, ended_at = null");
        assert_eq!(admin.execute(&back, &[]).await.unwrap(), 1);
        let report = reconcile(shop.app.backbone.billing.as_ref().unwrap()).await.unwrap();
        // The worker, whose daily reconciliation is due as well, may have been faster.
        assert!(report.repaired.len() <= 1, "{report:?}");
        shop.settle().await;
        assert_eq!(paid(&shop).await, 2_900);
        assert_eq!(extra_list(shop.app.backbone.billing.as_ref().unwrap(), 9).await.unwrap()[0].refunded, 9_900);
    }
    let mails = "select count(*) from freehold.mails where template = 'extra_subscription'";
    assert_eq!(shop.app.count(mails).await, 1);
}

#[tokio::test]
async fn a_refund_that_the_bank_refuses_later_is_noted_for_operators_once() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    let customer = customer(&shop, &owner).await;
    let pages = [old_page(&shop, &customer, "starter").await, old_page(&shop, &customer, "pro").await];
    for page in &pages {
        assert_eq!(shop.pay(page, REFUND_FAILS).await.0, 303);
        shop.app.advance_seconds(60);
    }
    shop.settle().await;
    let billing = shop.app.backbone.billing.as_ref().unwrap();
    assert_eq!(extra_list(billing, 9).await.unwrap()[0].refunded, 9_900);
    assert_eq!(reconcile(billing).await.unwrap().strange, Vec::<String>::new(), "the refund has not failed yet");

    shop.app.advance_seconds(2 * 86_400);
    shop.settle().await;
    let report = reconcile(billing).await.unwrap();
    // The worker, whose daily reconciliation is due as well, may have been faster.
    assert!(report.strange.iter().all(|line| line.contains("$99 did not reach the customer")), "{report:?}");
    shop.settle().await;
    let noted = extra_list(billing, 9).await.unwrap().remove(0);
    assert_eq!(noted.refunded, 0, "{noted:?}");
    assert!(noted.note.as_deref().is_some_and(|note| note.contains("$99") && note.contains("is failed")), "{noted:?}");
    let audit = shop.app.get("/api/v1/audit?action=billing.refund_failed").key(&owner.key).send().await.expect(200);
    assert_eq!(
        (audit.at("/data/0/subject"), audit.json()["data"].as_array().unwrap().len()),
        (noted.subscription_id, 1)
    );
    assert_eq!(reconcile(billing).await.unwrap().strange, Vec::<String>::new(), "it is noted once");
}

#[tokio::test]
async fn cancelling_ends_every_subscription() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    let customer = customer(&shop, &owner).await;
    let mut pages = Vec::new();
    for name in ["starter", "pro", "pro"] {
        pages.push(old_page(&shop, &customer, name).await);
    }
    shop.stripe("/_sandbox/chaos", Some(&[("drop", "1")])).await;
    for page in &pages {
        assert_eq!(shop.pay(page, CARD).await.0, 303);
        shop.app.advance_seconds(60);
    }
    let over = post(&shop, &owner, "cancel", json!({ "at": "now" })).await.expect(200).json();
    assert_eq!((&over["plan"], &over["state"]), (&json!("free"), &json!("free")));
    assert_eq!(running(&shop).await.len(), 0);
    shop.settle().await;
    assert_eq!(paid(&shop).await, 2_900, "the second and the third go back");
    post(&shop, &owner, "cancel", json!({})).await.refused(409, "conflict");
}
