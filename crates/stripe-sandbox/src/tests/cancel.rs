//! Cancelling at the period's end, with flexible and with classic billing.

use serde_json::{Value, json};

use super::{Bench, DAY, START, id};
use crate::{form::Params, portal};

/// Does what a customer does in the portal.
fn in_portal(bench: &mut Bench, customer: &str, action: &str, subscription: &str) {
    let session = id(&bench.post("billing_portal/sessions", &[("customer", customer)]));
    let mut form = Params::of(&[("subscription", subscription)]);
    portal::page::submit(&mut bench.0, &session, action, &mut form);
}

fn end(subscription: &Value) -> (Value, Value) {
    (subscription["cancel_at_period_end"].clone(), subscription["cancel_at"].clone())
}

#[test]
fn the_portal_sets_a_time_with_flexible_billing_and_a_flag_with_classic() {
    let mut bench = Bench::new();
    let price = bench.price("Pro", 1_000, "month");
    for (mode, flag) in [("flexible", false), ("classic", true)] {
        let customer = bench.customer("pm_card_visa");
        let subscription = bench.subscribe(&customer, &price, &[("billing_mode[type]", mode)]);
        let before = bench.subscription(&subscription);
        assert_eq!(before["billing_mode"]["type"], mode);
        let period_end = before["items"]["data"][0]["current_period_end"].clone();
        in_portal(&mut bench, &customer, "cancel", &subscription);
        assert_eq!(end(&bench.subscription(&subscription)), (json!(flag), period_end), "{mode}");
        in_portal(&mut bench, &customer, "keep", &subscription);
        assert_eq!(end(&bench.subscription(&subscription)), (json!(false), Value::Null), "{mode}");
        in_portal(&mut bench, &customer, "cancel", &subscription);
    }
    bench.advance(31 * DAY);
    let listed = bench.call("GET", "subscriptions", &[("status", "canceled")]).unwrap();
    assert_eq!(listed["data"].as_array().unwrap().len(), 2);
    assert_eq!(bench.times("customer.subscription.deleted"), [30 * DAY, 30 * DAY]);
}

#[test]
fn flexible_billing_is_the_default_and_classic_can_be_migrated_to_it() {
    let mut bench = Bench::new();
    let price = bench.price("Pro", 1_000, "month");
    let customer = bench.customer("pm_card_visa");
    let flexible = bench.subscribe(&customer, &price, &[]);
    assert_eq!(bench.subscription(&flexible)["billing_mode"]["type"], "flexible");
    let classic = bench.subscribe(&customer, &price, &[("billing_mode[type]", "classic")]);
    let path = format!("subscriptions/{classic}");
    let helper = bench.call("POST", &path, &[("cancel_at", "max_period_end")]).unwrap_err().body();
    assert_eq!(helper["error"]["param"], "cancel_at");
    let migrated = bench.post(&format!("{path}/migrate"), &[("billing_mode[type]", "flexible")]);
    assert_eq!(
        (&migrated["billing_mode"]["type"], &migrated["billing_mode"]["updated_at"]),
        (&json!("flexible"), &json!(START))
    );
    bench.post(&path, &[("cancel_at", "max_period_end")]);
}

#[test]
fn an_end_that_is_the_periods_follows_it_and_a_time_does_not() {
    let mut bench = Bench::new();
    let (monthly, yearly) = (bench.price("Pro", 1_000, "month"), bench.price("Pro", 10_000, "year"));
    let customer = bench.customer("pm_card_visa");
    let flagged = bench.subscribe(&customer, &monthly, &[("cancel_at_period_end", "true")]);
    bench.change(&flagged, &yearly, &[]);
    let year_end = bench.subscription(&flagged)["items"]["data"][0]["current_period_end"].clone();
    assert_eq!(end(&bench.subscription(&flagged)), (json!(true), year_end.clone()));
    let timed = bench.subscribe(&customer, &monthly, &[("cancel_at", "max_period_end")]);
    let month_end = json!(START + 30 * DAY);
    bench.change(&timed, &yearly, &[]);
    assert_eq!(end(&bench.subscription(&timed)), (json!(false), month_end));
    bench.change(&timed, &yearly, &[("cancel_at", "min_period_end")]);
    assert_eq!(end(&bench.subscription(&timed)), (json!(false), year_end));
    bench.post(&format!("subscriptions/{timed}"), &[("cancel_at", "")]);
    assert_eq!(end(&bench.subscription(&timed)), (json!(false), Value::Null));
    let both = [("cancel_at", "min_period_end"), ("cancel_at_period_end", "true")];
    assert!(bench.call("POST", &format!("subscriptions/{timed}"), &both).is_err());
}
