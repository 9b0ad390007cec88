//! Runs: executions that are kept and metered. A run uses one call when it came to an end by itself; one that failed used
//! nothing.

pub(crate) mod abandoned;
mod create;
mod store;

use freehold_core::{Caller, Error, Id, Ids, Kind, Money, OptionExt, Page, PageRequest, Result, codes};
use freehold_db::{Db, Json, TenantTx, row};
use freehold_jobs::outbox::event_publish_all;
use freehold_metering::usage::{usage_commit, usage_release};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

pub use create::{Callee, NewRun, run_create};
pub(crate) use create::{run_make, runs_keep};
pub use store::STATEMENTS;

use crate::{
    CALLS_METER, events,
    execution::{Ended, Event, Execution, Pace, Refused, State, Status},
    graph::Graph,
    split::SplitId,
    workflow::{WorkflowId, version_graph},
};

/// How long a live conversation may last. What is said after that meets a dead line; where nothing is said any more, the
/// call that was promised to it is given back.
const LIVE_AT_MOST: SignedDuration = SignedDuration::from_hours(1);

/// Names a run.
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
        /// Which.
        pub id: RunId,
        /// Of which workflow.
        pub workflow_id: WorkflowId,
        /// Of which of its versions.
        pub version: i32,
        /// `text`.
        pub channel: String,
        /// `outbound` or `inbound`.
        pub direction: String,
        /// `in_progress`, `completed` or `failed`.
        pub status: String,
        /// What it came to; none while it is in progress.
        pub outcome: Option<String>,
        /// Whether that is what the workflow was made for.
        pub success: bool,
        /// The split that chose the version.
        pub split_id: Option<SplitId>,
        /// The campaign that called.
        pub campaign_id: Option<Uuid>,
        /// Where it stands, what it knows, the transcript.
        pub execution: Json<Execution>,
        /// How long it took, in milliseconds.
        pub duration_ms: i64,
        /// What it cost, in minor units of `cost_currency`.
        pub cost_minor: i64,
        /// ISO 4217, lower case.
        pub cost_currency: String,
        /// Begin of the period that pays for it.
        pub usage_period: Timestamp,
        /// When it began.
        pub started_at: Timestamp,
        /// When it ended.
        pub ended_at: Option<Timestamp>,
    }
}

row! {
    /// A run in a list, without its transcript.
    #[derive(Clone, Debug)]
    pub struct RunSummary {
        /// Which.
        pub id: RunId,
        /// Of which workflow.
        pub workflow_id: WorkflowId,
        /// Of which of its versions.
        pub version: i32,
        /// The split that chose the version.
        pub split_id: Option<SplitId>,
        /// The campaign that called.
        pub campaign_id: Option<Uuid>,
        /// `in_progress`, `completed` or `failed`.
        pub status: String,
        /// What it came to.
        pub outcome: Option<String>,
        /// Whether that is what the workflow was made for.
        pub success: bool,
        /// How long it took, in milliseconds.
        pub duration_ms: i64,
        /// What it cost, in minor units of `cost_currency`.
        pub cost_minor: i64,
        /// ISO 4217, lower case.
        pub cost_currency: String,
        /// When it began.
        pub started_at: Timestamp,
        /// When it ended.
        pub ended_at: Option<Timestamp>,
    }
}

/// Something happens in a live run: the callee speaks, stays silent or hangs up.
pub async fn run_advance(
    tx: &mut TenantTx,
    id: RunId,
    event: Event,
    minute: Money,
    ids: &Ids,
    now: Timestamp,
) -> Result<Run> {
    let run = tx.fetch_optional(store::run_lock(id)).await?.or_not_found("run")?;
    let graph = version_graph(tx, run.workflow_id, run.version).await?;
    let elapsed_ms = u64::try_from(now.duration_since(run.started_at).as_millis()).unwrap_or_default();
    let pace = Pace::Live { elapsed_ms };
    // Whoever comes back after so long finds that the line is dead.
    let event = if now.duration_since(run.started_at) > LIVE_AT_MOST { Event::HungUp } else { event };
    let mut execution = run.execution.0;
    execution.advance(&graph, event, pace).map_err(|refused| refusal(&refused))?;
    stand_in(&mut execution, &graph, pace)?;
    run_keep(tx, (id, run.usage_period), execution, minute, ids, now).await
}

/// Ends a live run that nobody goes on with, if that is so: it failed, and used nothing.
async fn run_abandon(tx: &mut TenantTx, id: RunId, minute: Money, ids: &Ids, now: Timestamp) -> Result<()> {
    let Some(run) = tx.fetch_optional(store::run_lock(id)).await? else { return Ok(()) };
    let mut execution = run.execution.0;
    if execution.ended().is_none() && now.duration_since(run.started_at) > LIVE_AT_MOST {
        execution.abandon();
        run_keep(tx, (id, run.usage_period), execution, minute, ids, now).await?;
    }
    Ok(())
}

/// Keeps what has become of a run, and what that used.
async fn run_keep(
    tx: &mut TenantTx,
    (id, usage_period): (RunId, Timestamp),
    execution: Execution,
    minute: Money,
    ids: &Ids,
    now: Timestamp,
) -> Result<Run> {
    match execution.ended().map(|ended| ended.status) {
        Some(Status::Completed) => {
            usage_commit(tx, CALLS_METER, usage_period, id.uuid(), 1, now).await.map(drop)?;
        }
        Some(Status::Failed) => usage_release(tx, CALLS_METER, usage_period, id.uuid()).await.map(drop)?,
        None => {}
    }
    let row = Progress::of(execution, minute, now);
    let update = store::run_update(
        id,
        row.status,
        row.outcome,
        row.success,
        Json(row.execution),
        row.duration_ms,
        row.cost.minor,
        row.ended_at,
    );
    let run = tx.fetch_one(update).await?;
    event_publish_all(tx, events::of_run(&run, false, ids)?, now).await?;
    Ok(run)
}

/// One run.
pub async fn run_get(db: &Db, caller: &Caller, id: RunId) -> Result<Run> {
    db.tenant(caller).fetch_optional(store::run_find(id)).await?.or_not_found("run")
}

/// A page of runs, the newest first; of one workflow, where one is named.
pub async fn run_list(
    db: &Db,
    caller: &Caller,
    workflow: Option<WorkflowId>,
    request: PageRequest,
) -> Result<Page<RunSummary>> {
    let rows = db.tenant(caller).fetch_all(store::run_list(workflow, request.before(), request.rows())).await?;
    Ok(request.page(rows, |run| run.id))
}

/// On the text channel nobody is called and nobody is put through: the run goes on as if both had gone well, and the
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
    Error::new(codes::CONFLICT, format!("The run does not take this now: {refused}."))
}

/// What of an execution stands in columns of its own.
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
        // A failed run used nothing and costs nothing; of any other every started minute is paid for.
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
