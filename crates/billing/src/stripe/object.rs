//! Stripe's responses: only the fields that Freehold uses. Unknown fields are skipped and missing ones tolerated,
//! because accounts and webhooks may use another version of the API. Times are seconds since 1970, amounts the
//! currency's smallest unit.

mod lenient;
mod money;

use std::collections::BTreeMap;

use freehold_core::Secret;
use lenient::{expandable, expandable_some, list, or_default};
pub use money::{Coupon, Discount, DiscountAmount, Invoice, Line, Period, StatusTransitions};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// Metadata on Stripe's objects, by which Freehold recognizes them.
pub type Metadata = BTreeMap<String, String>;

/// One page of a list, the newest first.
#[derive(Clone, Debug, Deserialize)]
pub struct Page<T> {
    /// Objects of this page.
    #[serde(default = "Vec::new")]
    pub data: Vec<T>,
    /// Whether another page follows: request the objects after the last id.
    #[serde(default)]
    pub has_more: bool,
}

/// A field with an object's id, or the object itself if the request asked to expand it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Expandable<T> {
    /// Id of the object.
    Id(String),
    /// The whole object.
    Object(Box<T>),
}

/// A customer.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Customer {
    /// Id at Stripe: `cus_…`.
    pub id: String,
    /// Whether it was deleted; then only the id is left, and it can buy nothing.
    #[serde(default, deserialize_with = "or_default")]
    pub deleted: bool,
    /// Address for invoices.
    pub email: Option<String>,
    /// Name on invoices.
    pub name: Option<String>,
    /// Has `freehold_tenant`: the customer's tenant.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Metadata,
    /// Balance in the smallest unit; below zero: credit that the next invoices use up.
    #[serde(default, deserialize_with = "or_default")]
    pub balance: i64,
}

/// A subscription of a customer.
#[derive(Clone, Debug, PartialEq, Deserialize)]
// The derived implementation is a separate function, because `Deserialize` also moves the period to the items.
#[serde(remote = "Self")]
pub struct Subscription {
    /// Id at Stripe: `sub_…`.
    pub id: String,
    /// Id of the customer: `cus_…`.
    #[serde(deserialize_with = "expandable")]
    pub customer: String,
    /// `trialing`, `active`, `past_due`, `unpaid`, `paused`, `incomplete`, `incomplete_expired`, `canceled`, or a
    /// status that Stripe has added since.
    #[serde(default, deserialize_with = "or_default")]
    pub status: String,
    /// Items; Freehold's subscriptions have one. Each has its period, in every version of the API.
    #[serde(default, deserialize_with = "list")]
    pub items: Vec<Item>,
    /// Whether it ends with the paid period.
    #[serde(default, deserialize_with = "or_default")]
    pub cancel_at_period_end: bool,
    /// When it will end; none: no time is set.
    pub cancel_at: Option<i64>,
    /// When it was cancelled.
    pub canceled_at: Option<i64>,
    /// When it ended; none: it has not.
    pub ended_at: Option<i64>,
    /// When Stripe's own trial began.
    pub trial_start: Option<i64>,
    /// When Stripe's own trial ends or ended.
    pub trial_end: Option<i64>,
    /// When it was created.
    #[serde(default, deserialize_with = "or_default")]
    pub created: i64,
    /// Newest invoice.
    pub latest_invoice: Option<Expandable<Invoice>>,
    /// Has `freehold_tenant`: the subscription's tenant.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Metadata,
    /// Present while its invoices are not collected.
    pub pause_collection: Option<PauseCollection>,
    /// Currency: `usd`.
    pub currency: Option<String>,
    /// Start of the period in API versions before 2025-03-31.
    pub current_period_start: Option<i64>,
    /// End of the period in API versions before 2025-03-31.
    pub current_period_end: Option<i64>,
}

impl<'de> Deserialize<'de> for Subscription {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut read = Self::deserialize(deserializer)?;
        for item in &mut read.items {
            item.current_period_start = item.current_period_start.or(read.current_period_start);
            item.current_period_end = item.current_period_end.or(read.current_period_end);
        }
        Ok(read)
    }
}

impl Subscription {
    /// Newest invoice, if it was expanded.
    pub fn invoice(&self) -> Option<&Invoice> {
        match &self.latest_invoice {
            Some(Expandable::Object(invoice)) => Some(invoice),
            Some(Expandable::Id(_)) | None => None,
        }
    }

