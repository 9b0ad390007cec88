//! Campaigns: a workflow that calls a list of [contacts](crate::contact).
//!
//! A [`Schedule`] says when a campaign calls, and [`CampaignStatus`] is its status. [`command`] is what a member does
//! with a campaign, `drive` is what its jobs do, and [`progress`] counts its contacts.

pub mod command;
mod create;
mod delete;
pub(crate) mod drive;
mod driver;
pub mod events;
mod hours;
pub mod progress;
mod schedule;
mod status;
mod store;
mod terms;

use freehold_core::{Caller, Id, Kind, OptionExt, Page, PageRequest, Result};
use freehold_db::{Db, JsonText, TenantTx, row};
use jiff::Timestamp;
use uuid::Uuid;

pub(crate) use create::campaign_graphs;
pub use create::{CampaignChannel, NewCampaign, SCRIPTS_MAX, campaign_create};
pub use delete::campaign_delete;
pub use hours::{CallingHours, TimeOfDay, Window};
pub use schedule::Schedule;
pub use status::{CampaignReason, CampaignStatus, Command};
pub use store::STATEMENTS;
pub use terms::{CONCURRENCY_MAX, CampaignTerms, RETRY_MINUTES_MAX, Retry, TRIES_MAX};

use crate::{callee::Script, workflow::WorkflowId};

/// Most contacts of one campaign.
pub const CONTACTS_MAX: i32 = 100_000;

/// The id of a campaign.
pub type CampaignId = Id<CampaignKind>;

/// The kind of [`CampaignId`].
pub enum CampaignKind {}
impl Kind for CampaignKind {
    const NAME: &'static str = "campaign";
}

row! {
    /// A campaign: a workflow and a list of contacts.
    #[derive(Clone, Debug)]
    pub struct Campaign {
        /// The campaign's id.
        pub id: CampaignId,
        /// The campaign's name.
        pub name: String,
        /// The workflow that runs for each contact.
        pub workflow_id: WorkflowId,
        /// The version of the workflow; none: the one that a run without a version gets, so that an experiment divides
        /// the contacts.
        pub version: Option<i32>,
        /// `text` or `http`.
        pub channel: String,
        /// The engine that conducts the calls of the `http` channel; none: the organization's only engine.
        pub engine_id: Option<Uuid>,
        /// Most calls at the same time, 1 to 100.
        pub concurrency: i32,
        /// When the campaign calls.
        pub schedule: JsonText<Schedule>,
        /// The country of contacts whose number has no country code: ISO 3166-1 alpha-2.
        pub default_country: Option<String>,
        /// Most calls to one contact until they are reached, 1 to 10.
        pub tries: i32,
        /// How long after a call that did not reach the contact the next one follows, in minutes.
        pub retry_minutes: i32,
        /// The scripts that callees follow on the `text` channel.
        pub scripts: JsonText<Vec<Script>>,
        /// The status, a name of [`CampaignStatus`].
        pub status: String,
        /// Why the campaign stopped or failed, a name of [`CampaignReason`]; none: it did neither.
        pub reason: Option<String>,
        /// How often the campaign has been set going. The job that drives it belongs to one of these turns.
        pub turns: i32,
        /// The number of contacts.
        pub contacts: i32,
        /// When the campaign first called, UTC; none: not yet.
        pub started_at: Option<Timestamp>,
        /// When the campaign ended, UTC; none: not yet.
        pub ended_at: Option<Timestamp>,
        /// When the campaign was created, UTC.
        pub created_at: Timestamp,
        /// When the campaign was last updated, UTC.
        pub updated_at: Timestamp,
    }
}

row! {
    /// A campaign in a list.
    #[derive(Clone, Debug)]
    pub struct CampaignSummary {
        /// The campaign's id.
        pub id: CampaignId,
        /// The campaign's name.
        pub name: String,
        /// The workflow that runs for each contact.
        pub workflow_id: WorkflowId,
        /// `text` or `http`.
        pub channel: String,
        /// The status, a name of [`CampaignStatus`].
        pub status: String,
        /// Why the campaign stopped or failed, a name of [`CampaignReason`]; none: it did neither.
        pub reason: Option<String>,
        /// The number of contacts.
        pub contacts: i32,
        /// When the campaign first called, UTC; none: not yet.
        pub started_at: Option<Timestamp>,
        /// When the campaign ended, UTC; none: not yet.
        pub ended_at: Option<Timestamp>,
        /// When the campaign was created, UTC.
        pub created_at: Timestamp,
    }
}

impl Campaign {
    /// The campaign's status.
    pub fn status(&self) -> Result<CampaignStatus> {
        self.status.parse()
    }

    /// The campaign's terms, which members can change.
    pub fn terms(&self) -> CampaignTerms {
        CampaignTerms {
            name: self.name.clone(),
            concurrency: self.concurrency,
            schedule: self.schedule.0.clone(),
            default_country: self.default_country.clone(),
            retry: Retry { tries: self.tries, wait_minutes: self.retry_minutes },
        }
    }
}

/// Returns one campaign.
pub async fn campaign_get(db: &Db, caller: &Caller, id: CampaignId) -> Result<Campaign> {
    db.tenant(caller).fetch_optional(store::campaign_find(id)).await?.or_not_found("campaign")
}

/// Finds a campaign within a transaction.
pub(crate) async fn campaign_find(tx: &mut TenantTx, id: CampaignId) -> Result<Campaign> {
    tx.fetch_optional(store::campaign_find(id)).await?.or_not_found("campaign")
}

/// Finds a campaign and locks its row until the transaction ends.
pub(crate) async fn campaign_lock(tx: &mut TenantTx, id: CampaignId) -> Result<Campaign> {
    tx.fetch_optional(store::campaign_lock(id)).await?.or_not_found("campaign")
}

/// Lists a page of campaigns, the newest first.
pub async fn campaign_list(db: &Db, caller: &Caller, request: PageRequest) -> Result<Page<CampaignSummary>> {
    let rows = db.tenant(caller).fetch_all(store::campaign_list(request.before(), request.rows())).await?;
    Ok(request.page(rows, |campaign| campaign.id))
}

/// Stores the present number of contacts.
pub(crate) async fn campaign_count_contacts(tx: &mut TenantTx, id: CampaignId) -> Result<Campaign> {
    tx.fetch_one(store::campaign_count_contacts(id)).await
}
