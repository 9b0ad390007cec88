//! An account with one object of each kind, and all requests with their required parameters.

use super::{Bench, id};

/// Every request, with a form that is refused, if at all, only because something is missing.
pub(super) const REQUESTS: &[(&str, &str)] = &[
    ("GET", "account"),
    ("POST", "customers"),
    ("GET", "customers"),
    ("GET", "customers/search"),
    ("GET", "customers/CUS"),
    ("POST", "customers/CUS"),
    ("DELETE", "customers/CUS"),
    ("DELETE", "customers/CUS/discount"),
    ("GET", "customers/CUS/payment_methods"),
    ("GET", "customers/CUS/payment_methods/PM"),
    ("POST", "payment_methods"),
    ("GET", "payment_methods"),
    ("GET", "payment_methods/PM"),
    ("POST", "payment_methods/PM"),
    ("POST", "payment_methods/PM/attach"),
    ("POST", "payment_methods/PM/detach"),
    ("POST", "payment_intents"),
    ("GET", "payment_intents"),
    ("GET", "payment_intents/search"),
    ("GET", "payment_intents/PI"),
    ("POST", "payment_intents/PI"),
    ("POST", "payment_intents/PI/confirm"),
    ("POST", "payment_intents/PI/capture"),
    ("POST", "payment_intents/PI/cancel"),
    ("POST", "setup_intents"),
    ("GET", "setup_intents"),
    ("GET", "setup_intents/SETI"),
    ("POST", "setup_intents/SETI/confirm"),
    ("POST", "setup_intents/SETI/cancel"),
    ("GET", "charges"),
    ("GET", "charges/search"),
    ("GET", "charges/CH"),
    ("POST", "refunds"),
    ("GET", "refunds"),
    ("GET", "refunds/RE"),
    ("POST", "refunds/RE"),
    ("POST", "coupons"),
    ("GET", "coupons"),
    ("GET", "coupons/COUPON"),
    ("POST", "coupons/COUPON"),
    ("DELETE", "coupons/COUPON"),
    ("POST", "promotion_codes"),
    ("GET", "promotion_codes"),
    ("GET", "promotion_codes/PROMO"),
    ("POST", "promotion_codes/PROMO"),
    ("POST", "tax_rates"),
    ("GET", "tax_rates"),
    ("GET", "tax_rates/TXR"),
    ("POST", "tax_rates/TXR"),
    ("POST", "products"),
    ("GET", "products"),
    ("GET", "products/search"),
    ("GET", "products/PROD"),
    ("POST", "products/PROD"),
    ("DELETE", "products/PROD"),
    ("POST", "prices"),
    ("GET", "prices"),
    ("GET", "prices/search"),
    ("GET", "prices/PRICE"),
    ("POST", "prices/PRICE"),
    ("POST", "billing/meters"),
    ("GET", "billing/meters"),
    ("GET", "billing/meters/MTR"),
    ("POST", "billing/meters/MTR"),
    ("POST", "billing/meters/MTR/deactivate"),
    ("GET", "billing/meters/MTR/event_summaries"),
    ("POST", "billing/meter_events"),
    ("POST", "test_helpers/test_clocks"),
    ("GET", "test_helpers/test_clocks"),
    ("GET", "test_helpers/test_clocks/CLOCK"),
    ("DELETE", "test_helpers/test_clocks/CLOCK"),
    ("POST", "test_helpers/test_clocks/CLOCK/advance"),
    ("POST", "subscriptions"),
    ("GET", "subscriptions"),
    ("GET", "subscriptions/search"),
    ("GET", "subscriptions/SUB"),
    ("POST", "subscriptions/SUB"),
    ("DELETE", "subscriptions/SUB"),
    ("DELETE", "subscriptions/SUB/discount"),
    ("POST", "subscriptions/SUB/resume"),
    ("POST", "subscriptions/SUB/migrate"),
    ("POST", "subscription_items"),
    ("GET", "subscription_items"),
    ("GET", "subscription_items/SI"),
    ("POST", "subscription_items/SI"),
    ("DELETE", "subscription_items/SI"),
    ("POST", "subscription_schedules"),
    ("GET", "subscription_schedules"),
    ("GET", "subscription_schedules/SCHED"),
    ("POST", "subscription_schedules/SCHED"),
    ("POST", "subscription_schedules/SCHED/cancel"),
    ("POST", "subscription_schedules/SCHED/release"),
    ("POST", "checkout/sessions"),
    ("GET", "checkout/sessions"),
    ("GET", "checkout/sessions/CS"),
    ("POST", "checkout/sessions/CS"),
    ("POST", "checkout/sessions/CS/expire"),
    ("GET", "checkout/sessions/CS/line_items"),
    ("POST", "billing_portal/sessions"),
    ("POST", "billing_portal/configurations"),
    ("GET", "billing_portal/configurations"),
    ("GET", "billing_portal/configurations/BPC"),
    ("POST", "billing_portal/configurations/BPC"),
    ("POST", "invoices"),
    ("GET", "invoices"),
    ("GET", "invoices/search"),
    ("POST", "invoices/create_preview"),
    ("GET", "invoices/IN"),
    ("POST", "invoices/IN"),
    ("DELETE", "invoices/DRAFT"),
    ("GET", "invoices/IN/lines"),
    ("POST", "invoices/DRAFT/finalize"),
    ("POST", "invoices/DRAFT/send"),
    ("POST", "invoices/DRAFT/pay"),
    ("POST", "invoices/IN/void"),
    ("POST", "invoices/IN/mark_uncollectible"),
    ("GET", "invoice_payments"),
    ("POST", "invoiceitems"),
    ("GET", "invoiceitems"),
    ("GET", "invoiceitems/II"),
    ("DELETE", "invoiceitems/II"),
    ("POST", "credit_notes"),
    ("GET", "credit_notes"),
    ("GET", "credit_notes/CN"),
    ("POST", "webhook_endpoints"),
    ("GET", "webhook_endpoints"),
    ("GET", "webhook_endpoints/WE"),
    ("POST", "webhook_endpoints/WE"),
    ("DELETE", "webhook_endpoints/WE"),
    ("GET", "events"),
    ("GET", "events/EVT"),
];

