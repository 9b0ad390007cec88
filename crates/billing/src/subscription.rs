//! What a tenant pays for, as Stripe had it when it was last asked: a projection that nobody changes but who has just asked.

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
    /// `sub_…`
    pub subscription_id: String,
    /// Stripe's word for its state: `trialing`, `active`, `past_due`, `unpaid`, `paused`, `incomplete`,
    /// `incomplete_expired` or `canceled`.
    pub status: String,
    /// What was bought, in the version that was bought.
    pub plan: Plan,
    /// `month` or `year`.
    pub interval: String,
    /// Whether the price was agreed with this customer, and is not one of the catalog.
    pub custom: bool,
    /// Whether the price is for each member.
    pub per_member: bool,
    /// How often the price is paid: 1, or the number of members.
    pub seats: i64,
    /// The item of it that is ours: `si_…`
    pub item_id: String,
    /// Its price: `price_…`
    pub price_id: String,
    /// All of its items, each with `id`, `price`, `lookup_key` and `quantity`.
    pub items: Value,
    /// When the period that is paid began.
    pub period_start: Option<Timestamp>,
    /// When it ends.
    pub period_end: Option<Timestamp>,
    /// Whether it ends with the period.
    pub cancel_at_period_end: bool,
    /// When it ends, where that was said.
    pub cancel_at: Option<Timestamp>,
    /// When somebody said so.
    pub canceled_at: Option<Timestamp>,
    /// When it was over.
    pub ended_at: Option<Timestamp>,
    /// When its trial ends or ended.
    pub trial_end: Option<Timestamp>,
    /// When the oldest invoice that is open was finalized; none: nothing is open.
    pub unpaid_since: Option<Timestamp>,
    /// Where the newest such invoice can be paid, which is what makes Stripe go on.
    pub pay_url: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Subscription {
    /// What Stripe answered, as it is kept here. `bought` is what its item with the index `item` stands for.
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

    /// Whether somebody owes something for it.
    pub fn is_unpaid(&self) -> bool {
        matches!(self.status.as_str(), "past_due" | "unpaid")
    }

    /// With what is owed, the newest first. The oldest of it counts: another month that is not paid either, or a change
    /// that makes another invoice, begins no new days of grace.
    pub(crate) fn owing(mut self, open: &[object::Invoice]) -> Self {
        let finalized = |invoice: &object::Invoice| invoice.status_transitions.finalized_at.or(invoice.created);
        let oldest = open.iter().filter_map(finalized).min();
        let oldest = oldest.and_then(|seconds| Timestamp::from_second(seconds).ok());
        self.unpaid_since = oldest.or(self.unpaid_since);
        let newest = open.iter().find_map(|invoice| invoice.hosted_invoice_url.clone());
        self.pay_url = self.pay_url.or(newest);
        self
    }

    /// As its row, by the names of the columns.
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

    /// Whether it goes on: it is paid for, or will be when somebody pays.
    pub fn is_running(&self) -> bool {
        matches!(self.status.as_str(), "trialing" | "active" | "past_due" | "unpaid" | "paused")
    }

    /// How much it says about where a tenant stands; the higher counts. Among those that run, one whose price was agreed by
    /// people counts before one of the catalog, and one that is paid for before one that is tried.
    fn rank(&self) -> (u8, bool, bool) {
        match self.status.as_str() {
            "active" => (5, self.custom, true),
            "trialing" => (5, self.custom, false),
            "past_due" => (4, self.custom, false),
            "unpaid" => (3, self.custom, false),
            "paused" => (2, self.custom, false),
            "canceled" => (1, false, false),
            // A checkout that was never paid says nothing.
            _ => (0, false, false),
        }
    }

    /// Whether it counts more (`Greater`) than another one of the same tenant.
    fn counts_before(&self, other: &Self) -> Ordering {
        let newer = (self.ended_at, self.created_at, &self.subscription_id);
        let newer = newer.cmp(&(other.ended_at, other.created_at, &other.subscription_id));
        // Of two that run the first is kept: what was paid for the second was paid for nothing, and goes back whole.
        let by_age = if self.is_running() && other.is_running() { newer.reverse() } else { newer };
        self.rank().cmp(&other.rank()).then(by_age)
    }
}

/// The one of a tenant's subscriptions that counts. Where several run it is the one that is kept ([`extra`](crate::extra)): by
/// how well it is paid, then a price that was agreed with the customer, then what is paid before what is tried, then the oldest.
/// Of those that are over, the last to end.
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

/// Puts what Stripe has in the place of what we had.
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
