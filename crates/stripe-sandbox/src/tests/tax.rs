//! Tax rates, exact to the cent.

use serde_json::{Value, json};

use super::{Bench, DAY, id};

impl Bench {
    fn rate(&mut self, percentage: &str, inclusive: bool) -> String {
        let inclusive = if inclusive { "true" } else { "false" };
        let form = [("display_name", "VAT"), ("percentage", percentage), ("inclusive", inclusive)];
        id(&self.post("tax_rates", &form))
    }
}

/// Subtotal, subtotal without tax, total without tax, tax, total.
fn sums(invoice: &Value) -> [i64; 5] {
    let number = |field: &str| invoice[field].as_i64().unwrap();
    let tax = invoice["total_taxes"].as_array().unwrap().iter().map(|tax| tax["amount"].as_i64().unwrap()).sum();
    [number("subtotal"), number("subtotal_excluding_tax"), number("total_excluding_tax"), tax, number("total")]
}

#[test]
fn an_exclusive_tax_is_added_and_an_inclusive_one_is_in_the_price() {
    let mut bench = Bench::new();
    let price = bench.price("Pro", 9_999, "month");
    let customer = bench.customer("pm_card_visa");
    let (exclusive, inclusive) = (bench.rate("19", false), bench.rate("19", true));
    // 19 % of 9999 is 1899.81; 19/119 of it 1596.48.
    for (rate, expected, behavior) in [
        (&exclusive, [9_999, 9_999, 9_999, 1_900, 11_899], "exclusive"),
        (&inclusive, [9_999, 8_403, 8_403, 1_596, 9_999], "inclusive"),
    ] {
        let subscription = bench.subscribe(&customer, &price, &[("default_tax_rates[]", rate)]);
        let invoice = bench.latest_invoice(&subscription);
        assert_eq!(sums(&invoice), expected);
        assert_eq!(invoice["amount_paid"], expected[4]);
        let line = &invoice["lines"]["data"][0]["taxes"][0];
        assert_eq!((&line["tax_behavior"], &line["tax_rate_details"]["tax_rate"]), (&json!(behavior), &json!(rate)));
        assert_eq!(bench.subscription(&subscription)["default_tax_rates"][0]["percentage"], 19);
        bench.advance(31 * DAY);
        assert_eq!(sums(&bench.latest_invoice(&subscription)), expected);
    }
}

#[test]
fn a_discount_comes_before_the_tax_and_each_line_is_rounded() {
    let mut bench = Bench::new();
    let (seat, extra) = (bench.price("Seat", 333, "month"), bench.price("Extra", 777, "month"));
    let customer = bench.customer("pm_card_visa");
    let coupon = id(&bench.post("coupons", &[("percent_off", "15"), ("duration", "forever")]));
    let (city, state) = (bench.rate("8.875", false), bench.rate("4", false));
    let form = [
        ("items[1][price]", extra.as_str()),
        ("items[1][tax_rates][]", &state),
        ("default_tax_rates[]", &city),
        ("discounts[0][coupon]", &coupon),
    ];
    let subscription = bench.subscribe(&customer, &seat, &form);
    let invoice = bench.latest_invoice(&subscription);
    // 1110 less 15 % (166.5, 167): 50 and 117. 8.875 % of 283 is 25.1, 4 % of 660 is 26.4.
    let lines = invoice["lines"]["data"].as_array().unwrap();
    let tax: Vec<(&Value, &Value)> =
        lines.iter().map(|line| (&line["discount_amounts"][0]["amount"], &line["taxes"][0]["amount"])).collect();
    assert_eq!(tax, [(&json!(50), &json!(25)), (&json!(117), &json!(26))]);
    assert_eq!(sums(&invoice), [1_110, 1_110, 943, 51, 994]);
    let item = bench.subscription(&subscription)["items"]["data"][1].clone();
    assert_eq!(item["tax_rates"][0]["id"], state.as_str());
}

#[test]
fn prorations_are_taxed_and_who_is_exempt_pays_none() {
    let mut bench = Bench::new();
    let (small, big) = (bench.price("Small", 3_000, "month"), bench.price("Big", 9_000, "month"));
    let customer = bench.customer("pm_card_visa");
    let rate = bench.rate("20", false);
    let subscription = bench.subscribe(&customer, &small, &[("default_tax_rates[]", &rate)]);
    bench.advance(20 * DAY);
    bench.change(&subscription, &big, &[("proration_behavior", "always_invoice")]);
    // A third of 9000 less a third of 3000, and 20 % of it.
    assert_eq!(sums(&bench.latest_invoice(&subscription)), [2_000, 2_000, 2_000, 400, 2_400]);
    bench.post(&format!("customers/{customer}"), &[("tax_exempt", "reverse")]);
    bench.advance(11 * DAY);
    let invoice = bench.latest_invoice(&subscription);
    assert_eq!(sums(&invoice), [9_000, 9_000, 9_000, 0, 9_000]);
    assert_eq!(invoice["total_taxes"][0]["taxability_reason"], "reverse_charge");
}

#[test]
fn a_checkout_shows_the_sum_with_tax_and_charges_it() {
    let mut bench = Bench::new();
    let price = bench.price("Pro", 9_900, "month");
    let rate = bench.rate("19", false);
    for key in ["line_items[0][tax_rates][]", "subscription_data[default_tax_rates][]"] {
        let form = [
            ("mode", "subscription"),
            ("line_items[0][price]", price.as_str()),
            ("success_url", "https://example.com/"),
            (key, &rate),
        ];
        let session = bench.post("checkout/sessions", &form);
        assert_eq!(
            (&session["amount_total"], &session["total_details"]["amount_tax"]),
            (&json!(11_781), &json!(1_881))
        );
        let mut filled = crate::form::Params::of(&[("email", "new@example.com"), ("card_number", "4242424242424242")]);
        crate::checkout::page::submit(&mut bench.0, &id(&session), &mut filled);
        let done = bench.get(&format!("checkout/sessions/{}", id(&session)));
        let invoice = bench.latest_invoice(done["subscription"].as_str().unwrap());
        assert_eq!((sums(&invoice)[4], &invoice["amount_paid"]), (11_781, &json!(11_781)), "{key}");
    }
}

#[test]
fn an_unknown_or_inactive_rate_is_refused_and_one_that_is_used_keeps_its_percentage() {
    let mut bench = Bench::new();
    let price = bench.price("Pro", 9_900, "month");
    let customer = bench.customer("pm_card_visa");
    let rate = bench.rate("19", false);
    bench.post(&format!("tax_rates/{rate}"), &[("active", "false"), ("display_name", "MwSt")]);
    for wrong in [rate.as_str(), "txr_missing"] {
        let form = [("customer", customer.as_str()), ("items[0][price]", &price), ("default_tax_rates[]", wrong)];
        assert!(bench.call("POST", "subscriptions", &form).is_err(), "{wrong}");
    }
    let changed = bench.call("POST", &format!("tax_rates/{rate}"), &[("percentage", "20")]).unwrap_err().body();
    assert_eq!(changed["error"]["code"], "parameter_unknown");
    for (key, wrong) in [("percentage", "101"), ("percentage", "x"), ("inclusive", "maybe"), ("tax_type", "window_tax")]
    {
        let mut form = vec![("display_name", "VAT"), ("percentage", "1"), ("inclusive", "true")];
        form.retain(|(name, _)| *name != key);
        form.push((key, wrong));
        assert_eq!(bench.call("POST", "tax_rates", &form).unwrap_err().body()["error"]["param"], key);
    }
}
