//! Invoices, as Stripe has them.

use axum::extract::State;
use freehold_billing::invoice::{self, Invoice, InvoiceDiscount};
use freehold_core::Error;
use freehold_web::{Answer, Authenticated, Backbone, Json, Query};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{READ, sold};
use crate::plans::MoneyBody;

/// The most that can be asked for at once; a page may hold less.
const MOST: i64 = 200;
/// Where nobody says.
const USUAL: i64 = 50;

/// An invoice.
#[derive(Serialize, ToSchema)]
pub(crate) struct InvoiceBody {
    /// Which: `in_…`.
    id: String,
    /// What stands on the paper; null for a draft.
    number: Option<String>,
    /// `draft`, `open`, `paid`, `uncollectible` or `void`.
    status: String,
    /// Sum of its lines before discounts; taxes that are included in the prices are in it.
    subtotal: MoneyBody,
    /// What discounts take off in all.
    discount: MoneyBody,
    /// The discounts, in the order in which they are applied.
    discounts: Vec<InvoiceDiscountBody>,
    /// All taxes, those that are included in the prices among them.
    tax: MoneyBody,
    /// What is to be paid for it in all, after discounts and with taxes; below zero it became credit.
    total: MoneyBody,
    /// What of it was or is to be paid.
    amount_due: MoneyBody,
    /// What was paid.
    amount_paid: MoneyBody,
    /// When it was made.
    #[schema(value_type = Option<String>, format = DateTime)]
    created_at: Option<Timestamp>,
    /// When it was paid.
    #[schema(value_type = Option<String>, format = DateTime)]
    paid_at: Option<Timestamp>,
    /// When the period it is for begins.
    #[schema(value_type = Option<String>, format = DateTime)]
    period_start: Option<Timestamp>,
    /// When that ends.
    #[schema(value_type = Option<String>, format = DateTime)]
    period_end: Option<Timestamp>,
    /// Where it can be seen and paid.
    url: Option<String>,
    /// The same on paper, as PDF.
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
    /// Name of its coupon; null where the coupon has none.
    name: Option<String>,
    /// Percent taken off, 0 to 100; null for a discount of an amount.
    percent_off: Option<f64>,
    /// What it takes off this invoice.
    amount: MoneyBody,
    /// When it ends; null: after one invoice, or never.
    #[schema(value_type = Option<String>, format = DateTime)]
    ends_at: Option<Timestamp>,
}

impl From<InvoiceDiscount> for InvoiceDiscountBody {
    fn from(discount: InvoiceDiscount) -> Self {
        let InvoiceDiscount { name, percent_off, amount, ends_at } = discount;
        Self { name, percent_off, amount: amount.into(), ends_at }
    }
}

/// Which invoices.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct InvoiceQuery {
    limit: Option<i64>,
    cursor: Option<String>,
}

/// A page of invoices.
#[derive(Serialize, ToSchema)]
pub(crate) struct InvoiceList {
    /// The newest first.
    data: Vec<InvoiceBody>,
    /// Send it as `cursor` for the next page.
    next_cursor: Option<String>,
}

/// List invoices
///
/// What the organization was asked to pay, the newest first, with the pages and papers of it. At most 100 come at once.
#[utoipa::path(get, path = "/billing/invoices", tag = "Billing",
    params(("limit" = Option<i64>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = InvoiceList)))]
pub(crate) async fn invoice_list(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Query(query): Query<InvoiceQuery>,
) -> Answer<Json<InvoiceList>> {
    caller.allow(READ)?;
    let billing = sold(&backbone)?;
    let limit = query.limit.unwrap_or(USUAL);
    let rows = usize::try_from(limit).ok().filter(|_| (1..=MOST).contains(&limit));
    let rows = rows.ok_or_else(|| Error::invalid("?limit", format!("{limit} is not between 1 and {MOST}")))?;
    let named = |cursor: &String| cursor.starts_with("in_") && cursor.len() <= 255;
    if query.cursor.as_ref().is_some_and(|cursor| !named(cursor)) {
        return Err(Error::invalid("?cursor", "not a cursor that an earlier page gave").into());
    }
    let page = invoice::invoice_list(billing, caller.tenant(), rows, query.cursor.as_deref()).await?;
    Ok(Json(InvoiceList { data: page.data.into_iter().map(InvoiceBody::from).collect(), next_cursor: page.next }))
}
