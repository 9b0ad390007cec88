//! Requests about prices.

use serde_json::Value;

use crate::{
    account::Account,
    error::{Result, StripeError},
    form::Params,
    list,
    price::Price,
    product,
    product::Product,
};

/// Takes a lookup key from the price that has it, if the caller requests the transfer.
fn lookup_key_claim(account: &mut Account, price: &Price, transfer: bool) -> Result<()> {
    let Some(key) = &price.lookup_key else { return Ok(()) };
    let holder = account.prices.iter().find(|other| other.lookup_key.as_ref() == Some(key) && other.id != price.id);
    let Some(holder) = holder.map(|holder| holder.id.clone()) else { return Ok(()) };
    if !transfer {
        let message = format!("A price (`{holder}`) already uses that lookup key.");
        return Err(StripeError::coded("resource_already_exists", message).at("lookup_key"));
    }
    account.change(&holder, |price: &mut Price| price.lookup_key = None);
    embedded_refresh(account, &holder);
    Ok(())
}

/// Updates the price inside of subscription items, which show its present state.
fn embedded_refresh(account: &mut Account, id: &str) {
    let Some(price) = account.prices.get(id).cloned() else { return };
    for item in account.subscriptions.iter_mut().flat_map(|subscription| &mut subscription.items) {
        if item.price.id == id {
            item.price = price.clone();
        }
    }
}

/// `POST /v1/prices`
pub(crate) fn create(account: &mut Account, mut params: Params) -> Result<Value> {
    let transfer = params.flag("transfer_lookup_key")?.unwrap_or(false);
    let data = params.map("product_data")?;
    let mut price = Price::read(account, params, None)?;
    match data {
        Some(data) => {
            lookup_key_claim(account, &price, transfer)?;
            let made = product::create(account, data)?;
            made["id"].as_str().unwrap_or_default().clone_into(&mut price.product);
        }
        None if price.product.is_empty() => return Err(StripeError::missing("product")),
        None => {
            account.named::<Product>(&price.product, "product")?;
            lookup_key_claim(account, &price, transfer)?;
        }
    }
    Ok(account.add("price.created", price))
}

/// `POST /v1/prices/{id}`
pub(crate) fn update(account: &mut Account, id: &str, mut params: Params) -> Result<Value> {
    let mut changed = account.get::<Price>(id)?.clone();
    let transfer = params.flag("transfer_lookup_key")?.unwrap_or(false);
    changed.change(&mut params)?;
    params.done()?;
    lookup_key_claim(account, &changed, transfer)?;
    account.change(id, |price: &mut Price| *price = changed);
    embedded_refresh(account, id);
    Ok(account.shown::<Price>(id))
}

/// `GET /v1/prices`
pub(crate) fn index(account: &Account, mut params: Params) -> Result<Value> {
    let active = params.flag("active")?;
    let (currency, product) = (params.currency("currency")?, params.text("product")?);
    let kind = params.one_of("type", &["one_time", "recurring"])?;
    let keys = params.texts("lookup_keys")?;
    let mut recurring = params.map("recurring")?.unwrap_or_default();
    let interval = recurring.one_of("interval", &["day", "week", "month", "year"])?;
    let (meter, usage) = (recurring.text("meter")?, recurring.one_of("usage_type", &["licensed", "metered"])?);
    recurring.done()?;
    list::list(account, &mut params, "/v1/prices", |price: &Price| {
        active.is_none_or(|active| active == price.active)
            && currency.as_ref().is_none_or(|currency| *currency == price.currency)
            && product.as_ref().is_none_or(|product| *product == price.product)
            && kind.as_ref().is_none_or(|kind| (kind == "recurring") == price.recurring.is_some())
            && keys.as_ref().is_none_or(|keys| price.lookup_key.as_ref().is_some_and(|key| keys.contains(key)))
            && interval
                .as_ref()
                .is_none_or(|wanted| price.recurring.as_ref().is_some_and(|each| each.interval == *wanted))
            && (meter.is_none() || price.recurring.as_ref().is_some_and(|each| each.meter == meter))
            && usage
                .as_ref()
                .is_none_or(|usage| price.recurring.is_some() && (usage == "metered") == price.is_metered())
    })
}
