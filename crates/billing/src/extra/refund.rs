//! Refunding the payments for an extra subscription: the part for time for which the kept subscription was paid, too.
//! An extra subscription that began after the kept one, as second pages do, is refunded in full.

use freehold_core::Result;
use jiff::Timestamp;

use super::ExtraSubscription;
use crate::{
    Billing,
    stripe::{
        Kind,
        object::{Invoice, InvoicePayment, Refund},
        request::{EXTRA, NewRefund},
    },
};

/// The result of a refund.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Refunded {
    /// Total amount, including that of earlier attempts; in the currency's smallest unit.
    pub(super) amount: i64,
    /// A remark for operators to check; none: nothing to check.
    pub(super) note: Option<String>,
}

/// Refunds the payments. A repeated call refunds nothing more. Open invoices are voided first, so that they cannot be
/// paid on their page.
pub(super) async fn refund(billing: &Billing, extra: &ExtraSubscription) -> Result<Refunded> {
    let id = &extra.subscription_id;
    for invoice in billing.stripe.invoice_list_open(id).await? {
        match billing.stripe.invoice_void(&invoice.id).await {
            // It was paid or voided meanwhile, which the next list shows.
            Err(error) if !matches!(error.kind(), Kind::Invalid | Kind::NotFound) => return Err(error.into()),
            _ => {}
        }
    }
    let mut done = Refunded::default();
    let mut notes = Vec::new();
    for invoice in billing.stripe.invoice_list_of(id).await? {
        if invoice.status.as_deref() != Some("paid") {
            continue;
        }
        let mut wanted = twice(&invoice, extra.kept_since);
        if wanted == 0 {
            continue;
        }
        for payment in billing.stripe.invoice_payments(&invoice.id).await? {
            if payment.status.as_deref() != Some("paid") || payment.amount_paid == 0 || wanted == 0 {
                continue;
            }
            let share = wanted.min(payment.amount_paid);
            wanted -= share;
            match of_payment(billing, extra, &payment, share).await? {
                Ok(amount) => done.amount = done.amount.saturating_add(amount),
                Err(why) => notes.push(format!("invoice {}: {why}", invoice.id)),
            }
        }
        if wanted > 0 {
            notes.push(format!(
                "invoice {}: {wanted} were paid outside of Stripe, and have to go back there",
                invoice.id
            ));
        }
    }
    done.note = (!notes.is_empty()).then(|| notes.join("; "));
    Ok(done)
}

/// Refunds `share` of one payment, less what was refunded before. Returns the refunded amount; the inner error is why
/// it cannot be refunded.
async fn of_payment(
    billing: &Billing,
    extra: &ExtraSubscription,
    payment: &InvoicePayment,
    share: i64,
) -> Result<Result<i64, String>> {
    let by = &payment.payment;
    let Some(paid_by) = by.payment_intent.as_deref().or(by.charge.as_deref()) else {
        return Ok(Err(format!("{share} were paid outside of Stripe, and have to go back there")));
    };
    let before = billing.stripe.refund_list(by).await?;
    let ours = |refund: &&Refund| refund.metadata.get(EXTRA) == Some(&extra.subscription_id) && refund.holds();
    if let Some(ours) = before.iter().find(ours) {
        return Ok(Ok(ours.amount));
    }
    // A refund that an operator made by hand is not repeated.
    let back: i64 = before.iter().filter(|refund| refund.holds()).map(|refund| refund.amount).sum();
    let amount = share.min(payment.amount_paid.saturating_sub(back));
    if amount <= 0 {
        return Ok(Ok(0));
    }
    let refund = NewRefund {
        payment_intent: by.payment_intent.as_deref(),
        charge: by.charge.as_deref(),
        amount,
        extra: &extra.subscription_id,
    };
    // The key contains the payment and the amount: a retry has the same key, and another amount is another request.
    let key = format!("fh_refund_{}_{paid_by}_{amount}", extra.subscription_id);
    match billing.stripe.refund_create(&refund, &key).await {
        Ok(made) if matches!(made.status.as_deref(), None | Some("succeeded" | "pending")) => Ok(Ok(made.amount)),
        Ok(made) => {
            let status = made.status.unwrap_or_default();
            Ok(Err(format!("{amount} did not go back: the refund {} is {status}", made.id)))
        }
        Err(error) if error.code() == Some("charge_already_refunded") => Ok(Ok(0)),
        Err(error) if error.kind() == Kind::Invalid => Ok(Err(format!("{amount} cannot go back: {}", error.message()))),
        Err(error) => Err(error.into()),
    }
}

