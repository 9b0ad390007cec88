//! Coupons and promotion codes: amounts, durations, and who can redeem them.

use serde_json::{Value, json};

use super::{Bench, DAY, START, id};
use crate::{checkout, form::Params, page::Answer};

fn numbers(invoice: &Value, fields: [&str; 3]) -> [i64; 3] {
    fields.map(|field| invoice[field].as_i64().unwrap())
}

/// Subtotal, discount and total.
fn sums(invoice: &Value) -> [i64; 3] {
    let off = invoice["total_discount_amounts"].as_array().unwrap();
    let off: i64 = off.iter().map(|amount| amount["amount"].as_i64().unwrap()).sum();
    let lines = invoice["lines"]["data"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|line| line["discount_amounts"].as_array().unwrap());
    assert_eq!(lines.map(|amount| amount["amount"].as_i64().unwrap()).sum::<i64>(), off, "{invoice:#}");
    [invoice["subtotal"].as_i64().unwrap(), off, invoice["total"].as_i64().unwrap()]
}

impl Bench {
    fn coupon(&mut self, form: &[(&str, &str)]) -> String {
        id(&self.post("coupons", form))
    }

    fn code(&mut self, coupon: &str, code: &str, more: &[(&str, &str)]) -> String {
        let mut form = vec![("promotion[type]", "coupon"), ("promotion[coupon]", coupon), ("code", code)];
        form.extend(more);
        id(&self.post("promotion_codes", &form))
    }

    fn refused(&mut self, method: &str, path: &str, form: &[(&str, &str)]) -> Value {
        let error = self.call(method, path, form).expect_err("it is refused");
        error.body()["error"].clone()
    }

    /// Submits the page of a session. Returns the status of the response, and the page.
    fn checkout_page(&mut self, session: &str, form: &[(&str, &str)]) -> (u16, String) {
        match checkout::page::submit(&mut self.0, session, &mut Params::of(form)) {
            Answer::Html(status, html) => (status, html),
            Answer::Redirect(url) => (303, url),
            Answer::Pdf(..) => panic!("a checkout has no paper"),
        }
    }
}

#[test]
fn once_repeating_and_forever_take_off_as_many_invoices() {
    let mut bench = Bench::new();
    let price = bench.price("Pro", 9_999, "month");
    for (duration, months, taken) in [("once", "", 1), ("repeating", "3", 3), ("forever", "", 5)] {
        let mut form = vec![("percent_off", "33.3"), ("duration", duration)];
        if !months.is_empty() {
            form.push(("duration_in_months", months));
        }
        let coupon = bench.coupon(&form);
        let clock = id(&bench.post("test_helpers/test_clocks", &[("frozen_time", &START.to_string())]));
        let customer = id(&bench.post("customers", &[("test_clock", &clock)]));
        bench.card(&customer, "pm_card_visa");
        let subscription = bench.subscribe(&customer, &price, &[("discounts[0][coupon]", &coupon)]);
        // 33.3 % of 9999 is 3329.667.
        let mut seen = vec![sums(&bench.latest_invoice(&subscription))];
        for month in 1..5 {
            let to = (START + (31 * month) * DAY + 2 * 3600).to_string();
            bench.post(&format!("test_helpers/test_clocks/{clock}/advance"), &[("frozen_time", &to)]);
            seen.push(sums(&bench.latest_invoice(&subscription)));
        }
        let expected: Vec<[i64; 3]> =
            (0..5).map(|month| if month < taken { [9_999, 3_330, 6_669] } else { [9_999, 0, 9_999] }).collect();
        assert_eq!(seen, expected, "{duration}");
        let left = bench.subscription(&subscription)["discounts"].as_array().unwrap().len();
        assert_eq!(left, usize::from(duration == "forever"), "{duration}");
    }
    let ended = bench.0.events.iter().filter(|event| event.kind == "customer.discount.deleted").count();
    let begun = bench.0.events.iter().filter(|event| event.kind == "customer.discount.created").count();
    assert_eq!((begun, ended), (3, 2));
}

