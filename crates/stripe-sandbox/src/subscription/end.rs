//! Ending a subscription.

use crate::{
    account::Account,
    invoice,
    invoice::{Invoice, close},
    schedule,
    subscription::{Status, Subscription},
};

/// Ends a subscription now: none of its invoices is collected any more.
pub(crate) fn end(account: &mut Account, id: &str, reason: Option<&str>) {
    let Some(subscription) = account.subscriptions.get(id).cloned() else { return };
    let now = account.now;
    let first_unpaid = subscription.status == Status::Incomplete;
    account.change_as(id, "customer.subscription.deleted", |subscription: &mut Subscription| {
        subscription.status = Status::Canceled;
        subscription.canceled_at = subscription.canceled_at.or(Some(now));
        subscription.ended_at = Some(now);
        subscription.cancel_reason = subscription.cancel_reason.take().or_else(|| reason.map(str::to_owned));
        subscription.pause = None;
        subscription.paused_at = None;
    });
    if let Some(schedule) = &subscription.schedule {
        schedule::close::canceled(account, schedule);
    }
    let waiting = account.invoices.iter().filter(|invoice| {
        invoice.subscription.as_deref() == Some(id)
            && matches!(invoice.status, invoice::Status::Draft | invoice::Status::Open)
    });
    for invoice in waiting.map(|invoice| invoice.id.clone()).collect::<Vec<_>>() {
        if first_unpaid {
            close::void(account, &invoice);
            continue;
        }
        account.change(&invoice, |invoice: &mut Invoice| {
            invoice.auto_advance = false;
            invoice.finalizes_at = None;
            invoice.next_payment_attempt = None;
        });
    }
}

/// The time for the first payment has passed.
pub(crate) fn expire(account: &mut Account, id: &str) {
    let now = account.now;
    let invoice = account.subscriptions.get(id).and_then(|subscription| subscription.latest_invoice.clone());
    account.change(id, |subscription: &mut Subscription| {
        subscription.status = Status::IncompleteExpired;
        subscription.ended_at = Some(now);
    });
    if let Some(invoice) = invoice {
        close::void(account, &invoice);
    }
}

/// Ends all subscriptions of a customer at once.
pub(crate) fn end_all(account: &mut Account, customer: &str) {
    let all = account.subscriptions.iter().filter(|each| each.customer == customer && !each.status.is_over());
    let all: Vec<String> = all.map(|subscription| subscription.id.clone()).collect();
    for id in all {
        end(account, &id, None);
    }
}
