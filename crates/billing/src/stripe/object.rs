//! What Stripe answers: only the fields we use. Unknown ones are skipped and missing ones tolerated, because accounts and
//! webhooks may speak another version of the API. Times are seconds since 1970, amounts the currency's smallest unit.

mod lenient;
mod money;

use std::collections::BTreeMap;

use freehold_core::Secret;
use lenient::{expandable, expandable_some, list, or_default};
pub use money::{Coupon, Discount, DiscountAmount, Invoice, Line, Period, StatusTransitions};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// What we keep on Stripe's objects, to know them again.
pub type Metadata = BTreeMap<String, String>;

/// One page of a list, the newest first.
#[derive(Clone, Debug, Deserialize)]
pub struct Page<T> {
    /// The objects.
    #[serde(default = "Vec::new")]
    pub data: Vec<T>,
    /// Whether another page follows: ask for what comes after the last id.
    #[serde(default)]
    pub has_more: bool,
}

/// A field that holds an object's id, or the object where it was asked to be expanded.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Expandable<T> {
    /// Only its id.
    Id(String),
    /// All of it.
    Object(Box<T>),
}

/// Who pays.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Customer {
    /// `cus_…`
    pub id: String,
    /// It was deleted; nothing but the id is left, and it can buy nothing.
    #[serde(default, deserialize_with = "or_default")]
    pub deleted: bool,
    /// Where invoices go.
    pub email: Option<String>,
    /// As it stands on invoices.
    pub name: Option<String>,
    /// `freehold_tenant`: whose it is.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Metadata,
    /// Below zero: credit that the next invoices use up.
    #[serde(default, deserialize_with = "or_default")]
    pub balance: i64,
}

/// What a customer pays for, again and again.
#[derive(Clone, Debug, PartialEq, Deserialize)]
// The derived reading is a function of its own, because `Deserialize` puts the period where it belongs.
#[serde(remote = "Self")]
pub struct Subscription {
    /// `sub_…`
    pub id: String,
    /// Whose: `cus_…`.
    #[serde(deserialize_with = "expandable")]
    pub customer: String,
    /// `trialing`, `active`, `past_due`, `unpaid`, `paused`, `incomplete`, `incomplete_expired`, `canceled`, or a word
    /// that came after us.
    #[serde(default, deserialize_with = "or_default")]
    pub status: String,
    /// What is paid for; ours have one item. Each has its period, whichever version of the API told it.
    #[serde(default, deserialize_with = "list")]
    pub items: Vec<Item>,
    /// It ends with the period that is paid.
    #[serde(default, deserialize_with = "or_default")]
    pub cancel_at_period_end: bool,
    /// When it will end.
    pub cancel_at: Option<i64>,
    /// When it was asked to end.
    pub canceled_at: Option<i64>,
    /// When it ended.
    pub ended_at: Option<i64>,
    /// When Stripe's own trial began.
    pub trial_start: Option<i64>,
    /// When Stripe's own trial ends or ended.
    pub trial_end: Option<i64>,
    /// When it was made.
    #[serde(default, deserialize_with = "or_default")]
    pub created: i64,
    /// Its newest invoice.
    pub latest_invoice: Option<Expandable<Invoice>>,
    /// `freehold_tenant`: whose it is.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Metadata,
    /// Set while its invoices are not collected.
    pub pause_collection: Option<PauseCollection>,
    /// The currency: `usd`.
    pub currency: Option<String>,
    /// Where the period stood before 2025-03-31.
    pub current_period_start: Option<i64>,
    /// Where the period stood before 2025-03-31.
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
    /// Its newest invoice, where it was expanded.
    pub fn invoice(&self) -> Option<&Invoice> {
        match &self.latest_invoice {
            Some(Expandable::Object(invoice)) => Some(invoice),
            Some(Expandable::Id(_)) | None => None,
        }
    }

    /// Start and end of the period that runs, or ran last; seconds since 1970.
    pub fn period(&self) -> Option<(i64, i64)> {
        let item = self.items.first()?;
        Some((item.current_period_start?, item.current_period_end?))
    }