    /// Start and end of the current or last period; seconds since 1970.
    pub fn period(&self) -> Option<(i64, i64)> {
        let item = self.items.first()?;
        Some((item.current_period_start?, item.current_period_end?))
    }

    /// Whether it runs: it is paid, or will be once the customer pays.
    pub fn is_running(&self) -> bool {
        matches!(self.status.as_str(), "trialing" | "active" | "past_due" | "unpaid" | "paused")
    }

    /// Whether it has ended for good.
    pub fn is_over(&self) -> bool {
        matches!(self.status.as_str(), "canceled" | "incomplete_expired")
    }
}

/// A payment of an invoice.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct InvoicePayment {
    /// Id at Stripe: `inpay_…`.
    #[serde(default, deserialize_with = "or_default")]
    pub id: String,
    /// Amount paid.
    #[serde(default, deserialize_with = "or_default")]
    pub amount_paid: i64,
    /// `open`, `paid` or `canceled`.
    pub status: Option<String>,
    /// Means of the payment.
    #[serde(default, deserialize_with = "or_default")]
    pub payment: PaidBy,
}

/// Means of an invoice's payment; both none: a payment outside Stripe.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct PaidBy {
    /// Id of the payment intent, such as `pi_…`; null for other payments.
    #[serde(deserialize_with = "expandable_some")]
    pub payment_intent: Option<String>,
    /// Id of the charge, such as `ch_…`; null for other payments.
    #[serde(deserialize_with = "expandable_some")]
    pub charge: Option<String>,
}

/// A refund.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Refund {
    /// Id at Stripe: `re_…`.
    pub id: String,
    /// Refunded amount.
    #[serde(default, deserialize_with = "or_default")]
    pub amount: i64,
    /// `pending`, `requires_action`, `succeeded`, `failed` or `canceled`.
    pub status: Option<String>,
    /// Has `freehold_extra`: the extra subscription that the refund is for.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Metadata,
}

impl Refund {
    /// Whether the money was refunded, or is on its way.
    pub fn holds(&self) -> bool {
        !matches!(self.status.as_deref(), Some("failed" | "canceled"))
    }
}

/// A payment method.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct PaymentMethod {
    /// Id at Stripe: `pm_…`.
    pub id: String,
    /// The card; none: the payment method is not a card.
    pub card: Option<Card>,
}

/// The fields that tell cards apart.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Card {
    /// Identical for the same card at every customer; none if Stripe does not know it.
    pub fingerprint: Option<String>,
}

/// A pause in collecting a subscription's invoices.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct PauseCollection {
    /// `keep_as_draft`, `mark_uncollectible` or `void`.
    pub behavior: Option<String>,
    /// When collection resumes; none: when it is resumed by hand.
    pub resumes_at: Option<i64>,
}

/// An item of a subscription: a price and its quantity.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Item {
    /// Id at Stripe: `si_…`.
    pub id: String,
    /// Price of the item.
    pub price: Price,
    /// Quantity; none for metered usage.
    pub quantity: Option<i64>,
    /// Start of the current period.
    pub current_period_start: Option<i64>,
    /// End of the current period, when the next invoice is created.
    pub current_period_end: Option<i64>,
}

/// Price of one unit of a product for one interval. Its amount never changes.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Price {
    /// Id at Stripe: `price_…`.
    pub id: String,
    /// Lookup key.
    pub lookup_key: Option<String>,
    /// Metadata that name the plan, see [`catalog_sync`](crate::catalog_sync).
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Metadata,
    /// Amount in the currency's smallest unit; none for tiered prices.
    pub unit_amount: Option<i64>,
    /// Currency as a lower-case ISO 4217 code: `usd`.
    #[serde(default, deserialize_with = "or_default")]
    pub currency: String,
    /// Billing interval; none: a one-time price.
    pub recurring: Option<Recurring>,
    /// Id of the product.
    #[serde(default, deserialize_with = "expandable_some")]
    pub product: Option<String>,
    /// Internal name, for bookkeeping.
    pub nickname: Option<String>,
    /// Whether it can be bought.
    #[serde(default, deserialize_with = "or_default")]
    pub active: bool,
}

