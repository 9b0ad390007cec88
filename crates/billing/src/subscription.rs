//! A tenant's subscriptions, as Stripe had them when it was last asked. Only a new answer of Stripe changes them.

mod renewal;
mod store;

use std::cmp::Ordering;

use freehold_core::{Plan, Result, TenantId};
use freehold_db::{SystemTx, TenantTx, row};
use jiff::Timestamp;
use serde_json::{Value, json};

pub use store::STATEMENTS;

use crate::{catalog_sync::Sold, stripe::object};

row! {
    struct SubscriptionRow {
        subscription_id: String,
        status: String,
        plan: String,
        plan_version: i32,
        interval: String,
        custom: bool,
        per_member: bool,
        seats: i64,
        item_id: String,
        price_id: String,
        items: Value,
        period_start: Option<Timestamp>,
        period_end: Option<Timestamp>,
        cancel_at_period_end: bool,
        cancel_at: Option<Timestamp>,
        canceled_at: Option<Timestamp>,
        ended_at: Option<Timestamp>,
        trial_end: Option<Timestamp>,
        unpaid_since: Option<Timestamp>,
        pay_url: Option<String>,
        created_at: Timestamp,
    }
}

/// One subscription of a tenant's customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Id of the subscription at Stripe: `sub_…`.
    pub subscription_id: String,
    /// Stripe's status: `trialing`, `active`, `past_due`, `unpaid`, `paused`, `incomplete`, `incomplete_expired` or
    /// `canceled`.
    pub status: String,
    /// The plan, in the version that was bought.
    pub plan: Plan,
    /// `month` or `year`.
    pub interval: String,
    /// Whether the price was agreed with this customer, and is not a catalog price.
    pub custom: bool,
    /// Whether the price is per member.
    pub per_member: bool,
    /// Quantity: 1, or the number of members.
    pub seats: i64,
    /// Id of the item for the plan: `si_…`
    pub item_id: String,
    /// Id of its price: `price_…`
    pub price_id: String,
    /// All items, each with `id`, `price`, `lookup_key` and `quantity`.
    pub items: Value,
    /// Start of the paid period.
    pub period_start: Option<Timestamp>,
    /// End of the paid period.
    pub period_end: Option<Timestamp>,
    /// Whether the subscription ends with the period.
    pub cancel_at_period_end: bool,
    /// When the subscription ends, if a time was set.
    pub cancel_at: Option<Timestamp>,
    /// When it was cancelled; none: it was not.
    pub canceled_at: Option<Timestamp>,
    /// When it ended; none: it has not.
    pub ended_at: Option<Timestamp>,
    /// When its trial ends or ended; none: it had none.
    pub trial_end: Option<Timestamp>,
    /// When the oldest open invoice was finalized; none: no invoice is open.
    pub unpaid_since: Option<Timestamp>,
    /// URL where the newest open invoice can be paid, after which Stripe continues the subscription.
    pub pay_url: Option<String>,
    /// When the subscription was created.
    pub created_at: Timestamp,
}

impl Subscription {
    /// Converts Stripe's answer. `bought` is what its item with the index `item` stands for.
    pub(crate) fn of(found: &object::Subscription, item: usize, bought: Sold) -> Option<Self> {
        let item = found.items.get(item)?;
        let time = |seconds: Option<i64>| seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
        let open = found.invoice().filter(|invoice| invoice.status.as_deref() == Some("open"));
        let items = found.items.iter().map(|item| {
            json!({ "id": item.id, "price": item.price.id, "lookup_key": item.price.lookup_key, "quantity": item.quantity })
        });
        Some(Self {
            subscription_id: found.id.clone(),
            status: found.status.clone(),
            plan: bought.plan,
            interval: bought.interval.name().to_owned(),
            custom: bought.custom,
            per_member: bought.per_member,
            seats: item.quantity.unwrap_or(1),
            item_id: item.id.clone(),
            price_id: item.price.id.clone(),
            items: items.collect(),
            period_start: time(item.current_period_start),
            period_end: time(item.current_period_end),
            cancel_at_period_end: found.cancel_at_period_end,
            cancel_at: time(found.cancel_at),
            canceled_at: time(found.canceled_at),
            ended_at: time(found.ended_at),
            trial_end: time(found.trial_end),
            unpaid_since: time(open.and_then(|invoice| invoice.status_transitions.finalized_at.or(invoice.created))),
            pay_url: open.and_then(|invoice| invoice.hosted_invoice_url.clone()),
            created_at: time(Some(found.created)).unwrap_or_default(),
        })
    }

    /// Whether an invoice for it is open.
    pub fn is_unpaid(&self) -> bool {
        matches!(self.status.as_str(), "past_due" | "unpaid")
    }

