//! A plan as the database stores it, and the rights of tenants who bought an older version.

use freehold_catalog::{Limit, Modules, Plan, Processing, Product, Queue};
use serde_json::{Value, json};

const FILES: [&str; 4] = [
    include_str!("../../../../products/voice/product.toml"),
    include_str!("../../../../products/documents/product.toml"),
    include_str!("../../../../products/pharmacy/product.toml"),
    include_str!("../../../../products/studio/product.toml"),
];

fn products() -> [Product; 4] {
    FILES.map(|text| Product::parse("product.toml", text).unwrap_or_else(|mistakes| panic!("{mistakes}")))
}

#[test]
fn every_plan_survives_the_way_through_the_database() {
    for product in products() {
        for plan in product.plans() {
            let stored: Value = serde_json::to_value(plan).unwrap();
            let read: Plan = serde_json::from_value(stored.clone()).unwrap();
            assert_eq!(&read, plan);
            assert_eq!(serde_json::to_value(&read).unwrap(), stored);
        }
    }
}

#[test]
fn the_stored_form_is_this() {
    let [_, documents, ..] = products();
    insta::assert_snapshot!(serde_json::to_string_pretty(documents.plan("pro").unwrap()).unwrap(), @r#"
{
  "id": "pro",
  "version": 1,
  "name": "Pro",
  "price": {
    "kind": "paid",
    "month": {
      "minor": 2900,
      "currency": "usd"
    },
    "year": null
  },
  "limits": {
    "documents": {
      "kind": "counter",
      "amount": 1000,
      "period": "month"
    },
    "drive_folders": {
      "kind": "level",
      "amount": 10
    },
    "exports": {
      "kind": "counter",
      "amount": 1,
      "period": "week"
    },
    "queries": {
      "kind": "unlimited"
    },
    "requests": {
      "kind": "rate",
      "amount": 500,
      "window": "hour",
      "per": "key"
    },
    "storage": {
      "kind": "level",
      "amount": 10000000000
    }
  },
  "modules": {
    "only": [
      "format_json",
      "format_md",
      "format_other",
      "format_pdf",
      "format_txt"
    ]
  },
  "processing": "2x",
  "support": null,
  "sla": null,
  "features": [
    "Twice as fast in the queue"
  ]
}
"#);
}

#[test]
fn a_definition_of_another_age_is_still_read() {
    let old = json!({
        "id": "pro", "version": 1, "name": "Pro", "price": { "kind": "free" },
        "limits": { "calls": { "kind": "counter", "amount": 7, "period": "month", "burst": 3 }, "faxes": { "kind": "unlimited" } },
        "colour": "a field that is no more",
    });
    let plan: Plan = serde_json::from_value(old).unwrap();
    assert_eq!(plan.modules, Modules::default());
    assert_eq!(plan.processing, Processing::Normal);
    assert_eq!(plan.queue_room(), Some(10_000));
    assert_eq!(plan.limit("calls").and_then(Limit::amount), Some(7));
    assert_eq!(plan.limit("faxes"), Some(Limit::Unlimited));
}

#[test]
fn a_price_for_each_member_is_kept_and_one_of_another_age_is_for_all_of_them() {
    let price = r#"price = { month = "$99", year = "$990" }"#;
    let per_member = r#"price = { month = "$99", year = "$990", per = "member" }"#;
    assert!(FILES[0].contains(price));
    let product = Product::parse("product.toml", &FILES[0].replace(price, per_member)).unwrap();
    let plan = product.plan("pro").unwrap();
    assert!(plan.per_member() && !product.plan("starter").unwrap().per_member());
    let mut stored = serde_json::to_value(plan).unwrap();
    assert_eq!(serde_json::from_value::<Plan>(stored.clone()).unwrap(), *plan);
    assert_eq!(stored["price"]["per_member"], json!(true));
    stored["price"].as_object_mut().unwrap().remove("per_member");
    let before: Plan = serde_json::from_value(stored).unwrap();
    assert!(!before.per_member());
    // Customers would notice, so the version has to be raised.
    assert_eq!(plan.changes_since(&before).iter().map(|change| change.what.as_str()).collect::<Vec<_>>(), ["price"]);
}

#[test]
fn room_in_the_queue_is_a_number_or_unlimited() {
    for (written, room) in [(json!(500), Some(500)), (json!("unlimited"), None)] {
        let queue: Queue = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(queue.room, room);
        assert_eq!(serde_json::to_value(queue).unwrap(), written);
    }
    assert!(serde_json::from_value::<Queue>(json!("plenty")).is_err());
}

#[test]
fn a_tenant_keeps_what_it_bought_and_takes_todays_number_for_what_is_younger() {
    let [voice, ..] = products();
    let mut bought = voice.plan("starter").unwrap().clone();
    bought.limits.insert("calls".to_owned(), Limit::Unlimited);
    bought.limits.remove("campaigns");
    assert_eq!(voice.limit(&bought, "calls"), Some(Limit::Unlimited));
    assert_eq!(voice.limit(&bought, "campaigns"), Some(Limit::Level { amount: 3 }));
    assert_eq!(voice.limit(&bought, "faxes"), None);
    bought.id = "no_longer_sold".to_owned();
    assert_eq!(voice.limit(&bought, "campaigns"), Some(Limit::Level { amount: 0 }));
}

#[test]
fn what_a_customer_would_notice_is_a_change() {
    let [voice, ..] = products();
    let stored = voice.plan("starter").unwrap();
    assert_eq!(stored.changes_since(stored), []);

    let mut now = stored.clone();
    now.name = "Beginner".to_owned();
    now.features.push("A better wording".to_owned());
    assert_eq!(now.changes_since(stored), []);

    now.limits.insert("calls".to_owned(), Limit::Unlimited);
    now.limits.insert("minutes".to_owned(), Limit::Level { amount: 9 });
    now.limits.remove("campaigns");
    now.modules = Modules::All;
    now.support = None;
    now.processing = Processing::Dedicated;
    now.queue = Some(Queue { room: None });
    let changes: Vec<String> = now.changes_since(stored).iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(changes.join("\n"), @r#"
limits.calls: {"kind":"counter","amount":500,"period":"month"} became {"kind":"unlimited"}
limits.campaigns: {"kind":"level","amount":3} became nothing
limits.minutes: nothing became {"kind":"level","amount":9}
modules: {"only":["basic_analytics"]} became "all"
processing: "normal" became "dedicated"
queue: nothing became "unlimited"
support: "Email support" became nothing
"#);
}