/// How much of the refunds for an extra subscription is still valid, and the refunds that failed or were canceled
/// since: a bank may take days to report that.
pub(super) async fn recheck(billing: &Billing, extra: &ExtraSubscription) -> Result<(i64, Vec<Refund>)> {
    let (mut held, mut failed) = (0_i64, Vec::new());
    for invoice in billing.stripe.invoice_list_of(&extra.subscription_id).await? {
        for payment in billing.stripe.invoice_payments(&invoice.id).await? {
            if payment.payment.payment_intent.is_none() && payment.payment.charge.is_none() {
                continue;
            }
            for refund in billing.stripe.refund_list(&payment.payment).await? {
                if refund.metadata.get(EXTRA) != Some(&extra.subscription_id) {
                    continue;
                }
                if refund.holds() {
                    held = held.saturating_add(refund.amount);
                } else {
                    failed.push(refund);
                }
            }
        }
    }
    Ok((held, failed))
}

/// Shares are counted in millionths, so that lines of different lengths can be added.
const UNIT: i128 = 1_000_000;

/// How much of an invoice's payment is for the time from `since` on, when the kept subscription was paid, too.
fn twice(invoice: &Invoice, since: Timestamp) -> i64 {
    let since = since.as_second();
    let lines = invoice.lines.iter().filter_map(|line| Some((i128::from(line.amount), line.period?)));
    let (mut whole, mut part) = (0_i128, 0_i128);
    for (amount, period) in lines {
        let length = i128::from(period.end.saturating_sub(period.start));
        let after = i128::from(period.end.saturating_sub(period.start.max(since))).clamp(0, length.max(0));
        // A line without a length counts at its start.
        let share = if length > 0 {
            after * UNIT / length
        } else if period.start >= since {
            UNIT
        } else {
            0
        };
        whole += amount * UNIT;
        part += amount * share;
    }
    let paid = i128::from(invoice.amount_paid);
    // An invoice without usable lines counts at its creation.
    if whole <= 0 {
        let made = invoice.created.unwrap_or(i64::MAX);
        return if made >= since { invoice.amount_paid } else { 0 };
    }
    let wanted = (paid * part + whole / 2) / whole;
    i64::try_from(wanted.clamp(0, paid)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const DAY: i64 = 86_400;

    fn invoice(paid: i64, lines: &[(i64, i64, i64)]) -> Invoice {
        let lines: Vec<_> = lines
            .iter()
            .map(|(amount, from, to)| json!({ "amount": amount, "period": { "start": from * DAY, "end": to * DAY } }))
            .collect();
        serde_json::from_value(json!({ "amount_paid": paid, "created": 0, "lines": { "data": lines } })).unwrap()
    }

    fn at(day: i64) -> Timestamp {
        Timestamp::from_second(day * DAY).unwrap()
    }

    #[test]
    fn what_began_after_the_kept_one_goes_back_whole() {
        for since in [-3, 0] {
            assert_eq!(twice(&invoice(2_900, &[(2_900, 0, 31)]), at(since)), 2_900);
            // With a discount or a tax the lines differ from the payment.
            assert_eq!(twice(&invoice(2_320, &[(2_900, 0, 31)]), at(since)), 2_320);
            assert_eq!(twice(&invoice(5_000, &[(-900, 0, 31), (5_900, 0, 31)]), at(since)), 5_000);
        }
    }

    #[test]
    fn of_an_older_one_goes_back_what_was_paid_for_the_same_time() {
        let monthly = invoice(3_000, &[(3_000, 0, 30)]);
        assert_eq!(twice(&monthly, at(10)), 2_000);
        assert_eq!(twice(&monthly, at(29)), 100);
        assert_eq!((twice(&monthly, at(30)), twice(&monthly, at(40))), (0, 0));
        assert_eq!(twice(&invoice(1_500, &[(3_000, 0, 30)]), at(10)), 1_000);
        // Half a cent is rounded up, in the customer's favour.
        assert_eq!(twice(&invoice(1, &[(1, 0, 2)]), at(1)), 1);
    }

    #[test]
    fn an_invoice_without_times_belongs_to_the_moment_when_it_was_made() {
        assert_eq!((twice(&invoice(500, &[]), at(0)), twice(&invoice(500, &[]), at(1))), (500, 0));
        assert_eq!(twice(&invoice(0, &[]), at(0)), 0);
    }
}
