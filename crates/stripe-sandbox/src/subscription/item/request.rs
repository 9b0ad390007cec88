//! Requests about subscription items.

use serde_json::{Value, json};

use super::no_discounts;
use crate::{
    account::Account,
    error::{Result, StripeError},
    form::Params,
    list,
    subscription::{Subscription, update},
};

fn owner(account: &Account, item: &str) -> Result<Subscription> {
    let owner = account.subscriptions.iter().find(|subscription| subscription.items.iter().any(|each| each.id == item));
    owner.cloned().ok_or_else(|| StripeError::no_such("subscription_item", item))
}

fn shown(account: &Account, id: &str) -> Result<Value> {
    let subscription = owner(account, id)?;
    let item = subscription.items.iter().find(|item| item.id == id);
    Ok(item.map(|item| item.json(&subscription.id, subscription.period.0, subscription.period.1)).unwrap_or_default())
}

/// `GET /v1/subscription_items/{id}`
pub(crate) fn show(account: &Account, id: &str) -> Result<Value> {
    shown(account, id)
}

/// `GET /v1/subscription_items?subscription=…`
pub(crate) fn index(account: &Account, mut params: Params) -> Result<Value> {
    let subscription = account.named::<Subscription>(&params.need("subscription")?, "subscription")?;
    let all = subscription.items.iter().map(|item| (item.id.as_str(), item));
    list::page(all, &mut params, "/v1/subscription_items", |item| {
        item.json(&subscription.id, subscription.period.0, subscription.period.1)
    })
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
