//! SQL of usage. The functions lock the total first; they are in `migrations/0003_usage_functions.sql`.

use freehold_core::TenantId;
use freehold_db::statements;
use jiff::Timestamp;
use uuid::Uuid;

use super::{Outcome, TotalRow};

statements! {
    /// Records an event if the limit allows it.
    fn usage_record(
        event: Uuid, meter: &str, period: Timestamp, quantity: i64, at_most: Option<i64>; now
    ) -> Outcome = "select outcome, used from freehold.usage_record($1, $2, $3, $4, $5, $6)";

    /// Records usage of one for each event, if the limit allows it.
    fn usage_record_each(
        events: Vec<Uuid>, meter: &str, period: Timestamp, at_most: Option<i64>; now
    ) -> Outcome =
        "select r.outcome, r.used from unnest($1::uuid[]) as e (id)
         cross join lateral freehold.usage_record(e.id, $2, $3, 1, $4, $5) as r";

    /// Reserves an amount.
    fn usage_reserve(
        reservation: Uuid, meter: &str, period: Timestamp, quantity: i64, at_most: Option<i64>, until: Timestamp; now
    ) -> Outcome = "select outcome, used from freehold.usage_reserve($1, $2, $3, $4, $5, $7, $6)";

    /// Turns a reservation into usage.
    fn usage_commit(reservation: Uuid, meter: &str, period: Timestamp, quantity: i64; now) -> Outcome =
        "select outcome, used from freehold.usage_commit($1, $2, $3, $4, $5)";

    /// Releases a reservation.
    fn usage_release(reservation: Uuid, meter: &str, period: Timestamp) -> (bool,) =
        "select freehold.usage_release($1, $2, $3)";

    /// Locks a total; returns what is used and reserved.
    fn usage_lock(meter: &str, period: Timestamp) -> (i64,) =
        "select used + reserved from freehold.usage_lock($1, $2)";

    /// Releases expired reservations of a locked total.
    fn usage_expire(meter: &str, period: Timestamp; now) -> (bool,) =
        "select freehold.usage_expire($1, $2, $3) is null";

    /// Lets a reservation expire now.
    fn reservation_end(tenant: TenantId, reservation: Uuid; now) -> () =
        "update freehold.usage_reservations set expires_at = $3
         where tenant_id = $1 and reservation_id = $2 and expires_at > $3";

    /// Releases expired reservations of a batch of totals; returns their number.
    fn usage_sweep(batch: i32; now) -> (i32,) = "select freehold.usage_sweep($1, $2)";

    /// Every total of the tenant.
    fn total_list(; tenant) -> TotalRow =
        "select meter, period_start, used, reserved from freehold.usage_totals where tenant_id = $1";

    /// Totals that differ from their ledger.
    fn drift_list() -> (Uuid, String, i64, i64) =
        "select tenant_id, meter, used, in_ledger from freehold.usage_drift order by tenant_id limit 20";
}
