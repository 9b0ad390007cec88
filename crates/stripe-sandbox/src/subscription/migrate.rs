//! Changing the billing mode of a subscription.

use serde_json::Value;

use super::live;
use crate::{
    account::Account,
    error::{Result, StripeError},
    form::Params,
    subscription::{BillingMode, Subscription},
};

/// `POST /v1/subscriptions/{id}/migrate`: changes from classic to flexible billing, and never back.
pub(crate) fn migrate(account: &mut Account, id: &str, mut params: Params) -> Result<Value> {
    let subscription = live(account, id)?;
    let mode = BillingMode::read(&mut params)?.ok_or_else(|| StripeError::missing("billing_mode"))?;
    params.done()?;
    if mode == BillingMode::Classic || subscription.billing_mode == BillingMode::Flexible {
        let message = "Only a subscription with billing_mode[type]=classic can be migrated, and only to flexible.";
        return Err(StripeError::invalid(message).at("billing_mode[type]"));
    }
    let now = account.now;
    account.change(id, |subscription: &mut Subscription| {
        subscription.billing_mode = mode;
        subscription.migrated_at = Some(now);
    });
    Ok(account.shown::<Subscription>(id))
}
