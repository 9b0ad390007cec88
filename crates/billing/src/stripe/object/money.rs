//! Invoices.

use serde::{Deserialize, Deserializer};

use super::{
    Expandable,
    lenient::{expandable_some, list, or_default},
};

/// What a customer owes or paid.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
// As with subscriptions: `Deserialize` puts in place what stands elsewhere in older versions.
#[serde(remote = "Self", default)]
pub struct Invoice {
    /// `in_…`; empty for a preview of an older version of the API.
    #[serde(deserialize_with = "or_default")]
    pub id: String,
    /// Whose.
    #[serde(deserialize_with = "expandable_some")]
    pub customer: Option<String>,
    /// Of which subscription; none for a single one.
    #[serde(deserialize_with = "expandable_some")]
    pub subscription: Option<String>,
    /// What stands on the paper; none for a draft.
    pub number: Option<String>,
    /// `draft`, `open`, `paid`, `uncollectible` or `void`.
    pub status: Option<String>,
    /// Sum of its lines before discounts; taxes that are in the prices are in it.
    #[serde(deserialize_with = "or_default")]
    pub subtotal: i64,
    /// What each discount takes off.
    #[serde(deserialize_with = "or_default")]
    pub total_discount_amounts: Vec<DiscountAmount>,
    /// Its discounts, where they were expanded.
    #[serde(deserialize_with = "or_default")]
    discounts: Vec<Expandable<Discount>>,
    /// Taxes, one for each rate; since 2025-03-31.
    #[serde(deserialize_with = "or_default")]
    total_taxes: Vec<TaxAmount>,
    /// All taxes, before 2025-03-31.
    tax: Option<i64>,
    /// What it is about in all; below zero it becomes credit.
    #[serde(deserialize_with = "or_default")]
    pub total: i64,
    /// What of it is to be paid, after credit.
    #[serde(deserialize_with = "or_default")]
    pub amount_due: i64,
    /// What was paid.
    #[serde(deserialize_with = "or_default")]
    pub amount_paid: i64,
    /// What is still to be paid.
    #[serde(deserialize_with = "or_default")]
    pub amount_remaining: i64,
    /// `usd`
    #[serde(deserialize_with = "or_default")]
    pub currency: String,
    /// When it was made.
    pub created: Option<i64>,
    /// The period that came before it.
    pub period_start: Option<i64>,
    /// When the period before it ended.
    pub period_end: Option<i64>,
    /// Where it can be seen and paid.
    pub hosted_invoice_url: Option<String>,
    /// Where its paper is.
    pub invoice_pdf: Option<String>,
    /// What happened to it when.
    #[serde(deserialize_with = "or_default")]
    pub status_transitions: StatusTransitions,
    /// How often it was tried.
    #[serde(deserialize_with = "or_default")]
    pub attempt_count: i64,
    /// When it is tried again.
    pub next_payment_attempt: Option<i64>,
    /// `subscription_create`, `subscription_cycle`, `subscription_update`, `manual`, `upcoming`.
    pub billing_reason: Option<String>,
    /// What it is made of; of long ones the first page.
    #[serde(deserialize_with = "list")]
    pub lines: Vec<Line>,
    /// Where the subscription stands since 2025-03-31.
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

/// What a discount takes off an invoice.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct DiscountAmount {
    /// In the currency's smallest unit.
    #[serde(deserialize_with = "or_default")]
    pub amount: i64,
    /// Which: `di_…`
    #[serde(deserialize_with = "expandable_some")]
    pub discount: Option<String>,
}

/// A coupon that a customer redeemed.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Discount {
    /// `di_…`
    #[serde(deserialize_with = "or_default")]
    pub id: String,
    /// When it ends, seconds since 1970; null: after one invoice, or never.
    pub end: Option<i64>,
    /// Where the coupon stands since 2025-09-30.
    source: Option<DiscountSource>,
    /// Where the coupon stood before.
    coupon: Option<Expandable<Coupon>>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct DiscountSource {
    coupon: Option<Expandable<Coupon>>,
}

/// What a discount takes off.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Coupon {
    /// What customers read.
    pub name: Option<String>,
    /// Percent taken off; null for a coupon of an amount.
    pub percent_off: Option<f64>,
    /// Amount taken off, in the currency's smallest unit; null for a coupon of a percentage.
    pub amount_off: Option<i64>,
}

impl Discount {
    /// Its coupon, where that was expanded.
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
    /// One of its discounts, where they were expanded.
    pub fn discount_find(&self, id: &str) -> Option<&Discount> {
        self.discounts.iter().find_map(|each| match each {
            Expandable::Object(discount) if discount.id == id => Some(&**discount),
            _ => None,
        })
    }

    /// What discounts take off in all.
    pub fn discount(&self) -> i64 {
        self.total_discount_amounts.iter().map(|each| each.amount).sum()
    }

    /// All taxes, those that are in the prices among them.
    pub fn tax(&self) -> i64 {
        if self.total_taxes.is_empty() {
            self.tax.unwrap_or(0)
        } else {
            self.total_taxes.iter().map(|tax| tax.amount).sum()
        }
    }

    /// Whether it waits to be paid.
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

/// When an invoice became what it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct StatusTransitions {
    /// When it became due and could no longer be changed.
    pub finalized_at: Option<i64>,
    /// When it was paid.
    pub paid_at: Option<i64>,
    /// When it was given up.
    pub marked_uncollectible_at: Option<i64>,
    /// When it was taken back.
    pub voided_at: Option<i64>,
}

/// One line of an invoice.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(remote = "Self", default)]
pub struct Line {
    /// `il_…`
    #[serde(deserialize_with = "or_default")]
    pub id: String,
    /// Below zero it is credit.
    #[serde(deserialize_with = "or_default")]
    pub amount: i64,
    /// `usd`
    #[serde(deserialize_with = "or_default")]
    pub currency: String,
    /// What people read.
    pub description: Option<String>,
    /// For which time.
    pub period: Option<Period>,
    /// How many.
    pub quantity: Option<i64>,
    /// Whether it settles a change in the middle of a period.
    #[serde(deserialize_with = "or_default")]
    pub proration: bool,
    /// Where that stands since 2025-03-31.
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

/// From when to when, seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Period {
    /// The first second.
    pub start: i64,
    /// The second after the last.
    pub end: i64,
}
