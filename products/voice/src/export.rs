//! The part of VoiceFX AI in an export of an organization's data. What was deleted and is kept for the
//! sake of runs has the time of its deletion.

use freehold_db::statements;
use freehold_module::{Export, ExportRow, ExportRows, FIRST_ID};

/// The rows of an organization.
pub(crate) const EXPORTS: &[Export] = &[
    Export { name: "workflows", first: FIRST_ID, rows: ExportRows::Tenant(workflows_export) },
    Export { name: "workflow_versions", first: FIRST_ID, rows: ExportRows::Tenant(workflow_versions_export) },
    Export { name: "runs", first: FIRST_ID, rows: ExportRows::Tenant(runs_export) },
    Export { name: "splits", first: FIRST_ID, rows: ExportRows::Tenant(splits_export) },
    Export { name: "campaigns", first: FIRST_ID, rows: ExportRows::Tenant(campaigns_export) },
    Export { name: "contacts", first: FIRST_ID, rows: ExportRows::Tenant(contacts_export) },
    Export { name: "engines", first: FIRST_ID, rows: ExportRows::Tenant(engines_export) },
    Export { name: "engine_calls", first: FIRST_ID, rows: ExportRows::Tenant(engine_calls_export) },
    Export { name: "engine_reports", first: FIRST_ID, rows: ExportRows::Tenant(engine_reports_export) },
];

statements! {
    /// Workflows as JSON.
    fn workflows_export(after: &str, rows: i64; tenant) -> ExportRow =
        "select r.id::text as key, to_json(r)::text as line from (
           select id, name, version, graph, created_at, updated_at, deleted_at
           from voice.workflows where tenant_id = $3 and id > $1::text::uuid
           order by id limit $2
         ) as r order by r.id";

    /// Versions of workflows as JSON.
    fn workflow_versions_export(after: &str, rows: i64; tenant) -> ExportRow =
        "select r.workflow_id::text || '/' || r.version::text as key, to_json(r)::text as line from (
           select workflow_id, version, graph, created_at
           from voice.workflow_versions
           where tenant_id = $3
             and (workflow_id, version) > (left($1, 36)::uuid, coalesce(nullif(substr($1, 38), ''), '0')::integer)
           order by workflow_id, version limit $2
         ) as r order by r.workflow_id, r.version";

    /// Runs with their transcripts as JSON.
    fn runs_export(after: &str, rows: i64; tenant) -> ExportRow =
        "select r.id::text as key, to_json(r)::text as line from (
           select id, workflow_id, version, split_id, campaign_id, channel, direction, status, outcome, success,
             execution, duration_ms, cost_minor, cost_currency, started_at, ended_at
           from voice.runs where tenant_id = $3 and id > $1::text::uuid
           order by id limit $2
         ) as r order by r.id";

    /// Splits as JSON.
    fn splits_export(after: &str, rows: i64; tenant) -> ExportRow =
        "select r.id::text as key, to_json(r)::text as line from (
           select id, workflow_id, variants, winner, started_at, ended_at
           from voice.splits where tenant_id = $3 and id > $1::text::uuid
           order by id limit $2
         ) as r order by r.id";

    /// Campaigns as JSON.
    fn campaigns_export(after: &str, rows: i64; tenant) -> ExportRow =
        "select r.id::text as key, to_json(r)::text as line from (
           select id, name, workflow_id, version, channel, engine_id, concurrency, schedule, tries, retry_minutes,
             scripts, status, reason, contacts, default_country, started_at, ended_at, created_at, updated_at, deleted_at
           from voice.campaigns where tenant_id = $3 and id > $1::text::uuid
           order by id limit $2
         ) as r order by r.id";

    /// Contacts as JSON.
    fn contacts_export(after: &str, rows: i64; tenant) -> ExportRow =
        "select r.id::text as key, to_json(r)::text as line from (
           select id, campaign_id, line, phone, time_zone, inputs, status, tries, run_id, outcome, success,
             duration_ms, cost_minor, called_at, created_at
           from voice.contacts where tenant_id = $3 and id > $1::text::uuid
           order by id limit $2
         ) as r order by r.id";

    /// Voice engines as JSON, without their secrets.
    fn engines_export(after: &str, rows: i64; tenant) -> ExportRow =
        "select r.id::text as key, to_json(r)::text as line from (
           select id, name, url, enabled, lease_seconds, longest_seconds, created_at, updated_at, deleted_at
           from voice.engines where tenant_id = $3 and id > $1::text::uuid
           order by id limit $2
         ) as r order by r.id";

    /// Calls of engines as JSON.
    fn engine_calls_export(after: &str, rows: i64; tenant) -> ExportRow =
        "select r.run_id::text as key, to_json(r)::text as line from (
           select run_id, engine_id, phone_number, lease_seconds, longest_seconds, accepted_at, result_sequence,
             deadline, ended_at
           from voice.engine_calls where tenant_id = $3 and run_id > $1::text::uuid
           order by run_id limit $2
         ) as r order by r.run_id";

    /// Reports of engines as JSON.
    fn engine_reports_export(after: &str, rows: i64; tenant) -> ExportRow =
        "select r.run_id::text || '/' || r.report_id as key, to_json(r)::text as line from (
           select run_id, report_id, sequence, report, late, received_at
           from voice.engine_reports
           where tenant_id = $3 and (run_id, report_id) > (left($1, 36)::uuid, substr($1, 38))
           order by run_id, report_id limit $2
         ) as r order by r.run_id, r.report_id";
}
