//! The phases of a schedule: their start and end, and the terms of the subscription in between.

mod record;

use serde_json::Map;

pub(crate) use record::Phase;

use crate::{
    account::Account,
    discount::{self, Discount, Place},
    error::{Result, StripeError},
    form::Params,
    payment_method,
    price::Recurring,
    subscription::{Item, item},
    tax_rate,
};

/// Reads phases. The first one starts at `start` unless it names another time.
pub(crate) fn read(account: &mut Account, list: Vec<Params>, customer: &str, start: i64) -> Result<Vec<Phase>> {
    let mut phases: Vec<Phase> = Vec::new();
    for params in list {
        let after = phases.last().map_or(start, |phase| phase.end);
        phases.push(one(account, params, customer, after)?);
    }
    if phases.is_empty() {
        return Err(StripeError::missing("phases"));
    }
    if phases.len() > 10 {
        return Err(StripeError::invalid("A schedule can have at most 10 phases that have not ended.").at("phases"));
    }
    Ok(phases)
}

fn one(account: &mut Account, mut params: Params, customer: &str, after: i64) -> Result<Phase> {
    let (start_name, end_name) = (params.name("start_date"), params.name("end_date"));
    let start = match params.text("start_date")?.as_deref() {
        None => after,
        Some("now") => account.now,
        Some(text) => {
            text.parse().map_err(|_| StripeError::invalid(format!("Invalid timestamp: {text}")).at(&start_name))?
        }
    };
    if start != after {
        let message = format!("A phase starts when the one before it ends, which is at {after}.");
        return Err(StripeError::invalid(message).at(&start_name));
    }
    let missing = StripeError::missing(&params.name("items"));
    let list = params.list("items")?.ok_or(missing)?;
    let items = item::read(account, list, &[])?;
    let end = end(&mut params, start, &end_name)?;
    let trial = params.flag("trial")?.unwrap_or(false);
    let trial_end = params.int("trial_end")?.or(trial.then_some(end));
    let discounts = discounts(account, &mut params, customer, &items)?;
    let default_tax_rates = tax_rate::read_list(account, &mut params, "default_tax_rates")?.unwrap_or_default();
    let currency = params.currency("currency")?;
    if currency.is_some_and(|currency| items.iter().any(|item| item.price.currency != currency)) {
        return Err(StripeError::invalid("The price's currency is another one.").at(&params.name("currency")));
    }
    let name = params.name("default_payment_method");
    let method = params.text("default_payment_method")?.filter(|method| !method.is_empty());
    let default_payment_method =
        method.map(|method| payment_method::resolve_for(account, &method, customer, &name)).transpose()?;
    let behaviors = ["create_prorations", "always_invoice", "none"];
    let behavior = params.one_of("proration_behavior", &behaviors)?;
    let anchor = params.one_of("billing_cycle_anchor", &["automatic", "phase_start"])?;
    params.only("collection_method", &["charge_automatically"], &["charge_automatically", "send_invoice"])?;
    params.automatic_tax()?;
    let (mut description, mut metadata) = (None, Map::new());
    params.set("description", &mut description)?;
    params.metadata(&mut metadata)?;
    params.done()?;
    Ok(Phase {
        start,
        end,
        items,
        discounts,
        default_tax_rates,
        trial_end,
        default_payment_method,
        description,
        metadata,
        proration_behavior: behavior.unwrap_or_else(|| behaviors[0].to_owned()),
        anchors: anchor.as_deref() == Some("phase_start"),
    })
}

fn end(params: &mut Params, start: i64, name: &str) -> Result<i64> {
    let (at, duration) = (params.int("end_date")?, params.map("duration")?);
    let end = match (at, duration) {
        (Some(at), None) => at,
        (None, Some(mut duration)) => {
            let missing = StripeError::missing(&duration.name("interval"));
            let interval = duration.one_of("interval", &["day", "week", "month", "year"])?.ok_or(missing)?;
            let count = duration.int_from("interval_count", 1)?.unwrap_or(1);
            duration.done()?;
            Recurring { interval, interval_count: count, meter: None }.after(start, 1)
        }
        (Some(_), Some(_)) => {
            let message = "You may only specify one of these parameters: end_date, duration.";
            return Err(StripeError::invalid(message).at(name));
        }
        (None, None) => return Err(StripeError::missing(name)),
    };
    if end <= start {
        return Err(StripeError::invalid("A phase must end after it starts.").at(name));
    }
    Ok(end)
}

fn discounts(account: &mut Account, params: &mut Params, customer: &str, items: &[Item]) -> Result<Vec<Discount>> {
    let currency = items.first().map(|item| item.price.currency.clone()).unwrap_or_default();
    let place = Place {
        customer,
        subscription: None,
        invoice: None,
        currency: &currency,
        subtotal: items.iter().map(Item::amount).sum(),
        there: &[],
    };
    discount::read(account, params, &place).map(Option::unwrap_or_default)
}
