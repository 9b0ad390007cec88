use serde_json::json;

use super::*;

fn subscription(value: Value) -> Subscription {
    serde_json::from_value(value).unwrap()
}

#[test]
fn the_period_is_found_wherever_the_version_puts_it() {
    let item = json!({ "id": "si_1", "price": { "id": "price_1" }, "quantity": 2, "current_period_start": 10, "current_period_end": 20 });
    let today =
        subscription(json!({ "id": "sub_1", "customer": "cus_1", "items": { "object": "list", "data": [item] } }));
    assert_eq!(today.period(), Some((10, 20)));
    let before = subscription(json!({
        "id": "sub_1", "customer": { "id": "cus_1", "object": "customer" }, "status": "active",
        "current_period_start": 30, "current_period_end": 40,
        "items": { "data": [{ "id": "si_1", "price": { "id": "price_1", "product": { "id": "prod_1" } } }] },
    }));
    assert_eq!((before.customer.as_str(), before.period()), ("cus_1", Some((30, 40))));
    assert_eq!(before.items[0].current_period_end, Some(40));
    assert_eq!(before.items[0].price.product.as_deref(), Some("prod_1"));
}

#[test]
fn null_missing_and_unknown_fields_are_tolerated() {
    let bare = subscription(json!({
        "id": "sub_1", "customer": "cus_1", "status": "dreaming", "items": null, "metadata": null, "created": null,
        "cancel_at_period_end": null, "latest_invoice": null, "pause_collection": null, "trial_end": null, "hologram": [1],
    }));
    assert_eq!((bare.status.as_str(), bare.period(), bare.is_over()), ("dreaming", None, false));
    let invoice: Invoice =
        serde_json::from_value(json!({ "id": "in_1", "lines": null, "status_transitions": null })).unwrap();
    assert_eq!((invoice.lines.len(), invoice.status_transitions.finalized_at), (0, None));
    let event: Event = serde_json::from_value(json!({ "id": "evt_1" })).unwrap();
    assert_eq!(event.customer(), None);
}

#[test]
fn an_invoice_is_its_id_or_all_of_it() {
    let with = |invoice: Value| subscription(json!({ "id": "sub_1", "customer": "cus_1", "latest_invoice": invoice }));
    assert!(with(json!("in_1")).invoice().is_none());
    let expanded = with(json!({
        "id": "in_1", "status": "open", "status_transitions": { "finalized_at": 5, "paid_at": null },
        "parent": { "type": "subscription_details", "subscription_details": { "subscription": "sub_1" } },
        "lines": { "data": [
            { "id": "il_1", "amount": -5, "period": { "start": 1, "end": 2 },
              "parent": { "subscription_item_details": { "proration": true }, "invoice_item_details": null } },
            { "id": "il_2", "amount": 5, "proration": true },
            { "id": "il_3", "amount": 5, "parent": null },
        ] },
    }));
    let invoice = expanded.invoice().unwrap();
    assert!(invoice.is_open());
    assert_eq!((invoice.subscription.as_deref(), invoice.status_transitions.finalized_at), (Some("sub_1"), Some(5)));
    assert_eq!(invoice.lines.iter().map(|line| line.proration).collect::<Vec<_>>(), [true, true, false]);
    let old: Invoice = serde_json::from_value(json!({ "id": "in_1", "subscription": { "id": "sub_2" } })).unwrap();
    assert_eq!(old.subscription.as_deref(), Some("sub_2"));
}

#[test]
fn an_event_says_whose_it_is() {
    let event = |object: Value| {
        let event: Event = serde_json::from_value(json!({ "id": "evt_1", "data": { "object": object } })).unwrap();
        event.customer().map(str::to_owned)
    };
    assert_eq!(event(json!({ "object": "customer", "id": "cus_1" })).as_deref(), Some("cus_1"));
    assert_eq!(event(json!({ "object": "invoice", "customer": "cus_2" })).as_deref(), Some("cus_2"));
    assert_eq!(event(json!({ "object": "invoice", "customer": { "id": "cus_3" } })).as_deref(), Some("cus_3"));
    assert_eq!(event(json!({ "object": "price" })), None);
}
