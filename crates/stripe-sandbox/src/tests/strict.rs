//! The sandbox refuses what it does not support, and never does something else instead.

use serde_json::{Value, json};

use super::{
    Bench,
    furnished::{REQUESTS, furnished, named, needs},
    id,
};
use crate::account::Noun;

/// The whole state, without the counters of ids.
fn state(bench: &Bench) -> Value {
    let mut state = serde_json::to_value(&bench.0).unwrap();
    state.as_object_mut().unwrap().remove("random");
    state["now"] = Value::Null;
    state
}

#[test]
fn every_request_refuses_an_unknown_parameter_before_it_does_anything() {
    let (bench, ids) = furnished();
    for (method, path) in REQUESTS {
        let needs = needs(method, path, &ids);
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
        let needs = needs(method, path, &ids);
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
        let needs = needs(method, path, &ids);
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
fn numbers_that_are_too_large_to_add_up_are_refused() {
    let (bench, ids) = furnished();
    let most = i64::MAX.to_string();
    for (method, path, param) in [
        ("POST", "prices", "unit_amount"),
        ("POST", "prices", "unit_amount_decimal"),
        ("POST", "prices", "recurring[interval_count]"),
        ("POST", "subscriptions", "items[0][quantity]"),
        ("POST", "subscriptions", "trial_period_days"),
        ("POST", "subscriptions", "days_until_due"),
        ("POST", "checkout/sessions", "line_items[0][quantity]"),
        ("POST", "invoiceitems", "amount"),
        ("POST", "invoiceitems", "quantity"),
        ("POST", "customers", "balance"),
        ("POST", "payment_intents", "amount"),
        ("POST", "coupons", "amount_off"),
        ("POST", "billing/meter_events", "payload[value]"),
        ("POST", "test_helpers/test_clocks", "frozen_time"),
    ] {
        let needs = needs(method, path, &ids);
        let mut form: Vec<(&str, &str)> = needs.iter().map(|(key, text)| (*key, text.as_str())).collect();
        form.retain(|(key, _)| *key != param && !(param == "unit_amount_decimal" && *key == "unit_amount"));
        if param.starts_with("recurring") {
            form.push(("recurring[interval]", "month"));
        }
        form.push((param, &most));
        let refused = Bench(bench.0.clone()).call(method, &named(path, &ids), &form).expect_err(param).body();
        assert_eq!(refused["error"]["param"], param, "{refused}");
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
