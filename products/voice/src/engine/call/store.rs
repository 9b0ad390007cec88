//! SQL of calls that engines conduct.

use freehold_core::TenantId;
use freehold_db::{Json, JsonText, params, row, statements};
use jiff::Timestamp;
use uuid::Uuid;

use super::report::Report;
use crate::{
    engine::EngineId,
    execution::Execution,
    graph::Graph,
    run::{Run, RunId},
    split::SplitId,
    workflow::WorkflowId,
};

row! {
    /// A call, with the columns of its run that decide how it continues.
    pub(super) struct CallRow {
        pub(super) engine_id: EngineId,
        pub(super) lease_seconds: i32,
        pub(super) longest_seconds: i32,
        pub(super) lease_until: Timestamp,
        pub(super) deadline: Timestamp,
        pub(super) accepted_at: Option<Timestamp>,
        pub(super) result_sequence: Option<i64>,
        pub(super) status: String,
        pub(super) execution: Json<Execution>,
        pub(super) usage_period: Timestamp,
        pub(super) reports: i64,
    }
}

row! {
    /// What the engine needs to know about a call.
    pub(super) struct HandoverRow {
        pub(super) url: String,
        pub(super) enabled: bool,
        pub(super) engine_id: EngineId,
        pub(super) status: String,
        pub(super) workflow_id: WorkflowId,
        pub(super) version: i32,
        pub(super) graph: JsonText<Graph>,
        pub(super) execution: Json<Execution>,
        pub(super) phone_number: Option<String>,
        pub(super) direction: String,
        pub(super) lease_seconds: i32,
        pub(super) longest_seconds: i32,
        pub(super) lease_until: Timestamp,
    }
}

row! {
    /// A call as readers of the run see it.
    #[derive(Clone, Debug)]
    pub(crate) struct CallSeen {
        pub(crate) engine_id: EngineId,
        pub(crate) phone_number: Option<String>,
        pub(crate) accepted_at: Option<Timestamp>,
        pub(crate) lease_until: Timestamp,
        pub(crate) result_sequence: Option<i64>,
    }
}

row! {
    /// A report that was stored.
    #[derive(Clone, Debug)]
    pub(crate) struct ReportRow {
        pub(crate) report: Json<Report>,
        pub(crate) late: bool,
        pub(crate) received_at: Timestamp,
    }
}

params! {
    /// A run to insert, which waits for its engine.
    pub(super) struct QueuedRun<'a> {
        pub(super) tenant: TenantId,
        pub(super) id: RunId,
        pub(super) workflow: WorkflowId,
        pub(super) version: i32,
        pub(super) split: Option<SplitId>,
        pub(super) campaign: Option<Uuid>,
        pub(super) execution: Json<Execution>,
        pub(super) cost_currency: &'a str,
        pub(super) usage_period: Timestamp,
    }
}

params! {
    /// The call of a run, to insert.
    pub(super) struct NewCallRow {
        pub(super) tenant: TenantId,
        pub(super) run: RunId,
        pub(super) engine: EngineId,
        pub(super) phone_number: Option<String>,
        pub(super) lease_seconds: i32,
        pub(super) longest_seconds: i32,
        pub(super) lease_until: Timestamp,
        pub(super) deadline: Timestamp,
    }
}

