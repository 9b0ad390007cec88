//! Promotion codes: the codes that customers enter to redeem a coupon.

mod record;

use serde_json::{Map, Value};

pub(crate) use record::PromotionCode;

use crate::{
    account::Account,
    coupon::Coupon,
    customer::Customer,
    error::{Result, StripeError},
    form::Params,
    list,
};

impl PromotionCode {
    /// Why this customer cannot redeem it for this amount.
    pub(crate) fn refusal(
        &self,
        account: &Account,
        customer: Option<&str>,
        subtotal: i64,
        currency: &str,
    ) -> Option<String> {
        if !self.is_active() {
            return Some(format!("The promotion code {} is not active any more.", self.code));
        }
        if self.customer.is_some() && self.customer.as_deref() != customer {
            return Some(format!("The promotion code {} belongs to another customer.", self.code));
        }
        let paid_before = |customer: &str| {
            account.invoices.iter().any(|each| each.customer == customer && each.amount_paid > 0)
                || account.charges.iter().any(|each| each.customer.as_deref() == Some(customer) && each.succeeded())
        };
        if self.first_time && customer.is_some_and(paid_before) {
            return Some(
                "This promotion code cannot be redeemed because the associated customer has prior transactions."
                    .to_owned(),
            );
        }
        match &self.minimum {
            Some((least, own)) if own != currency || subtotal < *least => {
                let least = crate::money::words(*least, own);
                Some(format!("The promotion code {} is for purchases of {least} or more.", self.code))
            }
            _ => None,
        }
    }
}

/// Finds the redeemable code with this name, ignoring case.
pub(crate) fn find<'a>(account: &'a Account, code: &str, customer: Option<&str>) -> Option<&'a PromotionCode> {
    let mut same = account.promotion_codes.iter().rev().filter(|each| each.code.eq_ignore_ascii_case(code.trim()));
    same.find(|each| each.is_active() && (each.customer.is_none() || each.customer.as_deref() == customer))
}

/// `POST /v1/promotion_codes`
pub(crate) fn create(account: &mut Account, mut params: Params) -> Result<Value> {
    let mut promotion = params.map("promotion")?.ok_or_else(|| StripeError::missing("promotion"))?;
    let kind = promotion.one_of("type", &["coupon"])?;
    kind.ok_or_else(|| StripeError::missing("promotion[type]"))?;
    let coupon = promotion.need("coupon")?;
    promotion.done()?;
    let code = params.text("code")?.filter(|code| !code.is_empty());
    let (active, customer) = (params.flag("active")?, params.text("customer")?);
    let (expires_at, max_redemptions) = (params.int("expires_at")?, params.int_from("max_redemptions", 1)?);
    let mut metadata = Map::new();
    params.metadata(&mut metadata)?;
    let mut restrictions = params.map("restrictions")?.unwrap_or_default();
    let first_time = restrictions.flag("first_time_transaction")?.unwrap_or(false);
    let least = restrictions.int_from("minimum_amount", 1)?;
    let least_currency = restrictions.currency("minimum_amount_currency")?;
    restrictions.done()?;
    params.done()?;
    let minimum = match (least, least_currency) {
        (Some(least), Some(currency)) => Some((least, currency)),
        (Some(_), None) => return Err(StripeError::missing("restrictions[minimum_amount_currency]")),
        (None, _) => None,
    };
    let coupon = account.named::<Coupon>(&coupon, "promotion[coupon]")?.clone();
    if let Some(refusal) = coupon.refusal(None, "promotion[coupon]") {
        return Err(refusal);
    }
    if let Some(customer) = &customer {
        account.named::<Customer>(customer, "customer")?;
    }
    if expires_at.is_some_and(|at| at <= account.now) {
        return Err(StripeError::invalid("expires_at must be in the future.").at("expires_at"));
    }
    let code = code.unwrap_or_else(|| account.random.letters(8).to_uppercase());
    if !code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') || code.len() > 500 {
        let message = "Invalid promotion code: a code is made of the letters a-z and A-Z, digits and dashes.";
        return Err(StripeError::invalid(message).at("code"));
    }
    if active != Some(false) && find(account, &code, customer.as_deref()).is_some() {
        let message = format!("An active promotion code with `code: {code}` already exists.");
        return Err(StripeError::coded("resource_already_exists", message).at("code"));
    }
    let made = PromotionCode {
        id: account.id("promo"),
        created: account.now,
        code,
        coupon: coupon.id,
        switched_on: active.unwrap_or(true),
        customer,
        expires_at,
        max_redemptions,
        times_redeemed: 0,
        first_time,
        minimum,
        metadata,
        expired: false,
    };
    Ok(account.add("promotion_code.created", made))
}

/// `POST /v1/promotion_codes/{id}`
pub(crate) fn update(account: &mut Account, id: &str, mut params: Params) -> Result<Value> {
    let mut changed = account.get::<PromotionCode>(id)?.clone();
    changed.switched_on = params.flag("active")?.unwrap_or(changed.switched_on);
    params.metadata(&mut changed.metadata)?;
    params.done()?;
    let switched = changed.switched_on && !account.get::<PromotionCode>(id)?.switched_on;
    if switched && find(account, &changed.code, changed.customer.as_deref()).is_some() {
        let message = format!("An active promotion code with `code: {}` already exists.", changed.code);
        return Err(StripeError::coded("resource_already_exists", message).at("active"));
    }
    account.change(id, |code: &mut PromotionCode| *code = changed);
    Ok(account.shown::<PromotionCode>(id))
}

/// `GET /v1/promotion_codes`
pub(crate) fn index(account: &Account, mut params: Params) -> Result<Value> {
    let (active, code) = (params.flag("active")?, params.text("code")?);
    let (coupon, customer) = (params.text("coupon")?, params.text("customer")?);
    list::list(account, &mut params, "/v1/promotion_codes", |each: &PromotionCode| {
        active.is_none_or(|active| active == each.is_active())
            && code.as_ref().is_none_or(|code| each.code.eq_ignore_ascii_case(code))
            && coupon.as_ref().is_none_or(|coupon| *coupon == each.coupon)
            && (customer.is_none() || customer == each.customer)
    })
}
