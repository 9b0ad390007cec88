//! Coupons: the amount of a discount, its duration, and the products to which it applies.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    account::{Account, Noun, noun},
    error::{Result, StripeError},
    form::Params,
    list, money,
    product::Product,
};

/// The amount of a discount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Off {
    /// Ten thousandths of a percent: `250_000` is 25 %.
    Percent(i64),
    /// An amount in the currency's smallest unit, and the currency.
    Amount(i64, String),
}

/// The duration of a discount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Duration {
    Once,
    /// This many months.
    Repeating(i64),
    Forever,
}

/// A coupon.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Coupon {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) off: Off,
    pub(crate) duration: Duration,
    pub(crate) name: Option<String>,
    /// The products to which it applies; empty: all products.
    products: Vec<String>,
    max_redemptions: Option<i64>,
    redeem_by: Option<i64>,
    pub(crate) times_redeemed: i64,
    /// Whether its `redeem_by` has passed.
    pub(crate) expired: bool,
    metadata: Map<String, Value>,
}

noun!(Coupon, coupons, "coupon", "coupon.updated");

impl Coupon {
    fn to_json(&self) -> Value {
        let (percent, amount) = match &self.off {
            Off::Percent(percent) => (Some(money::percent_json(*percent)), None),
            Off::Amount(amount, currency) => (None, Some((amount, currency))),
        };
        let (duration, months) = match self.duration {
            Duration::Once => ("once", None),
            Duration::Repeating(months) => ("repeating", Some(months)),
            Duration::Forever => ("forever", None),
        };
        json!({
            "id": self.id,
            "object": "coupon",
            "amount_off": amount.map(|(amount, _)| amount),
            "created": self.created,
            "currency": amount.map(|(_, currency)| currency),
            "duration": duration,
            "duration_in_months": months,
            "livemode": false,
            "max_redemptions": self.max_redemptions,
            "metadata": self.metadata,
            "name": self.name,
            "percent_off": percent,
            "redeem_by": self.redeem_by,
            "times_redeemed": self.times_redeemed,
            "valid": self.is_valid(),
        })
    }

    fn is_valid(&self) -> bool {
        !self.expired && self.max_redemptions.is_none_or(|most| self.times_redeemed < most)
    }

    /// When it can no longer be redeemed; none: that time has passed, or there is none.
    pub(crate) fn due(&self) -> Option<i64> {
        self.redeem_by.filter(|_| !self.expired)
    }

    /// Whether it applies to a product.
    pub(crate) fn is_for(&self, product: Option<&str>) -> bool {
        self.products.is_empty() || product.is_some_and(|product| self.products.iter().any(|each| each == product))
    }

    /// The JSON for `expand[]=applies_to`.
    pub(crate) fn applies_to(&self) -> Value {
        json!({ "products": self.products })
    }

    /// Why it cannot be redeemed in this currency.
    pub(crate) fn refusal(&self, currency: Option<&str>, param: &str) -> Option<StripeError> {
        if !self.is_valid() {
            let why = if self.expired { "has expired" } else { "has been redeemed the maximum number of times" };
            return Some(StripeError::coded("coupon_expired", format!("Coupon {why}: {}", self.id)).at(param));
        }
        match &self.off {
            Off::Amount(_, own) if currency.is_some_and(|currency| currency != own) => {
                let message =
                    format!("The coupon `{}` takes an amount off in {own}, which is not the currency here.", self.id);
                Some(StripeError::invalid(message).at(param))
            }
            _ => None,
        }
    }

    /// The text on pages: `20% off`, `$5.00 off`, and the duration.
    pub(crate) fn words(&self) -> String {
        let off = match &self.off {
            Off::Percent(percent) => format!("{}%", money::percent_words(*percent)),
            Off::Amount(amount, currency) => money::words(*amount, currency),
        };
        match self.duration {
            Duration::Once => format!("{off} off once"),
            Duration::Repeating(1) => format!("{off} off for a month"),
            Duration::Repeating(months) => format!("{off} off for {months} months"),
            Duration::Forever => format!("{off} off"),
        }
    }
}

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
