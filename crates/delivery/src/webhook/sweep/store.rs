//! SQL of the sweep.

use freehold_db::statements;
use jiff::Timestamp;

statements! {
    /// Deletes deliveries from before a time, at most a batch.
    fn deliveries_forget(before: Timestamp, at_most: i64) -> () =
        "delete from freehold.webhook_deliveries where ctid = any (array(
           select ctid from freehold.webhook_deliveries where created_at < $1 limit $2
         ))";

    /// Deletes deliveries of deleted endpoints, at most a batch.
    fn deliveries_sweep(at_most: i64) -> () =
        "delete from freehold.webhook_deliveries where ctid = any (array(
           select d.ctid
           from freehold.webhook_endpoints as w
           join freehold.webhook_deliveries as d on d.tenant_id = w.tenant_id and d.endpoint_id = w.id
           where w.deleted_at is not null limit $1
         ))";

    /// Wakes endpoints whose due deliveries have waited for minutes. There should never be one.
    fn lanes_wake(; now) -> () =
        "update freehold.webhook_lanes set due_at = $1 where endpoint_id in (
           select l.endpoint_id
           from freehold.webhook_lanes as l
           join freehold.webhook_endpoints as w on w.id = l.endpoint_id and w.enabled
           where l.due_at > $1 and l.free_at <= $1 and exists (
             select from freehold.webhook_deliveries as d
             where d.endpoint_id = l.endpoint_id and d.due_at < $1 - interval '5 minutes'
           )
           for update of l skip locked
         )";

    /// Deletes the rows of deleted endpoints that have no deliveries left.
    fn endpoints_sweep() -> () =
        "delete from freehold.webhook_endpoints as w
         where w.deleted_at is not null and not exists (
           select from freehold.webhook_deliveries as d where d.tenant_id = w.tenant_id and d.endpoint_id = w.id
         )";
}