#[test]
fn an_amount_off_is_shared_out_over_the_lines_and_ends_at_nothing() {
    let mut bench = Bench::new();
    let (seats, extra) = (bench.price("Seats", 1_000, "month"), bench.price("Extra", 500, "month"));
    let customer = bench.customer("pm_card_visa");
    let coupon = bench.coupon(&[("amount_off", "1000"), ("currency", "usd"), ("duration", "forever")]);
    let items = [("items[1][price]", extra.as_str()), ("discounts[0][coupon]", &coupon)];
    let subscription = bench.subscribe(&customer, &seats, &items);
    let invoice = bench.latest_invoice(&subscription);
    assert_eq!(sums(&invoice), [1_500, 1_000, 500]);
    let lines = invoice["lines"]["data"].as_array().unwrap();
    let off: Vec<&Value> = lines.iter().map(|line| &line["discount_amounts"][0]["amount"]).collect();
    assert_eq!(off, [667, 333]);
    assert_eq!(numbers(&invoice, ["amount_due", "amount_paid", "subtotal"]), [500, 500, 1_500]);
    let all = bench.coupon(&[("amount_off", "5000"), ("currency", "usd"), ("duration", "once")]);
    let free = bench.subscribe(&customer, &extra, &[("discounts[0][coupon]", &all)]);
    let invoice = bench.latest_invoice(&free);
    assert_eq!((sums(&invoice), &invoice["status"]), ([500, 500, 0], &json!("paid")));
    assert_eq!(bench.status(&free), "active");
}

#[test]
fn a_free_first_period_needs_no_card() {
    let mut bench = Bench::new();
    let price = bench.price("Pro", 9_900, "month");
    let customer = id(&bench.post("customers", &[]));
    let coupon = bench.coupon(&[("percent_off", "100"), ("duration", "once")]);
    let subscription = bench.subscribe(&customer, &price, &[("discounts[0][coupon]", &coupon)]);
    assert_eq!(bench.status(&subscription), "active");
    assert!(bench.call("POST", "subscriptions", &[("customer", &customer), ("items[0][price]", &price)]).is_err());
}

#[test]
fn several_discounts_take_off_what_the_ones_before_left_and_only_of_their_products() {
    let mut bench = Bench::new();
    let (pro, extra) = (bench.price("Pro", 10_000, "month"), bench.price("Extra", 1_000, "month"));
    let product = bench.get(&format!("prices/{extra}"))["product"].as_str().unwrap().to_owned();
    let tenth = bench.coupon(&[("percent_off", "10"), ("duration", "forever")]);
    let only = bench.coupon(&[("percent_off", "50"), ("duration", "forever"), ("applies_to[products][]", &product)]);
    let customer = bench.customer("pm_card_visa");
    let form = [("items[1][price]", extra.as_str()), ("discounts[0][coupon]", &tenth), ("discounts[1][coupon]", &only)];
    let subscription = bench.subscribe(&customer, &pro, &form);
    // 11000 less 1100, and of Extra's 900 another 450.
    assert_eq!(sums(&bench.latest_invoice(&subscription)), [11_000, 1_550, 9_450]);
}

#[test]
fn prorations_are_parts_of_what_the_discounts_leave() {
    let mut bench = Bench::new();
    let (small, big) = (bench.price("Small", 3_000, "month"), bench.price("Big", 9_000, "month"));
    let customer = bench.customer("pm_card_visa");
    let forever = bench.coupon(&[("percent_off", "50"), ("duration", "forever")]);
    let once = bench.coupon(&[("percent_off", "50"), ("duration", "once")]);
    for (coupon, expected) in [(forever, [-500, 1_500]), (once, [-500, 3_000])] {
        let mut other = Bench(bench.0.clone());
        let subscription = other.subscribe(&customer, &small, &[("discounts[0][coupon]", &coupon)]);
        other.advance(20 * DAY);
        other.change(&subscription, &big, &[("proration_behavior", "always_invoice")]);
        let invoice = other.latest_invoice(&subscription);
        let amounts: Vec<i64> =
            invoice["lines"]["data"].as_array().unwrap().iter().map(|line| line["amount"].as_i64().unwrap()).collect();
        assert_eq!(amounts, expected);
        assert_eq!(sums(&invoice)[1], 0, "what is a part of the rest is not discounted again");
    }
}

