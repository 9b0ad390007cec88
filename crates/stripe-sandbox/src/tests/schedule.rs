//! Schedules: phases that start at their time, and what happens to the subscription at the end.

use serde_json::{Value, json};

use super::{Bench, DAY, START, id};

/// `START` plus this many months, in the year 2027.
fn month(count: usize) -> i64 {
    START + [0, 30, 61, 91, 122, 153][count] * DAY
}

impl Bench {
    fn schedule(&mut self, form: &[(&str, &str)]) -> Value {
        self.post("subscription_schedules", form)
    }
}

fn price_of(subscription: &Value) -> (&Value, &Value) {
    let item = &subscription["items"]["data"][0];
    (&item["price"]["id"], &item["quantity"])
}

#[test]
fn phases_follow_one_another_and_the_subscription_is_released_at_the_end() {
    let mut bench = Bench::new();
    let (small, big) = (bench.price("Small", 1_000, "month"), bench.price("Big", 5_000, "month"));
    let customer = bench.customer("pm_card_visa");
    let form = [
        ("customer", customer.as_str()),
        ("start_date", "now"),
        ("phases[0][items][0][price]", &small),
        ("phases[0][duration][interval]", "month"),
        ("phases[0][duration][interval_count]", "2"),
        ("phases[1][items][0][price]", &big),
        ("phases[1][items][0][quantity]", "3"),
        ("phases[1][duration][interval]", "month"),
    ];
    let schedule = bench.schedule(&form);
    assert_eq!((&schedule["status"], &schedule["end_behavior"]), (&json!("active"), &json!("release")));
    assert_eq!(schedule["current_phase"], json!({ "start_date": START, "end_date": month(2) }));
    let subscription = schedule["subscription"].as_str().unwrap().to_owned();
    assert_eq!(bench.subscription(&subscription)["schedule"], schedule["id"]);
    assert_eq!(bench.latest_invoice(&subscription)["total"], 1_000);
    bench.advance_to(month(1) + 2 * 3_600);
    assert_eq!(bench.latest_invoice(&subscription)["total"], 1_000);
    let preview = bench.post("invoices/create_preview", &[("subscription", &subscription)]);
    assert_eq!(preview["total"], 15_000, "the next period is the next phase's");
    bench.advance_to(month(2) + 2 * 3_600);
    let changed = bench.subscription(&subscription);
    assert_eq!(price_of(&changed), (&json!(big), &json!(3)));
    let invoice = bench.latest_invoice(&subscription);
    assert_eq!((&invoice["total"], &invoice["status"]), (&json!(15_000), &json!("paid")));
    assert_eq!(invoice["lines"]["data"].as_array().unwrap().len(), 1, "nothing is prorated between two periods");
    bench.advance_to(month(3) + 2 * 3_600);
    let over = bench.get(&format!("subscription_schedules/{}", id(&schedule)));
    assert_eq!(
        (&over["status"], &over["subscription"], &over["released_subscription"]),
        (&json!("released"), &Value::Null, &json!(subscription))
    );
    assert_eq!(
        (bench.subscription(&subscription)["schedule"].clone(), bench.status(&subscription)),
        (Value::Null, "active".to_owned())
    );
    assert_eq!(bench.latest_invoice(&subscription)["total"], 15_000);
    let kinds = bench.events(0);
    let of = |kind: &str| kinds.iter().filter(|each| *each == &format!("subscription_schedule.{kind}")).count();
    assert_eq!(["created", "updated", "expiring", "released", "completed"].map(of), [1, 1, 1, 1, 0]);
}

#[test]
fn a_schedule_that_cancels_ends_the_subscription_with_its_last_phase() {
    let mut bench = Bench::new();
    let price = bench.price("Pro", 1_000, "month");
    let customer = bench.customer("pm_card_visa");
    let form = [
        ("customer", customer.as_str()),
        ("end_behavior", "cancel"),
        ("phases[0][items][0][price]", &price),
        ("phases[0][end_date]", &month(2).to_string()),
    ];
    let schedule = bench.schedule(&form);
    let subscription = schedule["subscription"].as_str().unwrap().to_owned();
    assert_eq!(bench.subscription(&subscription)["cancel_at"], month(2));
    let refused = bench.call("POST", &format!("subscriptions/{subscription}"), &[("cancel_at_period_end", "true")]);
    assert!(refused.unwrap_err().message().contains("managed by the subscription schedule"));
    bench.advance_to(month(3));
    assert_eq!(bench.status(&subscription), "canceled");
    assert_eq!(bench.times("customer.subscription.deleted"), [month(2) - START]);
    let over = bench.get(&format!("subscription_schedules/{}", id(&schedule)));
    assert_eq!((&over["status"], &over["completed_at"]), (&json!("completed"), &json!(month(2))));
    assert_eq!(bench.get("invoices")["data"].as_array().unwrap().len(), 2);
}

#[test]
fn a_schedule_begins_at_its_time_and_can_be_cancelled_before() {
    let mut bench = Bench::new();
    let price = bench.price("Pro", 1_000, "month");
    let customer = bench.customer("pm_card_visa");
    let start = (START + 10 * DAY).to_string();
    let form = [
        ("customer", customer.as_str()),
        ("start_date", &start),
        ("phases[0][items][0][price]", &price),
        ("phases[0][duration][interval]", "year"),
    ];
    let (first, second) = (bench.schedule(&form), bench.schedule(&form));
    assert_eq!(
        (&first["status"], &first["subscription"], &first["current_phase"]),
        (&json!("not_started"), &Value::Null, &Value::Null)
    );
    let cancelled = bench.post(&format!("subscription_schedules/{}/cancel", id(&second)), &[]);
    assert_eq!(cancelled["status"], "canceled");
    assert!(bench.call("POST", &format!("subscription_schedules/{}/release", id(&second)), &[]).is_err());
    let waiting = bench.call("GET", "subscription_schedules", &[("scheduled", "true")]).unwrap();
    assert_eq!(waiting["data"].as_array().unwrap().len(), 1);
    bench.advance(40 * DAY);
    let begun = bench.get(&format!("subscription_schedules/{}", id(&first)));
    assert_eq!(begun["status"], "active");
    let subscription = bench.subscription(begun["subscription"].as_str().unwrap());
    assert_eq!(subscription["created"], START + 10 * DAY);
    assert_eq!(bench.0.subscriptions.len(), 1);
    let cancelled = bench.post(&format!("subscription_schedules/{}/cancel", id(&first)), &[]);
    assert_eq!(cancelled["status"], "canceled");
    assert_eq!(bench.status(subscription["id"].as_str().unwrap()), "canceled");
}

