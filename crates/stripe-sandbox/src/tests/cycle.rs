//! Events in time: trials, renewals, failed payments.

use super::{Bench, DAY, START, id};

#[test]
fn a_subscription_is_renewed_on_its_day_and_its_invoice_an_hour_later() {
    let mut bench = Bench::new();
    let price = bench.price("Pro", 9_900, "month");
    let customer = bench.customer("pm_card_visa");
    let subscription = bench.subscribe(&customer, &price, &[]);
    let before = bench.0.events.len();
    bench.advance(30 * DAY);
    assert_eq!(bench.latest_invoice(&subscription)["status"], "draft");
    bench.advance(3600);
    assert_eq!(bench.latest_invoice(&subscription)["status"], "paid");
    let expected = [
        "invoice.upcoming",
        "customer.subscription.updated",
        "invoice.created",
        "payment_intent.created",
        "invoice.finalized",
        "charge.succeeded",
        "payment_intent.succeeded",
        "invoice.updated",
        "invoice.paid",
        "invoice.payment_succeeded",
        "invoice_payment.paid",
    ];
    assert_eq!(bench.events(before), expected);
    assert_eq!(bench.times("invoice.upcoming"), [23 * DAY]);
}

#[test]
fn a_trial_without_a_card_ends_as_it_was_told_to() {
    for (missing, status, last) in [
        ("cancel", "canceled", "customer.subscription.deleted"),
        ("pause", "paused", "customer.subscription.paused"),
        ("create_invoice", "active", "invoice.created"),
    ] {
        let mut bench = Bench::new();
        let price = bench.price("Pro", 9_900, "month");
        let customer = id(&bench.post("customers", &[]));
        let more = [("trial_period_days", "14"), ("trial_settings[end_behavior][missing_payment_method]", missing)];
        let subscription = bench.subscribe(&customer, &price, &more);
        assert_eq!(bench.latest_invoice(&subscription)["amount_paid"], 0);
        bench.advance(14 * DAY - 1);
        assert_eq!(bench.status(&subscription), "trialing");
        assert_eq!(bench.times("customer.subscription.trial_will_end"), [11 * DAY]);
        bench.advance(1);
        assert_eq!(bench.status(&subscription), status);
        assert_eq!(bench.events(0).last().unwrap(), last);
    }
}

#[test]
fn from_trial_to_canceled_in_one_move_of_the_clock() {
    let mut bench = Bench::new();
    let price = bench.price("Pro", 9_900, "month");
    let customer = id(&bench.post("customers", &[]));
    let subscription = bench.subscribe(&customer, &price, &[("trial_period_days", "14")]);
    bench.advance(60 * DAY);
    // An hour after the trial, then 3, 5 and 7 days after the previous attempt.
    let tries = [14, 17, 22, 29].map(|day| day * DAY + 3600);
    assert_eq!(bench.times("invoice.payment_failed"), tries);
    assert_eq!(bench.times("customer.subscription.deleted"), [tries[3]]);
    let ended = bench.subscription(&subscription);
    assert_eq!((ended["status"].as_str(), ended["ended_at"].as_i64()), (Some("canceled"), Some(START + tries[3])));
    assert_eq!(ended["cancellation_details"]["reason"], "payment_failed");
    let invoice = bench.latest_invoice(&subscription);
    assert_eq!((invoice["status"].as_str(), invoice["attempt_count"].as_i64()), (Some("open"), Some(4)));
    assert_eq!(bench.get(&format!("customers/{customer}"))["delinquent"], true);
}

#[test]
fn a_new_card_makes_up_for_what_the_old_one_did_not_pay() {
    let mut bench = Bench::new();
    let price = bench.price("Pro", 9_900, "month");
    let customer = bench.customer("pm_card_sandboxFailsOnRenewal");
    let subscription = bench.subscribe(&customer, &price, &[]);
    assert_eq!(bench.status(&subscription), "active");
    bench.advance(30 * DAY + 3600);
    assert_eq!(bench.status(&subscription), "past_due");
    bench.card(&customer, "pm_card_visa");
    bench.advance(3 * DAY);
    assert_eq!(bench.status(&subscription), "active");
    assert_eq!(bench.get(&format!("customers/{customer}"))["delinquent"], false);
}

#[test]
fn after_the_last_try_a_subscription_may_stay_unpaid_and_its_invoices_drafts() {
    let mut bench = Bench::new();
    bench.0.billing.after_retries = "unpaid".to_owned();
    bench.0.billing.retry_days = vec![1];
    let price = bench.price("Pro", 9_900, "month");
    let customer = bench.customer("pm_card_sandboxFailsOnRenewal");
    let subscription = bench.subscribe(&customer, &price, &[]);
    bench.advance(32 * DAY);
    assert_eq!(bench.status(&subscription), "unpaid");
    bench.advance(31 * DAY);
    assert_eq!(bench.latest_invoice(&subscription)["status"], "draft");
}

