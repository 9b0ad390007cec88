//! Discounts: a coupon that was redeemed for a subscription or an invoice.

mod record;
pub(crate) mod request;

pub(crate) use record::{Discount, ids};

use crate::{
    account::{Account, Noun},
    coupon::{Coupon, Duration},
    error::{Result, StripeError},
    form::Params,
    price::Recurring,
    promotion_code,
    promotion_code::PromotionCode,
    subscription::Subscription,
};

/// What a discount is redeemed for.
pub(crate) struct Place<'a> {
    pub(crate) customer: &'a str,
    pub(crate) subscription: Option<&'a str>,
    pub(crate) invoice: Option<&'a str>,
    pub(crate) currency: &'a str,
    /// The amount before discounts, in the currency's smallest unit.
    pub(crate) subtotal: i64,
    /// The existing discounts, which `discounts[][discount]` can name.
    pub(crate) there: &'a [Discount],
}

/// Reads `discounts`: coupons, promotion codes, and existing discounts. Nothing is redeemed yet, see [`begin`]. An
/// empty value means no discounts.
pub(crate) fn read(account: &mut Account, params: &mut Params, place: &Place<'_>) -> Result<Option<Vec<Discount>>> {
    let Some(list) = params.list("discounts")? else { return Ok(None) };
    if list.len() > 20 {
        return Err(StripeError::invalid("At most 20 discounts can be given.").at("discounts"));
    }
    let mut found: Vec<Discount> = Vec::new();
    for mut one in list {
        let names = ["coupon", "discount", "promotion_code"].map(|key| one.name(key));
        let given = (one.text("coupon")?, one.text("discount")?, one.text("promotion_code")?);
        one.done()?;
        let [coupon_name, discount_name, code_name] = &names;
        let (coupon, code, param) = match given {
            (Some(coupon), None, None) => (account.named::<Coupon>(&coupon, coupon_name)?.clone(), None, coupon_name),
            (None, Some(discount), None) => {
                let kept = place.there.iter().find(|each| each.id == discount).cloned();
                let missing = || StripeError::no_such("discount", &discount).of_status(400).at(discount_name);
                found.push(kept.ok_or_else(missing)?);
                continue;
            }
            (None, None, Some(code)) => {
                let code = account.named::<PromotionCode>(&code, code_name)?.clone();
                let refusal = code.refusal(account, Some(place.customer), place.subtotal, place.currency);
                if let Some(message) = refusal {
                    return Err(StripeError::invalid(message).at(code_name));
                }
                (account.named::<Coupon>(&code.coupon, code_name)?.clone(), Some(code.id), code_name)
            }
            _ => {
                let message = "Each of discounts names one of these: coupon, discount, promotion_code.";
                return Err(StripeError::invalid(message).at("discounts"));
            }
        };
        if let Some(refusal) = coupon.refusal(Some(place.currency), param) {
            return Err(refusal);
        }
        if found.iter().any(|each| each.coupon.id == coupon.id) {
            return Err(StripeError::invalid(format!("The coupon {} is given twice.", coupon.id)).at(param));
        }
        found.push(of(account, coupon, code, place));
    }
    Ok(Some(found))
}

fn of(account: &mut Account, coupon: Coupon, promotion_code: Option<String>, place: &Place<'_>) -> Discount {
    let start = account.now;
    let end = match coupon.duration {
        Duration::Repeating(months) => {
            let monthly = Recurring { interval: "month".to_owned(), interval_count: 1, meter: None };
            Some(monthly.after(start, months))
        }
        Duration::Once | Duration::Forever => None,
    };
    Discount {
        id: account.id("di"),
        created: start,
        coupon,
        promotion_code,
        customer: place.customer.to_owned(),
        subscription: place.subscription.map(str::to_owned),
        invoice: place.invoice.map(str::to_owned),
        checkout_session: None,
        end,
    }
}

/// Redeems discounts that were read, and ends those that they replace.
pub(crate) fn begin(account: &mut Account, before: &[Discount], after: &[Discount]) {
    let differs = |one: &Discount, others: &[Discount]| others.iter().all(|other| other.id != one.id);
    let gone: Vec<&Discount> = before.iter().filter(|each| differs(each, after)).collect();
    let new: Vec<&Discount> = after.iter().filter(|each| differs(each, before)).collect();
    let switched = gone.len() == 1 && new.len() == 1;
    for discount in &new {
        account.discounts.insert(&discount.id, (*discount).clone());
        account.change(&discount.coupon.id, |coupon: &mut Coupon| coupon.times_redeemed += 1);
        if let Some(code) = &discount.promotion_code {
            account.change(code, |code: &mut PromotionCode| code.times_redeemed += 1);
        }
        if discount.subscription.is_some() {
            let kind = if switched { "customer.discount.updated" } else { "customer.discount.created" };
            account.emit(kind, discount.json(), None);
        }
    }
    for discount in gone.iter().filter(|each| each.subscription.is_some() && !switched) {
        account.emit("customer.discount.deleted", discount.json(), None);
    }
}

/// Removes ended discounts from a subscription.
pub(crate) fn end(account: &mut Account, subscription: &str, over: impl Fn(&Discount) -> bool) {
    let Some(found) = account.subscriptions.get(subscription) else { return };
    let before = found.discounts.clone();
    let after: Vec<Discount> = before.iter().filter(|each| !over(each)).cloned().collect();
    if after.len() == before.len() {
        return;
    }
    begin(account, &before, &after);
    account.change(subscription, |subscription: &mut Subscription| subscription.discounts = after);
}

/// The promotion code that a visitor entered, if they can redeem it; otherwise the message for them.
pub(crate) fn typed(
    account: &Account,
    code: &str,
    customer: Option<&str>,
    subtotal: i64,
    currency: &str,
) -> std::result::Result<String, String> {
    let found = promotion_code::find(account, code, customer).ok_or("This code is invalid.")?;
    if let Some(refusal) = found.refusal(account, customer, subtotal, currency) {
        return Err(refusal);
    }
    let coupon = account.coupons.get(&found.coupon).ok_or("This code is invalid.")?;
    match coupon.refusal(Some(currency), "promotion_code") {
        Some(refusal) => Err(refusal.message().to_owned()),
        None => Ok(found.id.clone()),
    }
}
