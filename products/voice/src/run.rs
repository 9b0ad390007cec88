//! Runs: executions that are stored and metered. A completed run counts as one call; a failed one does not count.

pub(crate) mod abandoned;
mod create;
pub mod events;
mod store;

use freehold_core::{Caller, Error, Id, Kind, Money, OptionExt, Page, PageRequest, Result, codes};
use freehold_db::{Db, Json, TenantTx, row};
use freehold_jobs::outbox::event_publish_all;
use freehold_metering::usage::{usage_commit, usage_release};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

pub use create::{Callee, NewRun, run_create};
pub(crate) use create::{run_make, runs_keep};
pub use store::STATEMENTS;

use crate::{
    CALLS_METER,
    execution::{Ended, Event, Execution, Pace, Refused, State, Status},
    graph::Graph,
    split::SplitId,
    workflow::{WorkflowId, version_graph},
};

/// How long a live conversation may last. A message after that finds the call ended. A run without further messages is
/// ended by a job, which releases the reservation of its call.
const LIVE_AT_MOST: SignedDuration = SignedDuration::from_hours(1);

/// The id of a run.
pub type RunId = Id<RunKind>;

/// The kind of [`RunId`].
pub enum RunKind {}
impl Kind for RunKind {
    const NAME: &'static str = "run";
}

row! {
    /// One execution of one version of a workflow.
    #[derive(Clone, Debug)]
    pub struct Run {
        /// The run's id.
        pub id: RunId,
        /// Id of the workflow that was run.
        pub workflow_id: WorkflowId,
        /// The version of the workflow.
        pub version: i32,
        /// `text` or `http`.
        pub channel: String,
        /// `outbound` or `inbound`.
        pub direction: String,
        /// `queued`, `in_progress`, `completed`, `failed` or `cancelled`.
        pub status: String,
        /// The outcome; none while the run is in progress.
        pub outcome: Option<String>,
        /// Whether the run reached the goal of its workflow.
        pub success: bool,
        /// The experiment that chose the version; none: no experiment did.
        pub split_id: Option<SplitId>,
        /// The campaign that called; none: the run belongs to no campaign.
        pub campaign_id: Option<Uuid>,
        /// The state of the execution: its node, its variables and the transcript.
        pub execution: Json<Execution>,
        /// The duration, in milliseconds.
        pub duration_ms: i64,
        /// The cost, in minor units of `cost_currency`.
        pub cost_minor: i64,
        /// The currency of the cost, ISO 4217 in lower case.
        pub cost_currency: String,
        /// Start of the billing period in which the run counts, UTC.
        pub usage_period: Timestamp,
        /// When the run started, UTC.
        pub started_at: Timestamp,
        /// When the run ended, UTC; none: it is in progress.
        pub ended_at: Option<Timestamp>,
    }
}

row! {
    /// A run in a list, without its transcript.
    #[derive(Clone, Debug)]
    pub struct RunSummary {
        /// The run's id.
        pub id: RunId,
        /// Id of the workflow that was run.
        pub workflow_id: WorkflowId,
        /// The version of the workflow.
        pub version: i32,
        /// The experiment that chose the version; none: no experiment did.
        pub split_id: Option<SplitId>,
        /// The campaign that called; none: the run belongs to no campaign.
        pub campaign_id: Option<Uuid>,
        /// `queued`, `in_progress`, `completed`, `failed` or `cancelled`.
        pub status: String,
        /// The outcome; none while the run is in progress.
        pub outcome: Option<String>,
        /// Whether the run reached the goal of its workflow.
        pub success: bool,
        /// The duration, in milliseconds.
        pub duration_ms: i64,
        /// The cost, in minor units of `cost_currency`.
        pub cost_minor: i64,
        /// The currency of the cost, ISO 4217 in lower case.
        pub cost_currency: String,
        /// When the run started, UTC.
        pub started_at: Timestamp,
        /// When the run ended, UTC; none: it is in progress.
        pub ended_at: Option<Timestamp>,
    }
}

/// Continues a live run: the callee speaks, is silent or hangs up.
pub async fn run_advance(tx: &mut TenantTx, id: RunId, event: Event, minute: Money) -> Result<Run> {
    let now = tx.now();
    let run = tx.fetch_optional(store::run_lock(id)).await?.or_not_found("run")?;
    let graph = version_graph(tx, run.workflow_id, run.version).await?;
    let elapsed_ms = u64::try_from(now.duration_since(run.started_at).as_millis()).unwrap_or_default();
    let pace = Pace::Live { elapsed_ms };
    // A message after this long finds the call ended.
    let event = if now.duration_since(run.started_at) > LIVE_AT_MOST { Event::HungUp } else { event };
    let mut execution = run.execution.0;
    execution.advance(&graph, event, pace).map_err(|refused| refusal(&refused))?;
    stand_in(&mut execution, &graph, pace)?;
    run_keep(tx, id, run.usage_period, execution, minute).await
}