    /// Adds the open invoices, the newest first. The days of grace count from the oldest: another unpaid month, or a
    /// change that creates another invoice, does not start them again.
    pub(crate) fn owing(mut self, open: &[object::Invoice]) -> Self {
        let finalized = |invoice: &object::Invoice| invoice.status_transitions.finalized_at.or(invoice.created);
        let oldest = open.iter().filter_map(finalized).min();
        let oldest = oldest.and_then(|seconds| Timestamp::from_second(seconds).ok());
        self.unpaid_since = oldest.or(self.unpaid_since);
        let newest = open.iter().find_map(|invoice| invoice.hosted_invoice_url.clone());
        self.pay_url = self.pay_url.or(newest);
        self
    }

    /// The row, by the names of the columns.
    fn row(&self) -> Value {
        json!({
            "subscription_id": self.subscription_id,
            "status": self.status,
            "plan": self.plan.id,
            "plan_version": self.plan.version,
            "interval": self.interval,
            "custom": self.custom,
            "per_member": self.per_member,
            "seats": self.seats,
            "item_id": self.item_id,
            "price_id": self.price_id,
            "items": self.items,
            "period_start": self.period_start,
            "period_end": self.period_end,
            "cancel_at_period_end": self.cancel_at_period_end,
            "cancel_at": self.cancel_at,
            "canceled_at": self.canceled_at,
            "ended_at": self.ended_at,
            "trial_end": self.trial_end,
            "unpaid_since": self.unpaid_since,
            "pay_url": self.pay_url,
            "created_at": self.created_at,
        })
    }

    /// Whether it runs: it is paid, or will be once the customer pays.
    pub fn is_running(&self) -> bool {
        matches!(self.status.as_str(), "trialing" | "active" | "past_due" | "unpaid" | "paused")
    }

    /// How much it decides about the tenant's state; the higher counts. Among running ones, a custom price counts
    /// before a catalog price, and a paid one before one on trial.
    fn rank(&self) -> (u8, bool, bool) {
        match self.status.as_str() {
            "active" => (5, self.custom, true),
            "trialing" => (5, self.custom, false),
            "past_due" => (4, self.custom, false),
            "unpaid" => (3, self.custom, false),
            "paused" => (2, self.custom, false),
            "canceled" => (1, false, false),
            // A checkout that was never paid does not count.
            _ => (0, false, false),
        }
    }

    /// Whether it counts more (`Greater`) than another one of the same tenant.
    fn counts_before(&self, other: &Self) -> Ordering {
        let newer = (self.ended_at, self.created_at, &self.subscription_id);
        let newer = newer.cmp(&(other.ended_at, other.created_at, &other.subscription_id));
        // Of two running ones the older is kept: the payment for the newer bought nothing, and is refunded in full.
        let by_age = if self.is_running() && other.is_running() { newer.reverse() } else { newer };
        self.rank().cmp(&other.rank()).then(by_age)
    }
}

/// The subscription of a tenant that counts. Where several run it is the one that is kept ([`extra`](crate::extra)): by
/// how well it is paid, then a custom price, then a paid one before one on trial, then the oldest. Of ended ones, the
/// last to end.
pub fn counting(subscriptions: &[Subscription]) -> Option<&Subscription> {
    subscriptions.iter().max_by(|one, other| one.counts_before(other))
}

/// The subscriptions of the caller's tenant.
pub async fn subscription_list(tx: &mut TenantTx) -> Result<Vec<Subscription>> {
    Ok(tx.fetch_all(store::subscription_list()).await?.into_iter().map(Subscription::from).collect())
}

/// The subscriptions of a tenant.
pub async fn subscription_list_of(tx: &mut SystemTx, tenant: TenantId) -> Result<Vec<Subscription>> {
    Ok(tx.fetch_all(store::subscription_list_of(tenant)).await?.into_iter().map(Subscription::from).collect())
}

/// Replaces the stored subscriptions by those at Stripe.
pub(crate) async fn subscriptions_replace(tx: &mut SystemTx, tenant: TenantId, found: &[Subscription]) -> Result<()> {
    let ids: Vec<String> = found.iter().map(|each| each.subscription_id.clone()).collect();
    tx.execute(store::subscriptions_keep(tenant, ids)).await?;
    for each in found {
        tx.execute(store::subscription_put(tenant, each.row())).await?;
    }
    Ok(())
}

impl From<SubscriptionRow> for Subscription {
    fn from(row: SubscriptionRow) -> Self {
        Self {
            subscription_id: row.subscription_id,
            status: row.status,
            plan: Plan { id: row.plan, version: row.plan_version },
            interval: row.interval,
            custom: row.custom,
            per_member: row.per_member,
            seats: row.seats,
            item_id: row.item_id,
            price_id: row.price_id,
            items: row.items,
            period_start: row.period_start,
            period_end: row.period_end,
            cancel_at_period_end: row.cancel_at_period_end,
            cancel_at: row.cancel_at,
            canceled_at: row.canceled_at,
            ended_at: row.ended_at,
            trial_end: row.trial_end,
            unpaid_since: row.unpaid_since,
            pay_url: row.pay_url,
            created_at: row.created_at,
        }
    }
}
