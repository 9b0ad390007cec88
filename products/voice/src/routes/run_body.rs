//! A run as the API shows it.

use freehold_core::Cursor;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    execution::{Entry, Reason, State},
    run::{Run, RunId, RunSummary},
    workflow::WorkflowId,
};

/// A run with its transcript.
#[derive(Serialize, ToSchema)]
pub(crate) struct RunBody {
    /// Which.
    #[schema(value_type = uuid::Uuid)]
    id: RunId,
    /// Of which workflow.
    #[schema(value_type = uuid::Uuid)]
    workflow_id: WorkflowId,
    /// Of which of its versions.
    version: i32,
    /// `text`.
    channel: String,
    /// `outbound`.
    direction: String,
    /// `in_progress`, `completed` or `failed`. A failed run uses nothing of the plan.
    status: String,
    /// What it came to; null while it is in progress.
    outcome: Option<String>,
    /// Whether that is what the workflow was made for.
    success: bool,
    /// Why it failed, when it did.
    reason: Option<Reason>,
    /// The node at which a live run waits for a reply.
    waiting_at: Option<String>,
    /// Who said what, and when.
    transcript: Vec<Entry>,
    /// How long it took, in milliseconds.
    duration_ms: i64,
    /// What it cost.
    cost: CostBody,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
}

/// An amount.
#[derive(Serialize, ToSchema)]
pub(crate) struct CostBody {
    /// Minor units: cents.
    minor: i64,
    /// ISO 4217, lower case.
    currency: String,
}

/// A run in a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct RunSummaryBody {
    /// Which.
    #[schema(value_type = uuid::Uuid)]
    id: RunId,
    /// Of which workflow.
    #[schema(value_type = uuid::Uuid)]
    workflow_id: WorkflowId,
    /// Of which of its versions.
    version: i32,
    /// `in_progress`, `completed` or `failed`.
    status: String,
    /// What it came to.
    outcome: Option<String>,
    /// Whether that is what the workflow was made for.
    success: bool,
    /// How long it took, in milliseconds.
    duration_ms: i64,
    /// What it cost.
    cost: CostBody,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
}

/// A page of runs.
#[derive(Serialize, ToSchema)]
pub(crate) struct RunPage {
    /// The newest first.
    pub(crate) data: Vec<RunSummaryBody>,
    /// Send it as `cursor` for the next page.
    #[schema(value_type = Option<String>)]
    pub(crate) next_cursor: Option<Cursor>,
}

impl From<Run> for RunBody {
    fn from(run: Run) -> Self {
        let execution = run.execution.0;
        let waiting_at = match execution.state() {
            State::WaitingForReply { node, .. } => Some(node.clone()),
            _ => None,
        };
        Self {
            id: run.id,
            workflow_id: run.workflow_id,
            version: run.version,
            channel: run.channel,
            direction: run.direction,
            status: run.status,
            outcome: run.outcome,
            success: run.success,
            reason: execution.ended().and_then(|ended| ended.reason),
            waiting_at,
            transcript: execution.transcript().to_vec(),
            duration_ms: run.duration_ms,
            cost: CostBody { minor: run.cost_minor, currency: run.cost_currency },
            started_at: run.started_at,
            ended_at: run.ended_at,
        }
    }
}

impl From<RunSummary> for RunSummaryBody {
    fn from(run: RunSummary) -> Self {
        Self {
            id: run.id,
            workflow_id: run.workflow_id,
            version: run.version,
            status: run.status,
            outcome: run.outcome,
            success: run.success,
            duration_ms: run.duration_ms,
            cost: CostBody { minor: run.cost_minor, currency: run.cost_currency },
            started_at: run.started_at,
            ended_at: run.ended_at,
        }
    }
}
