//! Requests that end a discount.

use serde_json::{Value, json};

use super::end;
use crate::{
    account::{Account, Noun},
    error::{Result, StripeError},
    form::Params,
    subscription,
};

/// `DELETE /v1/subscriptions/{id}/discount`
pub(crate) fn delete(account: &mut Account, subscription: &str, params: &Params) -> Result<Value> {
    params.done()?;
    let found = subscription::live(account, subscription)?;
    let Some(last) = found.discounts.last().cloned() else {
        let message = format!("No active discount for subscription: {subscription}");
        return Err(StripeError::coded("resource_missing", message).of_status(404));
    };
    end(account, subscription, |_| true);
    let mut gone = last.json();
    gone["deleted"] = json!(true);
    if let Some(fields) = gone.as_object_mut() {
        fields.remove("end");
    }
    Ok(gone)
}

/// `DELETE /v1/customers/{id}/discount`: in this version of the API only subscriptions and invoices have discounts.
pub(crate) fn delete_of_customer(account: &Account, customer: &str, params: &Params) -> Result<Value> {
    params.done()?;
    account.get::<crate::customer::Customer>(customer)?;
    let message = format!("No active discount for customer: {customer}");
    Err(StripeError::coded("resource_missing", message).of_status(404))
}
