//! Subscriptions: recurring payments of a customer, and their status.

pub(crate) mod cancel;
pub(crate) mod create;
pub(crate) mod cycle;
pub(crate) mod due;
pub(crate) mod end;
pub(crate) mod item;
pub(crate) mod migrate;
pub(crate) mod mode;
pub(crate) mod payment;
pub(crate) mod proration;
mod record;
pub(crate) mod resume;
pub(crate) mod update;

use serde_json::Value;

pub(crate) use item::Item;
pub(crate) use mode::BillingMode;
pub(crate) use record::{Pause, Status, Subscription};

use crate::{
    account::Account,
    customer, discount,
    discount::Place,
    error::{Result, StripeError},
    form::Params,
    list, search, tax_rate,
};

/// Returns a subscription that can still be changed, and switches to its customer's time.
pub(crate) fn live(account: &mut Account, id: &str) -> Result<Subscription> {
    let subscription = account.get::<Subscription>(id)?.clone();
    account.enter(subscription.test_clock.as_deref());
    if subscription.status.is_over() {
        let mut error = StripeError::coded("resource_missing", format!("No such subscription: '{id}'")).at("id");
        error.status = 404;
        return Err(error);
    }
    Ok(subscription)
}

/// `GET /v1/subscriptions`: without subscriptions that have ended, unless `status` asks for them.
pub(crate) fn index(account: &Account, mut params: Params) -> Result<Value> {
    let words = [
        "active",
        "past_due",
        "unpaid",
        "canceled",
        "incomplete",
        "incomplete_expired",
        "trialing",
        "paused",
        "all",
        "ended",
    ];
    let status = params.one_of("status", &words)?;
    let (customer, price, clock) = (params.text("customer")?, params.text("price")?, params.text("test_clock")?);
    let method = params.one_of("collection_method", &["charge_automatically", "send_invoice"])?;
    account.customer_check(customer.as_deref())?;
    list::list(account, &mut params, "/v1/subscriptions", |subscription: &Subscription| {
        let state = match status.as_deref() {
            None => subscription.status != Status::Canceled && subscription.status != Status::IncompleteExpired,
            Some("all") => true,
            Some("ended") => subscription.status.is_over(),
            Some(word) => subscription.status.word() == word,
        };
        state
            && method.as_ref().is_none_or(|method| (method == "send_invoice") == subscription.days_until_due.is_some())
            && customer.as_ref().is_none_or(|customer| *customer == subscription.customer)
            && price.as_ref().is_none_or(|price| subscription.items.iter().any(|item| item.price.id == *price))
            // As at Stripe, subscriptions of test clocks are listed only by their clock or their customer.
            && (clock == subscription.test_clock || (clock.is_none() && customer.is_some()))
    })
}

/// `GET /v1/subscriptions/search`
pub(crate) fn find(account: &Account, params: Params) -> Result<Value> {
    search::search(params, "subscriptions", account.subscriptions.iter().map(Subscription::to_json))
}

/// The subscriptions of a customer, which are shown only if they are expanded.
pub(crate) fn of_customer(account: &Account, customer: &str) -> Value {
    let of = account.subscriptions.iter().rev().filter(|each| each.customer == customer && !each.status.is_over());
    list::of(of.map(Subscription::to_json).collect(), &format!("/v1/customers/{customer}/subscriptions"), false)
}

