//! SQL of subscriptions.

use freehold_core::TenantId;
use freehold_db::{Query, statements};
use jiff::Timestamp;
use serde_json::Value;

use super::{Subscription, SubscriptionRow};

statements! {
    /// Those of the tenant whose transaction this is.
    fn subscription_list() -> SubscriptionRow =
        "select subscription_id, status, plan, plan_version, interval, per_member, seats, item_id, price_id, items,
                period_start, period_end, cancel_at_period_end, cancel_at, canceled_at, ended_at, trial_end,
                unpaid_since, pay_url, created_at
         from freehold.subscriptions order by created_at desc, subscription_id";

    /// Those of a tenant.
    fn subscription_list_of(tenant: TenantId) -> SubscriptionRow =
        "select subscription_id, status, plan, plan_version, interval, per_member, seats, item_id, price_id, items,
                period_start, period_end, cancel_at_period_end, cancel_at, canceled_at, ended_at, trial_end,
                unpaid_since, pay_url, created_at
         from freehold.subscriptions where tenant_id = $1 order by created_at desc, subscription_id";

    /// Forgets those that Stripe no longer has.
    fn subscriptions_keep(tenant: TenantId, ids: Vec<String>) -> () =
        "delete from freehold.subscriptions where tenant_id = $1 and subscription_id <> all ($2)";

    /// Writes one as it is now.
    fn subscription_write(
        tenant: TenantId, id: &str, status: &str, plan: &str, version: i32, interval: &str, per_member: bool, seats: i64,
        item: &str, price: &str, items: Value, period_start: Option<Timestamp>, period_end: Option<Timestamp>,
        cancel_at_period_end: bool, cancel_at: Option<Timestamp>, canceled_at: Option<Timestamp>,
        ended_at: Option<Timestamp>, trial_end: Option<Timestamp>, unpaid_since: Option<Timestamp>,
        pay_url: Option<&str>, created_at: Timestamp
    ) -> () =
        "insert into freehold.subscriptions (
           tenant_id, subscription_id, status, plan, plan_version, interval, per_member, seats, item_id, price_id, items,
           period_start, period_end, cancel_at_period_end, cancel_at, canceled_at, ended_at, trial_end, unpaid_since,
           pay_url, created_at
         ) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
         on conflict (tenant_id, subscription_id) do update set
           status = excluded.status, plan = excluded.plan, plan_version = excluded.plan_version,
           interval = excluded.interval, per_member = excluded.per_member, seats = excluded.seats,
           item_id = excluded.item_id, price_id = excluded.price_id, items = excluded.items,
           period_start = excluded.period_start, period_end = excluded.period_end,
           cancel_at_period_end = excluded.cancel_at_period_end, cancel_at = excluded.cancel_at,
           canceled_at = excluded.canceled_at, ended_at = excluded.ended_at, trial_end = excluded.trial_end,
           unpaid_since = excluded.unpaid_since, pay_url = excluded.pay_url, created_at = excluded.created_at";
}

/// Writes one as it is now.
pub(super) fn subscription_put(tenant: TenantId, each: &Subscription) -> Query<()> {
    subscription_write(
        tenant,
        &each.subscription_id,
        &each.status,
        &each.plan.id,
        each.plan.version,
        &each.interval,
        each.per_member,
        each.seats,
        &each.item_id,
        &each.price_id,
        each.items.clone(),
        each.period_start,
        each.period_end,
        each.cancel_at_period_end,
        each.cancel_at,
        each.canceled_at,
        each.ended_at,
        each.trial_end,
        each.unpaid_since,
        each.pay_url.as_deref(),
        each.created_at,
    )
}
