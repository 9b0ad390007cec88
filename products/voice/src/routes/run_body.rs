//! A run as the API shows it.

use freehold_core::{Caller, Cursor, Result};
use freehold_db::{Db, TenantTx};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    engine::{
        EngineId,
        call::{CallSeen, View, call_see},
    },
    execution::{Entry, Reason, State},
    run::{Run, RunId, RunSummary},
    split::SplitId,
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
    /// The split that chose the version; null: none did.
    #[schema(value_type = Option<uuid::Uuid>)]
    split_id: Option<SplitId>,
    /// The campaign that called; null: none.
    campaign_id: Option<uuid::Uuid>,
    /// `text` or `http`.
    channel: String,
    /// `outbound`.
    direction: String,
    /// `queued`, `in_progress`, `completed`, `failed` or `cancelled`. Only a completed run uses a call of the plan.
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
    /// The engine that conducts it; null on the text channel.
    engine: Option<EngineCallBody>,
    /// How long it took, in milliseconds.
    duration_ms: i64,
    /// What it cost.
    cost: CostBody,
    /// When it began; of a run that waits for its engine, when it was made.
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
}

/// A run in the hands of a voice engine.
#[derive(Serialize, ToSchema)]
pub(crate) struct EngineCallBody {
    /// Which engine.
    #[schema(value_type = uuid::Uuid)]
    id: EngineId,
    /// Whom it calls.
    phone_number: Option<String>,
    /// When it took the run.
    #[schema(value_type = Option<String>, format = DateTime)]
    accepted_at: Option<Timestamp>,
    /// By when it has to be heard of, or has to take the run; null once the run has ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    lease_until: Option<Timestamp>,
    /// Where it says that the call stands: `ringing`.
    stage: Option<String>,
    /// More of that.
    note: Option<String>,
}

/// An amount.
#[derive(Serialize, ToSchema)]
pub(crate) struct CostBody {
    /// Minor units: cents.
    pub(crate) minor: i64,
    /// ISO 4217, lower case.
    pub(crate) currency: String,
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
    /// The split that chose the version; null: none did.
    #[schema(value_type = Option<uuid::Uuid>)]
    split_id: Option<SplitId>,
    /// The campaign that called; null: none.
    campaign_id: Option<uuid::Uuid>,
    /// `queued`, `in_progress`, `completed`, `failed` or `cancelled`.
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

impl RunBody {
    /// The run with what its engine told, where it has one.
    pub(crate) async fn of(db: &Db, caller: &Caller, run: Run) -> Result<Self> {
        if run.channel == "http" {
            Self::within(&mut db.tenant(caller).begin().await?, run).await
        } else {
            Ok(run.into())
        }
    }

    /// The same within a transaction that does more.
    pub(crate) async fn within(tx: &mut TenantTx, mut run: Run) -> Result<Self> {
        if run.channel != "http" {
            return Ok(run.into());
        }
        let (call, View { transcript, stage }) = call_see(tx, run.id).await?;
        run.execution.0 = run.execution.0.with_transcript(transcript);
        let (stage, note) = stage.map_or((None, None), |(stage, note)| (Some(stage), note));
        let CallSeen { engine_id, phone_number, accepted_at, lease_until, .. } = call;
        let lease_until = run.ended_at.is_none().then_some(lease_until);
        let engine = EngineCallBody { id: engine_id, phone_number, accepted_at, lease_until, stage, note };
        Ok(Self { engine: Some(engine), ..run.into() })
    }
}

/// Of a run on the text channel, whose transcript is its own.
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
            split_id: run.split_id,
            campaign_id: run.campaign_id,
            channel: run.channel,
            direction: run.direction,
            status: run.status,
            outcome: run.outcome,
            success: run.success,
            reason: execution.ended().and_then(|ended| ended.reason),
            waiting_at,
            transcript: execution.transcript().to_vec(),
            engine: None,
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
            split_id: run.split_id,
            campaign_id: run.campaign_id,
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
