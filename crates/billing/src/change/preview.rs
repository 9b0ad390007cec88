//! Previewing the cost of a change.

use freehold_core::{Money, Result, TenantId};
use jiff::Timestamp;

use super::{Change, Planned, refused};
use crate::{
    Billing,
    stripe::{object, request::NewPreview},
};

/// The cost of a change. A preview changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// The time that the preview is for. A change with this as its [`at`](Change::at) within an hour costs the same.
    pub at: Timestamp,
    /// Amount to pay at once.
    pub now: Money,
    /// Credit for later invoices, for the part of the period that was paid but is not used.
    pub credit: Money,
    /// Amount of the next invoice after that.
    pub next: Money,
    /// When the next invoice is created.
    pub next_at: Option<Timestamp>,
    /// Amount of every later invoice, after lasting discounts and with tax.
    pub regular: Money,
    /// Lines of the invoice that settles the change: the one paid now, or else the next.
    pub lines: Vec<PreviewLine>,
}

/// One line of an invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewLine {
    /// Description for the customer.
    pub description: String,
    /// Amount; below zero it reduces the total.
    pub amount: Money,
    /// Start of the time that the line is for.
    pub from: Option<Timestamp>,
    /// End of the time that the line is for.
    pub to: Option<Timestamp>,
}

/// Returns what [`plan_change`](super::plan_change) would cost.
///
/// # Errors
/// Those of [`plan_change`](super::plan_change).
pub async fn change_preview(billing: &Billing, tenant: TenantId, change: &Change) -> Result<Preview> {
    let planned = Planned::of(billing, tenant, change).await?;
    let preview = NewPreview { subscription: &planned.running.found.id, update: planned.update(), recurring: false };
    let invoice = billing.stripe.invoice_preview(&preview).await.map_err(refused)?.unwrap_or_default();
    let recurring = NewPreview { recurring: true, ..preview };
    let recurring = billing.stripe.invoice_preview(&recurring).await.map_err(refused)?;
    let money = |minor| Money { minor, currency: billing.product.currency };
    let list_price = planned.offer.amount.minor.saturating_mul(planned.priced.quantity);
    let regular = recurring.map_or(list_price, |invoice| invoice.total);
    let at_once = planned.is_settled_at_once();
    let period_end = planned.running.read.period_end;
    let (now, next, next_at) = if at_once {
        let begun = planned.new_interval.then(|| last_end(&invoice)).flatten();
        (invoice.amount_due, regular, begun.or(period_end))
    } else {
        (0, invoice.amount_due, period_end)
    };
    Ok(Preview {
        at: planned.at.or_else(|| settled_from(&invoice)).unwrap_or_else(|| billing.clock.now()),
        now: money(now),
        credit: money(if at_once { (-invoice.total).max(0) } else { 0 }),
        next: money(next),
        next_at,
        regular: money(regular),
        lines: invoice.lines.iter().map(|line| line_of(line, money)).collect(),
    })
}

/// The time from which the change is settled: the start of the rest of the period.
fn settled_from(invoice: &object::Invoice) -> Option<Timestamp> {
    let settling = invoice.lines.iter().filter(|line| line.proration).filter_map(|line| line.period);
    settling.map(|period| period.start).max().and_then(|seconds| Timestamp::from_second(seconds).ok())
}

/// The end of the period that an invoice pays in advance.
fn last_end(invoice: &object::Invoice) -> Option<Timestamp> {
    let ahead = invoice.lines.iter().filter(|line| !line.proration).filter_map(|line| line.period);
    ahead.map(|period| period.end).max().and_then(|seconds| Timestamp::from_second(seconds).ok())
}

fn line_of(line: &object::Line, money: impl Fn(i64) -> Money) -> PreviewLine {
    let time = |seconds: i64| Timestamp::from_second(seconds).ok();
    PreviewLine {
        description: line.description.clone().unwrap_or_default(),
        amount: money(line.amount),
        from: line.period.and_then(|period| time(period.start)),
        to: line.period.and_then(|period| time(period.end)),
    }
}
