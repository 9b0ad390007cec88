//! Completing a checkout session: what a customer does on its page.

use crate::{
    account::Account,
    card::TestCard,
    checkout::{Session, Status, due_today},
    customer,
    error::{Result, StripeError},
    form::Params,
    payment_intent, payment_method,
    payment_method::PaymentMethod,
    setup_intent,
    subscription::{
        Status as SubscriptionStatus,
        create::{self, Payment},
    },
};

/// The submitted form.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filled {
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) card: String,
    /// A promotion code, if the page accepts one.
    pub(crate) code: Option<String>,
    /// Whether the card's owner confirmed the authentication; none: they were not asked yet.
    pub(crate) authenticated: Option<bool>,
}

/// What happens after the form was submitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// The session is complete, and the browser is redirected to its return URL.
    Done,
    /// The card's owner has to authenticate.
    Ask,
}

/// Processes the submitted form. A refused card changes nothing.
pub(crate) fn complete(account: &mut Account, id: &str, filled: &Filled) -> Result<Next> {
    let session = account.get::<Session>(id)?.clone();
    match session.status {
        Status::Complete => return Ok(Next::Done),
        Status::Expired => return Err(StripeError::invalid("This page has expired.")),
        Status::Open => {}
    }
    let session = redeem(account, session, filled.code.as_deref())?;
    let described = if session.setup { None } else { Some(session.described(account)?) };
    let due = described.as_ref().map_or(0, |described| due_today(account, described).total());
    let card = if session.asks_card(due) { Some(card_check(&filled.card, due)?) } else { None };
    if let Some(card) = card.filter(|card| asks_owner(card)) {
        match filled.authenticated {
            None => return Ok(Next::Ask),
            Some(false) => return Err(not_authenticated(card)),
            Some(true) => {}
        }
    }
    let customer = customer_of(account, &session, filled)?;
    let (method, intent) = match card {
        None => (None, None),
        Some(card) => keep_card(account, &customer, card, due > 0)?,
    };
    let mut completed = session.clone();
    if session.setup {
        completed.setup_intent = intent;
        completed.payment_status = "no_payment_required".into();
    } else {
        let subscription = subscribe(account, &session, &customer, method)?;
        completed.invoice = account.subscriptions.get(&subscription).and_then(|each| each.latest_invoice.clone());
        completed.payment_status = if due > 0 { "paid" } else { "no_payment_required" }.into();
        completed.subscription = Some(subscription);
    }
    let of = account.customers.get(&customer).cloned().unwrap_or_default();
    completed.customer_email = of.email.or(completed.customer_email);
    completed.customer_name = of.name.or(completed.customer_name);
    completed.customer = Some(customer);
    completed.status = Status::Complete;
    account.change_as(id, "checkout.session.completed", |session: &mut Session| *session = completed);
    Ok(Next::Done)
}

/// Stores the promotion code that was entered with the session, so that the page shows the discount.
pub(crate) fn redeem(account: &mut Account, session: Session, code: Option<&str>) -> Result<Session> {
    let code = code.map(str::trim);
    let same = |code: &str| session.code(account).unwrap_or_default().eq_ignore_ascii_case(code);
    let Some(code) = code.filter(|code| session.takes_codes() && !same(code)) else { return Ok(session) };
    let mut changed = session.clone();
    changed.redeem(account, code)?;
    let kept = changed.clone();
    account.change_quietly(&session.id, |session: &mut Session| *session = kept);
    Ok(changed)
}

fn asks_owner(card: &TestCard) -> bool {
    use crate::card::Behavior::{AuthenticatesAlways, AuthenticatesOnce};
    matches!(card.behavior, AuthenticatesAlways | AuthenticatesOnce)
}

fn card_check(number: &str, due: i64) -> Result<&'static TestCard> {
    if number.trim().is_empty() {
        return Err(StripeError::missing("card_number"));
    }
    let card = TestCard::find(number).ok_or_else(payment_method::unknown_number)?;
    let refusal = if due > 0 { card.charge_refusal(false) } else { card.attach_refusal() };
    refusal.map_or(Ok(card), Err)
}

fn not_authenticated(card: &TestCard) -> StripeError {
    let message = format!(
        "We are unable to authenticate your card ending in {}. Choose a different card and try again.",
        card.last4()
    );
    StripeError::card("payment_intent_authentication_failure", None, &message)
}

fn customer_of(account: &mut Account, session: &Session, filled: &Filled) -> Result<String> {
    if let Some(customer) = &session.customer {
        return customer::live(account, customer, "customer").map(|customer| customer.id);
    }
    let email =
        if filled.email.is_empty() { session.customer_email.clone().unwrap_or_default() } else { filled.email.clone() };
    if email.is_empty() {
        return Err(StripeError::missing("email"));
    }
    let mut pairs = vec![("email", email.as_str())];
    if !filled.name.is_empty() {
        pairs.push(("name", &filled.name));
    }
    let made = customer::request::create(account, Params::of(&pairs))?;
    Ok(made["id"].as_str().unwrap_or_default().to_owned())
}

/// Saves the card as a payment method of the customer. If nothing is paid with it now, a setup intent does that.
fn keep_card(
    account: &mut Account,
    customer: &str,
    card: &'static TestCard,
    pays: bool,
) -> Result<(Option<String>, Option<String>)> {
    let method = payment_method::of_card(account, card, None);
    account.change_quietly(&method, |method: &mut PaymentMethod| method.authenticated = true);
    if pays {
        payment_method::attach(account, &method, customer)?;
        return Ok((Some(method), None));
    }
    let intent = setup_intent::open(account, Some(customer));
    setup_intent::confirm_with(account, &intent, &method)?;
    Ok((Some(method), Some(intent)))
}

fn subscribe(account: &mut Account, session: &Session, customer: &str, method: Option<String>) -> Result<String> {
    let (mut subscription, prorates) = create::read(account, session.subscription_params(customer))?;
    for discount in &mut subscription.discounts {
        discount.checkout_session = Some(session.id.clone());
    }
    subscription.default_payment_method.clone_from(&method);
    let payment = Payment { behavior: "allow_incomplete".to_owned(), off_session: false, method };
    let id = create::start(account, subscription, &payment, prorates)?;
    // The card's owner has already authenticated on the page.
    let started = account.subscriptions.get(&id);
    let waiting = started
        .filter(|each| each.status == SubscriptionStatus::Incomplete)
        .and_then(|each| each.latest_invoice.clone());
    let intent = waiting.and_then(|invoice| account.invoices.get(&invoice)?.payment_intent.clone());
    if let Some(intent) = intent {
        payment_intent::request::authenticate(account, &intent, true)?;
    }
    Ok(id)
}
