//! SQL of usage that an application records.

use freehold_core::TenantId;
use freehold_db::statements;
use jiff::Timestamp;
use uuid::Uuid;

use super::{BatchRow, LedgerRow, ReservationRow, RoomRow};

statements! {
    /// What is used of a total, and what reservations that have not expired hold.
    fn room_find(tenant: TenantId, meter: &str, period: Timestamp; now) -> RoomRow =
        "select coalesce((
             select t.used from freehold.usage_totals as t
             where t.tenant_id = $1 and t.meter = $2 and t.period_start = $3
           ), 0) as used,
           coalesce((
             select sum(r.quantity) from freehold.usage_reservations as r
             where r.tenant_id = $1 and r.meter = $2 and r.period_start = $3 and r.expires_at > $4
           ), 0)::bigint as reserved";

    /// Records a list of usage of a meter.
    fn usage_record_batch(
        events: Vec<Uuid>, quantities: Vec<i64>, meter: &str, period: Timestamp, at_most: Option<i64>; now
    ) -> BatchRow = "select event_id, outcome, used from freehold.usage_record_batch($1, $2, $3, $4, $5, $6)";

    /// The reservation with this id, of any of these meters.
    fn reservation_find(tenant: TenantId, id: Uuid, meters: Vec<String>) -> ReservationRow =
        "select meter, period_start, quantity from freehold.usage_reservations
         where tenant_id = $1 and reservation_id = $2 and meter = any ($3) limit 1";

    /// The usage that was recorded under this id, of any of these meters.
    fn ledger_find(tenant: TenantId, id: Uuid, meters: Vec<String>) -> LedgerRow =
        "select meter, quantity from freehold.usage_events
         where tenant_id = $1 and event_id = $2 and meter = any ($3) limit 1";
}
