//! Meters: usage is reported as it happens and charged at the end of the period.

mod record;

use std::ops::Range;

use record::Formula;
use serde_json::{Map, Value, json};

pub(crate) use record::{Meter, MeterEvent};

use crate::{
    account::{Account, Noun},
    customer::Customer,
    error::{Result, StripeError},
    form::{MOST_AMOUNT, Params},
    list,
};

/// The usage of a customer on a meter, from one time until before another.
pub(crate) fn usage(account: &Account, meter: &str, customer: &str, span: Range<i64>) -> i64 {
    let Some(meter) = account.meters.get(meter) else { return 0 };
    let events = account.meter_events.iter().filter(|event| {
        event.event_name == meter.event_name && event.customer == customer && span.contains(&event.timestamp)
    });
    match meter.formula {
        Formula::Count => i64::try_from(events.count()).unwrap_or(i64::MAX),
        Formula::Last => events.max_by_key(|event| event.timestamp).map_or(0, |event| event.value),
        Formula::Sum => events.map(|event| event.value).sum(),
    }
}

/// `POST /v1/billing/meters`
pub(crate) fn create(account: &mut Account, mut params: Params) -> Result<Value> {
    let (display_name, event_name) = (params.need("display_name")?, params.need("event_name")?);
    let mut aggregation =
        params.map("default_aggregation")?.ok_or_else(|| StripeError::missing("default_aggregation"))?;
    let formula = match aggregation.one_of("formula", &["count", "last", "sum"])?.as_deref() {
        Some("count") => Formula::Count,
        Some("last") => Formula::Last,
        _ => Formula::Sum,
    };
    aggregation.done()?;
    let mut mapping = params.map("customer_mapping")?.unwrap_or_default();
    let customer_key = mapping.text("event_payload_key")?.unwrap_or_else(|| "stripe_customer_id".to_owned());
    mapping.one_of("type", &["by_id"])?;
    mapping.done()?;
    let mut settings = params.map("value_settings")?.unwrap_or_default();
    let value_key = settings.text("event_payload_key")?.unwrap_or_else(|| "value".to_owned());
    settings.done()?;
    params.done()?;
    if account.meters.iter().any(|meter| meter.event_name == event_name && meter.deactivated_at.is_none()) {
        let message = format!("A meter with the event name {event_name} exists already.");
        return Err(StripeError::coded("resource_already_exists", message).at("event_name"));
    }
    let (id, now) = (account.id("mtr"), account.now);
    let meter = Meter {
        id,
        created: now,
        updated: now,
        display_name,
        event_name,
        customer_key,
        value_key,
        formula,
        deactivated_at: None,
    };
    Ok(account.add("billing.meter.created", meter))
}

/// `POST /v1/billing/meters/{id}`, `…/deactivate`, `…/reactivate`
pub(crate) fn update(account: &mut Account, id: &str, action: &str, mut params: Params) -> Result<Value> {
    let mut changed = account.get::<Meter>(id)?.clone();
    changed.display_name = params.text("display_name")?.unwrap_or(changed.display_name);
    params.done()?;
    let kind = match action {
        "deactivate" => {
            changed.deactivated_at = Some(account.now);
            "billing.meter.deactivated"
        }
        "reactivate" => {
            changed.deactivated_at = None;
            "billing.meter.reactivated"
        }
        _ => Meter::UPDATED,
    };
    changed.updated = account.now;
    account.change_as(id, kind, |meter: &mut Meter| *meter = changed);
    Ok(account.shown::<Meter>(id))
}

/// `GET /v1/billing/meters`
pub(crate) fn index(account: &Account, mut params: Params) -> Result<Value> {
    let status = params.one_of("status", &["active", "inactive"])?;
    list::list(account, &mut params, "/v1/billing/meters", |meter: &Meter| {
        status.as_ref().is_none_or(|status| (status == "active") == meter.deactivated_at.is_none())
    })
}

