//! What a change would cost.

use freehold_core::{Money, Result, TenantId};
use jiff::Timestamp;

use super::{Change, Planned, refused};
use crate::{
    Billing,
    stripe::{object, request::NewPreview},
};

/// What a change would cost, now and then. Nothing is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// The moment it is for. A change with this as its [`at`](Change::at) within an hour costs the same.
    pub at: Timestamp,
    /// To be paid at once.
    pub now: Money,
    /// What becomes credit for later invoices, because more was paid than is used.
    pub credit: Money,
    /// The invoice after that.
    pub next: Money,
    /// When it is made.
    pub next_at: Option<Timestamp>,
    /// Every later one, after discounts that last and with tax.
    pub regular: Money,
    /// What the invoice that settles the change is made of: the one paid now, or else the next.
    pub lines: Vec<PreviewLine>,
}

/// One line of an invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewLine {
    /// What people read.
    pub description: String,
    /// Below zero it is taken off.
    pub amount: Money,
    /// From when.
    pub from: Option<Timestamp>,
    /// Until when.
    pub to: Option<Timestamp>,
}

/// What [`plan_change`](super::plan_change) would cost.
///
/// # Errors
/// As that.
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

/// From when the change is settled: there begins what is left of the period.
fn settled_from(invoice: &object::Invoice) -> Option<Timestamp> {
    let settling = invoice.lines.iter().filter(|line| line.proration).filter_map(|line| line.period);
    settling.map(|period| period.start).max().and_then(|seconds| Timestamp::from_second(seconds).ok())
}

/// When the period ends that an invoice pays ahead.
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