/// Further parameters that a request needs, so that only an unknown parameter can be wrong with it.
const NEEDS: &[(&str, &[(&str, &str)])] = &[
    ("GET customers/search", &[("query", "email:'a'")]),
    ("GET payment_intents/search", &[("query", "amount>1")]),
    ("GET charges/search", &[("query", "amount>1")]),
    ("GET products/search", &[("query", "name:'a'")]),
    ("GET prices/search", &[("query", "active:'true'")]),
    ("GET subscriptions/search", &[("query", "status:'active'")]),
    ("GET invoices/search", &[("query", "total>1")]),
    ("POST payment_methods", &[("type", "card"), ("card[number]", "4242424242424242")]),
    ("POST payment_methods/PM/attach", &[("customer", "CUS")]),
    ("POST payment_intents", &[("amount", "100"), ("currency", "usd")]),
    ("POST payment_intents/PI/confirm", &[("payment_method", "pm_card_visa")]),
    ("POST setup_intents/SETI/confirm", &[("payment_method", "pm_card_visa")]),
    ("POST refunds", &[("charge", "CH")]),
    ("POST coupons", &[("percent_off", "10")]),
    ("POST promotion_codes", &[("promotion[type]", "coupon"), ("promotion[coupon]", "COUPON")]),
    ("POST tax_rates", &[("display_name", "VAT"), ("percentage", "1"), ("inclusive", "true")]),
    ("POST products", &[("name", "Pro")]),
    ("POST prices", &[("currency", "usd"), ("unit_amount", "1"), ("product", "PROD")]),
    ("POST billing/meters", &[("display_name", "M"), ("event_name", "m"), ("default_aggregation[formula]", "sum")]),
    ("GET billing/meters/MTR/event_summaries", &[("customer", "CUS"), ("start_time", "1"), ("end_time", "2")]),
    (
        "POST billing/meter_events",
        &[("event_name", "calls"), ("payload[stripe_customer_id]", "CUS"), ("payload[value]", "1")],
    ),
    ("POST test_helpers/test_clocks", &[("frozen_time", "1900000000")]),
    ("POST test_helpers/test_clocks/CLOCK/advance", &[("frozen_time", "1900000000")]),
    ("POST subscriptions", &[("customer", "CUS"), ("items[0][price]", "PRICE")]),
    ("POST subscriptions/SUB/migrate", &[("billing_mode[type]", "flexible")]),
    ("POST subscription_items", &[("subscription", "SUB"), ("price", "EXTRA")]),
    ("GET subscription_items", &[("subscription", "SUB")]),
    ("POST subscription_items/SI", &[("quantity", "3")]),
    (
        "POST checkout/sessions",
        &[("mode", "subscription"), ("success_url", "https://example.com"), ("line_items[0][price]", "PRICE")],
    ),
    ("POST subscription_schedules", &[("from_subscription", "SUB")]),
    ("POST billing_portal/sessions", &[("customer", "CUS")]),
    ("POST billing_portal/configurations", &[("features[invoice_history][enabled]", "true")]),
    ("POST invoices", &[("customer", "CUS")]),
    ("POST invoices/create_preview", &[("subscription", "SUB")]),
    ("GET invoice_payments", &[("invoice", "IN")]),
    ("POST invoiceitems", &[("customer", "CUS"), ("amount", "1"), ("currency", "usd")]),
    ("POST credit_notes", &[("invoice", "IN"), ("amount", "1"), ("refund_amount", "1")]),
    ("POST webhook_endpoints", &[("url", "http://127.0.0.1:1/"), ("enabled_events[]", "*")]),
];

