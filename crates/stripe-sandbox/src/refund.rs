//! Refunds of charges.

mod record;

use record::Status;
use serde_json::{Map, Value};

pub(crate) use record::Refund;

use crate::{
    account::{Account, Noun},
    card::Behavior,
    charge::Charge,
    error::{Result, StripeError},
    form::Params,
    list,
    payment_intent::PaymentIntent,
};

/// How long the bank takes to settle a refund that does not succeed at once, in seconds.
const SETTLING: i64 = 3_600;

/// Refunds `amount` of a charge (or all that is left, if none) and returns the refund's id.
pub(crate) fn of_charge(
    account: &mut Account,
    charge: &str,
    amount: Option<i64>,
    reason: Option<String>,
) -> Result<String> {
    let charge = account.named::<Charge>(charge, "charge")?.clone();
    if charge.is_promised() {
        let message = format!("Charge {} was not captured: cancel its PaymentIntent instead.", charge.id);
        return Err(StripeError::coded("charge_not_refundable", message));
    }
    let left = charge.taken() - charge.refunded;
    if !charge.succeeded() || left == 0 {
        let message = format!("Charge {} has already been refunded.", charge.id);
        return Err(StripeError::coded("charge_already_refunded", message));
    }
    let amount = amount.unwrap_or(left);
    if amount > left {
        let message = format!("Refund amount ({amount}) is greater than unrefunded amount on charge ({left})");
        return Err(StripeError::invalid(message).at("amount"));
    }
    let clock = charge.customer.as_ref().and_then(|id| account.customers.get(id)?.test_clock.clone());
    account.enter(clock.as_deref());
    let card = account.payment_methods.get(&charge.payment_method).map(|method| method.card.behavior);
    let (status, settles_at) = match card {
        Some(Behavior::RefundsPend) => (Status::Pending, Some(account.now + SETTLING)),
        Some(Behavior::RefundsFail) => (Status::Succeeded, Some(account.now + SETTLING)),
        _ => (Status::Succeeded, None),
    };
    let id = account.id("re");
    let refund = Refund {
        id: id.clone(),
        created: account.now,
        amount,
        charge: charge.id.clone(),
        currency: charge.currency,
        customer: charge.customer,
        metadata: Map::new(),
        payment_intent: charge.payment_intent,
        payment_method: charge.payment_method,
        reason,
        status,
        settles_at,
    };
    let shown = refund.json();
    account.refunds.insert(&id, refund);
    account.change_as(&charge.id, "charge.refunded", |charge: &mut Charge| charge.refunded += amount);
    account.emit("refund.created", shown, None);
    Ok(id)
}

/// Settles a refund, as the bank does later: a pending one succeeds, and one to a card that does not accept refunds
/// fails.
pub(crate) fn settle(account: &mut Account, id: &str) {
    let Some(refund) = account.refunds.get(id).cloned() else { return };
    let status = if refund.status == Status::Pending { Status::Succeeded } else { Status::Failed };
    account.change_as(id, "refund.updated", |refund: &mut Refund| {
        refund.status = status;
        refund.settles_at = None;
    });
    if status == Status::Failed {
        account.change_quietly(&refund.charge, |charge: &mut Charge| charge.refunded -= refund.amount);
        let shown = account.shown::<Refund>(id);
        account.emit("refund.failed", shown, None);
    }
}

/// `POST /v1/refunds`
pub(crate) fn create(account: &mut Account, mut params: Params) -> Result<Value> {
    let (charge, intent) = (params.text("charge")?, params.text("payment_intent")?);
    let amount = params.int_from("amount", 1)?;
    let reason = params.one_of("reason", &["duplicate", "fraudulent", "requested_by_customer"])?;
    let mut metadata = Map::new();
    params.metadata(&mut metadata)?;
    params.done()?;
    let charge = match (charge, intent) {
        (Some(charge), _) => charge,
        (None, Some(intent)) => {
            let charge = account.named::<PaymentIntent>(&intent, "payment_intent")?.latest_charge.clone();
            charge.ok_or_else(|| {
                StripeError::invalid("This PaymentIntent does not have a successful charge to refund.")
            })?
        }
        (None, None) => return Err(StripeError::missing("charge")),
    };
    let id = of_charge(account, &charge, amount, reason)?;
    account.change_quietly(&id, |refund: &mut Refund| refund.metadata = metadata);
    Ok(account.shown::<Refund>(&id))
}

/// `POST /v1/refunds/{id}`
pub(crate) fn update(account: &mut Account, id: &str, mut params: Params) -> Result<Value> {
    let mut changed = account.get::<Refund>(id)?.clone();
    params.metadata(&mut changed.metadata)?;
    params.done()?;
    account.change(id, |refund: &mut Refund| *refund = changed);
    Ok(account.shown::<Refund>(id))
}

/// `GET /v1/refunds`
pub(crate) fn index(account: &Account, mut params: Params) -> Result<Value> {
    let (charge, intent) = (params.text("charge")?, params.text("payment_intent")?);
    list::list(account, &mut params, "/v1/refunds", |refund: &Refund| {
        charge.as_ref().is_none_or(|charge| *charge == refund.charge)
            && intent.as_ref().is_none_or(|intent| *intent == refund.payment_intent)
    })
}
