//! Payment methods: cards, with or without a customer.

mod record;

use serde_json::{Map, Value, json};

pub(crate) use record::PaymentMethod;

use crate::{
    account::Account,
    address::address,
    card::TestCard,
    customer::Customer,
    error::{Result, StripeError},
    form::Params,
    list,
};

fn details(params: Option<Params>) -> Result<Value> {
    let mut details = json!({ "address": null, "email": null, "name": null, "phone": null, "tax_id": null });
    if let Some(mut params) = params {
        for key in ["email", "name", "phone", "tax_id"] {
            if let Some(text) = params.text(key)? {
                details[key] = json!(text);
            }
        }
        if let Some(address) = address(&mut params, "address")? {
            details["address"] = address;
        }
        params.done()?;
    }
    Ok(details)
}

/// Creates a payment method for a test card, without a customer.
pub(crate) fn of_card(account: &mut Account, card: &'static TestCard, billing_details: Option<Value>) -> String {
    let id = account.id("pm");
    let method = PaymentMethod {
        id: id.clone(),
        created: account.now,
        card,
        exp_month: 12,
        exp_year: 2034,
        customer: None,
        billing_details: billing_details.unwrap_or_else(|| details(None).unwrap_or_default()),
        metadata: Map::new(),
        authenticated: false,
        redisplay: None,
    };
    account.payment_methods.insert(&id, method);
    id
}

/// Returns the payment method that a parameter names. Names such as `pm_card_visa` create a new one each time.
pub(crate) fn resolve(account: &mut Account, id: &str, param: &str) -> Result<String> {
    if let Some(card) = TestCard::find(id).filter(|_| id.starts_with("pm_card_") || id.starts_with("tok_")) {
        return Ok(of_card(account, card, None));
    }
    Ok(account.named::<PaymentMethod>(id, param)?.id.clone())
}

/// Like [`resolve`], and attaches it if the name of a test card was given. A payment method of another customer is
/// refused.
pub(crate) fn resolve_for(account: &mut Account, id: &str, customer: &str, param: &str) -> Result<String> {
    let id = resolve(account, id, param)?;
    if account.get::<PaymentMethod>(&id)?.customer.as_deref() != Some(customer) {
        attach(account, &id, customer)?;
    }
    Ok(id)
}

/// Attaches a card, or returns why it is refused.
pub(crate) fn attach(account: &mut Account, id: &str, customer: &str) -> Result<()> {
    let method = account.get::<PaymentMethod>(id)?;
    if method.customer.as_deref() == Some(customer) {
        return Ok(());
    }
    if method.customer.is_some() {
        let message = "The payment method you provided has already been attached to a customer.";
        return Err(StripeError::invalid(message).at("payment_method"));
    }
    if let Some(refusal) = method.card.attach_refusal() {
        return Err(refusal);
    }
    account.named::<Customer>(customer, "customer")?;
    account.change_as(id, "payment_method.attached", |method: &mut PaymentMethod| {
        method.customer = Some(customer.to_owned());
    });
    Ok(())
}

/// Reads the accepted kinds of payment methods, of which the sandbox supports cards.
pub(crate) fn automatic_read(params: &mut Params) -> Result<()> {
    params.cards_only("payment_method_types")?;
    params.cards_only("allowed_payment_method_types")?;
    let Some(mut automatic) = params.map("automatic_payment_methods")? else { return Ok(()) };
    automatic.flag("enabled")?;
    automatic.one_of("allow_redirects", &["always", "never"])?;
    automatic.done()
}

fn redisplay(params: &mut Params) -> Result<Option<String>> {
    params.one_of("allow_redisplay", &["always", "limited", "unspecified"])
}

