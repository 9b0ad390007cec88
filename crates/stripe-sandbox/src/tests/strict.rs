//! What the sandbox does not have is refused as Stripe refuses it, and never done in another way.

use serde_json::{Value, json};

use super::{Bench, id};
use crate::account::Noun;

/// Every address with a form that is refused for what it lacks, if at all.
const REQUESTS: &[(&str, &str)] = &[
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

/// What a request needs besides, so that nothing but what is unknown is wrong with it.
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

/// An account with one of everything, and the ids by the names above.
fn furnished() -> (Bench, Vec<(&'static str, String)>) {
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

fn named(text: &str, ids: &[(&str, String)]) -> String {
    let whole =
        |part: &str| ids.iter().find(|(name, _)| *name == part).map_or_else(|| part.to_owned(), |(_, id)| id.clone());
    text.split('/').map(whole).collect::<Vec<_>>().join("/")
}

/// Everything but what only counts ids.
fn state(bench: &Bench) -> Value {
    let mut state = serde_json::to_value(&bench.0).unwrap();
    state.as_object_mut().unwrap().remove("random");
    state["now"] = Value::Null;
    state
}

#[test]
fn every_request_refuses_a_parameter_that_nobody_knows_before_it_does_anything() {
    let (bench, ids) = furnished();
    for (method, path) in REQUESTS {
        let needs =
            NEEDS.iter().find(|(name, _)| *name == format!("{method} {path}")).map_or(&[][..], |(_, needs)| needs);
        let needs: Vec<(&str, String)> = needs.iter().map(|(key, text)| (*key, named(text, &ids))).collect();
        for unknown in ["nonsense", "nonsense[deep][0]", "metadata[nested][deep]"] {
            let mut form: Vec<(&str, &str)> = needs.iter().map(|(key, text)| (*key, text.as_str())).collect();
            form.push((unknown, "1"));
            let mut tried = Bench(bench.0.clone());
            let path = named(path, &ids);
            let refused =
                tried.call(method, &path, &form).expect_err(&format!("{method} {path} takes {unknown}")).body();
            let param = refused["error"]["param"].as_str().unwrap_or_default().to_owned();
            assert!(unknown.starts_with(&param) && !param.is_empty(), "{method} {path} {unknown}: {refused}");
            if unknown.starts_with("nonsense") {
                assert_eq!(refused["error"]["code"], "parameter_unknown", "{method} {path}: {refused}");
            }
            assert_eq!(state(&tried), state(&bench), "{method} {path} {unknown} did something all the same");
        }
    }
}

#[test]
fn what_stripe_has_and_the_sandbox_does_not_is_refused_by_name() {
    let (bench, ids) = furnished();
    for (method, path, param) in [
        ("POST", "payment_intents", "transfer_data[destination]"),
        ("POST", "payment_intents", "application_fee_amount"),
        ("POST", "subscriptions", "pending_invoice_item_interval[interval]"),
        ("POST", "subscriptions", "add_invoice_items[0][price]"),
        ("POST", "subscriptions", "items[0][billing_thresholds][usage_gte]"),
        ("POST", "subscriptions", "trial_settings[end_behavior][billing_cycle_anchor]"),
        ("POST", "subscriptions/SUB", "on_behalf_of"),
        ("POST", "checkout/sessions", "shipping_address_collection[allowed_countries][0]"),
        ("POST", "checkout/sessions", "subscription_data[transfer_data][destination]"),
        ("POST", "checkout/sessions", "line_items[0][metadata][a]"),
        ("POST", "checkout/sessions", "custom_text[submit][message]"),
        ("POST", "prices", "tiers[0][up_to]"),
        ("POST", "prices", "recurring[trial_period_days]"),
        ("POST", "invoices", "rendering[template]"),
        ("POST", "customers", "tax_id_data[0][type]"),
        ("POST", "coupons", "currency_options[eur][amount_off]"),
        ("POST", "subscription_schedules", "phases[0][add_invoice_items][0][price]"),
        ("POST", "subscription_schedules/SCHED", "default_settings[collection_method]"),
        ("GET", "subscriptions", "current_period_end"),
        ("GET", "payment_methods", "allow_redisplay"),
    ] {
        let needs =
            NEEDS.iter().find(|(name, _)| *name == format!("{method} {path}")).map_or(&[][..], |(_, needs)| needs);
        let needs: Vec<(&str, String)> = needs.iter().map(|(key, text)| (*key, named(text, &ids))).collect();
        let mut form: Vec<(&str, &str)> = needs.iter().map(|(key, text)| (*key, text.as_str())).collect();
        if param.starts_with("recurring") {
            form.push(("recurring[interval]", "month"));
        }
        form.push((param, "1"));
        let mut tried = Bench(bench.0.clone());
        let refused = tried.call(method, &named(path, &ids), &form).expect_err(param).body();
        assert_eq!(refused["error"]["code"], "sandbox_not_modelled", "{param}: {refused}");
        assert_eq!(refused["error"]["type"], "invalid_request_error");
        assert!(param.starts_with(refused["error"]["param"].as_str().unwrap()), "{param}: {refused}");
    }
}

#[test]
fn a_word_that_stripe_does_not_have_is_refused_wherever_there_are_words() {
    let (bench, ids) = furnished();
    for (method, path, param, word) in [
        ("POST", "payment_intents", "capture_method", "later"),
        ("POST", "payment_intents", "currency", "xyz"),
        ("POST", "payment_intents", "setup_future_usage", "always"),
        ("POST", "payment_intents", "payment_method_types[0]", "cash"),
        ("POST", "prices", "currency", "usx"),
        ("POST", "prices", "tax_behavior", "maybe"),
        ("POST", "prices", "billing_scheme", "tiered"),
        ("GET", "prices", "type", "often"),
        ("POST", "customers", "tax_exempt", "yes"),
        ("POST", "customers/CUS", "tax_exempt", "yes"),
        ("POST", "subscriptions", "payment_behavior", "pending_if_incomplete"),
        ("POST", "subscriptions", "billing_mode[type]", "rigid"),
        ("POST", "subscriptions", "automatic_tax[enabled]", "true"),
        ("POST", "subscriptions", "collection_method", "cash"),
        ("POST", "subscriptions/SUB", "cancellation_details[feedback]", "bored"),
        ("POST", "subscriptions/SUB", "cancel_at", "max_billed_until"),
        ("DELETE", "subscriptions/SUB", "cancellation_details[feedback]", "bored"),
        ("POST", "subscriptions/SUB/resume", "proration_behavior", "always_invoice"),
        ("POST", "checkout/sessions", "automatic_tax[enabled]", "true"),
        ("POST", "checkout/sessions", "ui_mode", "embedded"),
        ("POST", "checkout/sessions", "locale", "klingon"),
        ("POST", "checkout/sessions", "billing_address_collection", "required"),
        ("POST", "checkout/sessions", "tax_id_collection[enabled]", "true"),
        ("POST", "checkout/sessions", "currency", "eur"),
        ("POST", "invoices", "automatic_tax[enabled]", "true"),
        ("POST", "invoices", "currency", "xyz"),
        ("POST", "invoices/create_preview", "preview_mode", "yearly"),
        ("POST", "refunds", "reason", "bored"),
        ("POST", "credit_notes", "reason", "bored"),
        ("POST", "webhook_endpoints", "enabled_events[1]", "invoice.payed"),
        ("POST", "webhook_endpoints/WE", "enabled_events[0]", "customer.*"),
        ("POST", "webhook_endpoints", "api_version", "2099-01-01"),
        ("POST", "webhook_endpoints", "connect", "true"),
        ("POST", "billing_portal/configurations", "features[subscription_cancel][mode]", "never"),
        ("POST", "billing_portal/configurations", "features[subscription_pause][enabled]", "true"),
        ("POST", "billing_portal/sessions", "flow_data[type]", "dance"),
        ("GET", "invoices", "customer", "cus_missing"),
        ("GET", "checkout/sessions", "customer", "cus_missing"),
        ("GET", "charges", "customer", "cus_missing"),
    ] {
        let needs =
            NEEDS.iter().find(|(name, _)| *name == format!("{method} {path}")).map_or(&[][..], |(_, needs)| needs);
        let needs: Vec<(&str, String)> = needs.iter().map(|(key, text)| (*key, named(text, &ids))).collect();
        let mut form: Vec<(&str, &str)> = needs.iter().map(|(key, text)| (*key, text.as_str())).collect();
        form.retain(|(key, _)| *key != param);
        form.push((param, word));
        let mut tried = Bench(bench.0.clone());
        let refused = tried.call(method, &named(path, &ids), &form).expect_err(param).body();
        let at = refused["error"]["param"].as_str().unwrap_or_default();
        assert!(!at.is_empty() && param.starts_with(at), "{method} {path} {param}={word}: {refused}");
        assert_eq!(refused["error"]["type"], "invalid_request_error");
        assert_eq!(state(&tried), state(&bench), "{method} {path} {param}={word} did something all the same");
    }
}

#[test]
fn a_manual_capture_promises_first_and_takes_what_is_asked_for() {
    let mut bench = Bench::new();
    let form = [
        ("amount", "1000"),
        ("currency", "usd"),
        ("capture_method", "manual"),
        ("payment_method", "pm_card_visa"),
        ("confirm", "true"),
    ];
    let shape = |intent: &Value| {
        let field = |name: &str| intent[name].as_i64().unwrap();
        (intent["status"].as_str().unwrap().to_owned(), field("amount_capturable"), field("amount_received"))
    };
    let promised = bench.post("payment_intents", &form);
    assert_eq!(shape(&promised), ("requires_capture".to_owned(), 1_000, 0));
    let charge = promised["latest_charge"].as_str().unwrap().to_owned();
    assert_eq!(bench.get(&format!("charges/{charge}"))["captured"], false);
    assert!(bench.call("POST", "refunds", &[("charge", &charge)]).is_err());
    let path = format!("payment_intents/{}", id(&promised));
    assert!(bench.call("POST", &format!("{path}/capture"), &[("amount_to_capture", "1001")]).is_err());
    let taken = bench.post(&format!("{path}/capture"), &[("amount_to_capture", "700")]);
    assert_eq!(shape(&taken), ("succeeded".to_owned(), 0, 700));
    let kept = bench.get(&format!("charges/{charge}"));
    assert_eq!(
        (&kept["captured"], &kept["amount_captured"], &kept["amount_refunded"]),
        (&json!(true), &json!(700), &json!(300))
    );
    let again = bench.call("POST", &format!("{path}/capture"), &[]).unwrap_err();
    assert_eq!(again.code(), Some("payment_intent_unexpected_state"));
    bench.post("refunds", &[("charge", &charge)]);
    assert_eq!(bench.get("refunds")["data"][0]["amount"], 700);

    let other = bench.post("payment_intents", &form);
    let cancelled = bench.post(&format!("payment_intents/{}/cancel", id(&other)), &[]);
    assert_eq!(shape(&cancelled), ("canceled".to_owned(), 0, 0));
    let let_go = bench.get(&format!("charges/{}", other["latest_charge"].as_str().unwrap()));
    assert_eq!((&let_go["captured"], &let_go["amount_refunded"]), (&json!(false), &json!(1_000)));
    let kinds = bench.events(0);
    for kind in ["payment_intent.amount_capturable_updated", "charge.captured", "payment_intent.canceled"] {
        assert!(kinds.contains(&kind.to_owned()), "{kind}");
    }
}

#[test]
fn every_type_of_event_that_is_sent_is_one_of_stripes() {
    let (bench, _) = furnished();
    for event in bench.0.events.iter() {
        crate::known::event_check(&event.kind, "type").unwrap();
        assert!(event.json()["data"]["object"].is_object());
    }
}
