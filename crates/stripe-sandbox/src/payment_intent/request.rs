//! Requests about payment intents, and the authentication by a card's owner.

use serde_json::{Map, Value};

use super::{CAPTURES, SHOWN, Status, USAGES, attempt, attempt_charge, cancel, declined, open};
use crate::{
    account::Account,
    charge, customer,
    error::{Result, StripeError},
    form::Params,
    invoice, list,
    payment_intent::{Outcome, PaymentIntent},
    payment_method,
    payment_method::PaymentMethod,
};

/// Processes the authentication by the card's owner. The object that is paid gets the result.
pub(crate) fn authenticate(account: &mut Account, id: &str, yes: bool) -> Result<Outcome> {
    let intent = account.get::<PaymentIntent>(id)?.clone();
    if let Some(customer) = &intent.customer {
        customer::live(account, customer, "customer")?;
    }
    let (Status::RequiresAction, Some(method)) = (intent.status, &intent.payment_method) else {
        return Err(StripeError::invalid("This payment does not wait for its owner."));
    };
    let outcome = if yes {
        account.change_quietly(method, |method: &mut PaymentMethod| method.authenticated = true);
        attempt_charge(account, id, method, false)
    } else {
        let message = "We are unable to authenticate your payment method. Please choose a different payment method and try again.";
        declined(account, id, StripeError::card("payment_intent_authentication_failure", None, message))
    };
    if let Some(invoice) = &intent.invoice {
        invoice::pay::ended(account, invoice, &outcome, false);
    }
    Ok(outcome)
}

/// `POST /v1/payment_intents`
pub(crate) fn create(account: &mut Account, mut params: Params) -> Result<Value> {
    let amount = params.int_from("amount", 1)?.ok_or_else(|| StripeError::missing("amount"))?;
    params.need_there("currency")?;
    let currency = params.currency("currency")?.unwrap_or_default();
    let customer = params.text("customer")?;
    let (method, confirm) = (params.text("payment_method")?, params.flag("confirm")?.unwrap_or(false));
    let off_session = params.flag("off_session")?.unwrap_or(false);
    let (description, usage) = (params.text("description")?, params.one_of("setup_future_usage", USAGES)?);
    let manual = params.one_of("capture_method", CAPTURES)?.is_some_and(|method| method == "manual");
    let return_url = params.text("return_url")?;
    let mut shown = Map::new();
    params.keep(SHOWN, &mut shown)?;
    payment_method::automatic_read(&mut params)?;
    params.only("confirmation_method", &["automatic"], &["automatic", "manual"])?;
    let mut metadata = Map::new();
    params.metadata(&mut metadata)?;
    params.done()?;
    if let Some(customer) = &customer {
        customer::live(account, customer, "customer")?;
    }
    let method = method.map(|method| payment_method::resolve(account, &method, "payment_method")).transpose()?;
    let id = open(account, amount, &currency, customer.as_deref(), None);
    account.change_quietly(&id, |intent: &mut PaymentIntent| {
        (intent.description, intent.setup_future_usage, intent.metadata) = (description, usage, metadata);
        (intent.manual, intent.return_url, intent.shown_as_given) = (manual, return_url, shown);
        if method.is_some() {
            (intent.payment_method, intent.status) = (method, Status::RequiresConfirmation);
        }
    });
    if confirm { confirm_now(account, &id, None, off_session) } else { Ok(account.shown::<PaymentIntent>(&id)) }
}

fn confirm_now(account: &mut Account, id: &str, method: Option<String>, off_session: bool) -> Result<Value> {
    let intent = account.get::<PaymentIntent>(id)?.clone();
    let Some(method) = method.or(intent.payment_method).filter(|_| {
        matches!(intent.status, Status::RequiresPaymentMethod | Status::RequiresConfirmation | Status::RequiresAction)
    }) else {
        let message = "You cannot confirm this PaymentIntent: it needs a payment method and must not have ended.";
        return Err(StripeError::coded("payment_intent_unexpected_state", message));
    };
    let outcome = attempt(account, id, &method, off_session);
    if let Some(invoice) = &intent.invoice {
        invoice::pay::ended(account, invoice, &outcome, off_session);
    }
    match outcome {
        Outcome::Declined(refusal) => Err(refusal.with("payment_intent", account.shown::<PaymentIntent>(id))),
        Outcome::ActionNeeded if off_session => {
            let message = "Your card was declined. This transaction requires authentication.";
            let refusal = StripeError::card("authentication_required", Some("authentication_required"), message);
            declined(account, id, refusal.clone());
            Err(refusal.with("payment_intent", account.shown::<PaymentIntent>(id)))
        }
        _ => Ok(account.shown::<PaymentIntent>(id)),
    }
}