    /// Whether it goes on: it is paid for, or will be when somebody pays.
    pub fn is_running(&self) -> bool {
        matches!(self.status.as_str(), "trialing" | "active" | "past_due" | "unpaid" | "paused")
    }

    /// Whether it is over for good.
    pub fn is_over(&self) -> bool {
        matches!(self.status.as_str(), "canceled" | "incomplete_expired")
    }
}

/// How an invoice was paid.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct InvoicePayment {
    /// `inpay_…`
    #[serde(default, deserialize_with = "or_default")]
    pub id: String,
    /// What was paid with it.
    #[serde(default, deserialize_with = "or_default")]
    pub amount_paid: i64,
    /// `open`, `paid` or `canceled`.
    pub status: Option<String>,
    /// What paid.
    #[serde(default, deserialize_with = "or_default")]
    pub payment: PaidBy,
}

/// What an invoice was paid by; both none: by something outside of Stripe.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct PaidBy {
    /// `pi_…`
    #[serde(deserialize_with = "expandable_some")]
    pub payment_intent: Option<String>,
    /// `ch_…`
    #[serde(deserialize_with = "expandable_some")]
    pub charge: Option<String>,
}

/// Money that went back.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Refund {
    /// `re_…`
    pub id: String,
    /// How much.
    #[serde(default, deserialize_with = "or_default")]
    pub amount: i64,
    /// `pending`, `requires_action`, `succeeded`, `failed` or `canceled`.
    pub status: Option<String>,
    /// `freehold_extra`: the subscription for which nothing should have been paid.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Metadata,
}

impl Refund {
    /// Whether the money went back, or is on its way.
    pub fn holds(&self) -> bool {
        !matches!(self.status.as_deref(), Some("failed" | "canceled"))
    }
}

/// What a customer pays with.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct PaymentMethod {
    /// `pm_…`
    pub id: String,
    /// The card; none: it is none.
    pub card: Option<Card>,
}

/// A card, as far as it tells cards apart.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Card {
    /// The same for the same card at every customer; none where Stripe does not know.
    pub fingerprint: Option<String>,
}

/// That the invoices of a subscription are not collected for a while.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct PauseCollection {
    /// `keep_as_draft`, `mark_uncollectible` or `void`.
    pub behavior: Option<String>,
    /// When they are collected again; none: when somebody says so.
    pub resumes_at: Option<i64>,
}

/// So much of a price, in a subscription.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Item {
    /// `si_…`
    pub id: String,
    /// What it costs.
    pub price: Price,
    /// How many; none where usage is metered.
    pub quantity: Option<i64>,
    /// Since when this period runs.
    pub current_period_start: Option<i64>,
    /// Until when, and when the next invoice is made.
    pub current_period_end: Option<i64>,
}

/// What one unit of a product costs for one interval. Its amount never changes.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Price {
    /// `price_…`
    pub id: String,
    /// What we find it by.
    pub lookup_key: Option<String>,
    /// What it sells, see [`catalog_sync`](crate::catalog_sync).
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Metadata,
    /// In the currency's smallest unit; none for prices in tiers.
    pub unit_amount: Option<i64>,
    /// `usd`
    #[serde(default, deserialize_with = "or_default")]
    pub currency: String,
    /// How often; none: once.
    pub recurring: Option<Recurring>,
    /// Of which product.
    #[serde(default, deserialize_with = "expandable_some")]
    pub product: Option<String>,
    /// What people who keep the books read.
    pub nickname: Option<String>,
    /// Whether it can be bought.
    #[serde(default, deserialize_with = "or_default")]
    pub active: bool,
}

/// How often a price is paid.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Recurring {
    /// `day`, `week`, `month` or `year`.
    #[serde(default, deserialize_with = "or_default")]
    pub interval: String,
    /// Every so many of them.
    #[serde(default = "one")]
    pub interval_count: i64,
}

