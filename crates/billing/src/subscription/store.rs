//! SQL of subscriptions.

use freehold_core::TenantId;
use freehold_db::statements;
use serde_json::Value;

use super::SubscriptionRow;

statements! {
    /// Subscriptions of the transaction's tenant.
    fn subscription_list() -> SubscriptionRow =
        "select subscription_id, status, plan, plan_version, interval, custom, per_member, seats, item_id, price_id, items,
                period_start, period_end, cancel_at_period_end, cancel_at, canceled_at, ended_at, trial_end,
                unpaid_since, pay_url, created_at
         from freehold.subscriptions order by created_at desc, subscription_id";

    /// Subscriptions of a tenant.
    fn subscription_list_of(tenant: TenantId) -> SubscriptionRow =
        "select subscription_id, status, plan, plan_version, interval, custom, per_member, seats, item_id, price_id, items,
                period_start, period_end, cancel_at_period_end, cancel_at, canceled_at, ended_at, trial_end,
                unpaid_since, pay_url, created_at
         from freehold.subscriptions where tenant_id = $1 order by created_at desc, subscription_id";

    /// Deletes those that Stripe no longer has.
    fn subscriptions_keep(tenant: TenantId, ids: Vec<String>) -> () =
        "delete from freehold.subscriptions where tenant_id = $1 and subscription_id <> all ($2)";

    /// Inserts or updates one.
    fn subscription_put(tenant: TenantId, row: Value) -> () =
        "insert into freehold.subscriptions
         select (jsonb_populate_record(null::freehold.subscriptions, $2 || jsonb_build_object('tenant_id', $1))).*
         on conflict (tenant_id, subscription_id) do update set
           status = excluded.status, plan = excluded.plan, plan_version = excluded.plan_version,
           interval = excluded.interval, custom = excluded.custom, per_member = excluded.per_member, seats = excluded.seats,
           item_id = excluded.item_id, price_id = excluded.price_id, items = excluded.items,
           period_start = excluded.period_start, period_end = excluded.period_end,
           cancel_at_period_end = excluded.cancel_at_period_end, cancel_at = excluded.cancel_at,
           canceled_at = excluded.canceled_at, ended_at = excluded.ended_at, trial_end = excluded.trial_end,
           unpaid_since = excluded.unpaid_since, pay_url = excluded.pay_url, created_at = excluded.created_at";
}
