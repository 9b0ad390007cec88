//! Starting a subscription.

use serde_json::{Map, Value};

use crate::{
    account::Account,
    customer, discount,
    error::{Result, StripeError},
    form::Params,
    invoice::{
        make, pay,
        sum::{self, Sums},
    },
    money, payment_method, setup_intent,
    subscription::{BillingMode, Status, Subscription, item, read_end, read_terms},
};

const DAY: i64 = 86_400;

/// How the first payment is handled.
#[derive(Clone, Debug)]
pub(crate) struct Payment {
    /// `allow_incomplete`, `default_incomplete` or `error_if_incomplete`.
    pub(crate) behavior: String,
    pub(crate) off_session: bool,
    /// A card that is not attached yet, as on the checkout page.
    pub(crate) method: Option<String>,
}

impl Payment {
    pub(crate) fn read(params: &mut Params) -> Result<Self> {
        let words = ["allow_incomplete", "default_incomplete", "error_if_incomplete", "pending_if_incomplete"];
        let behavior = params.only("payment_behavior", &words[..3], &words)?;
        let off_session = params.flag("off_session")?.unwrap_or(false);
        Ok(Self { behavior: behavior.unwrap_or_else(|| words[0].to_owned()), off_session, method: None })
    }
}

/// `POST /v1/subscriptions`
pub(crate) fn create(account: &mut Account, mut params: Params) -> Result<Value> {
    let payment = Payment::read(&mut params)?;
    let (subscription, prorates) = read(account, params)?;
    if account.preview {
        start(account, subscription, &payment, prorates)?;
        return Ok(Value::Null);
    }
    let id = start(account, subscription, &payment, prorates)?;
    Ok(account.shown::<Subscription>(&id))
}

/// Reads a new subscription from a request, without starting it. Also returns whether a partial first period is
/// charged.
pub(crate) fn read(account: &mut Account, mut params: Params) -> Result<(Subscription, bool)> {
    let customer = customer::live(account, &params.need("customer")?, "customer")?;
    let list = params.list("items")?.ok_or_else(|| StripeError::missing("items"))?;
    let items = item::read(account, list, &[])?;
    let now = account.now;
    let currency = items.first().map(|item| item.price.currency.clone()).unwrap_or_default();
    if let Some(asked) = params.currency("currency")?
        && asked != currency
    {
        return Err(StripeError::invalid("The price's currency is another one.").at("currency"));
    }
    let trial = trial_end(&mut params, now)?.map(|end| (now, end));
    let anchor = params.int("billing_cycle_anchor")?;
    if anchor.is_some_and(|anchor| anchor <= now) {
        return Err(StripeError::invalid("billing_cycle_anchor must be in the future.").at("billing_cycle_anchor"));
    }
    let prorates = params.one_of("proration_behavior", &["create_prorations", "always_invoice", "none"])?;
    let anchor = anchor.or(trial.map(|(_, end)| end)).unwrap_or(now);
    let mut subscription = Subscription {
        id: account.id("sub"),
        created: now,
        customer: customer.id,
        currency,
        status: if trial.is_some() { Status::Trialing } else { Status::Incomplete },
        period: (now, trial.map_or_else(|| item::period_end(&items, anchor, now), |(_, end)| end)),
        items,
        metadata: Map::new(),
        anchor,
        cancel_at: None,
        cancel_at_period_end: false,
        canceled_at: None,
        ended_at: None,
        cancel_reason: None,
        cancel_comment: None,
        cancel_feedback: None,
        days_until_due: None,
        default_payment_method: None,
        description: None,
        latest_invoice: None,
        pause: None,
        paused_at: None,
        saves_method: false,
        pending_setup_intent: None,
        trial,
        missing_method: "create_invoice".to_owned(),
        test_clock: customer.test_clock,
        trial_told: false,
        upcoming_told: false,
        schedule: None,
        discounts: Vec::new(),
        period_discounts: Vec::new(),
        default_tax_rates: Vec::new(),
        billing_mode: BillingMode::read(&mut params)?.unwrap_or_default(),
        migrated_at: None,
    };
    read_end(&mut params, &mut subscription, now)?;
    read_terms(account, &mut params, &mut subscription)?;
    params.done()?;
    Ok((subscription, prorates.as_deref() != Some("none")))
}

