//! SQL of extra subscriptions.

use freehold_core::TenantId;
use freehold_db::statements;
use jiff::Timestamp;
use serde_json::Value;

use super::ExtraSubscription;

statements! {
    /// Subscriptions that end or have ended because they are extra.
    fn extra_doomed(tenant: TenantId) -> (String,) =
        "select subscription_id from freehold.extra_subscriptions where tenant_id = $1 and state <> 'spared'";

    /// Records one. Does nothing if it is recorded already.
    fn extra_found(tenant: TenantId, id: &str, kept: &str, kept_since: Timestamp; now) -> () =
        "insert into freehold.extra_subscriptions (tenant_id, subscription_id, kept_id, kept_since, state, found_at)
         values ($1, $2, $3, $4, 'found', $5)
         on conflict (tenant_id, subscription_id) do update set
           kept_id = excluded.kept_id, kept_since = excluded.kept_since, state = 'found', found_at = excluded.found_at,
           ended_at = null
         where extra_subscriptions.state = 'spared'";

    /// A tenant's extra subscriptions that are not settled.
    fn extra_open(tenant: TenantId) -> ExtraSubscription =
        "select tenant_id, subscription_id, kept_id, kept_since, state, refunded, note, found_at, ended_at
         from freehold.extra_subscriptions where tenant_id = $1 and state in ('found', 'cancelled') order by subscription_id";

    /// Moves a found subscription to cancelled or spared, if the one to keep is still the one that the decision was
    /// based on. Returns the row as it is now or, if another transaction is changing it, as it was.
    fn extra_move(tenant: TenantId, id: &str, kept: &str, state: &str; now) -> ExtraSubscription =
        "with moved as (
           update freehold.extra_subscriptions set state = $4, ended_at = case when $4 = 'spared' then $5 end
           where tenant_id = $1 and subscription_id = $2 and kept_id = $3 and state = 'found'
           returning tenant_id, subscription_id, kept_id, kept_since, state, refunded, note, found_at, ended_at
         )
         select * from moved
         union all
         select tenant_id, subscription_id, kept_id, kept_since, state, refunded, note, found_at, ended_at
         from freehold.extra_subscriptions
         where tenant_id = $1 and subscription_id = $2 and not exists (select from moved)";

    /// Closes the row. Returns the plan of the kept subscription; none: another process closed it first.
    fn extra_close(tenant: TenantId, id: &str, refunded: i64, note: Option<&str>; now) -> (String,) =
        "update freehold.extra_subscriptions as e set state = 'refunded', refunded = $3, note = $4, ended_at = $5
         from freehold.tenants as t
         where e.tenant_id = $1 and e.subscription_id = $2 and e.state = 'cancelled' and t.tenant_id = e.tenant_id
         returning t.plan";

    /// Extra subscriptions of all tenants that were refunded since then.
    fn extra_refunded(since: Timestamp) -> ExtraSubscription =
        "select tenant_id, subscription_id, kept_id, kept_since, state, refunded, note, found_at, ended_at
         from freehold.extra_subscriptions where state = 'refunded' and refunded > 0 and ended_at > $1
         order by ended_at, subscription_id";

    /// Stores that less was refunded than recorded, unless that has changed meanwhile.
    fn extra_refund_failed(tenant: TenantId, id: &str, refunded: i64, held: i64, note: &str) -> () =
        "update freehold.extra_subscriptions set refunded = $4, note = $5
         where tenant_id = $1 and subscription_id = $2 and refunded = $3";

    /// Requests a mail to the administrators, once for each cause; returns whether it was the first time.
    fn notify(tenant: TenantId, cause: &str, template: &str, data: Value; now) -> (bool,) =
        "select freehold.billing_notify($1, $2, $3, $4, $5)";

    /// The newest extra subscriptions of all tenants.
    fn extra_list(limit: i64) -> ExtraSubscription =
        "select tenant_id, subscription_id, kept_id, kept_since, state, refunded, note, found_at, ended_at
         from freehold.extra_subscriptions order by found_at desc, subscription_id limit $1";
}