#[test]
fn a_running_subscription_gets_a_schedule_and_another_price_with_its_next_period() {
    let mut bench = Bench::new();
    let (big, small) = (bench.price("Big", 5_000, "month"), bench.price("Small", 1_000, "month"));
    let customer = bench.customer("pm_card_visa");
    let coupon = id(&bench.post("coupons", &[("percent_off", "10"), ("duration", "forever")]));
    let subscription = bench.subscribe(&customer, &big, &[("discounts[0][coupon]", &coupon)]);
    bench.advance(3 * DAY);
    let schedule = id(&bench.schedule(&[("from_subscription", &subscription)]));
    assert!(bench.call("POST", "subscription_schedules", &[("from_subscription", &subscription)]).is_err());
    let (start, end) = (START.to_string(), month(1).to_string());
    let form = [
        ("phases[0][start_date]", start.as_str()),
        ("phases[0][end_date]", &end),
        ("phases[0][items][0][price]", &big),
        ("phases[0][discounts][0][coupon]", &coupon),
        ("phases[1][items][0][price]", &small),
        ("phases[1][discounts][0][coupon]", &coupon),
        ("phases[1][duration][interval]", "month"),
    ];
    bench.post(&format!("subscription_schedules/{schedule}"), &form);
    assert_eq!(price_of(&bench.subscription(&subscription)).0, &json!(big));
    bench.advance_to(month(1) + 2 * 3_600);
    assert_eq!(bench.latest_invoice(&subscription)["total"], 900);
    assert_eq!(bench.get(&format!("coupons/{coupon}"))["times_redeemed"], 1, "it is redeemed once");
    let released = bench.post(&format!("subscription_schedules/{schedule}/release"), &[]);
    assert_eq!((&released["status"], &released["released_subscription"]), (&json!("released"), &json!(subscription)));
    bench.advance_to(month(2) + 2 * 3_600);
    assert_eq!(bench.latest_invoice(&subscription)["total"], 900);
}

#[test]
fn a_phase_in_the_middle_of_a_period_is_prorated_as_it_says() {
    let mut bench = Bench::new();
    let (small, big) = (bench.price("Small", 3_000, "month"), bench.price("Big", 9_000, "month"));
    for (behavior, lines) in [("always_invoice", vec![-1_000, 3_000]), ("none", vec![3_000])] {
        let customer = bench.customer("pm_card_visa");
        let begin = bench.0.sandbox_now;
        let (middle, end) = ((begin + 20 * DAY).to_string(), (begin + 200 * DAY).to_string());
        let form = [
            ("customer", customer.as_str()),
            ("phases[0][items][0][price]", &small),
            ("phases[0][end_date]", &middle),
            ("phases[1][items][0][price]", &big),
            ("phases[1][end_date]", &end),
            ("phases[1][proration_behavior]", behavior),
        ];
        let mut other = Bench(bench.0.clone());
        let subscription = other.schedule(&form)["subscription"].as_str().unwrap().to_owned();
        other.advance(21 * DAY);
        assert_eq!(price_of(&other.subscription(&subscription)).0, &json!(big));
        let invoice = other.latest_invoice(&subscription);
        let amounts: Vec<i64> =
            invoice["lines"]["data"].as_array().unwrap().iter().map(|line| line["amount"].as_i64().unwrap()).collect();
        assert_eq!(amounts, lines, "{behavior}");
    }
}

#[test]
fn phases_that_make_no_sense_are_refused() {
    let mut bench = Bench::new();
    let price = bench.price("Pro", 1_000, "month");
    let customer = bench.customer("pm_card_visa");
    let (past, future) = ((START - DAY).to_string(), (START + DAY).to_string());
    for (param, more) in [
        ("phases[0][end_date]", vec![]),
        ("phases[0][end_date]", vec![("phases[0][end_date]", past.as_str())]),
        ("phases[0][end_date]", vec![("phases[0][end_date]", &future), ("phases[0][duration][interval]", "month")]),
        ("phases[0][start_date]", vec![("phases[0][end_date]", &future), ("phases[0][start_date]", &past)]),
        ("phases[0][iterations]", vec![("phases[0][end_date]", &future), ("phases[0][iterations]", "2")]),
        ("end_behavior", vec![("phases[0][end_date]", &future), ("end_behavior", "explode")]),
        ("end_behavior", vec![("phases[0][end_date]", &future), ("end_behavior", "renew")]),
        ("start_date", vec![("phases[0][end_date]", &future), ("start_date", &past)]),
    ] {
        let mut form = vec![("customer", customer.as_str()), ("phases[0][items][0][price]", &price)];
        form.extend(more);
        let refused = bench.call("POST", "subscription_schedules", &form).expect_err(param).body();
        assert_eq!(refused["error"]["param"], param, "{refused}");
    }
    assert_eq!((bench.0.schedules.len(), bench.0.subscriptions.len()), (0, 0));
}
