//! SQL of events. The functions are in `migrations/0003_events.sql`.

use freehold_core::TenantId;
use freehold_db::{JsonText, row, statements};
use jiff::Timestamp;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::EventId;

row! {
    pub(super) struct EventRow {
        pub(super) id: EventId,
        pub(super) name: String,
        pub(super) version: i16,
        pub(super) data: JsonText<Box<RawValue>>,
        pub(super) occurred_at: Timestamp,
    }
}

statements! {
    /// Publishes an event.
    fn event_insert(tenant: TenantId, id: EventId, name: &str, version: i16, data: JsonText<Box<RawValue>>; now) -> () =
        "insert into freehold.events (tenant_id, id, type, version, data, occurred_at) values ($1, $2, $3, $4, $5, $6)";

    /// Publishes an event unless one with its id exists.
    fn event_insert_once(
        tenant: TenantId, id: EventId, name: &str, version: i16, data: JsonText<Box<RawValue>>, at: Timestamp
    ) -> (bool,) =
        "insert into freehold.events (tenant_id, id, type, version, data, occurred_at) values ($1, $2, $3, $4, $5, $6)
         on conflict (tenant_id, id) do nothing returning true";

    /// Publishes several events.
    fn event_insert_all(
        ids: Vec<Uuid>, names: Vec<String>, versions: Vec<i16>, data: Vec<String>; now, tenant
    ) -> () =
        "insert into freehold.events (tenant_id, id, type, version, data, occurred_at)
         select $6, e.id, e.type, e.version, e.data::json, $5
         from unnest($1::uuid[], $2::text[], $3::smallint[], $4::text[]) as e (id, type, version, data)";

    /// A page of events, the oldest first.
    fn event_list(pattern: Option<String>, from: Timestamp, after: Option<EventId>, rows: i64; tenant) -> EventRow =
        "select id, type as name, version, data, occurred_at
         from freehold.events
         where tenant_id = $5
           and position > coalesce((select position from freehold.events where tenant_id = $5 and id = $3), 0)
           and occurred_at >= $2
           and ($1 is null or $1 = any (freehold.event_patterns(type)))
         order by position limit $4";

    /// The newest events. Their ids begin with the time.
    fn event_recent(tenant: TenantId, from: Timestamp, rows: i64) -> EventRow =
        "select id, type as name, version, data, occurred_at
         from freehold.events
         where tenant_id = $1 and occurred_at >= $2
         order by id desc limit $3";

    /// Finds one event.
    fn event_find(id: EventId; tenant) -> EventRow =
        "select id, type as name, version, data, occurred_at from freehold.events where tenant_id = $2 and id = $1";

    /// Finds several events of any tenants.
    fn events_read(tenants: Vec<Uuid>, ids: Vec<Uuid>) -> EventRow =
        "select e.id, e.type as name, e.version, e.data, e.occurred_at
         from unnest($1::uuid[], $2::uuid[]) as w (tenant_id, id)
         join freehold.events as e on e.tenant_id = w.tenant_id and e.id = w.id";

    /// Deletes the oldest events from before this time, at most this many.
    fn event_forget(before: Timestamp, at_most: i64) -> () =
        "delete from freehold.events where ctid = any (array(
           select ctid from freehold.events where occurred_at < $1 limit $2
         ))";
}
