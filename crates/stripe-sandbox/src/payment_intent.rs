//! Payment intents: an amount to be paid, and the status of its payment.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    account::{Account, noun},
    charge, customer,
    error::{Result, StripeError},
    form::Params,
    invoice, list, payment_method,
    payment_method::PaymentMethod,
};

/// The status of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Status {
    RequiresPaymentMethod,
    RequiresConfirmation,
    RequiresAction,
    /// The amount is authorized; `…/capture` takes it.
    RequiresCapture,
    Succeeded,
    Canceled,
}

impl Status {
    const fn word(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresConfirmation => "requires_confirmation",
            Self::RequiresAction => "requires_action",
            Self::RequiresCapture => "requires_capture",
            Self::Succeeded => "succeeded",
            Self::Canceled => "canceled",
        }
    }
}

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

/// A payment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PaymentIntent {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) customer: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) invoice: Option<String>,
    last_error: Option<Value>,
    pub(crate) latest_charge: Option<String>,
    metadata: Map<String, Value>,
    /// The page on which the card's owner authenticates.
    authenticate_url: String,
    pub(crate) payment_method: Option<String>,
    setup_future_usage: Option<String>,
    pub(crate) status: Status,
    canceled_at: Option<i64>,
    cancellation_reason: Option<String>,
    client_secret: String,
    /// Whether the amount is authorized first and captured later.
    #[serde(default)]
    pub(crate) manual: bool,
    /// The captured amount, if that is not the whole amount.
    #[serde(default)]
    captured: Option<i64>,
    #[serde(default)]
    return_url: Option<String>,
    #[serde(default)]
    shown_as_given: Map<String, Value>,
}

noun!(PaymentIntent, payment_intents, "payment_intent", "");

impl PaymentIntent {
    fn to_json(&self) -> Value {
        let next_action = (self.status == Status::RequiresAction).then(|| {
            json!({ "type": "redirect_to_url", "redirect_to_url": { "return_url": self.return_url, "url": self.authenticate_url } })
        });
        let received = if self.status == Status::Succeeded { self.captured.unwrap_or(self.amount) } else { 0 };
        let mut json = json!({
            "id": self.id,
            "object": "payment_intent",
            "allowed_payment_method_types": null,
            "amount": self.amount,
            "amount_capturable": if self.status == Status::RequiresCapture { self.amount } else { 0 },
            "amount_received": received,
            "application": null,
            "application_fee_amount": null,
            "automatic_payment_methods": null,
            "canceled_at": self.canceled_at,
            "cancellation_reason": self.cancellation_reason,
            "capture_method": if self.manual { "manual" } else { "automatic" },
            "client_secret": self.client_secret,
            "confirmation_method": "automatic",
            "created": self.created,
            "currency": self.currency,
            "customer": self.customer,
            "customer_account": null,
            "description": self.description,
            "excluded_payment_method_types": null,
            "last_payment_error": self.last_error,
            "latest_charge": self.latest_charge,
            "livemode": false,
            "managed_payments": null,
            "metadata": self.metadata,
            "next_action": next_action,
            "on_behalf_of": null,
            "payment_method": self.payment_method,
            "payment_method_configuration_details": null,
            "payment_method_options": { "card": { "request_three_d_secure": "automatic" } },
            "payment_method_types": ["card"],
            "payment_record": null,
            "processing": null,
            "receipt_email": null,
            "review": null,
            "setup_future_usage": self.setup_future_usage,
            "shipping": null,
            "source": null,
            "statement_descriptor": null,
            "statement_descriptor_suffix": null,
            "status": self.status.word(),
            "transfer_data": null,
            "transfer_group": null,
        });
        if let Value::Object(fields) = &mut json {
            fields.extend(self.shown_as_given.clone());
        }
        json
    }

    pub(crate) fn client_secret(&self) -> &str {
        &self.client_secret
    }

    fn is_open(&self) -> bool {
        !matches!(self.status, Status::Succeeded | Status::Canceled)
    }
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