/// `POST /v1/payment_methods`
pub(crate) fn create(account: &mut Account, mut params: Params) -> Result<Value> {
    params.one_of("type", &["card"])?.ok_or_else(|| StripeError::missing("type"))?;
    let mut card = params.map("card")?.ok_or_else(|| StripeError::missing("card"))?;
    let number = match card.text("token")? {
        Some(token) => token,
        None => card.need("number")?,
    };
    let (month, year) = (card.int("exp_month")?, card.int("exp_year")?);
    // As at Stripe, it is never returned.
    card.text("cvc")?;
    card.done()?;
    let billing_details = details(params.map("billing_details")?)?;
    let mut metadata = Map::new();
    params.metadata(&mut metadata)?;
    let redisplay = redisplay(&mut params)?;
    params.done()?;
    let found = TestCard::find(&number).ok_or_else(|| unknown_number().at("card[number]"))?;
    let id = of_card(account, found, Some(billing_details));
    account.change_quietly(&id, |method: &mut PaymentMethod| {
        method.metadata = metadata;
        method.redisplay = redisplay;
        method.exp_month = month.unwrap_or(method.exp_month);
        method.exp_year = year.unwrap_or(method.exp_year);
    });
    Ok(account.shown::<PaymentMethod>(&id))
}

/// The error for a number that is not a test card's.
pub(crate) fn unknown_number() -> StripeError {
    let message = "Your card was declined. Your request was in test mode, but used a non test card. For a list of \
                   valid test cards, visit: https://stripe.com/docs/testing.";
    StripeError::card("card_declined", Some("test_mode_live_card"), message)
}

/// `POST /v1/payment_methods/{id}`
pub(crate) fn update(account: &mut Account, id: &str, mut params: Params) -> Result<Value> {
    let mut changed = account.get::<PaymentMethod>(id)?.clone();
    if let Some(billing) = params.map("billing_details")? {
        changed.billing_details = details(Some(billing))?;
    }
    if let Some(mut card) = params.map("card")? {
        changed.exp_month = card.int("exp_month")?.unwrap_or(changed.exp_month);
        changed.exp_year = card.int("exp_year")?.unwrap_or(changed.exp_year);
        card.done()?;
    }
    params.metadata(&mut changed.metadata)?;
    changed.redisplay = redisplay(&mut params)?.or(changed.redisplay);
    params.done()?;
    account.change(id, |method: &mut PaymentMethod| *method = changed);
    Ok(account.shown::<PaymentMethod>(id))
}

/// `POST /v1/payment_methods/{id}/attach`
pub(crate) fn attach_request(account: &mut Account, id: &str, mut params: Params) -> Result<Value> {
    let customer = params.need("customer")?;
    params.done()?;
    let clock = account.named::<Customer>(&customer, "customer")?.test_clock.clone();
    account.enter(clock.as_deref());
    let id = resolve(account, id, "payment_method")?;
    attach(account, &id, &customer)?;
    Ok(account.shown::<PaymentMethod>(&id))
}

/// `POST /v1/payment_methods/{id}/detach`
pub(crate) fn detach(account: &mut Account, id: &str, params: Params) -> Result<Value> {
    params.done()?;
    let Some(customer) = account.get::<PaymentMethod>(id)?.customer.clone() else {
        let message = "The payment method you provided is not attached to a customer so detachment is impossible.";
        return Err(StripeError::invalid(message).at("payment_method"));
    };
    account.change_as(id, "payment_method.detached", |method: &mut PaymentMethod| method.customer = None);
    account.change(&customer, |customer: &mut Customer| {
        customer.default_payment_method.take_if(|default| default == id);
    });
    Ok(account.shown::<PaymentMethod>(id))
}

/// `GET /v1/payment_methods` and `GET /v1/customers/{id}/payment_methods`
pub(crate) fn index(account: &Account, mut params: Params, customer: Option<String>, url: &str) -> Result<Value> {
    let customer = match customer {
        Some(customer) => Some(customer),
        None => params.text("customer")?,
    };
    params.only("type", &["card"], &["card", "link", "sepa_debit", "us_bank_account", "paypal"])?;
    account.customer_check(customer.as_deref())?;
    list::list(account, &mut params, url, |method: &PaymentMethod| {
        method.customer.is_some() && (customer.is_none() || method.customer == customer)
    })
}
