//! Stripe's invoices, discounts and coupons.

use serde::{Deserialize, Deserializer};

use super::{
    Expandable,
    lenient::{expandable_some, list, or_default},
};

/// An invoice: what a customer owes or paid.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
// As with subscriptions: `Deserialize` moves fields that other versions have elsewhere.
#[serde(remote = "Self", default)]
pub struct Invoice {
    /// `in_…`; empty for a preview of an older version of the API.
    #[serde(deserialize_with = "or_default")]
    pub id: String,
    /// Id of the customer.
    #[serde(deserialize_with = "expandable_some")]
    pub customer: Option<String>,
    /// Id of the subscription; none for a one-time invoice.
    #[serde(deserialize_with = "expandable_some")]
    pub subscription: Option<String>,
    /// Number printed on the invoice; none for a draft.
    pub number: Option<String>,
    /// `draft`, `open`, `paid`, `uncollectible` or `void`.
    pub status: Option<String>,
    /// Sum of the lines before discounts; includes taxes that are part of the prices.
    #[serde(deserialize_with = "or_default")]
    pub subtotal: i64,
    /// Amount of each discount.
    #[serde(deserialize_with = "or_default")]
    pub total_discount_amounts: Vec<DiscountAmount>,
    /// Discounts, if they were expanded.
    #[serde(deserialize_with = "or_default")]
    discounts: Vec<Expandable<Discount>>,
    /// Taxes, one for each rate; in API versions since 2025-03-31.
    #[serde(deserialize_with = "or_default")]
    total_taxes: Vec<TaxAmount>,
    /// Total of the taxes, in API versions before 2025-03-31.
    tax: Option<i64>,
    /// Total; below zero it becomes credit.
    #[serde(deserialize_with = "or_default")]
    pub total: i64,
    /// Amount to pay, after credit.
    #[serde(deserialize_with = "or_default")]
    pub amount_due: i64,
    /// Amount paid.
    #[serde(deserialize_with = "or_default")]
    pub amount_paid: i64,
    /// Amount still to pay.
    #[serde(deserialize_with = "or_default")]
    pub amount_remaining: i64,
    /// Currency as a lower-case ISO 4217 code: `usd`.
    #[serde(deserialize_with = "or_default")]
    pub currency: String,
    /// When it was created.
    pub created: Option<i64>,
    /// Start of the period before the invoice.
    pub period_start: Option<i64>,
    /// End of the period before the invoice.
    pub period_end: Option<i64>,
    /// URL of the page where it can be seen and paid.
    pub hosted_invoice_url: Option<String>,
    /// URL of its PDF.
    pub invoice_pdf: Option<String>,
    /// Times of the status changes.
    #[serde(deserialize_with = "or_default")]
    pub status_transitions: StatusTransitions,
    /// Number of payment attempts.
    #[serde(deserialize_with = "or_default")]
    pub attempt_count: i64,
    /// When the next payment is attempted.
    pub next_payment_attempt: Option<i64>,
    /// `subscription_create`, `subscription_cycle`, `subscription_update`, `manual`, `upcoming`.
    pub billing_reason: Option<String>,
    /// Lines; only the first page of a long invoice.
    #[serde(deserialize_with = "list")]
    pub lines: Vec<Line>,
    /// Names the subscription in API versions since 2025-03-31.
    parent: Option<Parent>,
}

impl<'de> Deserialize<'de> for Invoice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut read = Self::deserialize(deserializer)?;
        if let Some(details) = read.parent.take().and_then(|parent| parent.subscription_details) {
            read.subscription = details.subscription.or(read.subscription);
        }
        Ok(read)
    }
}

/// The amount that a discount takes off an invoice.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct DiscountAmount {
    /// In the currency's smallest unit.
    #[serde(deserialize_with = "or_default")]
    pub amount: i64,
    /// Id of the discount: `di_…`
    #[serde(deserialize_with = "expandable_some")]
    pub discount: Option<String>,
}

