//! The part of jobs and events in an export of an organization's data. The payloads of jobs,
//! which are the program's own, are not part of it.

use freehold_db::statements;

use crate::{Export, ExportRow, ExportRows, FIRST_ID};

/// The rows of an organization.
pub(crate) const EXPORTS: &[Export] = &[
    Export { name: "events", first: FIRST_ID, rows: ExportRows::Tenant(events_export) },
    Export { name: "jobs", first: FIRST_ID, rows: ExportRows::Tenant(jobs_export) },
];

statements! {
    /// Events as JSON.
    fn events_export(after: &str, rows: i64; tenant) -> ExportRow =
        "select r.id::text as key, to_json(r)::text as line from (
           select id, type, version, data, occurred_at
           from freehold.events where tenant_id = $3 and id > $1::text::uuid
           order by id limit $2
         ) as r order by r.id";

    /// Jobs as JSON.
    fn jobs_export(after: &str, rows: i64; tenant) -> ExportRow =
        "select r.id::text as key, to_json(r)::text as line from (
           select id, kind, case state when 'scheduled' then 'waiting' else state end as state, attempt, attempts,
             run_at, progress, progress_words, error, created_at, finished_at
           from freehold.jobs where tenant_id = $3 and id > $1::text::uuid
           order by id limit $2
         ) as r order by r.id";
}
