//! Tests of the whole sandbox without HTTP: requests to one account, and a clock that moves only on request.

mod cancel;
mod chaos;
mod cycle;
mod discount;
mod furnished;
mod history;
mod proration;
mod schedule;
mod strict;
mod tax;

use serde_json::Value;

use crate::{account::Account, error::Result, form::Params, routes};

/// Noon of 1 April 2027, so that the first period has 30 days.
const START: i64 = 1_806_580_800;
const DAY: i64 = 86_400;

/// An account for a test.
struct Bench(Account);

impl Bench {
    fn new() -> Self {
        let mut bench = Self(Account::new("sk_test_bench", 7));
        bench.advance_to(START);
        bench
    }

    fn advance_to(&mut self, now: i64) {
        let account = &mut self.0;
        (account.sandbox_now, account.sandbox_ms) = (now, now * 1000);
        account.catch_up(None, now);
    }

    fn advance(&mut self, seconds: i64) {
        self.advance_to(self.0.sandbox_now + seconds);
    }

    fn call(&mut self, method: &str, path: &str, form: &[(&str, &str)]) -> Result<Value> {
        self.0.enter(None);
        routes::route(&mut self.0, method, path, Params::of(form))
    }

    fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Value {
        self.call("POST", path, form).unwrap_or_else(|error| panic!("POST {path}: {}", error.body()))
    }

    fn get(&mut self, path: &str) -> Value {
        self.call("GET", path, &[]).unwrap_or_else(|error| panic!("GET {path}: {}", error.body()))
    }

    /// Creates a price for a product with this name and returns its id.
    fn price(&mut self, name: &str, amount: i64, interval: &str) -> String {
        let amount = amount.to_string();
        let form = [
            ("currency", "usd"),
            ("unit_amount", amount.as_str()),
            ("recurring[interval]", interval),
            ("product_data[name]", name),
        ];
        id(&self.post("prices", &form))
    }

    /// Creates a customer who pays with a test card and returns their id.
    fn customer(&mut self, card: &str) -> String {
        let customer = self.post("customers", &[("email", "owner@example.com")]);
        self.card(&id(&customer), card);
        id(&customer)
    }

    fn card(&mut self, customer: &str, card: &str) {
        self.post(&format!("customers/{customer}"), &[("invoice_settings[default_payment_method]", card)]);
    }

    fn subscribe(&mut self, customer: &str, price: &str, more: &[(&str, &str)]) -> String {
        let mut form = vec![("customer", customer), ("items[0][price]", price)];
        form.extend(more);
        id(&self.post("subscriptions", &form))
    }

    fn subscription(&mut self, id: &str) -> Value {
        self.get(&format!("subscriptions/{id}"))
    }

    fn status(&mut self, id: &str) -> String {
        self.subscription(id)["status"].as_str().unwrap().to_owned()
    }

    /// Changes the first item's price.
    fn change(&mut self, subscription: &str, price: &str, more: &[(&str, &str)]) -> Value {
        let item = id(&self.subscription(subscription)["items"]["data"][0]);
        let mut form = vec![("items[0][id]", item.as_str()), ("items[0][price]", price)];
        form.extend(more);
        self.post(&format!("subscriptions/{subscription}"), &form)
    }

    fn latest_invoice(&mut self, subscription: &str) -> Value {
        let invoice = self.subscription(subscription)["latest_invoice"].as_str().unwrap().to_owned();
        self.get(&format!("invoices/{invoice}"))
    }

    /// The types of the events since number `from`, the oldest first.
    fn events(&self, from: usize) -> Vec<String> {
        self.0.events.iter().skip(from).map(|event| event.kind.clone()).collect()
    }

    /// When events of this type were sent, in seconds after the start.
    fn times(&self, kind: &str) -> Vec<i64> {
        self.0.events.iter().filter(|event| event.kind == kind).map(|event| event.created - START).collect()
    }
}

fn id(object: &Value) -> String {
    object["id"].as_str().unwrap().to_owned()
}

#[test]
fn lists_are_walked_in_pages_both_ways() {
    let mut bench = Bench::new();
    let mut ids: Vec<String> = (0..7).map(|_| bench.customer("pm_card_visa")).collect();
    ids.reverse();
    let page = |bench: &mut Bench, form: &[(&str, &str)]| {
        let page = bench.call("GET", "customers", form).unwrap();
        let found: Vec<String> = page["data"].as_array().unwrap().iter().map(id).collect();
        (found, page["has_more"].as_bool().unwrap())
    };
    assert_eq!(page(&mut bench, &[("limit", "3")]), (ids[..3].to_vec(), true));
    assert_eq!(page(&mut bench, &[("limit", "3"), ("starting_after", &ids[2])]), (ids[3..6].to_vec(), true));
    assert_eq!(page(&mut bench, &[("limit", "3"), ("starting_after", &ids[5])]), (ids[6..].to_vec(), false));
    assert_eq!(page(&mut bench, &[("limit", "3"), ("ending_before", &ids[5])]), (ids[2..5].to_vec(), true));
    assert_eq!(page(&mut bench, &[("limit", "3"), ("ending_before", &ids[2])]), (ids[..2].to_vec(), false));
    assert!(bench.call("GET", "customers", &[("limit", "101")]).is_err());
}

