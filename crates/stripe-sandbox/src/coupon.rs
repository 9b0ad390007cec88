//! Coupons: the amount of a discount, its duration, and the products to which it applies.

mod record;

use serde_json::{Map, Value, json};

pub(crate) use record::{Coupon, Duration, Off};

use crate::{
    account::{Account, Noun},
    error::{Result, StripeError},
    form::Params,
    list,
    product::Product,
};

/// Reads the amount of the discount: either a percentage or an amount.
fn off(percent: Option<i64>, amount: Option<i64>, currency: Option<String>) -> Result<Off> {
    match (percent, amount, currency) {
        (Some(percent), None, _) if (1..=1_000_000).contains(&percent) => Ok(Off::Percent(percent)),
        (Some(_), None, _) => {
            Err(StripeError::invalid("percent_off must be greater than 0 and at most 100.").at("percent_off"))
        }
        (None, Some(amount), Some(currency)) => Ok(Off::Amount(amount, currency)),
        (None, Some(_), None) => Err(StripeError::missing("currency")),
        (Some(_), Some(_), _) => {
            let message = "You may only specify one of these parameters: percent_off, amount_off.";
            Err(StripeError::invalid(message).at("amount_off"))
        }
        (None, None, _) => {
            let message = "Must provide percent_off or amount_off.";
            Err(StripeError::coded("parameter_missing", message).at("percent_off"))
        }
    }
}

/// `POST /v1/coupons`
pub(crate) fn create(account: &mut Account, mut params: Params) -> Result<Value> {
    let id = params.text("id")?.filter(|id| !id.is_empty());
    let percent = params.percent("percent_off")?;
    let (amount, currency) = (params.int_from("amount_off", 1)?, params.currency("currency")?);
    let months = params.int_from("duration_in_months", 1)?;
    let duration = match params.one_of("duration", &["forever", "once", "repeating"])?.as_deref() {
        Some("forever") => Duration::Forever,
        Some("repeating") => Duration::Repeating(months.ok_or_else(|| StripeError::missing("duration_in_months"))?),
        _ => Duration::Once,
    };
    if months.is_some() && !matches!(duration, Duration::Repeating(_)) {
        let message = "duration_in_months is only for coupons whose duration is repeating.";
        return Err(StripeError::invalid(message).at("duration_in_months"));
    }
    let (max_redemptions, redeem_by) = (params.int_from("max_redemptions", 1)?, params.int("redeem_by")?);
    let mut name = None;
    params.set("name", &mut name)?;
    let mut applies = params.map("applies_to")?.unwrap_or_default();
    let products = applies.texts("products")?.unwrap_or_default();
    applies.done()?;
    let mut metadata = Map::new();
    params.metadata(&mut metadata)?;
    params.done()?;
    let off = off(percent, amount, currency)?;
    for product in &products {
        account.named::<Product>(product, "applies_to[products]")?;
    }
    if redeem_by.is_some_and(|by| by <= account.now) {
        return Err(StripeError::invalid("redeem_by must be in the future.").at("redeem_by"));
    }
    let id = match id {
        Some(id) if account.coupons.get(&id).is_some() => {
            let message = format!("Coupon already exists: {id}");
            return Err(StripeError::coded("resource_already_exists", message).at("id"));
        }
        Some(id) => id,
        None => account.random.letters(8),
    };
    let coupon = Coupon {
        id,
        created: account.now,
        off,
        duration,
        name,
        products,
        max_redemptions,
        redeem_by,
        times_redeemed: 0,
        expired: false,
        metadata,
    };
    Ok(account.add("coupon.created", coupon))
}

/// `POST /v1/coupons/{id}`: changes its name and metadata.
pub(crate) fn update(account: &mut Account, id: &str, mut params: Params) -> Result<Value> {
    let mut changed = account.get::<Coupon>(id)?.clone();
    params.set("name", &mut changed.name)?;
    params.metadata(&mut changed.metadata)?;
    params.done()?;
    account.change(id, |coupon: &mut Coupon| *coupon = changed);
    Ok(account.shown::<Coupon>(id))
}

/// `DELETE /v1/coupons/{id}`: it can no longer be redeemed; existing discounts stay.
pub(crate) fn delete(account: &mut Account, id: &str, params: &Params) -> Result<Value> {
    params.done()?;
    let coupon = account.get::<Coupon>(id)?.json();
    account.coupons.remove(id);
    account.emit("coupon.deleted", coupon, None);
    Ok(json!({ "id": id, "object": "coupon", "deleted": true }))
}

/// `GET /v1/coupons`
pub(crate) fn index(account: &Account, mut params: Params) -> Result<Value> {
    list::list(account, &mut params, "/v1/coupons", |_: &Coupon| true)
}