/// Billing interval of a price.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Recurring {
    /// `day`, `week`, `month` or `year`.
    #[serde(default, deserialize_with = "or_default")]
    pub interval: String,
    /// Number of intervals between two invoices.
    #[serde(default = "one")]
    pub interval_count: i64,
}

fn one() -> i64 {
    1
}

/// A product.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Product {
    /// Freehold chooses the ids of its products: `freehold_voice_pro`.
    pub id: String,
    /// Name on pages and invoices.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// Description below the name.
    pub description: Option<String>,
    /// Whether it can be bought.
    #[serde(default, deserialize_with = "or_default")]
    pub active: bool,
    /// Names the product and the plan of the catalog.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Metadata,
    /// Unit on invoices: `member`.
    pub unit_label: Option<String>,
}

/// A checkout page.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct CheckoutSession {
    /// Id at Stripe: `cs_…`.
    pub id: String,
    /// URL of the page; none once it is closed.
    pub url: Option<String>,
    /// `open`, `complete` or `expired`.
    pub status: Option<String>,
    /// Id of the customer.
    #[serde(default, deserialize_with = "expandable_some")]
    pub customer: Option<String>,
    /// Id of the subscription that it created.
    #[serde(default, deserialize_with = "expandable_some")]
    pub subscription: Option<String>,
    /// Id of the tenant, as sent in the request.
    pub client_reference_id: Option<String>,
    /// When it expires.
    pub expires_at: Option<i64>,
    /// Metadata of the request.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Metadata,
}

/// A portal page, where a customer changes the card and sees invoices.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct PortalSession {
    /// Id at Stripe: `bps_…`.
    pub id: String,
    /// URL of the page, valid for a few minutes.
    pub url: String,
}

/// A portal configuration.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct PortalConfiguration {
    /// Id at Stripe: `bpc_…`.
    pub id: String,
    /// Metadata of the request.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Metadata,
}

/// A webhook endpoint of the Stripe account.
#[derive(Clone, Debug, Deserialize)]
pub struct WebhookEndpoint {
    /// Id at Stripe: `we_…`.
    pub id: String,
    /// URL of the endpoint.
    #[serde(default, deserialize_with = "or_default")]
    pub url: String,
    /// `enabled` or `disabled`.
    pub status: Option<String>,
    /// Event types; `*` for all.
    #[serde(default, deserialize_with = "or_default")]
    pub enabled_events: Vec<String>,
    /// Version of the API; none: the account's.
    pub api_version: Option<String>,
    /// Signing secret; only in the answer that creates the endpoint.
    pub secret: Option<Secret>,
    /// Metadata of the request.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Metadata,
}

/// An event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// `evt_…`; the same for every delivery.
    pub id: String,
    /// Type of the event, such as `customer.subscription.updated`.
    #[serde(default, deserialize_with = "or_default")]
    pub r#type: String,
    /// When it happened.
    #[serde(default, deserialize_with = "or_default")]
    pub created: i64,
    /// API version of the object.
    pub api_version: Option<String>,
    /// Whether it is about real money.
    #[serde(default, deserialize_with = "or_default")]
    pub livemode: bool,
    /// Object of the event.
    #[serde(default, deserialize_with = "or_default")]
    pub data: EventData,
}

/// The object of an event.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EventData {
    /// The object at the time of the event. Only a hint: the present object is fetched.
    #[serde(default)]
    pub object: Value,
}

impl Event {
    /// Id of the object, if it has one.
    pub fn object_id(&self) -> Option<&str> {
        self.data.object["id"].as_str()
    }

    /// Id of the customer, if the object names one: the object itself, or the object's customer.
    pub fn customer(&self) -> Option<&str> {
        let object = &self.data.object;
        let field = if object["object"] == "customer" { &object["id"] } else { &object["customer"] };
        field.as_str().or_else(|| field["id"].as_str())
    }
}

/// The Stripe account that the key belongs to.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Account {
    /// Id at Stripe: `acct_…`.
    pub id: String,
    /// E-mail address of the account.
    pub email: Option<String>,
    /// Country of the account.
    pub country: Option<String>,
    /// Whether it may accept payments.
    #[serde(default, deserialize_with = "or_default")]
    pub charges_enabled: bool,
}

/// The answer to a deletion.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Deleted {
    /// Id of the deleted object.
    pub id: String,
    /// Always true.
    #[serde(default, deserialize_with = "or_default")]
    pub deleted: bool,
}

#[cfg(test)]
mod tests;