fn trial_end(params: &mut Params, now: i64) -> Result<Option<i64>> {
    let days = params.int_within("trial_period_days", 0, 730)?.filter(|days| *days > 0);
    let end = match params.text("trial_end")?.as_deref() {
        None => days.map(|days| now + days * DAY),
        Some("now") => None,
        Some(text) => Some(text.parse().map_err(|_| StripeError::invalid("Invalid timestamp").at("trial_end"))?),
    };
    if end.is_some_and(|end: i64| end <= now) {
        return Err(
            StripeError::invalid("Invalid timestamp: must be an integer Unix timestamp in the future.").at("trial_end")
        );
    }
    Ok(end)
}

/// Starts a subscription: creates the first invoice and, if requested, pays it. Returns its id.
pub(crate) fn start(
    account: &mut Account,
    mut subscription: Subscription,
    payment: &Payment,
    prorates: bool,
) -> Result<String> {
    let mut lines = first_lines(account, &subscription, prorates);
    let exempt = account.customers.get(&subscription.customer).and_then(|customer| customer.tax_exempt.clone());
    sum::apply(&mut lines, &subscription.discounts, &subscription.default_tax_rates, exempt.as_deref());
    let charged = Sums::of(&lines).total() > 0 && subscription.days_until_due.is_none();
    if charged && payment.behavior != "default_incomplete" && payment.method.is_none() && !account.preview {
        first_payment_check(account, &subscription, payment)?;
    }
    if subscription.status == Status::Incomplete && !charged {
        subscription.status = Status::Active;
    }
    let customer = subscription.customer.clone();
    let without_card = pay_method(account, &subscription).is_none() && payment.method.is_none();
    if !charged && without_card && payment.behavior == "default_incomplete" {
        subscription.pending_setup_intent = Some(setup_intent::open(account, Some(&customer)));
    }
    let id = subscription.id.clone();
    let invoice = account.id("in");
    subscription.latest_invoice = Some(invoice.clone());
    if subscription.trial.is_none() {
        subscription.period_discounts.clone_from(&subscription.discounts);
    }
    discount::begin(account, &[], &subscription.discounts);
    account.add("customer.subscription.created", subscription.clone());
    make::draft(account, &invoice, &customer, Some(&subscription), "subscription_create", lines);
    if account.preview || subscription.days_until_due.is_some() {
        return Ok(id);
    }
    make::finalize(account, &invoice);
    if charged && payment.behavior != "default_incomplete" {
        pay::collect(account, &invoice, payment.method.clone(), payment.off_session);
    }
    Ok(id)
}

fn pay_method(account: &Account, subscription: &Subscription) -> Option<String> {
    let customer = account.customers.get(&subscription.customer)?;
    subscription.default_payment_method.clone().or_else(|| customer.default_payment_method.clone())
}

/// Refuses, before anything is created, if there is no card, or if the card will be refused and the request does not
/// permit that.
fn first_payment_check(account: &Account, subscription: &Subscription, payment: &Payment) -> Result<()> {
    let Some(method) = pay_method(account, subscription) else { return Err(pay::no_method()) };
    if payment.behavior == "error_if_incomplete" {
        let method = account.get::<payment_method::PaymentMethod>(&method)?;
        if let Some(refusal) = method.card.charge_refusal(payment.off_session) {
            return Err(refusal);
        }
        if method.asks() {
            let message = "Payment for this subscription requires additional user action before it can be completed successfully.";
            return Err(StripeError::card("subscription_payment_intent_requires_action", None, message));
        }
    }
    Ok(())
}

fn first_lines(account: &mut Account, subscription: &Subscription, prorates: bool) -> Vec<crate::invoice::Line> {
    if subscription.trial.is_some() {
        return item::trial_lines(account, subscription);
    }
    let mut lines = item::lines(account, subscription, subscription.span(), None);
    // A period that its anchor shortens costs its part of a whole one.
    if subscription.anchor > subscription.created {
        let whole = subscription.period_end(subscription.anchor) - subscription.anchor;
        let part = subscription.period.1 - subscription.period.0;
        for line in &mut lines {
            line.amount = if prorates { money::part(line.amount, part, whole) } else { 0 };
        }
    }
    lines
}
