//! Updating a subscription: plan, quantity, trial, card, pause, end.

use serde_json::Value;

use crate::{
    account::Account,
    discount,
    error::{Result, StripeError},
    form::Params,
    invoice::{
        Line, make, pay,
        sum::{self, Sums},
    },
    invoice_item, payment_method,
    subscription::{
        Item, Pause, Status, Subscription, create::Payment, end_follow, item, live, proration, read_end, read_terms,
    },
};

/// The cost of a change, and when it is charged.
struct Charge {
    lines: Vec<Line>,
    /// Whether it is charged at once and not with the next invoice.
    now: bool,
}

/// Reads `billing_cycle_anchor=now` or, since 2026-09-30, `billing_cycle_anchor[type]=now`.
pub(crate) fn anchor_now(params: &mut Params) -> Result<Option<bool>> {
    let words = ["now", "unchanged"];
    if params.clone().text("billing_cycle_anchor").is_ok() {
        return Ok(params.one_of("billing_cycle_anchor", &words)?.map(|word| word == "now"));
    }
    let Some(mut anchor) = params.map("billing_cycle_anchor")? else { return Ok(None) };
    let word = anchor.one_of("type", &words)?;
    anchor.done()?;
    Ok(word.map(|word| word == "now"))
}

/// `POST /v1/subscriptions/{id}`
pub(crate) fn update(account: &mut Account, id: &str, params: Params) -> Result<Value> {
    let old = live(account, id)?;
    let param = ["cancel_at", "cancel_at_period_end"].into_iter().find(|key| params.has(key));
    if let (Some(schedule), Some(param)) = (&old.schedule, param) {
        let message = format!(
            "The subscription is managed by the subscription schedule `{schedule}`, and updating any cancelation behavior \
             directly is not allowed. Please update the schedule instead."
        );
        return Err(StripeError::invalid(message).at(param));
    }
    change(account, old, params)?;
    Ok(account.shown::<Subscription>(id))
}

/// A change by the subscription's schedule, at its time.
pub(crate) fn update_scheduled(account: &mut Account, id: &str, params: Params) -> Result<()> {
    let old = account.get::<Subscription>(id)?.clone();
    if old.status.is_over() {
        return Ok(());
    }
    change(account, old, params)
}

fn change(account: &mut Account, old: Subscription, mut params: Params) -> Result<()> {
    let payment = Payment::read(&mut params)?;
    let now = account.now;
    let behavior = params.one_of("proration_behavior", &["create_prorations", "always_invoice", "none"])?;
    let behavior = behavior.unwrap_or_else(|| "create_prorations".to_owned());
    let at = params.int("proration_date")?.unwrap_or(now).clamp(old.period.0, old.period.1);
    let anchor = anchor_now(&mut params)?.unwrap_or(false);
    let mut new = old.clone();
    if let Some(list) = params.list("items")? {
        new.items = item::read(account, list, &old.items)?;
    }
    if let Some(end) = params.text("trial_end")? {
        trial_change(&mut new, &end, now)?;
    }
    pause_read(&mut params, &mut new)?;
    let ends_with_period = read_end(&mut params, &mut new, now)?;
    read_terms(account, &mut params, &mut new)?;
    params.done()?;
    if old.status == Status::Incomplete && old.items.iter().zip(&new.items).any(|(old, new)| !old.costs_as(new)) {
        return Err(StripeError::invalid(
            "You cannot change the items of a subscription whose first invoice is not paid.",
        ));
    }
    let charge = charge(account, &old, &mut new, Asked { behavior: &behavior, at, anchor });
    end_follow(&mut new, ends_with_period);
    if charge.now && payment.behavior == "error_if_incomplete" {
        payment_check(account, &new, &charge, payment.off_session)?;
    }
    apply(account, new, charge, &payment);
    Ok(())
}

fn trial_change(new: &mut Subscription, end: &str, now: i64) -> Result<()> {
    let end = match end {
        "now" => now,
        text => text.parse().map_err(|_| StripeError::invalid("Invalid timestamp").at("trial_end"))?,
    };
    if end < now {
        return Err(
            StripeError::invalid("Invalid timestamp: must be an integer Unix timestamp in the future.").at("trial_end")
        );
    }
    let start = new.trial.map_or(now, |(start, _)| start);
    new.trial = Some((start, end));
    if end > now {
        new.status = Status::Trialing;
        new.anchor = end;
        new.period = (new.period.0, end);
        new.trial_told = false;
    }
    Ok(())
}

fn pause_read(params: &mut Params, new: &mut Subscription) -> Result<()> {
    let Some(mut pause) = params.map("pause_collection")? else { return Ok(()) };
    if pause.is_empty() {
        new.pause = None;
        return Ok(());
    }
    let behavior = pause.one_of("behavior", &["keep_as_draft", "mark_uncollectible", "void"])?;
    let behavior = behavior.ok_or_else(|| StripeError::missing("pause_collection[behavior]"))?;
    new.pause = Some(Pause { behavior, resumes_at: pause.int("resumes_at")? });
    pause.done()
}

