//! Creating runs.

use freehold_core::{Error, Money, Result};
use freehold_db::{Json, TenantTx};
use freehold_jobs::outbox::event_publish_all;
use freehold_metering::usage::{Allowance, usage_record, usage_record_each, usage_reserve};
use jiff::Timestamp;
use uuid::Uuid;

use super::{LIVE_AT_MOST, Progress, Run, RunId, events, stand_in, store};
use crate::{
    callee::{self, Script},
    execution::{Execution, Pace},
    field_errors,
    graph::{Variables, validate::validate_inputs},
    split::Choice,
};

/// How the callee's answers come.
#[derive(Clone, Debug)]
pub enum Callee {
    /// From a script: the run ends within the request.
    Scripted(Box<Script>),
    /// From a live conversation, message by message.
    Live,
}

/// A run to be created.
#[derive(Clone, Debug)]
pub struct NewRun {
    /// The run's id.
    pub id: RunId,
    /// The values of the graph's inputs.
    pub inputs: Variables,
    /// How the callee's answers come.
    pub callee: Callee,
    /// The price of a started minute.
    pub minute: Money,
    /// The campaign that calls; none: the run belongs to no campaign.
    pub campaign: Option<Uuid>,
}

/// Runs the chosen version of a workflow.
pub async fn run_create(tx: &mut TenantTx, allowance: &Allowance, choice: Choice, new: NewRun) -> Result<Run> {
    let tenant = tx.caller().tenant();
    let now = tx.now();
    let run = run_make(allowance, choice, new, now)?;
    match run.status.as_str() {
        // A failed run does not count as usage.
        "failed" => {}
        "in_progress" => {
            usage_reserve(tx, allowance, run.id.uuid(), 1, now + LIVE_AT_MOST).await.map(drop)?;
        }
        _ => usage_record(tx, allowance, run.id.uuid(), 1).await.map(drop)?,
    }
    let insert = store::run_insert(store::RunRow {
        tenant,
        id: run.id,
        workflow: run.workflow_id,
        version: run.version,
        split: run.split_id,
        campaign: run.campaign_id,
        status: &run.status,
        outcome: run.outcome.clone(),
        success: run.success,
        execution: run.execution.clone(),
        duration_ms: run.duration_ms,
        cost_minor: run.cost_minor,
        cost_currency: &run.cost_currency,
        usage_period: run.usage_period,
        started_at: run.started_at,
        ended_at: run.ended_at,
    });
    tx.execute(insert).await?;
    event_publish_all(tx, events::run_events(&run, true)?).await?;
    Ok(run)
}

/// Executes a run, if its inputs and script fit the chosen version. Nothing is stored yet.
pub(crate) fn run_make(
    allowance: &Allowance,
    Choice { workflow, split }: Choice,
    new: NewRun,
    now: Timestamp,
) -> Result<Run> {
    let graph = &workflow.graph.0;
    let mut problems = field_errors(validate_inputs(graph, &new.inputs), "");
    if let Callee::Scripted(script) = &new.callee {
        problems.extend(field_errors(callee::validate(script, graph), "/script"));
    }
    if !problems.is_empty() {
        return Err(Error::invalid_fields(problems));
    }
    let execution = match &new.callee {
        Callee::Scripted(script) => callee::run(graph, &new.inputs, script),
        Callee::Live => {
            let pace = Pace::Live { elapsed_ms: 0 };
            let mut execution = Execution::start(graph, &new.inputs, pace);
            stand_in(&mut execution, graph, pace)?;
            execution
        }
    };
    let row = Progress::of(execution, new.minute, now);
    Ok(Run {
        id: new.id,
        workflow_id: workflow.id,
        version: workflow.version,
        channel: "text".to_owned(),
        direction: "outbound".to_owned(),
        status: row.status.to_owned(),
        outcome: row.outcome,
        success: row.success,
        split_id: split,
        campaign_id: new.campaign,
        execution: Json(row.execution),
        duration_ms: row.duration_ms,
        cost_minor: row.cost.minor,
        cost_currency: row.cost.currency.code().to_owned(),
        usage_period: allowance.period_start,
        started_at: now,
        ended_at: row.ended_at,
    })
}

/// Stores several runs that have ended, in a few round trips. The caller has to check with `usage_room` first that the
/// plan has enough calls left.
pub(crate) async fn runs_keep(tx: &mut TenantTx, allowance: &Allowance, runs: &[Run]) -> Result<()> {
    // A failed run does not count as usage.
    let used = runs.iter().filter(|run| run.status != "failed").map(|run| run.id.uuid()).collect();
    usage_record_each(tx, allowance, used).await?;
    let documents: Vec<_> = runs.iter().map(store::RunDocument::of).collect();
    tx.execute(store::runs_insert(Json(documents))).await?;
    event_publish_all(tx, events::runs_events(runs)?).await
}