/// `POST /v1/payment_intents/{id}/confirm`
pub(crate) fn confirm(account: &mut Account, id: &str, mut params: Params) -> Result<Value> {
    let customer = account.get::<PaymentIntent>(id)?.customer.clone();
    let method = params.text("payment_method")?;
    let off_session = params.flag("off_session")?.unwrap_or(false);
    let usage = params.one_of("setup_future_usage", USAGES)?;
    let return_url = params.text("return_url")?;
    let mut shown = Map::new();
    params.keep(&["receipt_email"], &mut shown)?;
    params.done()?;
    if let Some(customer) = customer {
        customer::live(account, &customer, "customer")?;
    }
    let method = method.map(|method| payment_method::resolve(account, &method, "payment_method")).transpose()?;
    account.change_quietly(id, |intent: &mut PaymentIntent| {
        intent.setup_future_usage = usage.or(intent.setup_future_usage.take());
        intent.return_url = return_url.or(intent.return_url.take());
        intent.shown_as_given.extend(shown);
    });
    confirm_now(account, id, method, off_session)
}

/// `POST /v1/payment_intents/{id}`
pub(crate) fn update(account: &mut Account, id: &str, mut params: Params) -> Result<Value> {
    let mut changed = account.get::<PaymentIntent>(id)?.clone();
    changed.amount = params.int_from("amount", 1)?.unwrap_or(changed.amount);
    params.set("description", &mut changed.description)?;
    params.metadata(&mut changed.metadata)?;
    if let Some(method) = params.text("payment_method")? {
        changed.payment_method = Some(payment_method::resolve(account, &method, "payment_method")?);
        changed.status = Status::RequiresConfirmation;
    }
    params.keep(SHOWN, &mut changed.shown_as_given)?;
    params.set_one_of("setup_future_usage", USAGES, &mut changed.setup_future_usage)?;
    params.done()?;
    if !changed.is_open() || changed.status == Status::RequiresCapture {
        let message = "This PaymentIntent could not be updated: it has ended, or waits to be captured.";
        return Err(StripeError::coded("payment_intent_unexpected_state", message));
    }
    account.change_quietly(id, |intent: &mut PaymentIntent| *intent = changed);
    Ok(account.shown::<PaymentIntent>(id))
}

/// `POST /v1/payment_intents/{id}/capture`: captures the authorized amount, or a part of it and releases the rest.
pub(crate) fn capture(account: &mut Account, id: &str, mut params: Params) -> Result<Value> {
    let intent = account.get::<PaymentIntent>(id)?.clone();
    let amount = params.int_from("amount_to_capture", 1)?.unwrap_or(intent.amount);
    let mut changed = intent.clone();
    params.metadata(&mut changed.metadata)?;
    params.keep(&SHOWN[1..], &mut changed.shown_as_given)?;
    params.done()?;
    if let Some(customer) = &intent.customer {
        customer::live(account, customer, "customer")?;
    }
    let (Status::RequiresCapture, Some(charge)) = (intent.status, &intent.latest_charge) else {
        let status = intent.status.word();
        let message = format!(
            "This PaymentIntent could not be captured because it has a status of {status}. Only a PaymentIntent with one \
             of the following statuses may be captured: requires_capture."
        );
        return Err(StripeError::coded("payment_intent_unexpected_state", message));
    };
    if amount > intent.amount {
        let message =
            format!("The amount to capture ({amount}) is greater than what is capturable ({}).", intent.amount);
        return Err(StripeError::coded("amount_too_large", message).at("amount_to_capture"));
    }
    charge::capture(account, charge, amount);
    (changed.status, changed.captured) = (Status::Succeeded, Some(amount));
    account.change_as(id, "payment_intent.succeeded", |intent: &mut PaymentIntent| *intent = changed);
    Ok(account.shown::<PaymentIntent>(id))
}

/// `POST /v1/payment_intents/{id}/cancel`
pub(crate) fn cancel_request(account: &mut Account, id: &str, mut params: Params) -> Result<Value> {
    let intent = account.get::<PaymentIntent>(id)?;
    let words = ["abandoned", "duplicate", "fraudulent", "requested_by_customer"];
    let reason = params.one_of("cancellation_reason", &words)?;
    params.done()?;
    if !intent.is_open() || intent.invoice.is_some() {
        return Err(StripeError::coded("payment_intent_unexpected_state", "You cannot cancel this PaymentIntent."));
    }
    cancel(account, id, reason);
    Ok(account.shown::<PaymentIntent>(id))
}

/// `GET /v1/payment_intents`
pub(crate) fn index(account: &Account, mut params: Params) -> Result<Value> {
    let customer = params.text("customer")?;
    account.customer_check(customer.as_deref())?;
    list::list(account, &mut params, "/v1/payment_intents", |intent: &PaymentIntent| {
        customer.is_none() || customer == intent.customer
    })
}
