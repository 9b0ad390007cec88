//! Campaigns and contacts as the API shows them.

use freehold_core::{Cursor, Result};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    callee::Script,
    campaign::{
        Campaign, CampaignChannel, CampaignId, CampaignStatus, CampaignSummary, CampaignTerms, NewCampaign, Retry,
        Schedule, progress::CampaignProgress,
    },
    contact::{Contact, ContactId},
    graph::Variables,
    run::RunId,
    workflow::WorkflowId,
};

/// A campaign to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CampaignNew {
    /// What people call it; 1 to 200 characters.
    #[schema(max_length = 200)]
    name: String,
    /// What is run with each contact.
    #[schema(value_type = uuid::Uuid)]
    workflow_id: WorkflowId,
    /// In which version; the current one when left out.
    version: Option<i32>,
    /// Instead of a version: contacts are divided among the variants of the split that runs for the workflow.
    #[serde(default)]
    split: bool,
    /// How calls are made.
    #[serde(default)]
    channel: CampaignChannel,
    /// Which engine conducts the calls of the `http` channel, where there are several.
    engine_id: Option<uuid::Uuid>,
    /// Most calls at the same time; 5 when left out.
    #[serde(default = "some_at_once")]
    #[schema(minimum = 1, maximum = 100)]
    concurrency: i32,
    /// When it calls; at any time when left out.
    #[serde(default)]
    schedule: Schedule,
    /// The country of contacts whose number has no country code: ISO 3166-1 alpha-2, such as `DE`. None when left out.
    #[schema(max_length = 2)]
    default_country: Option<String>,
    /// How somebody who was not reached is called again; not at all when left out.
    #[serde(default)]
    retry: Retry,
    /// What callees say on the text channel, taken in turn by contact and try. Left out: yes to every question. At most 20.
    scripts: Option<Vec<Script>>,
}

fn some_at_once() -> i32 {
    5
}

/// What is to be changed of a campaign. What is left out stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CampaignChange {
    /// What people call it.
    #[schema(max_length = 200)]
    name: Option<String>,
    /// Most calls at the same time.
    #[schema(minimum = 1, maximum = 100)]
    concurrency: Option<i32>,
    /// When it calls.
    schedule: Option<Schedule>,
    /// The country of contacts who are added later and whose number has no country code: ISO 3166-1 alpha-2.
    #[schema(max_length = 2)]
    default_country: Option<String>,
    /// How somebody who was not reached is called again.
    retry: Option<Retry>,
}

/// A campaign, and how far it is.
#[derive(Serialize, ToSchema)]
pub(crate) struct CampaignBody {
    /// Which.
    #[schema(value_type = uuid::Uuid)]
    id: CampaignId,
    /// What people call it.
    name: String,
    /// What is run with each contact.
    #[schema(value_type = uuid::Uuid)]
    workflow_id: WorkflowId,
    /// In which version; null: a split of the workflow chooses.
    version: Option<i32>,
    /// `text` or `http`.
    channel: String,
    /// Which engine conducts the calls of the `http` channel; null: the only one.
    engine_id: Option<uuid::Uuid>,
    /// Most calls at the same time.
    concurrency: i32,
    /// When it calls.
    schedule: Schedule,
    /// The country of contacts whose number has no country code: ISO 3166-1 alpha-2; null: none.
    default_country: Option<String>,
    /// How somebody who was not reached is called again.
    retry: Retry,
    /// What callees say on the text channel.
    scripts: Vec<Script>,
    /// Where it stands and how far it is.
    progress: CampaignProgress,
    /// When it first called.
    #[schema(value_type = Option<String>, format = DateTime)]
    started_at: Option<Timestamp>,
    /// When it was over.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Last change.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

/// A campaign in a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct CampaignSummaryBody {
    /// Which.
    #[schema(value_type = uuid::Uuid)]
    id: CampaignId,
    /// What people call it.
    name: String,
    /// What is run with each contact.
    #[schema(value_type = uuid::Uuid)]
    workflow_id: WorkflowId,
    /// `text` or `http`.
    channel: String,
    /// Where it stands.
    status: CampaignStatus,
    /// Why it stopped or failed, when it did.
    reason: Option<String>,
    /// How many contacts it has.
    contacts: i32,
    /// When it first called.
    #[schema(value_type = Option<String>, format = DateTime)]
    started_at: Option<Timestamp>,
    /// When it was over.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

/// A page of campaigns.
#[derive(Serialize, ToSchema)]
pub(crate) struct CampaignPage {
    /// The newest first.
    pub(crate) data: Vec<CampaignSummaryBody>,
    /// Send it as `cursor` for the next page.
    #[schema(value_type = Option<String>)]
    pub(crate) next_cursor: Option<Cursor>,
}

/// Somebody a campaign calls.
#[derive(Serialize, ToSchema)]
pub(crate) struct ContactBody {
    /// Which.
    #[schema(value_type = uuid::Uuid)]
    id: ContactId,
    /// The line of the file it came with.
    line: i32,
    /// The number: E.164.
    phone: Option<String>,
    /// The IANA name of the zone by whose clock calling hours are read, by the list or the number; null: the campaign's.
    time_zone: Option<String>,
    /// The values of the workflow's inputs.
    #[schema(value_type = Object)]
    inputs: Variables,
    /// `waiting`, `calling`, `reached`, `unreached` or `failed`.
    status: String,
    /// How often he was called.
    tries: i32,
    /// When he is to be called, while he waits.
    #[schema(value_type = Option<String>, format = DateTime)]
    due_at: Option<Timestamp>,
    /// The last call.
    #[schema(value_type = Option<uuid::Uuid>)]
    run_id: Option<RunId>,
    /// What it came to; `not_callable` where his values do not fit the workflow any more.
    outcome: Option<String>,
    /// Whether that is what the workflow is for.
    success: bool,
    /// How long it took, in milliseconds.
    duration_ms: i64,
    /// What all his calls cost, in minor units.
    cost_minor: i64,
    /// When he was last called.
    #[schema(value_type = Option<String>, format = DateTime)]
    called_at: Option<Timestamp>,
}

/// A page of contacts.
#[derive(Serialize, ToSchema)]
pub(crate) struct ContactPage {
    /// The last of the list first.
    pub(crate) data: Vec<ContactBody>,
    /// Send it as `cursor` for the next page.
    #[schema(value_type = Option<String>)]
    pub(crate) next_cursor: Option<Cursor>,
}

impl CampaignNew {
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

impl CampaignChange {
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
