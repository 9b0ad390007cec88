//! SQL of deliveries for the API. `webhook_replay` is in `migrations/0003_webhook_functions.sql`.

use freehold_core::TenantId;
use freehold_db::statements;
use freehold_jobs::outbox::EventId;
use jiff::Timestamp;
use uuid::Uuid;

use super::{Delivery, DeliverySummary, ReplayRow};
use crate::webhook::EndpointId;

statements! {
    /// A page of an endpoint's deliveries.
    fn delivery_list(
        endpoint: EndpointId, state: Option<&'static str>, before: Uuid, rows: i64; tenant
    ) -> DeliverySummary =
        "select d.event_id, e.type as event_type, d.state, d.tried, case when not d.leased then d.due_at end as next_at,
           d.created_at, d.ended_at, d.attempts -> -1 as last
         from freehold.webhook_deliveries as d
         left join freehold.events as e on e.tenant_id = d.tenant_id and e.id = d.event_id
         where d.tenant_id = $5 and d.endpoint_id = $1 and d.event_id < $3 and ($2::text is null or d.state = $2)
         order by d.event_id desc limit $4";

    /// One delivery.
    fn delivery_find(endpoint: EndpointId, event: EventId; tenant) -> Delivery =
        "select event_id, state, tried, case when not leased then due_at end as next_at, created_at, ended_at, attempts
         from freehold.webhook_deliveries where tenant_id = $3 and endpoint_id = $1 and event_id = $2";

    /// Inserts a delivery.
    fn delivery_insert(tenant: TenantId, endpoint: EndpointId, event: EventId; now) -> () =
        "insert into freehold.webhook_deliveries (tenant_id, endpoint_id, event_id, due_at, created_at)
         values ($1, $2, $3, $4, $4)";

    /// Restarts the schedule of a delivery unless an attempt is under way. Returns whether the delivery exists.
    fn delivery_replay(endpoint: EndpointId, event: EventId; now, tenant) -> (bool,) =
        "with begun as (
           update freehold.webhook_deliveries set state = 'waiting', tried = 0, due_at = $3, leased = false, ended_at = null
           where tenant_id = $4 and endpoint_id = $1 and event_id = $2 and not (leased and due_at > $3)
         )
         select exists (select from freehold.webhook_deliveries
         where tenant_id = $4 and endpoint_id = $1 and event_id = $2)";

    /// Restarts the schedules of many deliveries.
    fn deliveries_replay(
        endpoint: EndpointId, since: Timestamp, only_missed: bool, at_most: i32; now
    ) -> ReplayRow = "select replayed, next_since from freehold.webhook_replay($1, $2, $3, $5, $4)";
}
