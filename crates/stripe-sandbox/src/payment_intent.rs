//! Payment intents: an amount to be paid, and the status of its payment.

mod record;
pub(crate) mod request;

use serde_json::Map;

pub(crate) use record::{PaymentIntent, Status};

use crate::{account::Account, charge, error::StripeError, payment_method, payment_method::PaymentMethod};

const USAGES: &[&str] = &["off_session", "on_session"];
const CAPTURES: &[&str] = &["automatic", "automatic_async", "manual"];
/// Fields that are only stored and returned: in test mode Stripe does not send receipts either.
const SHOWN: &[&str] = &["receipt_email", "statement_descriptor", "statement_descriptor_suffix"];

/// The result of an attempt.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    Succeeded,
    /// The card's owner has to authenticate first.
    ActionNeeded,
    Declined(StripeError),
}

/// Creates an intent, which waits for a payment method.
pub(crate) fn open(
    account: &mut Account,
    amount: i64,
    currency: &str,
    customer: Option<&str>,
    invoice: Option<&str>,
) -> String {
    let id = account.id("pi");
    let secret = account.random.letters(24);
    let intent = PaymentIntent {
        id: id.clone(),
        created: account.now,
        amount,
        currency: currency.to_owned(),
        customer: customer.map(str::to_owned),
        description: invoice.map(|_| "Subscription".to_owned()),
        invoice: invoice.map(str::to_owned),
        last_error: None,
        latest_charge: None,
        metadata: Map::new(),
        authenticate_url: format!("{}/authenticate/{id}", account.base_url),
        payment_method: None,
        setup_future_usage: invoice.map(|_| "off_session".to_owned()),
        status: Status::RequiresPaymentMethod,
        canceled_at: None,
        cancellation_reason: None,
        client_secret: format!("{id}_secret_{secret}"),
        manual: false,
        captured: None,
        return_url: None,
        shown_as_given: Map::new(),
    };
    account.add("payment_intent.created", intent);
    id
}

/// Attempts to pay with a card. `off_session`: the card's owner is not present.
pub(crate) fn attempt(account: &mut Account, id: &str, method: &str, off_session: bool) -> Outcome {
    let Some(card) = account.payment_methods.get(method).cloned() else {
        return Outcome::Declined(StripeError::no_such("PaymentMethod", method));
    };
    account.change_quietly(id, |intent: &mut PaymentIntent| intent.payment_method = Some(method.to_owned()));
    if card.asks() {
        account.change_as(id, "payment_intent.requires_action", |intent: &mut PaymentIntent| {
            intent.status = Status::RequiresAction;
        });
        return Outcome::ActionNeeded;
    }
    attempt_charge(account, id, method, off_session)
}

fn attempt_charge(account: &mut Account, id: &str, method: &str, off_session: bool) -> Outcome {
    let Some(intent) = account.payment_intents.get(id).cloned() else {
        return Outcome::Declined(StripeError::no_such("payment_intent", id));
    };
    // A card that pays for a subscription is saved, and a card that cannot be saved cannot pay.
    if let (Some(customer), true) = (&intent.customer, intent.setup_future_usage.is_some())
        && account.payment_methods.get(method).is_some_and(|method| method.card.attach_refusal().is_none())
        && let Err(refusal) = payment_method::attach(account, method, customer)
    {
        return declined(account, id, refusal);
    }
    match charge::charge(account, &intent, method, off_session) {
        Ok(charge) if intent.manual => {
            account.change_as(id, "payment_intent.amount_capturable_updated", |intent: &mut PaymentIntent| {
                intent.status = Status::RequiresCapture;
                intent.latest_charge = Some(charge);
                intent.last_error = None;
            });
            Outcome::Succeeded
        }
        Ok(charge) => {
            account.change_as(id, "payment_intent.succeeded", |intent: &mut PaymentIntent| {
                intent.status = Status::Succeeded;
                intent.latest_charge = Some(charge);
                intent.last_error = None;
            });
            Outcome::Succeeded
        }
        Err(refusal) => declined(account, id, refusal),
    }
}

fn declined(account: &mut Account, id: &str, refusal: StripeError) -> Outcome {
    let (mut error, charge) = (refusal.inner(), refusal.inner()["charge"].as_str().map(str::to_owned));
    let method = account.payment_intents.get(id).and_then(|intent| intent.payment_method.clone());
    if let Some(method) = method {
        error["payment_method"] = account.shown::<PaymentMethod>(&method);
    }
    account.change_quietly(id, |intent: &mut PaymentIntent| {
        intent.status = Status::RequiresPaymentMethod;
        intent.payment_method = None;
        intent.latest_charge = charge.or(intent.latest_charge.take());
        intent.last_error = Some(error);
    });
    let json = account.shown::<PaymentIntent>(id);
    account.emit("payment_intent.payment_failed", json, None);
    Outcome::Declined(refusal)
}

/// Cancels an intent and releases an authorized amount.
pub(crate) fn cancel(account: &mut Account, id: &str, reason: Option<String>) {
    let now = account.now;
    let promised = account.payment_intents.get(id).filter(|intent| intent.status == Status::RequiresCapture);
    if let Some(charge) = promised.and_then(|intent| intent.latest_charge.clone()) {
        charge::capture(account, &charge, 0);
    }
    if account.payment_intents.get(id).is_some_and(PaymentIntent::is_open) {
        account.change_as(id, "payment_intent.canceled", |intent: &mut PaymentIntent| {
            intent.status = Status::Canceled;
            intent.canceled_at = Some(now);
            intent.cancellation_reason = reason;
        });
    }
}