#[test]
fn a_first_payment_has_23_hours() {
    let mut bench = Bench::new();
    let price = bench.price("Pro", 9_900, "month");
    let customer = bench.customer("pm_card_chargeCustomerFail");
    let subscription = bench.subscribe(&customer, &price, &[]);
    assert_eq!(bench.status(&subscription), "incomplete");
    bench.advance(23 * 3600);
    assert_eq!(bench.status(&subscription), "incomplete_expired");
    assert_eq!(bench.latest_invoice(&subscription)["status"], "void");
    assert_eq!(bench.get("subscriptions")["data"].as_array().unwrap().len(), 0);
}

#[test]
fn a_card_that_asks_its_owner_waits_for_them() {
    let mut bench = Bench::new();
    let price = bench.price("Pro", 9_900, "month");
    let customer = bench.customer("pm_card_authenticationRequired");
    let subscription = bench.subscribe(&customer, &price, &[]);
    assert_eq!(bench.status(&subscription), "incomplete");
    assert!(bench.events(0).contains(&"invoice.payment_action_required".to_owned()));
    let intent = id(&bench.get("payment_intents")["data"][0]);
    crate::payment_intent::request::authenticate(&mut bench.0, &intent, true).unwrap();
    assert_eq!(bench.status(&subscription), "active");
    bench.advance(30 * DAY + 3600);
    assert_eq!(bench.status(&subscription), "past_due");
}

#[test]
fn cancelling_at_the_end_of_the_period_can_be_taken_back() {
    let mut bench = Bench::new();
    let price = bench.price("Pro", 9_900, "month");
    let customer = bench.customer("pm_card_visa");
    let subscription = bench.subscribe(&customer, &price, &[]);
    let path = format!("subscriptions/{subscription}");
    let canceling = bench.post(&path, &[("cancel_at_period_end", "true")]);
    assert_eq!(canceling["cancel_at"], START + 30 * DAY);
    bench.post(&path, &[("cancel_at_period_end", "false")]);
    bench.advance(31 * DAY);
    assert_eq!(bench.status(&subscription), "active");
    bench.post(&path, &[("cancel_at_period_end", "true"), ("cancellation_details[feedback]", "unused")]);
    bench.advance(31 * DAY);
    let ended = bench.subscription(&subscription);
    assert_eq!(
        (ended["status"].as_str(), ended["cancellation_details"]["feedback"].as_str()),
        (Some("canceled"), Some("unused"))
    );
    assert_eq!(bench.0.invoices.len(), 2);
}

#[test]
fn while_collection_is_paused_invoices_are_not_collected() {
    let mut bench = Bench::new();
    let price = bench.price("Pro", 9_900, "month");
    let customer = bench.customer("pm_card_visa");
    let subscription = bench.subscribe(&customer, &price, &[]);
    let resumes = (START + 45 * DAY).to_string();
    let pause = [("pause_collection[behavior]", "void"), ("pause_collection[resumes_at]", resumes.as_str())];
    bench.post(&format!("subscriptions/{subscription}"), &pause);
    bench.advance(31 * DAY);
    assert_eq!(bench.latest_invoice(&subscription)["status"], "void");
    bench.advance(31 * DAY);
    assert_eq!(bench.subscription(&subscription)["pause_collection"], serde_json::Value::Null);
    assert_eq!(bench.latest_invoice(&subscription)["status"], "paid");
}

#[test]
fn a_test_clock_moves_only_its_own_customers() {
    let mut bench = Bench::new();
    let price = bench.price("Pro", 9_900, "month");
    let start = START.to_string();
    let clock = id(&bench.post("test_helpers/test_clocks", &[("frozen_time", &start)]));
    let bound = id(&bench.post("customers", &[("test_clock", &clock), ("payment_method", "pm_card_visa")]));
    bench.card(&bound, "pm_card_visa");
    let free = bench.customer("pm_card_visa");
    let (bound, free) = (bench.subscribe(&bound, &price, &[]), bench.subscribe(&free, &price, &[]));
    let to = (START + 31 * DAY).to_string();
    bench.post(&format!("test_helpers/test_clocks/{clock}/advance"), &[("frozen_time", &to)]);
    assert_eq!(bench.latest_invoice(&bound)["billing_reason"], "subscription_cycle");
    assert_eq!(bench.latest_invoice(&free)["billing_reason"], "subscription_create");
    bench.advance(90 * DAY);
    assert_eq!(bench.subscription(&bound)["items"]["data"][0]["current_period_start"], START + 30 * DAY);
    bench.call("DELETE", &format!("test_helpers/test_clocks/{clock}"), &[]).unwrap();
    assert_eq!(bench.status(&bound), "canceled");
}
