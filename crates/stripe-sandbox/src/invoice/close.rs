//! Closing an invoice without a payment.

use super::Status;
use crate::{account::Account, invoice::Invoice, payment_intent};

/// Voids an open invoice and cancels its payment.
pub(crate) fn void(account: &mut Account, id: &str) {
    let now = account.now;
    let intent = account.invoices.get(id).and_then(|invoice| invoice.payment_intent.clone());
    account.change(id, |invoice: &mut Invoice| {
        invoice.status = Status::Void;
        invoice.voided_at = Some(now);
        invoice.next_payment_attempt = None;
        invoice.finalizes_at = None;
        invoice.auto_advance = false;
    });
    if let Some(intent) = intent {
        payment_intent::cancel(account, &intent, Some("void_invoice".to_owned()));
    }
    tell(account, id, &["invoice.voided"]);
}

/// Marks an open invoice as uncollectible.
pub(crate) fn mark_uncollectible(account: &mut Account, id: &str) {
    let now = account.now;
    account.change(id, |invoice: &mut Invoice| {
        invoice.status = Status::Uncollectible;
        invoice.uncollectible_at = Some(now);
        invoice.next_payment_attempt = None;
        invoice.auto_advance = false;
    });
    tell(account, id, &["invoice.marked_uncollectible"]);
}

pub(super) fn tell(account: &mut Account, id: &str, kinds: &[&str]) {
    let json = account.shown::<Invoice>(id);
    for kind in kinds {
        account.emit(kind, json.clone(), None);
    }
}