#[test]
fn a_preview_of_what_recurs_leaves_out_what_is_paid_once() {
    let mut bench = Bench::new();
    let (small, big) = (bench.price("Small", 3_000, "month"), bench.price("Big", 9_000, "month"));
    let customer = bench.customer("pm_card_visa");
    let (forever, once) = (
        bench.coupon(&[("percent_off", "10"), ("duration", "forever")]),
        bench.coupon(&[("percent_off", "50"), ("duration", "once")]),
    );
    let subscription = bench.subscribe(&customer, &small, &[("discounts[0][coupon]", &forever)]);
    let kept = bench.subscription(&subscription)["discounts"][0].as_str().unwrap().to_owned();
    let both = [("discounts[0][discount]", kept.as_str()), ("discounts[1][coupon]", &once)];
    bench.post(&format!("subscriptions/{subscription}"), &both);
    bench.post("invoiceitems", &[("customer", &customer), ("amount", "700"), ("currency", "usd")]);
    bench.post(&format!("customers/{customer}"), &[("balance", "-100")]);
    bench.advance(10 * DAY);
    let item = bench.subscription(&subscription)["items"]["data"][0]["id"].as_str().unwrap().to_owned();
    let form = [
        ("subscription", subscription.as_str()),
        ("subscription_details[items][0][id]", &item),
        ("subscription_details[items][0][price]", &big),
        ("subscription_details[proration_behavior]", "always_invoice"),
        ("preview_mode", "recurring"),
    ];
    let regular = bench.post("invoices/create_preview", &form);
    assert_eq!((sums(&regular), &regular["amount_due"]), ([9_000, 900, 8_100], &json!(8_100)));
}

#[test]
fn a_coupon_that_cannot_be_redeemed_is_refused_and_nothing_is_sold_at_the_full_price() {
    let mut bench = Bench::new();
    let price = bench.price("Pro", 9_900, "month");
    let customer = bench.customer("pm_card_visa");
    let subscribe = |coupon: &str| {
        [
            ("customer", customer.clone()),
            ("items[0][price]", price.clone()),
            ("discounts[0][coupon]", coupon.to_owned()),
        ]
    };
    let attempt = |bench: &mut Bench, coupon: &str| {
        let form = subscribe(coupon);
        let form: Vec<(&str, &str)> = form.iter().map(|(key, text)| (*key, text.as_str())).collect();
        bench.call("POST", "subscriptions", &form).map_err(|error| error.body()["error"].clone())
    };
    let missing = attempt(&mut bench, "NONSENSE").unwrap_err();
    assert_eq!((&missing["code"], &missing["param"]), (&json!("resource_missing"), &json!("discounts[0][coupon]")));
    let one = bench.coupon(&[("percent_off", "10"), ("max_redemptions", "1")]);
    attempt(&mut bench, &one).unwrap();
    assert_eq!(attempt(&mut bench, &one).unwrap_err()["code"], "coupon_expired");
    assert_eq!(bench.get(&format!("coupons/{one}"))["valid"], false);
    let by = (START + DAY).to_string();
    let short = bench.coupon(&[("percent_off", "10"), ("redeem_by", &by)]);
    let euro = bench.coupon(&[("amount_off", "100"), ("currency", "eur")]);
    assert_eq!(attempt(&mut bench, &euro).unwrap_err()["param"], "discounts[0][coupon]");
    bench.advance(2 * DAY);
    assert_eq!(attempt(&mut bench, &short).unwrap_err()["code"], "coupon_expired");
    assert_eq!(bench.0.subscriptions.len(), 1);
    for wrong in [
        vec![("duration", "once")],
        vec![("percent_off", "101")],
        vec![("percent_off", "0")],
        vec![("percent_off", "10"), ("amount_off", "5"), ("currency", "usd")],
        vec![("amount_off", "5")],
        vec![("amount_off", "5"), ("currency", "xyz")],
        vec![("percent_off", "10"), ("duration", "repeating")],
        vec![("percent_off", "10"), ("duration", "twice")],
        vec![("percent_off", "10"), ("id", &one)],
    ] {
        assert_eq!(bench.refused("POST", "coupons", &wrong)["type"], "invalid_request_error", "{wrong:?}");
    }
}