#[test]
fn a_lookup_key_belongs_to_one_price() {
    let mut bench = Bench::new();
    let form = |key| [("currency", "usd"), ("unit_amount", "100"), ("product_data[name]", "Pro"), ("lookup_key", key)];
    let first = id(&bench.post("prices", &form("pro")));
    let refused = bench.call("POST", "prices", &form("pro")).unwrap_err();
    assert_eq!(refused.code(), Some("resource_already_exists"));
    let taken = form("pro").into_iter().chain([("transfer_lookup_key", "true")]).collect::<Vec<_>>();
    let second = id(&bench.post("prices", &taken));
    assert_eq!(bench.get(&format!("prices/{first}"))["lookup_key"], Value::Null);
    assert_eq!(bench.get(&format!("prices/{second}"))["lookup_key"], "pro");
}

#[test]
fn usage_of_a_meter_is_charged_when_its_period_ends() {
    let mut bench = Bench::new();
    let meter = id(&bench.post(
        "billing/meters",
        &[("display_name", "Calls"), ("event_name", "call"), ("default_aggregation[formula]", "sum")],
    ));
    let product = id(&bench.post("products", &[("name", "Calls")]));
    let form = [
        ("currency", "usd"),
        ("unit_amount", "5"),
        ("product", product.as_str()),
        ("recurring[interval]", "month"),
        ("recurring[meter]", meter.as_str()),
    ];
    let price = id(&bench.post("prices", &form));
    let customer = bench.customer("pm_card_visa");
    let subscription = bench.subscribe(&customer, &price, &[]);
    assert_eq!(bench.latest_invoice(&subscription)["total"], 0);
    for (identifier, value) in [("a", "7"), ("b", "5")] {
        let event = [
            ("event_name", "call"),
            ("identifier", identifier),
            ("payload[stripe_customer_id]", customer.as_str()),
            ("payload[value]", value),
        ];
        bench.post("billing/meter_events", &event);
    }
    bench.advance(31 * DAY);
    let invoice = bench.latest_invoice(&subscription);
    assert_eq!((invoice["total"].as_i64(), invoice["status"].as_str()), (Some(60), Some("paid")));
}

#[test]
fn a_preview_is_what_then_happens() {
    let mut bench = Bench::new();
    let (small, big) = (bench.price("Small", 1_000, "month"), bench.price("Big", 3_333, "month"));
    let customer = bench.customer("pm_card_visa");
    let subscription = bench.subscribe(&customer, &small, &[]);
    bench.advance(7 * DAY + 4_321);
    bench.change(&subscription, &big, &[]);
    let preview = bench.post("invoices/create_preview", &[("subscription", &subscription)]);
    let before = bench.0.events.len();
    bench.advance(40 * DAY);
    let invoice = bench.latest_invoice(&subscription);
    assert_eq!(preview["total"], invoice["total"]);
    assert_eq!(preview["lines"]["data"].as_array().unwrap().len(), 3);
    assert!(bench.events(before).contains(&"invoice.upcoming".to_owned()));
}

#[test]
fn a_credit_note_refunds_and_an_invoice_shows_it() {
    let mut bench = Bench::new();
    let price = bench.price("Pro", 9_900, "month");
    let customer = bench.customer("pm_card_visa");
    let subscription = bench.subscribe(&customer, &price, &[]);
    let invoice = id(&bench.latest_invoice(&subscription));
    bench.post(
        "credit_notes",
        &[("invoice", &invoice), ("amount", "900"), ("refund_amount", "500"), ("credit_amount", "400")],
    );
    let invoice = bench.get(&format!("invoices/{invoice}"));
    assert_eq!(invoice["post_payment_credit_notes_amount"], 900);
    assert_eq!(bench.get(&format!("customers/{customer}"))["balance"], -400);
    assert_eq!(bench.get("refunds")["data"][0]["amount"], 500);
    assert!(bench.events(0).contains(&"charge.refunded".to_owned()));
}

#[test]
fn what_is_read_from_the_file_goes_on_like_what_was_written() {
    let mut bench = Bench::new();
    let (small, big) = (bench.price("Small", 1_000, "month"), bench.price("Big", 3_333, "month"));
    let customer = bench.customer("pm_card_visa");
    let subscription = bench.subscribe(&customer, &small, &[("trial_period_days", "3")]);
    let late = bench.customer("pm_card_sandboxFailsOnRenewal");
    bench.subscribe(&late, &big, &[]);
    bench.post("webhook_endpoints", &[("url", "http://127.0.0.1:1/"), ("enabled_events[]", "*")]);
    bench.advance(17 * DAY + 4_321);
    bench.change(&subscription, &big, &[]);
    let mut again = Bench(serde_json::from_value(serde_json::to_value(&bench.0).unwrap()).unwrap());
    again.0.queue.resume();
    for bench in [&mut bench, &mut again] {
        bench.advance(70 * DAY);
        bench.change(&subscription, &small, &[]);
        bench.0.deliveries_take(0);
    }
    let written = |bench: &Bench| serde_json::to_value(&bench.0).unwrap();
    assert_eq!(written(&bench), written(&again));
}
