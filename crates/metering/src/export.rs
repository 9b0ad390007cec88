//! The part of metering in an export of an organization's data.

use freehold_db::statements;
use freehold_module::{Export, ExportRow, ExportRows, FIRST_ID};

/// The rows of an organization.
pub(crate) const EXPORTS: &[Export] = &[
    Export { name: "usage_events", first: FIRST_ID, rows: ExportRows::Tenant(usage_events_export) },
    Export { name: "usage_totals", first: "/-infinity", rows: ExportRows::Tenant(usage_totals_export) },
    Export { name: "usage_reservations", first: FIRST_ID, rows: ExportRows::Tenant(usage_reservations_export) },
    Export { name: "limit_overrides", first: "", rows: ExportRows::Tenant(limit_overrides_export) },
];

statements! {
    /// The ledger of usage as JSON.
    fn usage_events_export(after: &str, rows: i64; tenant) -> ExportRow =
        "select r.event_id::text || '/' || r.meter as key, to_json(r)::text as line from (
           select event_id, meter, period_start, quantity, occurred_at
           from freehold.usage_events
           where tenant_id = $3 and (event_id, meter) > (left($1, 36)::uuid, substr($1, 38))
           order by event_id, meter limit $2
         ) as r order by r.event_id, r.meter";

    /// Usage by meter and period as JSON.
    fn usage_totals_export(after: &str, rows: i64; tenant) -> ExportRow =
        "select r.meter || '/' || r.period_start::text as key, to_json(r)::text as line from (
           select meter, period_start, used, reserved
           from freehold.usage_totals
           where tenant_id = $3 and (meter, period_start) > (split_part($1, '/', 1), split_part($1, '/',
             2)::timestamptz)
           order by meter, period_start limit $2
         ) as r order by r.meter, r.period_start";

    /// Usage of running operations as JSON.
    fn usage_reservations_export(after: &str, rows: i64; tenant) -> ExportRow =
        "select r.reservation_id::text || '/' || r.meter as key, to_json(r)::text as line from (
           select reservation_id, meter, period_start, quantity, expires_at
           from freehold.usage_reservations
           where tenant_id = $3 and (reservation_id, meter) > (left($1, 36)::uuid, substr($1, 38))
           order by reservation_id, meter limit $2
         ) as r order by r.reservation_id, r.meter";

    /// Limits that operators set as JSON.
    fn limit_overrides_export(after: &str, rows: i64; tenant) -> ExportRow =
        "select r.meter as key, to_json(r)::text as line from (
           select meter, at_most, expires_at, reason, set_at
           from freehold.limit_overrides where tenant_id = $3 and meter > $1
           order by meter limit $2
         ) as r order by r.meter";
}