statements! {
    /// Creates a run that waits for its engine.
    fn run_insert(run: QueuedRun<'_>; now) -> Run =
        "insert into voice.runs (
           tenant_id, id, workflow_id, version, channel, direction, status, split_id, campaign_id, execution,
           cost_currency, usage_period, started_at
         ) values ($1, $2, $3, $4, 'http', 'outbound', 'queued', $5, $6, $7, $8, $9, $10)
         returning id, workflow_id, version, channel, direction, status, outcome, success, split_id, campaign_id,
           execution, duration_ms, cost_minor, cost_currency, usage_period, started_at, ended_at";

    /// Creates the call of a run.
    fn call_insert(call: NewCallRow) -> () =
        "insert into voice.engine_calls (
           tenant_id, run_id, engine_id, phone_number, lease_seconds, longest_seconds, lease_until, deadline
         ) values ($1, $2, $3, $4, $5, $6, $7, $8)";

    /// Finds one call and locks it together with its run.
    fn call_lock(run: RunId; tenant) -> CallRow =
        "select c.engine_id, c.lease_seconds, c.longest_seconds, c.lease_until, c.deadline, c.accepted_at,
           c.result_sequence, r.status, r.execution, r.usage_period,
           (select count(*) from voice.engine_reports as e where e.tenant_id = $2 and e.run_id = c.run_id) as reports
         from voice.engine_calls as c join voice.runs as r on r.tenant_id = c.tenant_id and r.id = c.run_id
         where c.tenant_id = $2 and c.run_id = $1
         for update of c, r";

    /// Updates a call.
    fn call_update(
        run: RunId, lease_until: Timestamp, deadline: Timestamp, accepted_at: Option<Timestamp>,
        result_sequence: Option<i64>, ended_at: Option<Timestamp>; tenant
    ) -> () =
        "update voice.engine_calls
         set lease_until = $2, deadline = $3, accepted_at = $4, result_sequence = $5, ended_at = coalesce(ended_at, $6)
         where tenant_id = $7 and run_id = $1";

    /// Starts a run, because an engine has accepted its call.
    fn run_begin(run: RunId; now, tenant) -> Run =
        "update voice.runs set status = 'in_progress', started_at = $2 where tenant_id = $3 and id = $1
         returning id, workflow_id, version, channel, direction, status, outcome, success, split_id, campaign_id,
           execution, duration_ms, cost_minor, cost_currency, usage_period, started_at, ended_at";

    /// Ends a run.
    fn run_end(
        run: RunId, status: &str, outcome: &str, success: bool, execution: Json<Execution>, duration_ms: i64,
        cost_minor: i64; now, tenant
    ) -> Run =
        "update voice.runs
         set status = $2, outcome = $3, success = $4, execution = $5, duration_ms = $6, cost_minor = $7, ended_at = $8
         where tenant_id = $9 and id = $1
         returning id, workflow_id, version, channel, direction, status, outcome, success, split_id, campaign_id,
           execution, duration_ms, cost_minor, cost_currency, usage_period, started_at, ended_at";

    /// Finds what the engine needs to know about a call.
    fn handover_find(run: RunId; tenant) -> HandoverRow =
        "select e.url, e.enabled, e.id as engine_id, r.status, r.workflow_id, r.version, v.graph, r.execution,
           c.phone_number, r.direction, c.lease_seconds, c.longest_seconds, c.lease_until
         from voice.engine_calls as c
         join voice.engines as e on e.tenant_id = c.tenant_id and e.id = c.engine_id
         join voice.runs as r on r.tenant_id = c.tenant_id and r.id = c.run_id
         join voice.workflow_versions as v
           on v.tenant_id = r.tenant_id and v.workflow_id = r.workflow_id and v.version = r.version
         where c.tenant_id = $2 and c.run_id = $1";

    /// Finds a run of any channel.
    fn run_known(run: RunId; tenant) -> (RunId,) =
        "select id from voice.runs where tenant_id = $2 and id = $1";

    /// Finds the URL of a call's engine.
    fn engine_of(run: RunId; tenant) -> (String, EngineId) =
        "select e.url, e.id
         from voice.engine_calls as c join voice.engines as e on e.tenant_id = c.tenant_id and e.id = c.engine_id
         where c.tenant_id = $2 and c.run_id = $1";

    /// Stores the reports that are new and returns their ids.
    fn report_insert(
        tenant: TenantId, run: RunId, ids: Vec<String>, reports: serde_json::Value, late: bool; now
    ) -> (String,) =
        "insert into voice.engine_reports (tenant_id, run_id, report_id, sequence, report, late, received_at)
         select $1, $2, id, (report ->> 'sequence')::bigint, report, $5, $6
         from unnest($3::text[]) with ordinality as i (id, place)
         join jsonb_array_elements($4) with ordinality as r (report, place) using (place)
         order by place
         on conflict (tenant_id, run_id, report_id) do nothing
         returning report_id";

    /// Finds a call as readers see it.
    fn call_find(run: RunId; tenant) -> CallSeen =
        "select engine_id, phone_number, accepted_at, lease_until, result_sequence
         from voice.engine_calls where tenant_id = $2 and run_id = $1";

    /// Lists all reports of a call, in order.
    fn report_list(run: RunId; tenant) -> ReportRow =
        "select report, late, received_at from voice.engine_reports where tenant_id = $2 and run_id = $1
         order by sequence, report_id";

    /// Finds the tenant of a run, for a report that names only the run.
    fn tenant_of(run: RunId) -> (TenantId,) =
        "select tenant_id from voice.engine_calls where run_id = $1";

    /// Lists calls whose lease has expired, the longest overdue first.
    fn overdue_list(rows: i64; now) -> (TenantId, RunId) =
        "select tenant_id, run_id from voice.engine_calls
         where ended_at is null and lease_until <= $2 order by lease_until limit $1";
}
