//! Changes in the middle of a period, exact to the cent.

use super::{Bench, DAY, START};

fn amounts(invoice: &serde_json::Value) -> Vec<i64> {
    invoice["lines"]["data"].as_array().unwrap().iter().map(|line| line["amount"].as_i64().unwrap()).collect()
}

#[test]
fn a_third_of_the_period_before_its_end_a_third_is_credited_and_charged() {
    let mut bench = Bench::new();
    let (small, big) = (bench.price("Small", 1_000, "month"), bench.price("Big", 9_999, "month"));
    let customer = bench.customer("pm_card_visa");
    let subscription = bench.subscribe(&customer, &small, &[]);
    bench.advance(20 * DAY);
    bench.change(&subscription, &big, &[("proration_behavior", "always_invoice")]);
    let invoice = bench.latest_invoice(&subscription);
    assert_eq!(amounts(&invoice), [-333, 3_333]);
    assert_eq!(invoice["total"], 3_000);
    assert_eq!(invoice["billing_reason"], "subscription_update");
    let details = &invoice["lines"]["data"][0]["parent"]["subscription_item_details"];
    assert_eq!(details["proration"], true);
    // The period has not changed.
    assert_eq!(bench.subscription(&subscription)["items"]["data"][0]["current_period_start"], START);
}

#[test]
fn prorations_wait_for_the_next_invoice_by_default() {
    let mut bench = Bench::new();
    let (small, big) = (bench.price("Small", 1_000, "month"), bench.price("Big", 3_000, "month"));
    let customer = bench.customer("pm_card_visa");
    let subscription = bench.subscribe(&customer, &small, &[]);
    bench.advance(15 * DAY);
    bench.change(&subscription, &big, &[]);
    assert_eq!(bench.latest_invoice(&subscription)["billing_reason"], "subscription_create");
    bench.advance(16 * DAY);
    assert_eq!(amounts(&bench.latest_invoice(&subscription)), [3_000, -500, 1_500]);
}

#[test]
fn seats_are_prorated_too_and_nothing_is_when_told_so() {
    let mut bench = Bench::new();
    let price = bench.price("Seat", 1_500, "month");
    let customer = bench.customer("pm_card_visa");
    let subscription = bench.subscribe(&customer, &price, &[("items[0][quantity]", "2")]);
    bench.advance(15 * DAY);
    bench.change(&subscription, &price, &[("items[0][quantity]", "5"), ("proration_behavior", "always_invoice")]);
    let invoice = bench.latest_invoice(&subscription);
    assert_eq!(amounts(&invoice), [-1_500, 3_750]);
    assert!(invoice["lines"]["data"][0]["description"].as_str().unwrap().starts_with("Unused time on 2 × Seat after"));
    let before = bench.0.invoices.len();
    bench.change(&subscription, &price, &[("items[0][quantity]", "9"), ("proration_behavior", "none")]);
    assert_eq!((bench.0.invoices.len(), bench.get("invoiceitems")["data"].as_array().unwrap().len()), (before, 2));
}

#[test]
fn going_down_leaves_a_credit_that_the_next_invoices_use_up() {
    let mut bench = Bench::new();
    let (small, big) = (bench.price("Small", 1_000, "month"), bench.price("Big", 9_000, "month"));
    let customer = bench.customer("pm_card_visa");
    let subscription = bench.subscribe(&customer, &big, &[]);
    bench.advance(15 * DAY);
    bench.change(&subscription, &small, &[("proration_behavior", "always_invoice")]);
    let invoice = bench.latest_invoice(&subscription);
    assert_eq!((invoice["total"].as_i64(), invoice["amount_due"].as_i64()), (Some(-4_000), Some(0)));
    assert_eq!(invoice["status"], "paid");
    assert_eq!(bench.get(&format!("customers/{customer}"))["balance"], -4_000);
    bench.advance(16 * DAY);
    let invoice = bench.latest_invoice(&subscription);
    assert_eq!((invoice["total"].as_i64(), invoice["amount_due"].as_i64()), (Some(1_000), Some(0)));
    assert_eq!(
        (invoice["starting_balance"].as_i64(), invoice["ending_balance"].as_i64()),
        (Some(-4_000), Some(-3_000))
    );
}

#[test]
fn another_interval_begins_a_period_and_is_charged_at_once() {
    let mut bench = Bench::new();
    let (monthly, yearly) = (bench.price("Pro", 3_000, "month"), bench.price("Pro", 30_000, "year"));
    let customer = bench.customer("pm_card_visa");
    let subscription = bench.subscribe(&customer, &monthly, &[]);
    bench.advance(10 * DAY);
    let changed = bench.change(&subscription, &yearly, &[]);
    assert_eq!(changed["billing_cycle_anchor"], START + 10 * DAY);
    let mut lines = amounts(&bench.latest_invoice(&subscription));
    lines.sort_unstable();
    assert_eq!(lines, [-2_000, 30_000]);
}

#[test]
fn a_change_that_cannot_be_paid_is_refused_where_that_was_asked() {
    let mut bench = Bench::new();
    let (small, big) = (bench.price("Small", 1_000, "month"), bench.price("Big", 9_000, "month"));
    let customer = bench.customer("pm_card_visa");
    let subscription = bench.subscribe(&customer, &small, &[]);
    bench.card(&customer, "pm_card_chargeCustomerFail");
    let item = bench.subscription(&subscription)["items"]["data"][0]["id"].as_str().unwrap().to_owned();
    let form = [
        ("items[0][id]", item.as_str()),
        ("items[0][price]", big.as_str()),
        ("proration_behavior", "always_invoice"),
        ("payment_behavior", "error_if_incomplete"),
    ];
    let before = bench.subscription(&subscription);
    bench.advance(DAY);
    let refused = bench.call("POST", &format!("subscriptions/{subscription}"), &form).unwrap_err();
    assert_eq!(refused.status, 402);
    assert_eq!(bench.subscription(&subscription), before);
    bench.change(&subscription, &big, &[("proration_behavior", "always_invoice")]);
    assert_eq!(bench.status(&subscription), "past_due");
}