#[test]
fn a_deleted_coupon_leaves_its_discounts_and_a_deleted_discount_takes_nothing_off() {
    let mut bench = Bench::new();
    let price = bench.price("Pro", 10_000, "month");
    let customer = bench.customer("pm_card_visa");
    let coupon =
        bench.coupon(&[("percent_off", "25"), ("duration", "forever"), ("id", "QUARTER"), ("name", "A quarter")]);
    let subscription = bench.subscribe(&customer, &price, &[("discounts[0][coupon]", &coupon)]);
    assert_eq!(bench.call("DELETE", "coupons/QUARTER", &[]).unwrap()["deleted"], true);
    bench.advance(31 * DAY);
    assert_eq!(sums(&bench.latest_invoice(&subscription)), [10_000, 2_500, 7_500]);
    let path = format!("subscriptions/{subscription}/discount");
    let gone = bench.call("DELETE", &path, &[]).unwrap();
    assert_eq!((&gone["deleted"], &gone["source"]["coupon"]), (&json!(true), &json!("QUARTER")));
    assert_eq!(bench.refused("DELETE", &path, &[])["code"], "resource_missing");
    bench.advance(31 * DAY);
    assert_eq!(sums(&bench.latest_invoice(&subscription)), [10_000, 0, 10_000]);
    assert_eq!(bench.refused("GET", "coupons/QUARTER", &[])["code"], "resource_missing");
}

#[test]
fn discounts_of_a_subscription_are_set_as_a_whole() {
    let mut bench = Bench::new();
    let price = bench.price("Pro", 10_000, "month");
    let customer = bench.customer("pm_card_visa");
    let (ten, twenty) = (
        bench.coupon(&[("percent_off", "10"), ("duration", "forever")]),
        bench.coupon(&[("percent_off", "20"), ("duration", "forever")]),
    );
    let subscription = bench.subscribe(&customer, &price, &[("discounts[0][coupon]", &ten)]);
    let path = format!("subscriptions/{subscription}");
    let first = bench.subscription(&subscription)["discounts"][0].as_str().unwrap().to_owned();
    let form = [("discounts[0][discount]", first.as_str()), ("discounts[1][coupon]", &twenty)];
    assert_eq!(bench.post(&path, &form)["discounts"][0], first.as_str());
    let preview = bench.post("invoices/create_preview", &[("subscription", &subscription)]);
    assert_eq!(sums(&preview), [10_000, 2_800, 7_200]);
    assert_eq!(bench.get(&format!("coupons/{ten}"))["times_redeemed"], 1);
    assert_eq!(bench.post(&path, &[("description", "Kept")])["discounts"].as_array().unwrap().len(), 2);
    assert_eq!(bench.post(&path, &[("discounts", "")])["discounts"], json!([]));
    let kinds = bench.events(0);
    let count = |kind: &str| kinds.iter().filter(|each| *each == kind).count();
    assert_eq!((count("customer.discount.created"), count("customer.discount.deleted")), (2, 2));
    let item = [
        ("items[0][id]", bench.subscription(&subscription)["items"]["data"][0]["id"].as_str().unwrap().to_owned()),
        ("items[0][discounts][0][coupon]", ten),
    ];
    let item: Vec<(&str, &str)> = item.iter().map(|(key, text)| (*key, text.as_str())).collect();
    assert_eq!(bench.refused("POST", &path, &item)["param"], "items[0][discounts]");
}

#[test]
fn a_promotion_code_is_typed_in_at_checkout_and_shown_before_it_is_paid() {
    let mut bench = Bench::new();
    let price = bench.price("Pro", 9_900, "month");
    let coupon = bench.coupon(&[("percent_off", "20"), ("duration", "forever"), ("name", "Spring")]);
    bench.code(&coupon, "SPRING20", &[("max_redemptions", "1")]);
    let form = [
        ("mode", "subscription"),
        ("line_items[0][price]", price.as_str()),
        ("success_url", "https://example.com/"),
        ("allow_promotion_codes", "true"),
    ];
    let session = id(&bench.post("checkout/sessions", &form));
    let (status, page) = bench.checkout_page(&session, &[("apply", "code"), ("promotion_code", "WRONG")]);
    assert_eq!((status, page.contains("This code is invalid.")), (400, true));
    let (status, page) = bench.checkout_page(&session, &[("apply", "code"), ("promotion_code", "spring20")]);
    assert!(
        status == 200 && page.contains("Spring (20% off)") && page.contains("-$19.80") && page.contains("Pay $79.20"),
        "{page}"
    );
    let open = bench.get(&format!("checkout/sessions/{session}"));
    assert_eq!(
        (&open["amount_subtotal"], &open["amount_total"], &open["total_details"]["amount_discount"]),
        (&json!(9_900), &json!(7_920), &json!(1_980))
    );
    let pay = [("email", "new@example.com"), ("card_number", "4242424242424242"), ("promotion_code", "SPRING20")];
    assert_eq!(bench.checkout_page(&session, &pay).0, 303);
    let done = bench.get(&format!("checkout/sessions/{session}"));
    assert!(done["discounts"][0]["promotion_code"].as_str().unwrap().starts_with("promo_"));
    let subscription = done["subscription"].as_str().unwrap().to_owned();
    let invoice = bench.latest_invoice(&subscription);
    assert_eq!((sums(&invoice), &invoice["amount_paid"]), ([9_900, 1_980, 7_920], &json!(7_920)));
    let code = bench.get("promotion_codes")["data"][0].clone();
    assert_eq!((&code["times_redeemed"], &code["active"]), (&json!(1), &json!(false)));
    let again = id(&bench.post("checkout/sessions", &form));
    assert_eq!(bench.checkout_page(&again, &pay).0, 400);
    assert_eq!(bench.0.subscriptions.len(), 1);
    let lines = bench.get(&format!("checkout/sessions/{session}/line_items"));
    assert_eq!(
        (&lines["data"][0]["amount_discount"], &lines["data"][0]["amount_total"]),
        (&json!(1_980), &json!(7_920))
    );
}

