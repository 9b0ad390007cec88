//! Request and response bodies of campaigns and contacts.

use freehold_core::{Cursor, Result};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    callee::Script,
    campaign::{
        Campaign, CampaignChannel, CampaignId, CampaignReason, CampaignStatus, CampaignSummary, CampaignTerms,
        NewCampaign, Retry, Schedule, progress::CampaignProgress,
    },
    contact::{Contact, ContactId, ContactStatus},
    graph::Variables,
    run::RunId,
    workflow::WorkflowId,
};

/// The campaign to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateCampaign {
    /// Your name for the campaign: 1 to 200 characters.
    #[schema(max_length = 200)]
    name: String,
    /// Id of the workflow to run with each contact.
    #[schema(value_type = uuid::Uuid)]
    workflow_id: WorkflowId,
    /// Version of the workflow; the current one when left out.
    version: Option<i32>,
    /// Whether the workflow's running experiment assigns a version to each contact, instead of `version`. Default
    /// false.
    #[serde(default)]
    split: bool,
    /// Channel of the calls: `text` (the default) or `http`.
    #[serde(default)]
    channel: CampaignChannel,
    /// Id of the voice engine for the channel `http`; required where there are several.
    engine_id: Option<uuid::Uuid>,
    /// Largest number of simultaneous calls, 1 to 100; 5 when left out.
    #[serde(default = "some_at_once")]
    #[schema(minimum = 1, maximum = 100)]
    concurrency: i32,
    /// The times at which calls may start; at any time when left out.
    #[serde(default)]
    schedule: Schedule,
    /// Country of contacts whose number has no country code (ISO 3166-1 alpha-2), such as `DE`; none when left out.
    #[schema(max_length = 2)]
    default_country: Option<String>,
    /// How often unreached contacts are called again; never when left out.
    #[serde(default)]
    retry: Retry,
    /// Scripts for the callees on the channel `text`, taken in turn by contact and attempt, at most 20. When left out,
    /// callees answer yes to every question.
    #[schema(max_items = 20)]
    scripts: Option<Vec<Script>>,
}

fn some_at_once() -> i32 {
    5
}

/// The changes of a campaign; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateCampaign {
    /// Your name for the campaign: 1 to 200 characters.
    #[schema(max_length = 200)]
    name: Option<String>,
    /// Largest number of simultaneous calls, 1 to 100.
    #[schema(minimum = 1, maximum = 100)]
    concurrency: Option<i32>,
    /// The times at which calls may start.
    schedule: Option<Schedule>,
    /// Country of contacts that are added later and whose number has no country code (ISO 3166-1 alpha-2).
    #[schema(max_length = 2)]
    default_country: Option<String>,
    /// How often unreached contacts are called again.
    retry: Option<Retry>,
}