/// Creates an account with one object of each kind. Returns it with the ids, by the names above.
pub(super) fn furnished() -> (Bench, Vec<(&'static str, String)>) {
    let mut bench = Bench::new();
    let price = bench.price("Pro", 9_900, "month");
    let extra = bench.price("Extra", 100, "month");
    let customer = bench.customer("pm_card_visa");
    let coupon = id(&bench.post("coupons", &[("percent_off", "10"), ("duration", "forever")]));
    let subscription = bench.subscribe(&customer, &price, &[("discounts[0][coupon]", &coupon)]);
    let scheduled = bench.subscribe(&customer, &extra, &[]);
    let item = id(&bench.subscription(&subscription)["items"]["data"][0]);
    let invoice = id(&bench.latest_invoice(&subscription));
    let waits = bench.post("invoiceitems", &[("customer", &customer), ("amount", "500"), ("currency", "usd")]);
    let draft = bench.post("invoices", &[("customer", &customer)]);
    let refund = [("invoice", invoice.as_str()), ("amount", "10"), ("refund_amount", "10")];
    let note = bench.post("credit_notes", &refund);
    let checkout =
        [("mode", "subscription"), ("success_url", "https://example.com"), ("line_items[0][price]", price.as_str())];
    let meter = [("display_name", "Calls"), ("event_name", "calls"), ("default_aggregation[formula]", "sum")];
    let made = vec![
        ("CUS", customer.clone()),
        (
            "PM",
            bench.get(&format!("customers/{customer}/payment_methods"))["data"][0]["id"].as_str().unwrap().to_owned(),
        ),
        ("PI", id(&bench.post("payment_intents", &[("amount", "100"), ("currency", "usd")]))),
        ("SETI", id(&bench.post("setup_intents", &[]))),
        ("CH", id(&bench.get("charges")["data"][0])),
        ("RE", id(&bench.get("refunds")["data"][0])),
        ("PROMO", id(&bench.post("promotion_codes", &[("promotion[type]", "coupon"), ("promotion[coupon]", &coupon)]))),
        ("COUPON", coupon),
        ("TXR", id(&bench.post("tax_rates", &[("display_name", "VAT"), ("percentage", "1"), ("inclusive", "true")]))),
        ("PROD", id(&bench.post("products", &[("name", "Alone")]))),
        ("PRICE", price.clone()),
        ("EXTRA", extra),
        ("MTR", id(&bench.post("billing/meters", &meter))),
        ("CLOCK", id(&bench.post("test_helpers/test_clocks", &[("frozen_time", "1806580800")]))),
        ("SCHED", id(&bench.post("subscription_schedules", &[("from_subscription", &scheduled)]))),
        ("SUB", subscription),
        ("SI", item),
        ("CS", id(&bench.post("checkout/sessions", &checkout))),
        ("BPC", id(&bench.post("billing_portal/configurations", &[("features[invoice_history][enabled]", "true")]))),
        ("DRAFT", id(&draft)),
        ("IN", invoice),
        ("II", id(&waits)),
        ("CN", id(&note)),
        ("WE", id(&bench.post("webhook_endpoints", &[("url", "http://127.0.0.1:1/"), ("enabled_events[]", "*")]))),
        ("EVT", id(&bench.get("events")["data"][0])),
    ];
    (bench, made)
}

pub(super) fn named(text: &str, ids: &[(&str, String)]) -> String {
    let whole =
        |part: &str| ids.iter().find(|(name, _)| *name == part).map_or_else(|| part.to_owned(), |(_, id)| id.clone());
    text.split('/').map(whole).collect::<Vec<_>>().join("/")
}

/// The form of a request with everything that it needs.
pub(super) fn needs(method: &str, path: &str, ids: &[(&str, String)]) -> Vec<(&'static str, String)> {
    let name = format!("{method} {path}");
    let needs = NEEDS.iter().find(|(known, _)| *known == name).map_or(&[][..], |(_, needs)| needs);
    needs.iter().map(|(key, text)| (*key, named(text, ids))).collect()
}
