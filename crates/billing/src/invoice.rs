//! A tenant's invoices, as Stripe has them: nothing of them is kept here.

use freehold_core::{Error, Money, Result, TenantId};
use jiff::Timestamp;

use crate::{
    Billing,
    account::account_find,
    stripe::{Kind, object},
};

/// The most invoices a page holds.
const PAGE: usize = 100;

/// What a tenant owes or paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoice {
    /// `in_…`
    pub id: String,
    /// What stands on the paper; none for a draft.
    pub number: Option<String>,
    /// `draft`, `open`, `paid`, `uncollectible` or `void`.
    pub status: String,
    /// What it is about in all; below zero it became credit.
    pub total: Money,
    /// What of it was or is to be paid.
    pub amount_due: Money,
    /// What was paid.
    pub amount_paid: Money,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it was paid.
    pub paid_at: Option<Timestamp>,
    /// When the period it is for begins: the first of its lines' to begin.
    pub period_start: Option<Timestamp>,
    /// When that ends: the last of its lines' to end.
    pub period_end: Option<Timestamp>,
    /// Where it can be seen and paid.
    pub url: Option<String>,
    /// Where its paper is.
    pub pdf: Option<String>,
}

/// A page of invoices, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InvoicePage {
    /// The invoices.
    pub data: Vec<Invoice>,
    /// What the next page comes after; none on the last.
    pub next: Option<String>,
}

impl Invoice {
    fn of(billing: &Billing, found: object::Invoice) -> Self {
        let money = |minor| Money { minor, currency: billing.product.currency };
        let time = |seconds: Option<i64>| seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
        let periods = || found.lines.iter().filter_map(|line| line.period);
        Self {
            status: found.status.unwrap_or_else(|| "draft".to_owned()),
            total: money(found.total),
            amount_due: money(found.amount_due),
            amount_paid: money(found.amount_paid),
            created_at: time(found.created),
            paid_at: time(found.status_transitions.paid_at),
            period_start: time(periods().map(|period| period.start).min().or(found.period_start)),
            period_end: time(periods().map(|period| period.end).max().or(found.period_end)),
            id: found.id,
            number: found.number,
            url: found.hosted_invoice_url,
            pdf: found.invoice_pdf,
        }
    }
}

/// A page of at most `limit` invoices (1 to 100) after the one that an earlier page named; empty for a tenant that never
/// wanted to pay.
///
/// # Errors
/// `validation_failed` where no page named that invoice; `unavailable` when Stripe is away.
pub async fn invoice_list(
    billing: &Billing,
    tenant: TenantId,
    limit: usize,
    after: Option<&str>,
) -> Result<InvoicePage> {
    let customer = account_find(billing, tenant).await?.and_then(|account| account.customer_id);
    let Some(customer) = customer else { return Ok(InvoicePage::default()) };
    let no_cursor = || Error::invalid("?cursor", "not a cursor that an earlier page gave");
    if after.is_some_and(|after| !after.starts_with("in_") || after.len() > 255) {
        return Err(no_cursor());
    }
    let found = match billing.stripe.invoice_page(&customer, limit.clamp(1, PAGE), after).await {
        Ok(found) => found,
        Err(error) if error.kind() == Kind::NotFound && after.is_some() => return Err(no_cursor()),
        // The customer was deleted at Stripe, and its invoices with it.
        Err(error) if error.kind() == Kind::NotFound => return Ok(InvoicePage::default()),
        Err(error) => return Err(error.into()),
    };
    let next = found.data.last().filter(|_| found.has_more).map(|last| last.id.clone());
    Ok(InvoicePage { data: found.data.into_iter().map(|each| Invoice::of(billing, each)).collect(), next })
}
