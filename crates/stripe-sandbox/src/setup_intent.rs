//! Setup intents: saving a card for later without a payment now.

mod record;

use serde_json::{Map, Value};

pub(crate) use record::SetupIntent;

use crate::{
    account::Account,
    customer,
    error::{Result, StripeError},
    form::Params,
    list, payment_method,
    payment_method::PaymentMethod,
};

/// Creates an intent, which waits for a card.
pub(crate) fn open(account: &mut Account, customer: Option<&str>) -> String {
    let id = account.id("seti");
    let secret = account.random.letters(24);
    let intent = SetupIntent {
        id: id.clone(),
        created: account.now,
        customer: customer.map(str::to_owned),
        description: None,
        last_error: None,
        metadata: Map::new(),
        payment_method: None,
        status: "requires_payment_method".to_owned(),
        usage: "off_session".to_owned(),
        client_secret: format!("{id}_secret_{secret}"),
        authenticate_url: format!("{}/authenticate/{id}", account.base_url),
        return_url: None,
        cancellation_reason: None,
    };
    account.add("setup_intent.created", intent);
    id
}

/// Saves a card. Returns false if its owner has to authenticate first; fails if the card is refused.
pub(crate) fn confirm_with(account: &mut Account, id: &str, method: &str) -> Result<bool> {
    let card = account.get::<PaymentMethod>(method)?.clone();
    account.change_quietly(id, |intent: &mut SetupIntent| intent.payment_method = Some(method.to_owned()));
    if card.asks() && !card.authenticated {
        account.change_as(id, "setup_intent.requires_action", |intent: &mut SetupIntent| {
            intent.status = "requires_action".into();
        });
        return Ok(false);
    }
    finish(account, id, method).map(|()| true)
}

fn finish(account: &mut Account, id: &str, method: &str) -> Result<()> {
    let customer = account.get::<SetupIntent>(id)?.customer.clone();
    let attached = customer.map_or(Ok(()), |customer| payment_method::attach(account, method, &customer));
    if let Err(refusal) = attached {
        return Err(failed(account, id, refusal));
    }
    account.change_as(id, "setup_intent.succeeded", |intent: &mut SetupIntent| {
        intent.status = "succeeded".into();
        intent.last_error = None;
    });
    Ok(())
}

fn failed(account: &mut Account, id: &str, refusal: StripeError) -> StripeError {
    let error = refusal.inner();
    account.change_as(id, "setup_intent.setup_failed", |intent: &mut SetupIntent| {
        intent.status = "requires_payment_method".into();
        intent.payment_method = None;
        intent.last_error = Some(error);
    });
    refusal
}

/// Processes the authentication by the card's owner.
pub(crate) fn authenticate(account: &mut Account, id: &str, yes: bool) -> Result<()> {
    let intent = account.get::<SetupIntent>(id)?.clone();
    let ("requires_action", Some(method)) = (intent.status.as_str(), &intent.payment_method) else {
        return Err(StripeError::invalid("This setup does not wait for its owner."));
    };
    if !yes {
        let message = "We are unable to authenticate your payment method. Please choose a different payment method and try again.";
        return Err(failed(account, id, StripeError::card("setup_intent_authentication_failure", None, message)));
    }
    account.change_quietly(method, |method: &mut PaymentMethod| method.authenticated = true);
    finish(account, id, method)
}

/// `POST /v1/setup_intents`
pub(crate) fn create(account: &mut Account, mut params: Params) -> Result<Value> {
    let customer = params.text("customer")?;
    let (method, confirm) = (params.text("payment_method")?, params.flag("confirm")?.unwrap_or(false));
    let description = params.text("description")?;
    let usage = params.one_of("usage", &["off_session", "on_session"])?;
    let return_url = params.text("return_url")?;
    payment_method::automatic_read(&mut params)?;
    let mut metadata = Map::new();
    params.metadata(&mut metadata)?;
    params.done()?;
    if let Some(customer) = &customer {
        customer::live(account, customer, "customer")?;
    }
    let method = method.map(|method| payment_method::resolve(account, &method, "payment_method")).transpose()?;
    let id = open(account, customer.as_deref());
    account.change_quietly(&id, |intent: &mut SetupIntent| {
        (intent.description, intent.metadata, intent.return_url) = (description, metadata, return_url);
        intent.usage = usage.unwrap_or_else(|| "off_session".to_owned());
        if method.is_some() {
            intent.payment_method.clone_from(&method);
            intent.status = "requires_confirmation".into();
        }
    });
    if let (true, Some(method)) = (confirm, &method) {
        confirm_with(account, &id, method)?;
    }
    Ok(account.shown::<SetupIntent>(&id))
}

/// `POST /v1/setup_intents/{id}/confirm`
pub(crate) fn confirm(account: &mut Account, id: &str, mut params: Params) -> Result<Value> {
    let intent = account.get::<SetupIntent>(id)?.clone();
    let method = params.text("payment_method")?;
    let return_url = params.text("return_url")?;
    params.done()?;
    account.change_quietly(id, |intent: &mut SetupIntent| {
        intent.return_url = return_url.or(intent.return_url.take());
    });
    let method = match method {
        Some(method) => payment_method::resolve(account, &method, "payment_method")?,
        None => intent.payment_method.ok_or_else(|| StripeError::missing("payment_method"))?,
    };
    confirm_with(account, id, &method)
        .map_err(|refusal| refusal.with("setup_intent", account.shown::<SetupIntent>(id)))?;
    Ok(account.shown::<SetupIntent>(id))
}

/// `POST /v1/setup_intents/{id}/cancel`
pub(crate) fn cancel(account: &mut Account, id: &str, mut params: Params) -> Result<Value> {
    let intent = account.get::<SetupIntent>(id)?;
    let reason = params.one_of("cancellation_reason", &["abandoned", "duplicate", "requested_by_customer"])?;
    params.done()?;
    if matches!(intent.status.as_str(), "succeeded" | "canceled") {
        return Err(StripeError::coded("setup_intent_unexpected_state", "You cannot cancel this SetupIntent."));
    }
    account.change_as(id, "setup_intent.canceled", |intent: &mut SetupIntent| {
        intent.status = "canceled".into();
        intent.cancellation_reason = reason;
    });
    Ok(account.shown::<SetupIntent>(id))
}

/// `GET /v1/setup_intents`
pub(crate) fn index(account: &Account, mut params: Params) -> Result<Value> {
    let (customer, method) = (params.text("customer")?, params.text("payment_method")?);
    account.customer_check(customer.as_deref())?;
    list::list(account, &mut params, "/v1/setup_intents", |intent: &SetupIntent| {
        (customer.is_none() || customer == intent.customer) && (method.is_none() || method == intent.payment_method)
    })
}