/// A coupon that a customer redeemed.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Discount {
    /// Id at Stripe: `di_…`.
    #[serde(deserialize_with = "or_default")]
    pub id: String,
    /// When it ends, seconds since 1970; null: after one invoice, or never.
    pub end: Option<i64>,
    /// Contains the coupon in API versions since 2025-09-30.
    source: Option<DiscountSource>,
    /// The coupon in earlier API versions.
    coupon: Option<Expandable<Coupon>>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct DiscountSource {
    coupon: Option<Expandable<Coupon>>,
}

/// The terms of a discount.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Coupon {
    /// Name for customers.
    pub name: Option<String>,
    /// Percent taken off; null for a coupon of a fixed amount.
    pub percent_off: Option<f64>,
    /// Amount taken off, in the currency's smallest unit; null for a coupon of a percentage.
    pub amount_off: Option<i64>,
}

impl Discount {
    /// The coupon, if it was expanded.
    pub fn coupon(&self) -> Option<&Coupon> {
        let coupon = self.source.as_ref().and_then(|source| source.coupon.as_ref()).or(self.coupon.as_ref());
        match coupon? {
            Expandable::Object(coupon) => Some(coupon),
            Expandable::Id(_) => None,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct TaxAmount {
    #[serde(deserialize_with = "or_default")]
    amount: i64,
}

impl Invoice {
    /// The discount with this id, if the discounts were expanded.
    pub fn discount_find(&self, id: &str) -> Option<&Discount> {
        self.discounts.iter().find_map(|each| match each {
            Expandable::Object(discount) if discount.id == id => Some(&**discount),
            _ => None,
        })
    }

    /// Total of the discounts.
    pub fn discount(&self) -> i64 {
        self.total_discount_amounts.iter().map(|each| each.amount).sum()
    }

    /// Total of the taxes, including those that are part of the prices.
    pub fn tax(&self) -> i64 {
        if self.total_taxes.is_empty() {
            self.tax.unwrap_or(0)
        } else {
            self.total_taxes.iter().map(|tax| tax.amount).sum()
        }
    }

    /// Whether it waits for payment.
    pub fn is_open(&self) -> bool {
        self.status.as_deref() == Some("open")
    }
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the fields are Stripe's")]
struct Parent {
    subscription_details: Option<Details>,
    subscription_item_details: Option<Details>,
    invoice_item_details: Option<Details>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Details {
    #[serde(deserialize_with = "expandable_some")]
    subscription: Option<String>,
    #[serde(deserialize_with = "or_default")]
    proration: bool,
}

/// Times of an invoice's status changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct StatusTransitions {
    /// When it became due and could no longer be changed.
    pub finalized_at: Option<i64>,
    /// When it was paid.
    pub paid_at: Option<i64>,
    /// When it was marked uncollectible.
    pub marked_uncollectible_at: Option<i64>,
    /// When it was voided.
    pub voided_at: Option<i64>,
}

/// One line of an invoice.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(remote = "Self", default)]
pub struct Line {
    /// Id at Stripe: `il_…`.
    #[serde(deserialize_with = "or_default")]
    pub id: String,
    /// Amount; below zero it is credit.
    #[serde(deserialize_with = "or_default")]
    pub amount: i64,
    /// Currency as a lower-case ISO 4217 code: `usd`.
    #[serde(deserialize_with = "or_default")]
    pub currency: String,
    /// Description for the customer.
    pub description: Option<String>,
    /// The time that the line is for.
    pub period: Option<Period>,
    /// Quantity of the price.
    pub quantity: Option<i64>,
    /// Whether it settles a change in the middle of a period.
    #[serde(deserialize_with = "or_default")]
    pub proration: bool,
    /// Has the proration flag in API versions since 2025-03-31.
    parent: Option<Parent>,
}

impl<'de> Deserialize<'de> for Line {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut read = Self::deserialize(deserializer)?;
        if let Some(parent) = read.parent.take() {
            let details = [parent.subscription_item_details, parent.invoice_item_details];
            read.proration |= details.into_iter().flatten().any(|details| details.proration);
        }
        Ok(read)
    }
}

/// A time span, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Period {
    /// The first second.
    pub start: i64,
    /// The second after the last.
    pub end: i64,
}
