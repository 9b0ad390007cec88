//! A tenant's invoices, read from Stripe: no invoice is stored here.

use freehold_core::{Error, Money, Result, TenantId};
use jiff::Timestamp;

use crate::{
    Billing,
    account::account_find,
    stripe::{
        Kind, object,
        request::{NewPreview, SubscriptionUpdate},
    },
    subscription::Subscription,
};

/// The most invoices a page holds.
const PAGE: usize = 100;

/// An invoice: what a tenant owes or paid.
#[derive(Clone, Debug, PartialEq)]
pub struct Invoice {
    /// Id at Stripe: `in_…`.
    pub id: String,
    /// Number printed on the invoice; none for a draft.
    pub number: Option<String>,
    /// `draft`, `open`, `paid`, `uncollectible` or `void`.
    pub status: String,
    /// Sum of the lines before discounts; includes taxes that are part of the prices.
    pub subtotal: Money,
    /// Total of the discounts.
    pub discount: Money,
    /// Discounts on the invoice.
    pub discounts: Vec<InvoiceDiscount>,
    /// Total of the taxes, including those that are part of the prices.
    pub tax: Money,
    /// Total after discounts and with taxes; below zero it became credit.
    pub total: Money,
    /// Amount to pay, or that was to be paid.
    pub amount_due: Money,
    /// Amount paid.
    pub amount_paid: Money,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// When it was paid.
    pub paid_at: Option<Timestamp>,
    /// Start of its period: the earliest start of its lines.
    pub period_start: Option<Timestamp>,
    /// End of its period: the latest end of its lines.
    pub period_end: Option<Timestamp>,
    /// URL of the page where it can be seen and paid.
    pub url: Option<String>,
    /// URL of its PDF.
    pub pdf: Option<String>,
}

/// A discount on an invoice.
#[derive(Clone, Debug, PartialEq)]
pub struct InvoiceDiscount {
    /// Name for customers; none: the coupon has no name.
    pub name: Option<String>,
    /// Percent taken off, 0 to 100; none for a discount of a fixed amount.
    pub percent_off: Option<f64>,
    /// Amount that it takes off this invoice.
    pub amount: Money,
    /// When it ends; none: after one invoice, or never.
    pub ends_at: Option<Timestamp>,
}

impl InvoiceDiscount {
    fn all(billing: &Billing, invoice: &object::Invoice) -> Vec<Self> {
        let one = |each: &object::DiscountAmount| {
            let discount = each.discount.as_ref().and_then(|id| invoice.discount_find(id));
            let coupon = discount.and_then(object::Discount::coupon);
            Self {
                name: coupon.and_then(|coupon| coupon.name.clone()),
                percent_off: coupon.and_then(|coupon| coupon.percent_off),
                amount: Money { minor: each.amount, currency: billing.product.currency },
                ends_at: discount.and_then(|each| each.end).and_then(|seconds| Timestamp::from_second(seconds).ok()),
            }
        };
        invoice.total_discount_amounts.iter().filter(|each| each.amount != 0).map(one).collect()
    }

    /// Text on pages: `Spring (20% off)`.
    pub fn words(&self) -> String {
        let off = match self.percent_off {
            Some(percent) => format!("{percent}% off"),
            None => format!("{} off", self.amount),
        };
        match &self.name {
            Some(name) => format!("{name} ({off})"),
            None => off,
        }
    }
}

/// A page of invoices, the newest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InvoicePage {
    /// Invoices of this page.
    pub data: Vec<Invoice>,
    /// Id to request the next page with; none on the last page.
    pub next: Option<String>,
}

impl Invoice {
    fn of(billing: &Billing, found: object::Invoice) -> Self {
        let money = |minor| Money { minor, currency: billing.product.currency };
        let time = |seconds: Option<i64>| seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
        let periods: Vec<object::Period> = found.lines.iter().filter_map(|line| line.period).collect();
        Self {
            subtotal: money(found.subtotal),
            discount: money(found.discount()),
            tax: money(found.tax()),
            discounts: InvoiceDiscount::all(billing, &found),
            status: found.status.unwrap_or_else(|| "draft".to_owned()),
            total: money(found.total),
            amount_due: money(found.amount_due),
            amount_paid: money(found.amount_paid),
            created_at: time(found.created),
            paid_at: time(found.status_transitions.paid_at),
            period_start: time(periods.iter().map(|period| period.start).min().or(found.period_start)),
            period_end: time(periods.iter().map(|period| period.end).max().or(found.period_end)),
            id: found.id,
            number: found.number,
            url: found.hosted_invoice_url,
            pdf: found.invoice_pdf,
        }
    }
}

/// Returns a page of at most `limit` invoices (1 to 100) after the one that an earlier page named; empty for a tenant
/// without a customer.
///
/// # Errors
/// `validation_failed` when the invoice to start after is unknown; `unavailable` when Stripe does not answer.
pub async fn invoice_list(
    billing: &Billing,
    tenant: TenantId,
    limit: usize,
    after: Option<&str>,
) -> Result<InvoicePage> {
    let customer = account_find(billing, tenant).await?.and_then(|account| account.customer_id);
    let Some(customer) = customer else { return Ok(InvoicePage::default()) };
    let no_cursor = || Error::invalid("?cursor", "expected the next_cursor of an earlier page");
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

/// Returns the invoice for a subscription's next period with discounts and taxes, as Stripe would create it now; none
/// when the subscription ends before.
///
/// # Errors
/// `unavailable` when Stripe does not answer.
pub async fn invoice_next(billing: &Billing, subscription: &Subscription) -> Result<Option<Invoice>> {
    let preview = NewPreview {
        subscription: &subscription.subscription_id,
        update: SubscriptionUpdate::default(),
        recurring: false,
    };
    let found = billing.stripe.invoice_preview(&preview).await?;
    Ok(found.map(|found| Invoice::of(billing, found)))
}
