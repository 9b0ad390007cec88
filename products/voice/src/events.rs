//! What is told outside, to `GET /events` and webhooks.

use freehold_core::{Id, Ids, Result};
use freehold_jobs::outbox::{Drafts, Event, EventType};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    campaign::{Campaign, progress::Counts},
    execution::Reason,
    run::{Run, RunId},
    workflow::WorkflowId,
};

/// The catalog.
pub(crate) const ALL: &[EventType] = &[
    EventType::of::<WorkflowCreated>(),
    EventType::of::<CallStarted>(),
    EventType::of::<CallCompleted>(),
    EventType::of::<CallFailed>(),
    EventType::of::<WorkflowFinished>(),
    EventType::of::<CampaignStarted>(),
    EventType::of::<CampaignCompleted>(),
    EventType::of::<CampaignStopped>(),
];

/// `workflow.created`.
#[derive(Debug, Serialize, ToSchema)]
pub struct WorkflowCreated {
    /// Which.
    #[schema(value_type = Uuid)]
    pub workflow_id: WorkflowId,
    /// What people call it.
    pub name: String,
    /// Its first version: 1.
    pub version: i32,
}

impl Event for WorkflowCreated {
    const TYPE: &'static str = "workflow.created";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "Somebody made a workflow.";
    fn sample() -> Self {
        Self { workflow_id: Id::new(WORKFLOW), name: "Appointment reminder".to_owned(), version: 1 }
    }
}

/// `call.started`.
#[derive(Debug, Serialize, ToSchema)]
pub struct CallStarted {
    /// Which run.
    #[schema(value_type = Uuid)]
    pub run_id: RunId,
    /// Of which workflow.
    #[schema(value_type = Uuid)]
    pub workflow_id: WorkflowId,
    /// Of which of its versions.
    pub workflow_version: i32,
    /// For which campaign, when for one.
    pub campaign_id: Option<Uuid>,
    /// `text` or `http`.
    pub channel: String,
    /// `outbound` or `inbound`.
    pub direction: String,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
}

impl Event for CallStarted {
    const TYPE: &'static str = "call.started";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "A call began.";
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
    /// Of this run.
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

/// How a call ended.
#[derive(Debug, Serialize, ToSchema)]
pub struct CallEnded {
    /// Which run.
    #[schema(value_type = Uuid)]
    pub run_id: RunId,
    /// Of which workflow.
    #[schema(value_type = Uuid)]
    pub workflow_id: WorkflowId,
    /// Of which of its versions.
    pub workflow_version: i32,
    /// For which campaign, when for one.
    pub campaign_id: Option<Uuid>,
    /// `text` or `http`.
    pub channel: String,
    /// `outbound` or `inbound`.
    pub direction: String,
    /// What it came to.
    pub outcome: Option<String>,
    /// Whether that is what the workflow was made for.
    pub success: bool,
    /// Why it failed, when it did.
    pub reason: Option<Reason>,
    /// How long it took, in milliseconds.
    pub duration_ms: i64,
    /// What it cost.
    pub cost: Cost,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
}

/// An amount of money.
#[derive(Debug, Serialize, ToSchema)]
pub struct Cost {
    /// Minor units: cents.
    pub minor: i64,
    /// ISO 4217, lower case.
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

/// `call.completed`.
#[derive(Debug, Serialize, ToSchema)]
pub struct CallCompleted(CallEnded);

impl Event for CallCompleted {
    const TYPE: &'static str = "call.completed";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "A call came to an end by itself, and counts.";
    fn sample() -> Self {
        Self(CallEnded::sample())
    }
}

/// `call.failed`.
#[derive(Debug, Serialize, ToSchema)]
pub struct CallFailed(CallEnded);

impl Event for CallFailed {
    const TYPE: &'static str = "call.failed";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "A call failed; it used nothing of the plan and cost nothing.";
    fn sample() -> Self {
        let cost = Cost { minor: 0, currency: "usd".to_owned() };
        let reason = Some(Reason::WebhookFailed);
        Self(CallEnded { outcome: Some("failed".to_owned()), success: false, reason, cost, ..CallEnded::sample() })
    }
}

/// `workflow.finished`.
#[derive(Debug, Serialize, ToSchema)]
pub struct WorkflowFinished {
    /// Which run.
    #[schema(value_type = Uuid)]
    pub run_id: RunId,
    /// Of which workflow.
    #[schema(value_type = Uuid)]
    pub workflow_id: WorkflowId,
    /// Of which of its versions.
    pub workflow_version: i32,
    /// `completed` or `failed`.
    pub status: String,
    /// What it came to.
    pub outcome: Option<String>,
    /// Whether that is what the workflow was made for.
    pub success: bool,
}

impl Event for WorkflowFinished {
    const TYPE: &'static str = "workflow.finished";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str =
        "A workflow was walked to its end, well or not: what it came to, without the call around it.";
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

/// `campaign.started`.
#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignStarted {
    /// Which.
    pub campaign_id: Uuid,
    /// What people call it.
    pub name: String,
    /// With which workflow.
    #[schema(value_type = Uuid)]
    pub workflow_id: WorkflowId,
    /// How many are to be called.
    pub contacts: i64,
}

impl Event for CampaignStarted {
    const TYPE: &'static str = "campaign.started";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "A campaign began to call.";
    fn sample() -> Self {
        Self { campaign_id: CAMPAIGN, name: "Spring recall".to_owned(), workflow_id: Id::new(WORKFLOW), contacts: 250 }
    }
}

/// `campaign.completed`.
#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignCompleted {
    /// Which.
    pub campaign_id: Uuid,
    /// What people call it.
    pub name: String,
    /// With which workflow.
    #[schema(value_type = Uuid)]
    pub workflow_id: WorkflowId,
    /// How many were to be called.
    pub contacts: i64,
    /// How many calls came to what the workflow was made for.
    pub succeeded: i64,
    /// How many could not be reached, or whose call failed.
    pub failed: i64,
}

impl Event for CampaignCompleted {
    const TYPE: &'static str = "campaign.completed";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "A campaign has called everybody.";
    fn sample() -> Self {
        Self {
            campaign_id: CAMPAIGN,
            name: "Spring recall".to_owned(),
            workflow_id: Id::new(WORKFLOW),
            contacts: 250,
            succeeded: 231,
            failed: 19,
        }
    }
}

impl CampaignStarted {
    /// Of this campaign.
    pub(crate) fn of(campaign: &Campaign) -> Self {
        Self {
            campaign_id: campaign.id.uuid(),
            name: campaign.name.clone(),
            workflow_id: campaign.workflow_id,
            contacts: campaign.contacts.into(),
        }
    }
}

impl CampaignCompleted {
    /// Of this campaign, with what came of its contacts.
    pub(crate) fn of(campaign: &Campaign, counts: Counts) -> Self {
        Self {
            campaign_id: campaign.id.uuid(),
            name: campaign.name.clone(),
            workflow_id: campaign.workflow_id,
            contacts: counts.total,
            succeeded: counts.succeeded,
            failed: counts.unreached + counts.failed,
        }
    }
}

/// `campaign.stopped`.
#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignStopped {
    /// Which.
    pub campaign_id: Uuid,
    /// What people call it.
    pub name: String,
    /// With which workflow.
    #[schema(value_type = Uuid)]
    pub workflow_id: WorkflowId,
    /// `quota_exceeded`, `subscription_suspended` or `engine_unavailable`, after which it goes on by itself when that is
    /// mended; or `workflow_deleted`, after which it does not.
    pub reason: String,
    /// How many were to be called.
    pub contacts: i64,
    /// How many of them are still to be called.
    pub left: i64,
}

