//! What the payment of an invoice, or its failure, means for the subscription.

use super::Status;
use crate::{
    account::{Account, Noun},
    invoice,
    subscription::{Subscription, end},
};

/// An invoice of the subscription was paid.
pub(crate) fn invoice_paid(account: &mut Account, id: &str, invoice: &str) {
    let Some(subscription) = account.subscriptions.get(id).cloned() else { return };
    let intent =
        account.invoices.get(invoice).and_then(|invoice| account.payment_intents.get(invoice.payment_intent.as_ref()?));
    let paid_with = intent.and_then(|intent| intent.payment_method.clone());
    let others = account.invoices.iter().any(|other| {
        other.subscription.as_deref() == Some(id)
            && other.status == invoice::Status::Open
            && other.attempt_count > 0
            && !other.sends
    });
    match subscription.status {
        Status::Paused if subscription.latest_invoice.as_deref() == Some(invoice) => resumed(account, id),
        Status::Incomplete => {
            account.change(id, |subscription: &mut Subscription| {
                subscription.status = Status::Active;
                if subscription.saves_method {
                    subscription.default_payment_method = paid_with.or(subscription.default_payment_method.take());
                }
            });
        }
        Status::PastDue | Status::Unpaid if !others => {
            account.change(id, |subscription: &mut Subscription| subscription.status = Status::Active);
        }
        _ => {}
    }
}

/// A payment for the subscription failed; `last`: there is no further retry.
pub(crate) fn payment_failed(account: &mut Account, id: &str, invoice: &str, last: bool) {
    let first = account.invoices.get(invoice).is_some_and(|invoice| invoice.billing_reason == "subscription_create");
    let Some(status) = account.subscriptions.get(id).map(|subscription| subscription.status) else { return };
    if first || status.is_over() || matches!(status, Status::Incomplete | Status::Paused) {
        return;
    }
    if status != Status::Unpaid {
        account.change(id, |subscription: &mut Subscription| subscription.status = Status::PastDue);
    }
    if !last {
        return;
    }
    match account.billing.after_retries.as_str() {
        "cancel" => end::end(account, id, Some("payment_failed")),
        "unpaid" => {
            account.change(id, |subscription: &mut Subscription| subscription.status = Status::Unpaid);
        }
        _ => {}
    }
}

/// The invoice of a resumption was paid.
pub(crate) fn resumed(account: &mut Account, id: &str) {
    account.change(id, |subscription: &mut Subscription| {
        subscription.status = Status::Active;
        subscription.paused_at = None;
        subscription.upcoming_told = false;
    });
    let json = account.subscriptions.get(id).map(Noun::json).unwrap_or_default();
    account.emit("customer.subscription.resumed", json, None);
}
