//! SQL of runs.

use freehold_core::TenantId;
use freehold_db::{Json, params, statements};
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::{Run, RunId, RunSummary};
use crate::{execution::Execution, split::SplitId, workflow::WorkflowId};

/// One of several runs, as it is sent to the database.
#[derive(Debug, Serialize)]
pub(super) struct RunDocument {
    id: RunId,
    workflow_id: WorkflowId,
    version: i32,
    split_id: Option<SplitId>,
    campaign_id: Option<Uuid>,
    status: String,
    outcome: Option<String>,
    success: bool,
    execution: Execution,
    duration_ms: i64,
    cost_minor: i64,
    cost_currency: String,
    usage_period: Timestamp,
}

impl RunDocument {
    pub(super) fn of(run: &Run) -> Self {
        let run = run.clone();
        Self {
            id: run.id,
            workflow_id: run.workflow_id,
            version: run.version,
            split_id: run.split_id,
            campaign_id: run.campaign_id,
            status: run.status,
            outcome: run.outcome,
            success: run.success,
            execution: run.execution.0,
            duration_ms: run.duration_ms,
            cost_minor: run.cost_minor,
            cost_currency: run.cost_currency,
            usage_period: run.usage_period,
        }
    }
}

params! {
    /// A run to insert.
    pub(super) struct RunRow<'a> {
        pub(super) tenant: TenantId,
        pub(super) id: RunId,
        pub(super) workflow: WorkflowId,
        pub(super) version: i32,
        pub(super) split: Option<SplitId>,
        pub(super) campaign: Option<Uuid>,
        pub(super) status: &'a str,
        pub(super) outcome: Option<String>,
        pub(super) success: bool,
        pub(super) execution: Json<Execution>,
        pub(super) duration_ms: i64,
        pub(super) cost_minor: i64,
        pub(super) cost_currency: &'a str,
        pub(super) usage_period: Timestamp,
        pub(super) started_at: Timestamp,
        pub(super) ended_at: Option<Timestamp>,
    }
}

params! {
    /// The state of a run after a step.
    pub(super) struct RunChange<'a> {
        pub(super) id: RunId,
        pub(super) status: &'a str,
        pub(super) outcome: Option<String>,
        pub(super) success: bool,
        pub(super) execution: Json<Execution>,
        pub(super) duration_ms: i64,
        pub(super) cost_minor: i64,
        pub(super) ended_at: Option<Timestamp>,
    }
}

statements! {
    /// Creates a run.
    fn run_insert(run: RunRow<'_>) -> () =
        "insert into voice.runs (
           tenant_id, id, workflow_id, version, split_id, campaign_id, channel, direction, status, outcome, success,
           execution, duration_ms, cost_minor, cost_currency, usage_period, started_at, ended_at
         ) values ($1, $2, $3, $4, $5, $6, 'text', 'outbound', $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";

    /// Creates several runs, which started and ended at the same time.
    fn runs_insert(runs: Json<Vec<RunDocument>>; now, tenant) -> () =
        "insert into voice.runs (
           tenant_id, id, workflow_id, version, split_id, campaign_id, channel, direction, status, outcome, success,
           execution, duration_ms, cost_minor, cost_currency, usage_period, started_at, ended_at
         )
         select $3, r.id, r.workflow_id, r.version, r.split_id, r.campaign_id, 'text', 'outbound',
           r.status, r.outcome, r.success, r.execution, r.duration_ms, r.cost_minor, r.cost_currency, r.usage_period, $2, $2
         from jsonb_to_recordset($1) as r (
           id uuid, workflow_id uuid, version integer, split_id uuid, campaign_id uuid, status text, outcome text,
           success boolean, execution jsonb, duration_ms bigint, cost_minor bigint, cost_currency text,
           usage_period timestamptz
         )";

    /// Finds one run.
    fn run_find(id: RunId; tenant) -> Run =
        "select id, workflow_id, version, channel, direction, status, outcome, success, split_id, campaign_id, execution,
           duration_ms, cost_minor, cost_currency, usage_period, started_at, ended_at
         from voice.runs where tenant_id = $2 and id = $1";

    /// Finds one run and locks its row.
    fn run_lock(id: RunId; tenant) -> Run =
        "select id, workflow_id, version, channel, direction, status, outcome, success, split_id, campaign_id, execution,
           duration_ms, cost_minor, cost_currency, usage_period, started_at, ended_at
         from voice.runs where tenant_id = $2 and id = $1 for update";

    /// Updates a run.
    fn run_update(change: RunChange<'_>; tenant) -> Run =
        "update voice.runs set status = $2, outcome = $3, success = $4, execution = $5, duration_ms = $6, cost_minor = $7,
           ended_at = $8
         where tenant_id = $9 and id = $1
         returning id, workflow_id, version, channel, direction, status, outcome, success, split_id, campaign_id, execution,
           duration_ms, cost_minor, cost_currency, usage_period, started_at, ended_at";

    /// Lists a page of runs.
    fn run_list(workflow: Option<WorkflowId>, before: Uuid, rows: i64; tenant) -> RunSummary =
        "select id, workflow_id, version, split_id, campaign_id, status, outcome, success, duration_ms, cost_minor,
           cost_currency, started_at, ended_at
         from voice.runs where tenant_id = $4 and id < $2 and ($1::uuid is null or workflow_id = $1)
         order by id desc limit $3";

    /// Lists the live runs of all tenants that started before this time and have not ended.
    fn abandoned_list(began_before: Timestamp, at_most: i64) -> (TenantId, RunId) =
        "select tenant_id, id from voice.runs
         where status = 'in_progress' and channel = 'text' and started_at < $1 order by started_at limit $2";
}
