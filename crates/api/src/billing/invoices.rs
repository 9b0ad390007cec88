//! Invoices, read from Stripe.

use axum::extract::State;
use freehold_billing::invoice::{self, Invoice, InvoiceDiscount};
use freehold_core::Error;
use freehold_web::{Answer, Authenticated, Backbone, Json, Query};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{READ, sold};
use crate::plans::MoneyBody;

/// Largest `limit`; a page may hold fewer invoices.
const MOST: i64 = 200;
/// Default `limit`.
const USUAL: i64 = 50;

/// State of an invoice.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum InvoiceStatus {
    /// Can still change.
    Draft,
    /// Waits for its payment.
    Open,
    /// Was paid.
    Paid,
    /// Will probably not be paid.
    Uncollectible,
    /// Was declared void.
    Void,
}

/// An invoice of the organization.
#[derive(Serialize, ToSchema)]
pub(crate) struct InvoiceBody {
    /// Id of the invoice: `in_…`.
    id: String,
    /// Number printed on the invoice; null for a draft.
    number: Option<String>,
    /// State of the invoice: `draft`, `open`, `paid`, `uncollectible` or `void`.
    #[schema(value_type = InvoiceStatus)]
    status: String,
    /// Sum of the lines before discounts, including taxes that are part of the prices.
    subtotal: MoneyBody,
    /// Sum of all discounts.
    discount: MoneyBody,
    /// The discounts, in the order of their application.
    discounts: Vec<InvoiceDiscountBody>,
    /// Sum of all taxes, including those that are part of the prices.
    tax: MoneyBody,
    /// Total after discounts and with taxes; a negative total became credit.
    total: MoneyBody,
    /// Amount of the total that has to be paid.
    amount_due: MoneyBody,
    /// Amount that was paid.
    amount_paid: MoneyBody,
    /// When the invoice was created, UTC; null when unknown.
    #[schema(value_type = Option<String>, format = DateTime)]
    created_at: Option<Timestamp>,
    /// When the invoice was paid, UTC; null while it is not.
    #[schema(value_type = Option<String>, format = DateTime)]
    paid_at: Option<Timestamp>,
    /// Start of the invoiced period, UTC; null without one.
    #[schema(value_type = Option<String>, format = DateTime)]
    period_start: Option<Timestamp>,
    /// End of the invoiced period, UTC; null without one.
    #[schema(value_type = Option<String>, format = DateTime)]
    period_end: Option<Timestamp>,
    /// URL at which the invoice can be viewed and paid; null for a draft.
    #[schema(format = "uri")]
    url: Option<String>,
    /// URL of the invoice as PDF; null for a draft.
    #[schema(format = "uri")]
    pdf: Option<String>,
}

impl From<Invoice> for InvoiceBody {
    fn from(invoice: Invoice) -> Self {
        let Invoice { id, number, status, subtotal, discount, discounts, tax, total, amount_due, amount_paid, .. } =
            invoice;
        let Invoice { created_at, paid_at, period_start, period_end, url, pdf, .. } = invoice;
        Self {
            id,
            number,
            status,
            subtotal: subtotal.into(),
            discount: discount.into(),
            discounts: discounts.into_iter().map(InvoiceDiscountBody::from).collect(),
            tax: tax.into(),
            total: total.into(),
            amount_due: amount_due.into(),
            amount_paid: amount_paid.into(),
            created_at,
            paid_at,
            period_start,
            period_end,
            url,
            pdf,
        }
    }
}

/// A discount on an invoice.
#[derive(Serialize, ToSchema)]
pub(crate) struct InvoiceDiscountBody {
    /// Name of the coupon; null for a coupon without a name.
    name: Option<String>,
    /// Discount in percent, 0 to 100; null for a discount of a fixed amount.
    #[schema(minimum = 0, maximum = 100)]
    percent_off: Option<f64>,
    /// Amount deducted from this invoice.
    amount: MoneyBody,
    /// When the discount ends, UTC; null when it applies once or forever.
    #[schema(value_type = Option<String>, format = DateTime)]
    ends_at: Option<Timestamp>,
}

impl From<InvoiceDiscount> for InvoiceDiscountBody {
    fn from(discount: InvoiceDiscount) -> Self {
        let InvoiceDiscount { name, percent_off, amount, ends_at } = discount;
        Self { name, percent_off, amount: amount.into(), ends_at }
    }
}

/// The page of invoices to return.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct InvoiceQuery {
    limit: Option<i64>,
    cursor: Option<String>,
}

/// A page of invoices.
#[derive(Serialize, ToSchema)]
pub(crate) struct InvoiceList {
    /// The invoices, newest first.
    data: Vec<InvoiceBody>,
    /// Value of `cursor` for the next page; null on the last page.
    next_cursor: Option<String>,
}

/// List invoices
///
/// Returns the organization's invoices, newest first, with links to their page and PDF. A page has at most 100.
#[utoipa::path(
    get, path = "/billing/invoices", tag = "Billing",
    params(
        ("limit" = Option<i64>, Query),
        ("cursor" = Option<String>, Query),
    ),
    responses((status = 200, body = InvoiceList)),
)]
pub(crate) async fn invoice_list(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Query(query): Query<InvoiceQuery>,
) -> Answer<Json<InvoiceList>> {
    caller.allow(READ)?;
    let billing = sold(&backbone)?;
    let limit = query.limit.unwrap_or(USUAL);
    let rows = usize::try_from(limit).ok().filter(|_| (1..=MOST).contains(&limit));
    let rows = rows.ok_or_else(|| Error::invalid("?limit", format!("expected 1 to {MOST}, not {limit}")))?;
    let named = |cursor: &String| cursor.starts_with("in_") && cursor.len() <= 255;
    if query.cursor.as_ref().is_some_and(|cursor| !named(cursor)) {
        return Err(Error::invalid("?cursor", "expected the next_cursor of an earlier page").into());
    }
    let page = invoice::invoice_list(billing, caller.tenant(), rows, query.cursor.as_deref()).await?;
    Ok(Json(InvoiceList { data: page.data.into_iter().map(InvoiceBody::from).collect(), next_cursor: page.next }))
}