/// `POST /v1/billing/meter_events`: an event with the same identifier counts only once.
pub(crate) fn event_create(account: &mut Account, mut params: Params) -> Result<Value> {
    let event_name = params.need("event_name")?;
    let pairs = params.map("payload")?.ok_or_else(|| StripeError::missing("payload"))?.pairs()?;
    let (identifier, timestamp) = (params.text("identifier")?, params.int("timestamp")?);
    params.done()?;
    let meter = account.meters.iter().find(|meter| meter.event_name == event_name && meter.deactivated_at.is_none());
    let meter = meter.cloned().ok_or_else(|| {
        StripeError::coded("no_meter", format!("No active meter found matching the event name {event_name}."))
            .at("event_name")
    })?;
    let payload = |key: &str| pairs.iter().find(|(name, _)| name == key).map(|(_, text)| text.clone());
    let param = |key: &str| format!("payload[{key}]");
    let customer = payload(&meter.customer_key).ok_or_else(|| StripeError::missing(&param(&meter.customer_key)))?;
    let value = match payload(&meter.value_key) {
        Some(text) => {
            let wrong = || StripeError::invalid(format!("Invalid number: {text}")).at(&param(&meter.value_key));
            text.parse()
                .ok()
                .filter(|value: &i64| value.unsigned_abs() <= MOST_AMOUNT.unsigned_abs())
                .ok_or_else(wrong)?
        }
        None if meter.formula == Formula::Count => 1,
        None => return Err(StripeError::missing(&param(&meter.value_key))),
    };
    let clock = account.named::<Customer>(&customer, &param(&meter.customer_key))?.test_clock.clone();
    account.enter(clock.as_deref());
    let now = account.now;
    let timestamp = timestamp.unwrap_or(now);
    // Stripe accepts events of the last 35 days, and up to 5 minutes in the future.
    if !(now - 35 * 86_400..=now + 300).contains(&timestamp) {
        let message = "The timestamp must be within the past 35 calendar days or up to 5 minutes in the future.";
        return Err(StripeError::coded("timestamp_out_of_range", message).at("timestamp"));
    }
    let identifier = identifier.unwrap_or_else(|| account.random.letters(32));
    if account.meter_events.iter().any(|event| event.identifier == identifier && event.event_name == event_name) {
        let message = format!("An event already exists with identifier {identifier}.");
        return Err(StripeError::coded("duplicate_meter_event", message).at("identifier"));
    }
    let payload: Map<String, Value> = pairs.into_iter().map(|(key, text)| (key, Value::String(text))).collect();
    account.meter_events.push(MeterEvent {
        event_name: event_name.clone(),
        identifier: identifier.clone(),
        customer,
        value,
        timestamp,
    });
    Ok(json!({
        "object": "billing.meter_event",
        "created": now,
        "event_name": event_name,
        "identifier": identifier,
        "livemode": false,
        "payload": payload,
        "timestamp": timestamp,
    }))
}

/// `GET /v1/billing/meters/{id}/event_summaries`: one summary of the whole span, or one for each hour or day.
pub(crate) fn summaries(account: &Account, id: &str, mut params: Params) -> Result<Value> {
    account.get::<Meter>(id)?;
    let customer = params.need("customer")?;
    let start = params.int("start_time")?.ok_or_else(|| StripeError::missing("start_time"))?;
    let end = params.int("end_time")?.ok_or_else(|| StripeError::missing("end_time"))?;
    let window = params.one_of("value_grouping_window", &["hour", "day"])?;
    account.customer_check(Some(&customer))?;
    if end <= start {
        return Err(StripeError::invalid("end_time must be after start_time.").at("end_time"));
    }
    let step = match window.as_deref() {
        Some("hour") => 3600,
        Some(_) => 86_400,
        None => end - start,
    };
    let mut data = Vec::new();
    let mut from = start;
    while from < end {
        let to = (from + step).min(end);
        data.push(json!({
            "id": format!("mtrusg_{id}_{from}"),
            "object": "billing.meter_event_summary",
            "aggregated_value": usage(account, id, &customer, from..to),
            "end_time": to,
            "livemode": false,
            "meter": id,
            "start_time": from,
        }));
        from = to;
    }
    data.reverse();
    let all = data.iter().map(|each| (each["id"].as_str().unwrap_or_default(), each));
    list::page(all, &mut params, &format!("/v1/billing/meters/{id}/event_summaries"), |each| (*each).clone())
}
