//! The events of runs.

use freehold_core::{Id, Result};
use freehold_jobs::outbox::{Drafts, Event};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Run, RunId};
use crate::{
    execution::Reason,
    sample::{CAMPAIGN, RUN, SAMPLE_TIME, WORKFLOW},
    workflow::WorkflowId,
};

/// The content of `call.started`.
#[derive(Debug, Serialize, ToSchema)]
pub struct CallStarted {
    /// Id of the run.
    #[schema(value_type = Uuid)]
    pub run_id: RunId,
    /// Id of the workflow.
    #[schema(value_type = Uuid)]
    pub workflow_id: WorkflowId,
    /// Version of the workflow, from 1.
    pub workflow_version: i32,
    /// Id of the campaign that started the run; null for none.
    pub campaign_id: Option<Uuid>,
    /// Channel of the run: `text` or `http`.
    pub channel: String,
    /// Direction of the call: `outbound` or `inbound`.
    pub direction: String,
    /// When the run began, UTC.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
}

impl Event for CallStarted {
    const TYPE: &'static str = "call.started";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "A call started.";
    fn sample() -> Self {
        Self {
            run_id: Id::new(RUN),
            workflow_id: Id::new(WORKFLOW),
            workflow_version: 3,
            campaign_id: Some(CAMPAIGN),
            channel: "text".to_owned(),
            direction: "outbound".to_owned(),
            started_at: SAMPLE_TIME,
        }
    }
}

impl CallStarted {
    /// The event of this run.
    pub(crate) fn of(run: &Run) -> Self {
        Self {
            run_id: run.id,
            workflow_id: run.workflow_id,
            workflow_version: run.version,
            campaign_id: run.campaign_id,
            channel: run.channel.clone(),
            direction: run.direction.clone(),
            started_at: run.started_at,
        }
    }
}

/// The end of a call.
#[derive(Debug, Serialize, ToSchema)]
pub struct CallEnded {
    /// Id of the run.
    #[schema(value_type = Uuid)]
    pub run_id: RunId,
    /// Id of the workflow.
    #[schema(value_type = Uuid)]
    pub workflow_id: WorkflowId,
    /// Version of the workflow, from 1.
    pub workflow_version: i32,
    /// Id of the campaign that started the run; null for none.
    pub campaign_id: Option<Uuid>,
    /// Channel of the run: `text` or `http`.
    pub channel: String,
    /// Direction of the call: `outbound` or `inbound`.
    pub direction: String,
    /// Outcome of the run, such as `booked`; null without one.
    pub outcome: Option<String>,
    /// Whether the run achieved the goal of the workflow.
    pub success: bool,
    /// Why the run failed; null when it did not.
    pub reason: Option<Reason>,
    /// Duration of the run, in milliseconds.
    pub duration_ms: i64,
    /// Cost of the run.
    pub cost: Cost,
    /// When the run began, UTC.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    /// When the run ended, UTC.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
}

/// An amount of money.
#[derive(Debug, Serialize, ToSchema)]
pub struct Cost {
    /// Amount in minor units, such as cents.
    pub minor: i64,
    /// Currency in lower case (ISO 4217), such as `usd`.
    pub currency: String,
}

impl CallEnded {
    fn of(run: &Run) -> Self {
        Self {
            run_id: run.id,
            workflow_id: run.workflow_id,
            workflow_version: run.version,
            campaign_id: run.campaign_id,
            channel: run.channel.clone(),
            direction: run.direction.clone(),
            outcome: run.outcome.clone(),
            success: run.success,
            reason: run.execution.0.ended().and_then(|ended| ended.reason),
            duration_ms: run.duration_ms,
            cost: Cost { minor: run.cost_minor, currency: run.cost_currency.clone() },
            started_at: run.started_at,
            ended_at: run.ended_at,
        }
    }

    fn sample() -> Self {
        Self {
            run_id: Id::new(RUN),
            workflow_id: Id::new(WORKFLOW),
            workflow_version: 3,
            campaign_id: Some(CAMPAIGN),
            channel: "text".to_owned(),
            direction: "outbound".to_owned(),
            outcome: Some("confirmed".to_owned()),
            success: true,
            reason: None,
            duration_ms: 42_600,
            cost: Cost { minor: 1, currency: "usd".to_owned() },
            started_at: SAMPLE_TIME,
            ended_at: Some(SAMPLE_TIME + SignedDuration::from_millis(42_600)),
        }
    }
}

/// The content of `call.completed`.
#[derive(Debug, Serialize, ToSchema)]
pub struct CallCompleted(CallEnded);

impl Event for CallCompleted {
    const TYPE: &'static str = "call.completed";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "A call completed; it uses one call of the plan.";
    fn sample() -> Self {
        Self(CallEnded::sample())
    }
}

/// The content of `call.failed`.
#[derive(Debug, Serialize, ToSchema)]
pub struct CallFailed(CallEnded);

impl Event for CallFailed {
    const TYPE: &'static str = "call.failed";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "A call failed; it uses nothing of the plan and costs nothing.";
    fn sample() -> Self {
        let cost = Cost { minor: 0, currency: "usd".to_owned() };
        let reason = Some(Reason::WebhookFailed);
        Self(CallEnded { outcome: Some("failed".to_owned()), success: false, reason, cost, ..CallEnded::sample() })
    }
}

/// The content of `workflow.finished`.
#[derive(Debug, Serialize, ToSchema)]
pub struct WorkflowFinished {
    /// Id of the run.
    #[schema(value_type = Uuid)]
    pub run_id: RunId,
    /// Id of the workflow.
    #[schema(value_type = Uuid)]
    pub workflow_id: WorkflowId,
    /// Version of the workflow, from 1.
    pub workflow_version: i32,
    /// Status of the run: `completed` or `failed`.
    pub status: String,
    /// Outcome of the run, such as `booked`; null without one.
    pub outcome: Option<String>,
    /// Whether the run achieved the goal of the workflow.
    pub success: bool,
}

impl Event for WorkflowFinished {
    const TYPE: &'static str = "workflow.finished";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str =
        "A run of a workflow ended, completed or failed: its result without the facts of the call.";
    fn sample() -> Self {
        Self {
            run_id: Id::new(RUN),
            workflow_id: Id::new(WORKFLOW),
            workflow_version: 3,
            status: "completed".to_owned(),
            outcome: Some("confirmed".to_owned()),
            success: true,
        }
    }
}

/// The events of a run: its start, when `begins`, and its end, when it has ended.
pub(crate) fn run_events(run: &Run, begins: bool) -> Result<Drafts> {
    let mut drafts = Drafts::default();
    add_run(&mut drafts, run, begins)?;
    Ok(drafts)
}

/// The events of several runs that began and ended just now.
pub(crate) fn runs_events(runs: &[Run]) -> Result<Drafts> {
    let mut drafts = Drafts::default();
    runs.iter().try_for_each(|run| add_run(&mut drafts, run, true))?;
    Ok(drafts)
}

fn add_run(drafts: &mut Drafts, run: &Run, begins: bool) -> Result<()> {
    if begins {
        drafts.add(&CallStarted::of(run))?;
    }
    match run.status.as_str() {
        "completed" => drafts.add(&CallCompleted(CallEnded::of(run)))?,
        "failed" => drafts.add(&CallFailed(CallEnded::of(run)))?,
        _ => return Ok(()),
    }
    let finished = WorkflowFinished {
        run_id: run.id,
        workflow_id: run.workflow_id,
        workflow_version: run.version,
        status: run.status.clone(),
        outcome: run.outcome.clone(),
        success: run.success,
    };
    drafts.add(&finished)
}
