//! Charges: single attempts to take money from a card.

mod record;

use record::Capture;
use serde_json::{Map, Value, json};

pub(crate) use record::Charge;

use crate::{
    account::Account,
    error::{Result, StripeError},
    form::Params,
    list,
    payment_intent::PaymentIntent,
};

/// Charges an intent's amount to a card. Returns why it failed, if it did.
pub(crate) fn charge(
    account: &mut Account,
    intent: &PaymentIntent,
    method: &str,
    off_session: bool,
) -> std::result::Result<String, StripeError> {
    let method = account.get::<crate::payment_method::PaymentMethod>(method)?.clone();
    let refusal = method.card.charge_refusal(off_session);
    let id = account.id("ch");
    let charge = Charge {
        id: id.clone(),
        created: account.now,
        amount: intent.amount,
        refunded: 0,
        currency: intent.currency.clone(),
        customer: intent.customer.clone(),
        description: intent.description.clone(),
        failure: refusal.as_ref().map(StripeError::inner),
        metadata: Map::new(),
        payment_intent: intent.id.clone(),
        payment_method: method.id.clone(),
        billing_details: method.billing_details().clone(),
        card: method.card_json(),
        captured: if intent.manual { Capture::Promised } else { Capture::All },
    };
    account.add(if refusal.is_none() { "charge.succeeded" } else { "charge.failed" }, charge);
    match refusal {
        None => Ok(id),
        Some(refusal) => Err(refusal.with("charge", json!(id))),
    }
}

/// Captures this much of an authorized amount and releases the rest.
pub(crate) fn capture(account: &mut Account, id: &str, amount: i64) {
    let kind = if amount > 0 { "charge.captured" } else { "charge.refunded" };
    account.change_as(id, kind, |charge: &mut Charge| charge.captured = Capture::Part(amount));
}

/// `GET /v1/charges`
pub(crate) fn index(account: &Account, mut params: Params) -> Result<Value> {
    let (customer, intent) = (params.text("customer")?, params.text("payment_intent")?);
    account.customer_check(customer.as_deref())?;
    list::list(account, &mut params, "/v1/charges", |charge: &Charge| {
        (customer.is_none() || customer == charge.customer)
            && intent.as_ref().is_none_or(|intent| *intent == charge.payment_intent)
    })
}
