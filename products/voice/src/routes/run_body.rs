//! Response bodies of runs.

use freehold_core::{Caller, Cursor, Result};
use freehold_db::{Db, TenantTx};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    engine::{
        EngineId,
        call::{CallSeen, Status, View, call_see},
    },
    execution::{Entry, Reason, State},
    run::{Run, RunId, RunSummary},
    split::SplitId,
    workflow::WorkflowId,
};

/// Channel of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = RunChannel)]
pub(crate) enum Channel {
    /// As text.
    #[default]
    Text,
    /// By a voice engine.
    Http,
}

impl From<Channel> for crate::start::Channel {
    fn from(channel: Channel) -> Self {
        match channel {
            Channel::Text => Self::Text,
            Channel::Http => Self::Http,
        }
    }
}

/// Direction of a call.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = RunDirection)]
pub(crate) enum Direction {
    /// The agent calls the callee.
    Outbound,
}

/// A run of a workflow with its transcript.
#[derive(Serialize, ToSchema)]
pub(crate) struct RunBody {
    /// Id of the run.
    #[schema(value_type = uuid::Uuid)]
    id: RunId,
    /// Id of the workflow.
    #[schema(value_type = uuid::Uuid)]
    workflow_id: WorkflowId,
    /// Version of the workflow, from 1.
    version: i32,
    /// Id of the experiment that chose the version; null for none.
    #[schema(value_type = Option<uuid::Uuid>)]
    split_id: Option<SplitId>,
    /// Id of the campaign that started the run; null for none.
    campaign_id: Option<uuid::Uuid>,
    /// Channel of the run: `text` or `http`.
    #[schema(value_type = Channel)]
    channel: String,
    /// Direction of the call; always `outbound`.
    #[schema(value_type = Direction)]
    direction: String,
    /// State of the run: `queued`, `in_progress`, `completed`, `failed` or `cancelled`. Only a completed run uses a
    /// call of the plan.
    #[schema(value_type = Status)]
    status: String,
    /// Outcome of the run, such as `booked`; null until it has ended.
    outcome: Option<String>,
    /// Whether the run achieved the goal of the workflow.
    success: bool,
    /// Why the run failed; null when it did not.
    reason: Option<Reason>,
    /// Id of the node at which a live run waits for a reply; null while none is awaited.
    waiting_at: Option<String>,
    /// The transcript: each line with its speaker and time.
    transcript: Vec<Entry>,
    /// The voice engine that conducts the run; null on the channel `text`.
    engine: Option<EngineCallBody>,
    /// Duration of the run, in milliseconds.
    duration_ms: i64,
    /// Cost of the run.
    cost: CallCostBody,
    /// When the run began, UTC; when it was created, for a run that waits for its engine.
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    /// When the run ended, UTC; null until then.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
}

/// The voice engine's call for a run.
#[derive(Serialize, ToSchema)]
pub(crate) struct EngineCallBody {
    /// Id of the voice engine.
    #[schema(value_type = uuid::Uuid)]
    id: EngineId,
    /// Phone number or `sip:` address that the engine calls; null when none was given.
    phone_number: Option<String>,
    /// When the engine accepted the run, UTC; null before that.
    #[schema(value_type = Option<String>, format = DateTime)]
    accepted_at: Option<Timestamp>,
    /// When the lease expires unless the engine accepts the run or reports, UTC; null once the run has ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    lease_until: Option<Timestamp>,
    /// Stage of the call as the engine reported it, such as `ringing`; null before the first report.
    stage: Option<String>,
    /// The engine's note on the stage; null without one.
    note: Option<String>,
}

/// An amount of money.
#[derive(Serialize, ToSchema)]
pub(crate) struct CallCostBody {
    /// Amount in minor units, such as cents.
    pub(crate) minor: i64,
    /// Currency in lower case (ISO 4217), such as `usd`.
    pub(crate) currency: String,
}

/// A run in a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct RunSummaryBody {
    /// Id of the run.
    #[schema(value_type = uuid::Uuid)]
    id: RunId,
    /// Id of the workflow.
    #[schema(value_type = uuid::Uuid)]
    workflow_id: WorkflowId,
    /// Version of the workflow, from 1.
    version: i32,
    /// Id of the experiment that chose the version; null for none.
    #[schema(value_type = Option<uuid::Uuid>)]
    split_id: Option<SplitId>,
    /// Id of the campaign that started the run; null for none.
    campaign_id: Option<uuid::Uuid>,
    /// State of the run: `queued`, `in_progress`, `completed`, `failed` or `cancelled`.
    #[schema(value_type = Status)]
    status: String,
    /// Outcome of the run, such as `booked`; null until it has ended.
    outcome: Option<String>,
    /// Whether the run achieved the goal of the workflow.
    success: bool,
    /// Duration of the run, in milliseconds.
    duration_ms: i64,
    /// Cost of the run.
    cost: CallCostBody,
    /// When the run began, UTC.
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    /// When the run ended, UTC; null until then.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
}

/// A page of runs.
#[derive(Serialize, ToSchema)]
pub(crate) struct RunPage {
    /// The runs, newest first.
    pub(crate) data: Vec<RunSummaryBody>,
    /// Value of `cursor` for the next page; null on the last page.
    #[schema(value_type = Option<String>)]
    pub(crate) next_cursor: Option<Cursor>,
}

impl RunBody {
    /// The run with its engine's reports, if it has an engine.
    pub(crate) async fn of(db: &Db, caller: &Caller, run: Run) -> Result<Self> {
        if run.channel == "http" {
            Self::within(&mut db.tenant(caller).begin().await?, run).await
        } else {
            Ok(run.into())
        }
    }

    /// The same within a larger transaction.
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

/// A run on the channel `text`, whose transcript is stored with it.
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
            cost: CallCostBody { minor: run.cost_minor, currency: run.cost_currency },
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
            cost: CallCostBody { minor: run.cost_minor, currency: run.cost_currency },
            started_at: run.started_at,
            ended_at: run.ended_at,
        }
    }
}
