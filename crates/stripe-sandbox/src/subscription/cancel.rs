//! Canceling a subscription on request, and its last invoice.

use serde_json::Value;

use super::{Status, live};
use crate::{
    account::{Account, Noun},
    error::Result,
    form::Params,
    invoice::{make, pay},
    invoice_item,
    subscription::{FEEDBACK, Subscription, end, item, proration},
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
    end::end(account, id, Some("cancellation_requested"));
    if invoice_now {
        last_invoice(account, id);
    }
    Ok(account.shown::<Subscription>(id))
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
