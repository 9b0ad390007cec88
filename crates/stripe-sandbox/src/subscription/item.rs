//! Subscription items: a price, its quantity, and what a period costs.

mod record;
pub(crate) mod request;

use std::ops::Range;

use serde_json::Map;

pub(crate) use record::{Item, period_end};

use crate::{
    account::Account,
    error::{Result, StripeError},
    form::{MOST_QUANTITY, Params},
    invoice::{Line, line, line::Origin},
    meter,
    price::Price,
    product::Product,
    subscription::Subscription,
    tax_rate,
};

/// The name of a price on invoices.
pub(crate) fn name(account: &Account, price: &Price) -> String {
    let product = account.products.get(&price.product).map(|product: &Product| product.name.clone());
    product.or_else(|| price.nickname.clone()).unwrap_or_else(|| price.id.clone())
}

/// The lines of a new period: charges in advance for it, and the usage of the previous one.
pub(crate) fn lines(
    account: &mut Account,
    subscription: &Subscription,
    period: Range<i64>,
    used: Option<Range<i64>>,
) -> Vec<Line> {
    let mut lines = Vec::new();
    for item in &subscription.items {
        let name = name(account, &item.price);
        let (quantity, span) = match (&item.price.recurring, &used) {
            (Some(recurring), Some(used)) if recurring.meter.is_some() => {
                let meter = recurring.meter.clone().unwrap_or_default();
                (meter::usage(account, &meter, &subscription.customer, used.clone()), used.clone())
            }
            (Some(recurring), None) if recurring.meter.is_some() => continue,
            _ => (item.quantity, period.clone()),
        };
        lines.push(Line {
            id: account.id("il"),
            amount: item.price.unit_amount.saturating_mul(quantity),
            currency: item.price.currency.clone(),
            description: line::description(quantity, &name, &item.price),
            metadata: subscription.metadata.clone(),
            period: (span.start, span.end),
            price: Some((item.price.id.clone(), item.price.product.clone())),
            unit_amount: item.price.unit_amount,
            quantity,
            origin: Origin::Item { subscription: subscription.id.clone(), item: item.id.clone() },
            discountable: true,
            tax_rates: item.tax_rates.clone(),
            discounts: Vec::new(),
            taxes: Vec::new(),
        });
    }
    lines
}

/// The lines of a trial, with an amount of zero.
pub(crate) fn trial_lines(account: &mut Account, subscription: &Subscription) -> Vec<Line> {
    let mut all = lines(account, subscription, subscription.span(), None);
    for (line, item) in all.iter_mut().zip(&subscription.items) {
        line.amount = 0;
        line.description = format!("Trial period for {}", name(account, &item.price));
    }
    all
}

/// Reads items from a request. With `old`, the request changes those, and items that it does not name stay.
pub(crate) fn read(account: &mut Account, list: Vec<Params>, old: &[Item]) -> Result<Vec<Item>> {
    let mut items = old.to_vec();
    for mut params in list {
        let id = params.text("id")?;
        let deleted = params.flag("deleted")?.unwrap_or(false);
        let quantity = params.int_within("quantity", 0, MOST_QUANTITY)?;
        let price = match (params.text("price")?, params.map("price_data")?) {
            (Some(price), _) => Some(account.named::<Price>(&price, "items[0][price]")?.clone()),
            (None, Some(data)) => {
                let price = Price::read(account, data, None)?;
                account.named::<Product>(&price.product, "items[0][price_data][product]")?;
                account.prices.insert(&price.id.clone(), price.clone());
                Some(price)
            }
            (None, None) => None,
        };
        let mut metadata = Map::new();
        params.metadata(&mut metadata)?;
        let tax_rates = tax_rate::read_list(account, &mut params, "tax_rates")?;
        no_discounts(&mut params)?;
        params.done()?;
        if let Some(id) = id {
            let place = items
                .iter()
                .position(|item| item.id == id)
                .ok_or_else(|| StripeError::no_such("subscription_item", &id))?;
            if deleted {
                items.remove(place);
                continue;
            }
            let item = &mut items[place];
            item.price = price.unwrap_or_else(|| item.price.clone());
            item.quantity = quantity.unwrap_or(item.quantity);
            item.metadata.extend(metadata);
            item.tax_rates = tax_rates.unwrap_or_else(|| std::mem::take(&mut item.tax_rates));
        } else {
            let price = price.ok_or_else(|| StripeError::missing("items[0][price]"))?;
            let id = account.id("si");
            let tax_rates = tax_rates.unwrap_or_default();
            items.push(Item { id, created: account.now, price, quantity: quantity.unwrap_or(1), metadata, tax_rates });
        }
    }
    check(&items, old)?;
    Ok(items)
}

/// The sandbox's items have no discounts of their own, so only an empty list is accepted.
fn no_discounts(params: &mut Params) -> Result<()> {
    let name = params.name("discounts");
    match params.list("discounts")? {
        Some(list) if !list.is_empty() => Err(StripeError::not_modelled("discounts of single items", &name)),
        _ => Ok(()),
    }
}

fn check(items: &[Item], old: &[Item]) -> Result<()> {
    let Some(first) = items.first() else {
        return Err(StripeError::invalid("A subscription must have at least one active plan."));
    };
    let interval = |item: &Item| item.price.recurring.as_ref().map(|each| (each.interval.clone(), each.interval_count));
    for item in items {
        if item.price.recurring.is_none() {
            let message = format!(
                "The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`: {}",
                item.price.id
            );
            return Err(StripeError::invalid(message).at("items[0][price]"));
        }
        let had = old.iter().any(|other| other.price.id == item.price.id);
        if !item.price.active && !had {
            let message = "The price specified is inactive. This field only accepts active prices.";
            return Err(StripeError::invalid(message).at("items[0][price]"));
        }
        if item.price.currency != first.price.currency {
            return Err(StripeError::invalid("All prices on a subscription must have the same currency."));
        }
        if interval(item) != interval(first) {
            return Err(StripeError::invalid(
                "The sandbox models subscriptions whose prices all have the same interval.",
            ));
        }
    }
    let mut prices: Vec<&str> = items.iter().map(|item| item.price.id.as_str()).collect();
    prices.sort_unstable();
    if prices.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(StripeError::invalid("Cannot add multiple subscription items with the same price."));
    }
    Ok(())
}
