//! Ending a subscription.

use serde_json::Value;

use crate::{
    account::{Account, Noun},
    error::Result,
    form::Params,
    invoice,
    invoice::{Invoice, make, pay},
    invoice_item, schedule,
    subscription::{FEEDBACK, Status, Subscription, item, live, proration},
};

/// `DELETE /v1/subscriptions/{id}`
pub(crate) fn cancel(account: &mut Account, id: &str, mut params: Params) -> Result<Value> {
    let mut subscription = live(account, id)?;
    let (invoice_now, prorate) =
        (params.flag("invoice_now")?.unwrap_or(false), params.flag("prorate")?.unwrap_or(false));
    if let Some(mut details) = params.map("cancellation_details")? {
        details.set("comment", &mut subscription.cancel_comment)?;
        details.set_one_of("feedback", FEEDBACK, &mut subscription.cancel_feedback)?;
        details.done()?;
    }
    params.done()?;
    let (comment, feedback) = (subscription.cancel_comment.clone(), subscription.cancel_feedback.clone());
    account.change_quietly(id, |subscription: &mut Subscription| {
        (subscription.cancel_comment, subscription.cancel_feedback) = (comment, feedback);
    });
    if prorate && matches!(subscription.status, Status::Active | Status::PastDue) {
        let now = account.now;
        for line in proration::credits(account, &subscription.items, &subscription, now) {
            invoice_item::keep(account, &subscription.customer, line);
        }
    }
    end(account, id, Some("cancellation_requested"));
    if invoice_now {
        last_invoice(account, id);
    }
    Ok(account.shown::<Subscription>(id))
}

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
        schedule::canceled(account, schedule);
    }
    let waiting = account.invoices.iter().filter(|invoice| {
        invoice.subscription.as_deref() == Some(id)
            && matches!(invoice.status, invoice::Status::Draft | invoice::Status::Open)
    });
    for invoice in waiting.map(|invoice| invoice.id.clone()).collect::<Vec<_>>() {
        if first_unpaid {
            pay::void(account, &invoice);
            continue;
        }
        account.change(&invoice, |invoice: &mut Invoice| {
            invoice.auto_advance = false;
            invoice.finalizes_at = None;
            invoice.next_payment_attempt = None;
        });
    }
}

/// The last invoice: usage that was not billed, and waiting prorations.
pub(crate) fn last_invoice(account: &mut Account, id: &str) {
    let Some(subscription) = account.subscriptions.get(id).cloned() else { return };
    let metered = subscription.items.iter().filter(|item| item.price.is_metered()).cloned().collect();
    let usage = Subscription { items: metered, ..subscription.clone() };
    let used = subscription.period.0..account.now;
    let lines = item::lines(account, &usage, used.clone(), Some(used));
    let waits = account.invoice_items.iter().any(|item| {
        item.invoice.is_none()
            && item.customer == subscription.customer
            && item.json()["parent"]["subscription_details"]["subscription"] == *id
    });
    if lines.iter().all(|line| line.amount == 0) && !waits {
        return;
    }
    let invoice = account.id("in");
    account.change(id, |subscription: &mut Subscription| subscription.latest_invoice = Some(invoice.clone()));
    make::draft(account, &invoice, &subscription.customer, Some(&subscription), "subscription_cycle", lines);
    make::finalize(account, &invoice);
    pay::collect(account, &invoice, None, true);
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
        pay::void(account, &invoice);
    }
}