/// Ends a live run without further messages as failed, so that it does not count. Does nothing if the run was continued
/// meanwhile.
async fn run_abandon(tx: &mut TenantTx, id: RunId, minute: Money) -> Result<()> {
    let now = tx.now();
    let Some(run) = tx.fetch_optional(store::run_lock(id)).await? else { return Ok(()) };
    let mut execution = run.execution.0;
    if execution.ended().is_none() && now.duration_since(run.started_at) > LIVE_AT_MOST {
        execution.abandon();
        run_keep(tx, id, run.usage_period, execution, minute).await?;
    }
    Ok(())
}

/// Stores the new state of a run, and its usage.
async fn run_keep(
    tx: &mut TenantTx,
    id: RunId,
    usage_period: Timestamp,
    execution: Execution,
    minute: Money,
) -> Result<Run> {
    match execution.ended().map(|ended| ended.status) {
        Some(Status::Completed) => {
            usage_commit(tx, CALLS_METER, usage_period, id.uuid(), 1).await.map(drop)?;
        }
        Some(Status::Failed) => usage_release(tx, CALLS_METER, usage_period, id.uuid()).await.map(drop)?,
        None => {}
    }
    let row = Progress::of(execution, minute, tx.now());
    let update = store::run_update(store::RunChange {
        id,
        status: row.status,
        outcome: row.outcome,
        success: row.success,
        execution: Json(row.execution),
        duration_ms: row.duration_ms,
        cost_minor: row.cost.minor,
        ended_at: row.ended_at,
    });
    let run = tx.fetch_one(update).await?;
    event_publish_all(tx, events::run_events(&run, false)?).await?;
    Ok(run)
}

/// Returns one run.
pub async fn run_get(db: &Db, caller: &Caller, id: RunId) -> Result<Run> {
    db.tenant(caller).fetch_optional(store::run_find(id)).await?.or_not_found("run")
}

/// Lists a page of runs, the newest first; only those of one workflow, if one is given.
pub async fn run_list(
    db: &Db,
    caller: &Caller,
    workflow: Option<WorkflowId>,
    request: PageRequest,
) -> Result<Page<RunSummary>> {
    let rows = db.tenant(caller).fetch_all(store::run_list(workflow, request.before(), request.rows())).await?;
    Ok(request.page(rows, |run| run.id))
}

/// The `text` channel calls no server and transfers no call: the run continues as if both had succeeded, and the
/// transcript says so.
fn stand_in(execution: &mut Execution, graph: &Graph, pace: Pace) -> Result<()> {
    loop {
        let event = match execution.state() {
            State::WaitingForReply { .. } | State::WithItsEngine | State::Ended(_) => return Ok(()),
            State::WaitingForWebhook(_) => Event::WebhookScripted(crate::execution::WebhookAnswer::default()),
            State::WaitingForTransfer { .. } => Event::TransferConnected,
        };
        execution.advance(graph, event, pace).map_err(|refused| Error::internal(refused.to_string()))?;
    }
}

fn refusal(refused: &Refused) -> Error {
    Error::new(codes::CONFLICT, format!("The run cannot accept this now: {refused}."))
}

/// The parts of an execution that are stored in columns of their own.
struct Progress {
    status: &'static str,
    outcome: Option<String>,
    success: bool,
    duration_ms: i64,
    cost: Money,
    ended_at: Option<Timestamp>,
    execution: Execution,
}

impl Progress {
    fn of(execution: Execution, minute: Money, now: Timestamp) -> Self {
        let ended: Option<Ended> = execution.ended().cloned();
        let duration_ms = i64::try_from(execution.elapsed_ms()).unwrap_or(i64::MAX);
        let status = match ended.as_ref().map(|ended| ended.status) {
            None => "in_progress",
            Some(Status::Completed) => "completed",
            Some(Status::Failed) => "failed",
        };
        // A failed run costs nothing; for any other run every started minute is charged.
        let minutes = if status == "failed" { 0 } else { (duration_ms + 59_999) / 60_000 };
        Self {
            status,
            outcome: ended.as_ref().map(|ended| ended.outcome.clone()),
            success: ended.as_ref().is_some_and(|ended| ended.success),
            duration_ms,
            cost: Money { minor: minute.minor.saturating_mul(minutes), currency: minute.currency },
            ended_at: ended.map(|_| now),
            execution,
        }
    }
}
