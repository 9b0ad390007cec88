//! Subscription items: a price, its quantity, and what a period costs.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    account::{Account, Noun},
    error::{Result, StripeError},
    form::{MOST_QUANTITY, Params},
    invoice::{Line, line, line::Origin},
    list, meter,
    price::Price,
    product::Product,
    subscription::{Subscription, update},
    tax_rate,
    tax_rate::TaxRate,
};

/// An item of a subscription.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Item {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) price: Price,
    pub(crate) quantity: i64,
    pub(crate) metadata: Map<String, Value>,
    /// Its own tax rates; none: those of the subscription.
    #[serde(default)]
    pub(crate) tax_rates: Vec<TaxRate>,
}

impl Item {
    pub(crate) fn json(&self, subscription: &Subscription) -> Value {
        let (start, end) = subscription.period;
        let mut json = json!({
            "id": self.id,
            "object": "subscription_item",
            "billing_thresholds": null,
            "created": self.created,
            "current_period_end": end,
            "current_period_start": start,
            "current_trial": null,
            "discounts": [],
            "metadata": self.metadata,
            "plan": self.price.plan(),
            "price": self.price.json(),
            "subscription": subscription.id,
            "tax_rates": tax_rate::shown(&self.tax_rates),
        });
        if !self.price.is_metered() {
            json["quantity"] = json!(self.quantity);
        }
        json
    }

    /// What a period costs in advance; usage costs nothing in advance.
    pub(crate) fn amount(&self) -> i64 {
        if self.price.is_metered() { 0 } else { self.price.unit_amount.saturating_mul(self.quantity) }
    }

    /// Whether the price and the quantity are the same, so that nothing has to be prorated.
    pub(crate) fn costs_as(&self, other: &Self) -> bool {
        self.price.id == other.price.id && self.quantity == other.quantity
    }
}

/// The end of the period of these items that starts at `start`, computed from the anchor.
pub(crate) fn period_end(items: &[Item], anchor: i64, start: i64) -> i64 {
    let Some(recurring) = items.iter().find_map(|item| item.price.recurring.as_ref()) else { return i64::MAX };
    if start < anchor {
        return anchor;
    }
    let longest = match recurring.interval.as_str() {
        "day" => 86_400,
        "week" => 7 * 86_400,
        "year" => 366 * 86_400,
        _ => 31 * 86_400,
    };
    let mut periods = ((start - anchor) / (longest * recurring.interval_count)).max(1);
    while recurring.after(anchor, periods) <= start {
        periods += 1;
    }
    recurring.after(anchor, periods)
}

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

fn owner(account: &Account, item: &str) -> Result<Subscription> {
    let owner = account.subscriptions.iter().find(|subscription| subscription.items.iter().any(|each| each.id == item));
    owner.cloned().ok_or_else(|| StripeError::no_such("subscription_item", item))
}

fn shown(account: &Account, id: &str) -> Result<Value> {
    let subscription = owner(account, id)?;
    let item = subscription.items.iter().find(|item| item.id == id);
    Ok(item.map(|item| item.json(&subscription)).unwrap_or_default())
}

/// `GET /v1/subscription_items/{id}`
pub(crate) fn show(account: &Account, id: &str) -> Result<Value> {
    shown(account, id)
}

/// `GET /v1/subscription_items?subscription=…`
pub(crate) fn index(account: &Account, mut params: Params) -> Result<Value> {
    let subscription = account.named::<Subscription>(&params.need("subscription")?, "subscription")?;
    let all = subscription.items.iter().map(|item| (item.id.as_str(), item));
    list::page(all, &mut params, "/v1/subscription_items", |item| item.json(subscription))
}

/// `POST /v1/subscription_items`, with or without an id: this is carried out as a change of the subscription.
pub(crate) fn write(account: &mut Account, id: Option<&str>, mut params: Params, delete: bool) -> Result<Value> {
    let subscription = match id {
        Some(id) => owner(account, id)?.id,
        None => params.need("subscription")?,
    };
    let before: Vec<String> = account
        .named::<Subscription>(&subscription, "subscription")?
        .items
        .iter()
        .map(|item| item.id.clone())
        .collect();
    let mut pairs = Vec::new();
    for key in ["price", "quantity"] {
        if let Some(text) = params.text(key)? {
            pairs.push((format!("items[0][{key}]"), text));
        }
    }
    let mut metadata = params.map("metadata")?.unwrap_or_default();
    pairs.extend(metadata.pairs()?.into_iter().map(|(key, text)| (format!("items[0][metadata][{key}]"), text)));
    if let Some(id) = id {
        pairs.push(("items[0][id]".to_owned(), id.to_owned()));
    }
    if delete {
        pairs.push(("items[0][deleted]".to_owned(), "true".to_owned()));
    }
    for key in ["proration_behavior", "proration_date", "payment_behavior", "off_session"] {
        pairs.extend(params.text(key)?.map(|text| (key.to_owned(), text)));
    }
    if let Some(rates) = params.texts("tax_rates")? {
        pairs.extend(rates.into_iter().enumerate().map(|(index, id)| (format!("items[0][tax_rates][{index}]"), id)));
    }
    no_discounts(&mut params)?;
    params.done()?;
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(key, text)| (key.as_str(), text.as_str())).collect();
    update::update(account, &subscription, Params::of(&pairs))?;
    if delete {
        return Ok(json!({ "id": id, "object": "subscription_item", "deleted": true }));
    }
    let after = account.get::<Subscription>(&subscription)?;
    let made = after.items.iter().map(|item| item.id.clone()).find(|item| !before.contains(item));
    shown(account, &made.or(id.map(str::to_owned)).unwrap_or_default())
}