#[test]
fn a_session_can_come_with_a_discount_and_then_takes_no_codes() {
    let mut bench = Bench::new();
    let price = bench.price("Pro", 9_900, "month");
    let coupon = bench.coupon(&[("amount_off", "1000"), ("currency", "usd"), ("duration", "once")]);
    let form = [
        ("mode", "subscription"),
        ("line_items[0][price]", price.as_str()),
        ("success_url", "https://example.com/"),
        ("discounts[0][coupon]", &coupon),
    ];
    let session = bench.post("checkout/sessions", &form);
    assert_eq!((&session["amount_total"], &session["discounts"][0]["coupon"]), (&json!(8_900), &json!(coupon)));
    let both: Vec<(&str, &str)> = form.iter().copied().chain([("allow_promotion_codes", "true")]).collect();
    assert_eq!(bench.refused("POST", "checkout/sessions", &both)["param"], "discounts");
    let mut unknown = form;
    unknown[3].1 = "NONSENSE";
    assert_eq!(bench.refused("POST", "checkout/sessions", &unknown)["code"], "resource_missing");
}

#[test]
fn a_promotion_code_keeps_its_restrictions() {
    let mut bench = Bench::new();
    let (small, big) = (bench.price("Small", 1_000, "month"), bench.price("Big", 5_000, "month"));
    let coupon = bench.coupon(&[("percent_off", "10"), ("duration", "forever")]);
    let (customer, other) = (bench.customer("pm_card_visa"), bench.customer("pm_card_visa"));
    let least = [("restrictions[minimum_amount]", "2000"), ("restrictions[minimum_amount_currency]", "usd")];
    let least = bench.code(&coupon, "LARGE", &least);
    let first = bench.code(&coupon, "FIRST", &[("restrictions[first_time_transaction]", "true")]);
    let own = bench.code(&coupon, "OWN", &[("customer", &customer)]);
    let until = (START + DAY).to_string();
    let short = bench.code(&coupon, "SHORT", &[("expires_at", &until)]);
    let tried = |bench: &mut Bench, customer: &str, price: &str, code: &str| {
        let form = [("customer", customer), ("items[0][price]", price), ("discounts[0][promotion_code]", code)];
        bench.call("POST", "subscriptions", &form).is_ok()
    };
    assert!(!tried(&mut bench, &customer, &small, &least));
    assert!(!tried(&mut bench, &other, &small, &own));
    assert!(tried(&mut bench, &customer, &big, &first));
    assert!(!tried(&mut bench, &customer, &big, &first), "it is not the first transaction any more");
    assert!(tried(&mut bench, &customer, &small, &own));
    assert!(tried(&mut bench, &other, &big, &least));
    bench.advance(2 * DAY);
    assert!(!tried(&mut bench, &other, &small, &short));
    bench.post(&format!("promotion_codes/{least}"), &[("active", "false")]);
    assert!(!tried(&mut bench, &other, &big, &least));
    let taken = [
        ("promotion[type]", "coupon"),
        ("promotion[coupon]", coupon.as_str()),
        ("code", "own"),
        ("customer", &customer),
    ];
    assert_eq!(bench.refused("POST", "promotion_codes", &taken)["code"], "resource_already_exists");
}
