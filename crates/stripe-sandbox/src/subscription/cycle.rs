//! What happens to a subscription in time: trials end, periods start, payments fail and are retried.

use crate::{
    account::{Account, Noun},
    discount,
    invoice::{Invoice, close, make},
    subscription::{Pause, Status, Subscription, cancel, end, item},
};

/// A period (or the trial) has ended.
pub(crate) fn roll(account: &mut Account, id: &str) {
    let Some(old) = account.subscriptions.get(id).cloned() else { return };
    if old.status == Status::Trialing && old.days_until_due.is_none() && without_card(account, &old) {
        match old.missing_method.as_str() {
            "cancel" => return end::end(account, id, None),
            "pause" => return pause(account, id),
            _ => {}
        }
    }
    let mut new = old.clone();
    let start = old.period.1;
    new.period = (start, new.period_end(start));
    new.upcoming_told = false;
    new.discounts.retain(|discount| discount.is_on(start));
    new.period_discounts.clone_from(&new.discounts);
    if old.status == Status::Trialing {
        new.status = Status::Active;
    }
    let lines = item::lines(account, &new, new.span(), Some(old.span()));
    let invoice = account.id("in");
    new.latest_invoice = Some(invoice.clone());
    account.change(id, |subscription: &mut Subscription| *subscription = new.clone());
    make::draft(account, &invoice, &new.customer, Some(&new), "subscription_cycle", lines);
    let status = new.status;
    let paused = new.pause.map(|Pause { behavior, .. }| behavior);
    if account.preview {
        return;
    }
    match paused.as_deref() {
        Some("void") => close::void(account, &invoice),
        Some("mark_uncollectible") => close::mark_uncollectible(account, &invoice),
        Some(_) => keep_draft(account, &invoice),
        None if status == Status::Unpaid => keep_draft(account, &invoice),
        None => {}
    }
}

fn keep_draft(account: &mut Account, invoice: &str) {
    account.change(invoice, |invoice: &mut Invoice| {
        invoice.auto_advance = false;
        invoice.finalizes_at = None;
        invoice.next_payment_attempt = None;
    });
}

fn without_card(account: &Account, subscription: &Subscription) -> bool {
    let customer = account.customers.get(&subscription.customer);
    subscription.default_payment_method.is_none()
        && customer.is_none_or(|customer| customer.default_payment_method.is_none())
}

fn pause(account: &mut Account, id: &str) {
    let now = account.now;
    account.change(id, |subscription: &mut Subscription| {
        subscription.status = Status::Paused;
        subscription.paused_at = Some(now);
    });
    tell(account, id, "customer.subscription.paused");
}

fn tell(account: &mut Account, id: &str, kind: &str) {
    let json = account.subscriptions.get(id).map(Noun::json).unwrap_or_default();
    account.emit(kind, json, None);
}

/// The trial ends in three days, or sooner if it is shorter than that.
pub(crate) fn trial_will_end(account: &mut Account, id: &str) {
    account.change_quietly(id, |subscription: &mut Subscription| subscription.trial_told = true);
    tell(account, id, "customer.subscription.trial_will_end");
}

/// Discounts with a limited duration have ended.
pub(crate) fn discounts_end(account: &mut Account, id: &str) {
    let now = account.now;
    discount::end(account, id, |discount| !discount.is_on(now));
}

/// The pause of collection has ended.
pub(crate) fn collection_resumes(account: &mut Account, id: &str) {
    account.change(id, |subscription: &mut Subscription| subscription.pause = None);
}

/// The subscription's end has come.
pub(crate) fn cancel_due(account: &mut Account, id: &str) {
    end::end(account, id, Some("cancellation_requested"));
    cancel::last_invoice(account, id);
}