fn one() -> i64 {
    1
}

/// What is sold.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Product {
    /// Ours are named by us: `freehold_voice_pro`.
    pub id: String,
    /// As it stands on pages and invoices.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// One line below it.
    pub description: Option<String>,
    /// Whether it can be bought.
    #[serde(default, deserialize_with = "or_default")]
    pub active: bool,
    /// Which product and plan of ours it is.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Metadata,
    /// What one of it is called on invoices: `member`.
    pub unit_label: Option<String>,
}

/// A page on which somebody begins to pay.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct CheckoutSession {
    /// `cs_…`
    pub id: String,
    /// Where the page is; none once it is over.
    pub url: Option<String>,
    /// `open`, `complete` or `expired`.
    pub status: Option<String>,
    /// Who pays.
    #[serde(default, deserialize_with = "expandable_some")]
    pub customer: Option<String>,
    /// What it began.
    #[serde(default, deserialize_with = "expandable_some")]
    pub subscription: Option<String>,
    /// The tenant, as we sent it.
    pub client_reference_id: Option<String>,
    /// When it expires.
    pub expires_at: Option<i64>,
    /// As we sent it.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Metadata,
}

/// A page on which a customer changes card and plan and sees invoices.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct PortalSession {
    /// `bps_…`
    pub id: String,
    /// Where the page is, for a few minutes.
    pub url: String,
}

/// What a portal offers.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct PortalConfiguration {
    /// `bpc_…`
    pub id: String,
    /// As we sent it.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Metadata,
}

/// Where Stripe sends webhooks.
#[derive(Clone, Debug, Deserialize)]
pub struct WebhookEndpoint {
    /// `we_…`
    pub id: String,
    /// Where.
    #[serde(default, deserialize_with = "or_default")]
    pub url: String,
    /// `enabled` or `disabled`.
    pub status: Option<String>,
    /// Of which types; `*` for all.
    #[serde(default, deserialize_with = "or_default")]
    pub enabled_events: Vec<String>,
    /// In which version of the API; none: the account's.
    pub api_version: Option<String>,
    /// What it signs with; told once, when it is made.
    pub secret: Option<Secret>,
    /// As we sent it.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Metadata,
}

/// That something happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// `evt_…`; the same however often it is delivered.
    pub id: String,
    /// `customer.subscription.updated`
    #[serde(default, deserialize_with = "or_default")]
    pub r#type: String,
    /// When it happened.
    #[serde(default, deserialize_with = "or_default")]
    pub created: i64,
    /// In which version of the API the object is.
    pub api_version: Option<String>,
    /// Whether money moved.
    #[serde(default, deserialize_with = "or_default")]
    pub livemode: bool,
    /// What it is about.
    #[serde(default, deserialize_with = "or_default")]
    pub data: EventData,
}

/// What an event is about.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EventData {
    /// The object as it was then. A signal: what holds now is fetched.
    #[serde(default)]
    pub object: Value,
}

impl Event {
    /// The object it is about, where that has an id.
    pub fn object_id(&self) -> Option<&str> {
        self.data.object["id"].as_str()
    }

    /// Whose it is, where the object says so: the customer itself, or the object's customer.
    pub fn customer(&self) -> Option<&str> {
        let object = &self.data.object;
        let field = if object["object"] == "customer" { &object["id"] } else { &object["customer"] };
        field.as_str().or_else(|| field["id"].as_str())
    }
}

/// The account that the key belongs to.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Account {
    /// `acct_…`
    pub id: String,
    /// Whose mail address it is.
    pub email: Option<String>,
    /// Where it is.
    pub country: Option<String>,
    /// Whether it may take money.
    #[serde(default, deserialize_with = "or_default")]
    pub charges_enabled: bool,
}

/// That something is gone.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Deleted {
    /// What.
    pub id: String,
    /// Always true.
    #[serde(default, deserialize_with = "or_default")]
    pub deleted: bool,
}

#[cfg(test)]
mod tests;