/// Reads when a subscription ends. Returns whether that is the end of its period, which the same request may move: then
/// [`end_follow`] sets the time.
fn read_end(params: &mut Params, subscription: &mut Subscription, now: i64) -> Result<bool> {
    if let Some(mut details) = params.map("cancellation_details")? {
        details.set("comment", &mut subscription.cancel_comment)?;
        details.set_one_of("feedback", FEEDBACK, &mut subscription.cancel_feedback)?;
        details.done()?;
    }
    let (at, at_period_end) = (params.text("cancel_at")?, params.flag("cancel_at_period_end")?);
    if at.as_ref().is_some_and(|at| !at.is_empty()) && at_period_end == Some(true) {
        let message = "You may only specify one of these parameters: cancel_at, cancel_at_period_end.";
        return Err(StripeError::invalid(message).at("cancel_at"));
    }
    let mut follows = at_period_end == Some(true);
    let end = match (at.as_deref(), at_period_end) {
        (None | Some(""), Some(true)) => Some(subscription.period.1),
        (Some(""), _) | (None, Some(false)) => None,
        (None, None) => return Ok(subscription.cancel_at_period_end),
        (Some(word @ ("min_period_end" | "max_period_end")), _) => {
            if subscription.billing_mode == BillingMode::Classic {
                let message = format!("`{word}` is only supported for subscriptions with billing_mode[type]=flexible.");
                return Err(StripeError::invalid(message).at("cancel_at"));
            }
            follows = true;
            Some(subscription.period.1)
        }
        (Some("max_billed_until"), _) => {
            return Err(StripeError::not_modelled("cancel_at=max_billed_until", "cancel_at"));
        }
        (Some(text), _) => {
            let at =
                text.parse().map_err(|_| StripeError::invalid(format!("Invalid timestamp: {text}")).at("cancel_at"))?;
            if at <= now {
                return Err(StripeError::invalid("cancel_at must be in the future.").at("cancel_at"));
            }
            Some(at)
        }
    };
    subscription.cancel_at = end;
    subscription.cancel_at_period_end = end.is_some() && at_period_end == Some(true);
    subscription.canceled_at = end.map(|_| now);
    subscription.cancel_reason = end.map(|_| "cancellation_requested".to_owned());
    if end.is_none() {
        (subscription.cancel_comment, subscription.cancel_feedback) = (None, None);
    }
    Ok(follows)
}

/// Moves the end of the subscription with the period, if it is the period's end.
fn end_follow(subscription: &mut Subscription, follows: bool) {
    if follows && subscription.cancel_at.is_some() {
        subscription.cancel_at = Some(subscription.period.1);
    }
}

/// The reasons of customers for a cancellation, with Stripe's names.
pub(crate) const FEEDBACK: &[&str] = &[
    "customer_service",
    "low_quality",
    "missing_features",
    "other",
    "switched_service",
    "too_complex",
    "too_expensive",
    "unused",
];

/// Reads how a subscription is paid, what happens without a card, and its metadata.
fn read_terms(account: &mut Account, params: &mut Params, subscription: &mut Subscription) -> Result<()> {
    if let Some(mut settings) = params.map("payment_settings")? {
        if let Some(save) = settings.one_of("save_default_payment_method", &["on_subscription", "off"])? {
            subscription.saves_method = save == "on_subscription";
        }
        settings.cards_only("payment_method_types")?;
        settings.done()?;
    }
    if let Some(mut settings) = params.map("trial_settings")? {
        if let Some(mut end) = settings.map("end_behavior")? {
            let missing = end.one_of("missing_payment_method", &["create_invoice", "cancel", "pause"])?;
            subscription.missing_method = missing.unwrap_or_else(|| "create_invoice".to_owned());
            end.done()?;
        }
        settings.done()?;
    }
    let collection = params.one_of("collection_method", &["charge_automatically", "send_invoice"])?;
    let days = params.int_from("days_until_due", 0)?;
    match collection.as_deref() {
        Some("send_invoice") => {
            subscription.days_until_due = Some(days.ok_or_else(|| StripeError::missing("days_until_due"))?);
        }
        Some(_) => subscription.days_until_due = None,
        None => {}
    }
    params.set("description", &mut subscription.description)?;
    params.metadata(&mut subscription.metadata)?;
    if let Some(method) = params.text("default_payment_method")? {
        let named = (!method.is_empty()).then_some(method);
        let param = "default_payment_method";
        let customer = subscription.customer.clone();
        subscription.default_payment_method =
            named.map(|method| crate::payment_method::resolve_for(account, &method, &customer, param)).transpose()?;
    }
    let rates = tax_rate::read_list(account, params, "default_tax_rates")?;
    subscription.default_tax_rates = rates.unwrap_or_else(|| std::mem::take(&mut subscription.default_tax_rates));
    let place = Place {
        customer: &subscription.customer,
        subscription: Some(&subscription.id),
        invoice: None,
        currency: &subscription.currency,
        subtotal: subscription.amount(),
        there: &subscription.discounts,
    };
    if let Some(discounts) = discount::read(account, params, &place)? {
        subscription.discounts = discounts;
    }
    params.automatic_tax()?;
    customer::live(account, &subscription.customer.clone(), "customer").map(|_| ())
}
