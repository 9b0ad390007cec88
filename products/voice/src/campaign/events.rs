//! The events of campaigns.

use freehold_core::Id;
use freehold_jobs::outbox::Event;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Campaign, progress::Counts};
use crate::{
    sample::{CAMPAIGN, WORKFLOW},
    workflow::WorkflowId,
};

/// The content of `campaign.started`.
#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignStarted {
    /// Id of the campaign.
    pub campaign_id: Uuid,
    /// Name of the campaign.
    pub name: String,
    /// Id of the workflow that is run with each contact.
    #[schema(value_type = Uuid)]
    pub workflow_id: WorkflowId,
    /// Number of contacts to call.
    pub contacts: i64,
}

impl Event for CampaignStarted {
    const TYPE: &'static str = "campaign.started";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "A campaign started its calls.";
    fn sample() -> Self {
        Self { campaign_id: CAMPAIGN, name: "Spring recall".to_owned(), workflow_id: Id::new(WORKFLOW), contacts: 250 }
    }
}

/// The content of `campaign.completed`.
#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignCompleted {
    /// Id of the campaign.
    pub campaign_id: Uuid,
    /// Name of the campaign.
    pub name: String,
    /// Id of the workflow that is run with each contact.
    #[schema(value_type = Uuid)]
    pub workflow_id: WorkflowId,
    /// Number of contacts of the campaign.
    pub contacts: i64,
    /// Number of contacts whose call achieved the goal of the workflow.
    pub succeeded: i64,
    /// Number of contacts that were not reached or whose call failed.
    pub failed: i64,
}

impl Event for CampaignCompleted {
    const TYPE: &'static str = "campaign.completed";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "A campaign has called all its contacts.";
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
    /// The event of this campaign.
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
    /// The event of this campaign, with the results of its contacts.
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

/// The content of `campaign.stopped`.
#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignStopped {
    /// Id of the campaign.
    pub campaign_id: Uuid,
    /// Name of the campaign.
    pub name: String,
    /// Id of the workflow that is run with each contact.
    #[schema(value_type = Uuid)]
    pub workflow_id: WorkflowId,
    /// Why the campaign stopped: `quota_exceeded`, `subscription_suspended` or `engine_unavailable`, after which it
    /// continues by itself; or `workflow_deleted`, after which it does not.
    pub reason: String,
    /// Number of contacts of the campaign.
    pub contacts: i64,
    /// Number of contacts that are still to be called.
    pub left: i64,
}

impl Event for CampaignStopped {
    const TYPE: &'static str = "campaign.stopped";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "A campaign stopped by itself before it had called all its contacts.";
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
    /// The event of this campaign, with the results of its contacts.
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