/// A campaign with its progress.
#[derive(Serialize, ToSchema)]
pub(crate) struct CampaignBody {
    /// Id of the campaign.
    #[schema(value_type = uuid::Uuid)]
    id: CampaignId,
    /// Your name for the campaign.
    name: String,
    /// Id of the workflow that is run with each contact.
    #[schema(value_type = uuid::Uuid)]
    workflow_id: WorkflowId,
    /// Version of the workflow; null when an experiment assigns it.
    version: Option<i32>,
    /// Channel of the calls: `text` or `http`.
    #[schema(value_type = CampaignChannel)]
    channel: String,
    /// Id of the voice engine for the channel `http`; null for the only engine.
    engine_id: Option<uuid::Uuid>,
    /// Largest number of simultaneous calls, 1 to 100.
    #[schema(minimum = 1, maximum = 100)]
    concurrency: i32,
    /// The times at which calls may start.
    schedule: Schedule,
    /// Country of contacts whose number has no country code (ISO 3166-1 alpha-2); null for none.
    default_country: Option<String>,
    /// How often unreached contacts are called again.
    retry: Retry,
    /// Scripts for the callees on the channel `text`.
    scripts: Vec<Script>,
    /// State and progress of the campaign.
    progress: CampaignProgress,
    /// When the first call started, UTC; null before it.
    #[schema(value_type = Option<String>, format = DateTime)]
    started_at: Option<Timestamp>,
    /// When the campaign ended, UTC; null until then.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
    /// When the campaign was created, UTC.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the campaign was last changed, UTC.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

/// A campaign in a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct CampaignSummaryBody {
    /// Id of the campaign.
    #[schema(value_type = uuid::Uuid)]
    id: CampaignId,
    /// Your name for the campaign.
    name: String,
    /// Id of the workflow that is run with each contact.
    #[schema(value_type = uuid::Uuid)]
    workflow_id: WorkflowId,
    /// Channel of the calls: `text` or `http`.
    #[schema(value_type = CampaignChannel)]
    channel: String,
    /// State of the campaign.
    status: CampaignStatus,
    /// Why the campaign stopped or failed; null when it did neither.
    #[schema(value_type = Option<CampaignReason>)]
    reason: Option<String>,
    /// Number of contacts of the campaign.
    contacts: i32,
    /// When the first call started, UTC; null before it.
    #[schema(value_type = Option<String>, format = DateTime)]
    started_at: Option<Timestamp>,
    /// When the campaign ended, UTC; null until then.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
    /// When the campaign was created, UTC.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

/// A page of campaigns.
#[derive(Serialize, ToSchema)]
pub(crate) struct CampaignPage {
    /// The campaigns, newest first.
    pub(crate) data: Vec<CampaignSummaryBody>,
    /// Value of `cursor` for the next page; null on the last page.
    #[schema(value_type = Option<String>)]
    pub(crate) next_cursor: Option<Cursor>,
}

/// A contact of a campaign.
#[derive(Serialize, ToSchema)]
pub(crate) struct ContactBody {
    /// Id of the contact.
    #[schema(value_type = uuid::Uuid)]
    id: ContactId,
    /// Line of the imported file, from 1.
    line: i32,
    /// Phone number of the contact (E.164); null without one.
    phone: Option<String>,
    /// Time zone for the contact's calling hours, by its IANA name, from the file or the number; null for the
    /// campaign's.
    time_zone: Option<String>,
    /// Values of the workflow's inputs, by name.
    #[schema(value_type = Object)]
    inputs: Variables,
    /// State of the contact: `waiting`, `calling`, `reached`, `unreached` or `failed`.
    #[schema(value_type = ContactStatus)]
    status: String,
    /// Number of calls to the contact.
    tries: i32,
    /// When the contact is called next, UTC; null unless it waits.
    #[schema(value_type = Option<String>, format = DateTime)]
    due_at: Option<Timestamp>,
    /// Id of the run of the last call; null before the first.
    #[schema(value_type = Option<uuid::Uuid>)]
    run_id: Option<RunId>,
    /// Outcome of the last call; `not_callable` when the values no longer fit the workflow; null before it.
    outcome: Option<String>,
    /// Whether the last call achieved the goal of the workflow.
    success: bool,
    /// Duration of the last call, in milliseconds.
    duration_ms: i64,
    /// Cost of all calls to the contact, in minor units such as cents.
    cost_minor: i64,
    /// When the contact was last called, UTC; null before the first call.
    #[schema(value_type = Option<String>, format = DateTime)]
    called_at: Option<Timestamp>,
}

/// A page of contacts.
#[derive(Serialize, ToSchema)]
pub(crate) struct ContactPage {
    /// The contacts, from the end of the file to its beginning.
    pub(crate) data: Vec<ContactBody>,
    /// Value of `cursor` for the next page; null on the last page.
    #[schema(value_type = Option<String>)]
    pub(crate) next_cursor: Option<Cursor>,
}

impl CreateCampaign {
    pub(crate) fn campaign(self, id: CampaignId) -> NewCampaign {
        let Self { name, concurrency, schedule, default_country, retry, .. } = self;
        NewCampaign {
            id,
            terms: CampaignTerms { name, concurrency, schedule, default_country, retry },
            workflow: self.workflow_id,
            version: self.version,
            split: self.split,
            channel: self.channel,
            engine: self.engine_id,
            scripts: self.scripts,
        }
    }
}

impl UpdateCampaign {
    pub(crate) fn terms(self, current: &Campaign) -> CampaignTerms {
        let terms = current.terms();
        CampaignTerms {
            name: self.name.unwrap_or(terms.name),
            concurrency: self.concurrency.unwrap_or(terms.concurrency),
            schedule: self.schedule.unwrap_or(terms.schedule),
            default_country: self.default_country.or(terms.default_country),
            retry: self.retry.unwrap_or(terms.retry),
        }
    }
}

impl CampaignBody {
    pub(crate) fn of(campaign: Campaign, progress: CampaignProgress) -> Self {
        Self {
            id: campaign.id,
            name: campaign.name,
            workflow_id: campaign.workflow_id,
            version: campaign.version,
            channel: campaign.channel,
            engine_id: campaign.engine_id,
            concurrency: campaign.concurrency,
            schedule: campaign.schedule.0,
            default_country: campaign.default_country,
            retry: Retry { tries: campaign.tries, wait_minutes: campaign.retry_minutes },
            scripts: campaign.scripts.0,
            progress,
            started_at: campaign.started_at,
            ended_at: campaign.ended_at,
            created_at: campaign.created_at,
            updated_at: campaign.updated_at,
        }
    }
}

impl TryFrom<CampaignSummary> for CampaignSummaryBody {
    type Error = freehold_core::Error;

    fn try_from(campaign: CampaignSummary) -> Result<Self> {
        Ok(Self {
            id: campaign.id,
            name: campaign.name,
            workflow_id: campaign.workflow_id,
            channel: campaign.channel,
            status: campaign.status.parse()?,
            reason: campaign.reason,
            contacts: campaign.contacts,
            started_at: campaign.started_at,
            ended_at: campaign.ended_at,
            created_at: campaign.created_at,
        })
    }
}

impl From<Contact> for ContactBody {
    fn from(contact: Contact) -> Self {
        Self {
            id: contact.id,
            line: contact.line,
            phone: contact.phone,
            time_zone: Some(contact.time_zone).filter(|zone| !zone.is_empty()),
            inputs: contact.inputs.0,
            due_at: (contact.status == "waiting").then_some(contact.due_at),
            status: contact.status,
            tries: contact.tries,
            run_id: contact.run_id,
            outcome: contact.outcome,
            success: contact.success,
            duration_ms: contact.duration_ms,
            cost_minor: contact.cost_minor,
            called_at: contact.called_at,
        }
    }
}