struct Asked<'a> {
    behavior: &'a str,
    at: i64,
    anchor: bool,
}

/// Computes the cost of the change. Sets the new period, if one starts.
fn charge(account: &mut Account, old: &Subscription, new: &mut Subscription, asked: Asked<'_>) -> Charge {
    let now = account.now;
    let trial_over = old.status == Status::Trialing && new.trial.is_some_and(|(_, end)| end <= now);
    let same =
        old.items.len() == new.items.len() && old.items.iter().zip(&new.items).all(|(old, new)| old.costs_as(new));
    let in_trial = new.status == Status::Trialing && !trial_over;
    if in_trial || matches!(old.status, Status::Paused | Status::Incomplete) {
        return Charge { lines: Vec::new(), now: false };
    }
    let interval = |items: &[Item]| {
        items
            .first()
            .and_then(|item| item.price.recurring.as_ref())
            .map(|each| (each.interval.clone(), each.interval_count))
    };
    let from_free = old.amount() == 0 && new.amount() > 0;
    let begins = trial_over || asked.anchor || interval(&old.items) != interval(&new.items) || from_free;
    if begins {
        let prorates = asked.behavior != "none" && old.status != Status::Trialing;
        let mut lines = if prorates { proration::credits(account, &old.items, old, asked.at) } else { Vec::new() };
        lines.retain(|line| line.amount != 0);
        let used = old.period;
        new.anchor = now;
        new.period = (now, new.period_end(now));
        new.upcoming_told = false;
        new.period_discounts.clone_from(&new.discounts);
        if trial_over {
            new.status = Status::Active;
        }
        let full = item::lines(account, new, new.span(), Some(used.0..now));
        lines.extend(full);
        return Charge { lines, now: true };
    }
    if same || asked.behavior == "none" {
        return Charge { lines: Vec::new(), now: false };
    }
    Charge { lines: proration::lines(account, &old.items, new, asked.at), now: asked.behavior == "always_invoice" }
}

/// Refuses if the card would not pay the present cost of the change.
fn payment_check(account: &Account, new: &Subscription, charge: &Charge, off_session: bool) -> Result<()> {
    let balance = account.customers.get(&new.customer).map_or(0, |customer| customer.balance);
    let mut lines = charge.lines.clone();
    let exempt = account.customers.get(&new.customer).and_then(|customer| customer.tax_exempt.as_deref());
    sum::apply(&mut lines, &new.discounts, &new.default_tax_rates, exempt);
    if Sums::of(&lines).total() + balance <= 0 {
        return Ok(());
    }
    let customer = account.customers.get(&new.customer).and_then(|customer| customer.default_payment_method.clone());
    let method = new.default_payment_method.clone().or(customer).ok_or_else(pay::no_method)?;
    let method = account.get::<payment_method::PaymentMethod>(&method)?;
    if method.asks() {
        let message =
            "Payment for this subscription requires additional user action before it can be completed successfully.";
        return Err(StripeError::card("subscription_payment_intent_requires_action", None, message));
    }
    method.card.charge_refusal(off_session).map_or(Ok(()), Err)
}

fn apply(account: &mut Account, new: Subscription, charge: Charge, payment: &Payment) {
    let (id, customer) = (new.id.clone(), new.customer.clone());
    let invoice = (charge.now && !charge.lines.is_empty()).then(|| account.id("in"));
    let mut new = new;
    new.latest_invoice = invoice.clone().or(new.latest_invoice);
    let before = account.subscriptions.get(&id).map(|old| old.discounts.clone()).unwrap_or_default();
    discount::begin(account, &before, &new.discounts);
    account.change(&id, |subscription: &mut Subscription| *subscription = new.clone());
    if charge.lines.is_empty() {
        return;
    }
    let (waiting, lines) = charge.lines.into_iter().partition::<Vec<_>, _>(Line::is_proration);
    for line in waiting {
        invoice_item::keep(account, &customer, line);
    }
    let Some(invoice) = invoice else { return };
    make::draft(account, &invoice, &customer, Some(&new), "subscription_update", lines);
    if account.preview || new.days_until_due.is_some() {
        return;
    }
    make::finalize(account, &invoice);
    if payment.behavior == "default_incomplete" {
        if account.invoices.get(&invoice).is_some_and(|invoice| invoice.amount_remaining() > 0) {
            account.change(&id, |subscription: &mut Subscription| subscription.status = Status::PastDue);
        }
    } else {
        pay::collect(account, &invoice, None, payment.off_session);
    }
}