impl Event for CampaignStopped {
    const TYPE: &'static str = "campaign.stopped";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "A campaign stopped by itself before it had called everybody.";
    fn sample() -> Self {
        Self {
            campaign_id: CAMPAIGN,
            name: "Spring recall".to_owned(),
            workflow_id: Id::new(WORKFLOW),
            reason: "quota_exceeded".to_owned(),
            contacts: 250,
            left: 112,
        }
    }
}

impl CampaignStopped {
    /// Of this campaign, with what came of its contacts.
    pub(crate) fn of(campaign: &Campaign, reason: &str, counts: Counts) -> Self {
        Self {
            campaign_id: campaign.id.uuid(),
            name: campaign.name.clone(),
            workflow_id: campaign.workflow_id,
            reason: reason.to_owned(),
            contacts: counts.total,
            left: counts.waiting + counts.calling,
        }
    }
}

/// 30 July 2026, 9:15 in Greenwich.
const SAMPLE_TIME: Timestamp = Timestamp::constant(1_785_402_900, 0);

const WORKFLOW: Uuid = Uuid::from_u128(0x0198_5a2e_7c60_7a31_8f2e_6d0c_4be9_1a51);
const RUN: Uuid = Uuid::from_u128(0x0198_5a2e_7c60_7a31_8f2e_6d0c_4be9_1a52);
const CAMPAIGN: Uuid = Uuid::from_u128(0x0198_5a2e_7c60_7a31_8f2e_6d0c_4be9_1a53);

/// What a run tells: that it began, when `begins`; and how it ended, when it has.
pub(crate) fn of_run(run: &Run, begins: bool, ids: &Ids) -> Result<Drafts> {
    let mut drafts = Drafts::default();
    add_run(&mut drafts, run, begins, ids)?;
    Ok(drafts)
}

/// What several runs tell that began and ended now.
pub(crate) fn of_runs(runs: &[Run], ids: &Ids) -> Result<Drafts> {
    let mut drafts = Drafts::default();
    runs.iter().try_for_each(|run| add_run(&mut drafts, run, true, ids))?;
    Ok(drafts)
}

fn add_run(drafts: &mut Drafts, run: &Run, begins: bool, ids: &Ids) -> Result<()> {
    if begins {
        drafts.add(ids.next(), &CallStarted::of(run))?;
    }
    match run.status.as_str() {
        "completed" => drafts.add(ids.next(), &CallCompleted(CallEnded::of(run)))?,
        "failed" => drafts.add(ids.next(), &CallFailed(CallEnded::of(run)))?,
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
    drafts.add(ids.next(), &finished)
}
