//! Paying an invoice, retrying, and giving up.

use crate::{
    account::Account,
    customer::Customer,
    error::StripeError,
    invoice::{Invoice, Status, close},
    payment_intent,
    payment_intent::Outcome,
    subscription,
};

const DAY: i64 = 86_400;

/// The card to which an invoice is charged: its own, its subscription's, or its customer's.
pub(crate) fn method_of(account: &Account, invoice: &Invoice) -> Option<String> {
    let subscription = invoice.subscription.as_ref().and_then(|id| account.subscriptions.get(id));
    let customer = account.customers.get(&invoice.customer)?;
    let own = invoice.default_payment_method.clone();
    let own = own.or_else(|| subscription?.default_payment_method.clone());
    own.or_else(|| customer.default_payment_method.clone())
}

/// Charges an open invoice to this card, or to its default card. `off_session`: the card's owner is not present.
pub(crate) fn collect(account: &mut Account, id: &str, method: Option<String>, off_session: bool) -> Outcome {
    let Some(invoice) = account.invoices.get(id).filter(|invoice| invoice.status == Status::Open).cloned() else {
        return Outcome::Succeeded;
    };
    let Some(intent) = &invoice.payment_intent else { return Outcome::Succeeded };
    let outcome = match method.or_else(|| method_of(account, &invoice)) {
        Some(method) => payment_intent::attempt(account, intent, &method, off_session),
        None => Outcome::Declined(no_method()),
    };
    ended(account, id, &outcome, off_session);
    outcome
}

/// The error for an invoice without a card.
pub(crate) fn no_method() -> StripeError {
    StripeError::coded(
        "resource_missing",
        "This customer has no attached payment source or default payment method. Please consider adding a default \
         payment method. For more information, visit https://stripe.com/docs/billing/subscriptions/payment-methods-setting.",
    )
}

/// Records the end of an attempt, and sets the time of the next.
pub(crate) fn ended(account: &mut Account, id: &str, outcome: &Outcome, off_session: bool) {
    let Some(invoice) = account.invoices.get(id).filter(|invoice| invoice.status == Status::Open).cloned() else {
        return;
    };
    match outcome {
        Outcome::Succeeded => return settle(account, id, invoice.amount_due()),
        Outcome::ActionNeeded if !off_session => {
            account.change(id, |invoice: &mut Invoice| invoice.attempt_count += 1);
            return close::tell(account, id, &["invoice.payment_action_required"]);
        }
        _ => {}
    }
    let count = invoice.attempt_count + 1;
    // The first invoice of a subscription is not retried: the subscription waits for its customer and then expires.
    let again = usize::try_from(count - 1).ok().and_then(|tries| account.billing.retry_days.get(tries).copied());
    let again =
        again.filter(|_| invoice.billing_reason != "subscription_create" && !invoice.sends && invoice.auto_advance);
    let now = account.now;
    account.change(id, |invoice: &mut Invoice| {
        invoice.attempt_count = count;
        invoice.next_payment_attempt = again.map(|days| now + days * DAY);
    });
    if matches!(outcome, Outcome::ActionNeeded) {
        close::tell(account, id, &["invoice.payment_action_required"]);
    }
    close::tell(account, id, &["invoice.payment_failed"]);
    delinquent(account, &invoice.customer, true);
    if let Some(subscription) = &invoice.subscription {
        let last = again.is_none() && off_session;
        subscription::payment::payment_failed(account, subscription, id, last);
    }
}

/// Marks an invoice as paid. `amount` is the amount that was received.
pub(crate) fn settle(account: &mut Account, id: &str, amount: i64) {
    let now = account.now;
    account.change(id, |invoice: &mut Invoice| {
        invoice.status = Status::Paid;
        invoice.amount_paid = amount;
        invoice.attempt_count += i64::from(amount > 0);
        invoice.paid_at = Some(now);
        invoice.next_payment_attempt = None;
        invoice.auto_advance = false;
    });
    close::tell(account, id, &["invoice.paid", "invoice.payment_succeeded"]);
    let Some(invoice) = account.invoices.get(id).cloned() else { return };
    if let Some(payment) = super::payment(account, &invoice) {
        account.emit("invoice_payment.paid", payment, None);
    }
    let others = account.invoices.iter().any(|other| {
        other.customer == invoice.customer && other.status == Status::Open && other.attempt_count > 0 && !other.sends
    });
    if !others {
        delinquent(account, &invoice.customer, false);
    }
    if let Some(subscription) = &invoice.subscription {
        subscription::payment::invoice_paid(account, subscription, id);
    }
}

fn delinquent(account: &mut Account, customer: &str, is: bool) {
    account.change(customer, |customer: &mut Customer| customer.delinquent = is);
}
