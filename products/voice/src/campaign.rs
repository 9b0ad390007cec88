//! Campaigns: a workflow over a list of [contacts](crate::contact), called by and by.
//!
//! A [`Schedule`] says when, [`CampaignStatus`] where it stands; [`command`] is what somebody does with it, `drive` what
//! it does by itself, [`progress`] how far it is.

pub mod command;
mod create;
pub(crate) mod drive;
mod hours;
pub mod progress;
mod schedule;
mod status;
mod store;
mod terms;

use freehold_core::{Caller, Error, Id, Kind, OptionExt, Page, PageRequest, Result, codes};
use freehold_db::{Db, JsonText, TenantTx, row};
use freehold_metering::usage::{Allowance, usage_record};
use jiff::Timestamp;
use uuid::Uuid;

pub(crate) use create::campaign_graphs;
pub use create::{CampaignChannel, NewCampaign, SCRIPTS_MAX, campaign_create};
pub use hours::{CallingHours, TimeOfDay, Window};
pub use schedule::Schedule;
pub use status::{CampaignReason, CampaignStatus, Command};
pub use store::STATEMENTS;
pub use terms::{CONCURRENCY_MAX, CampaignTerms, RETRY_MINUTES_MAX, Retry, TRIES_MAX};

use crate::{callee::Script, contact::contacts_delete, workflow::WorkflowId};

/// Most contacts of one campaign.
pub const CONTACTS_MAX: i32 = 100_000;

/// Names a campaign.
pub type CampaignId = Id<CampaignKind>;

/// The kind of [`CampaignId`].
pub enum CampaignKind {}
impl Kind for CampaignKind {
    const NAME: &'static str = "campaign";
}

row! {
    /// A workflow over a list of contacts.
    #[derive(Clone, Debug)]
    pub struct Campaign {
        /// Which.
        pub id: CampaignId,
        /// What people call it.
        pub name: String,
        /// What is run with each contact.
        pub workflow_id: WorkflowId,
        /// In which version; none: what a run without a version gets, so that a split divides the contacts.
        pub version: Option<i32>,
        /// `text` or `http`.
        pub channel: String,
        /// Who conducts the calls of the `http` channel; none there: the only engine.
        pub engine_id: Option<Uuid>,
        /// Most calls at the same time, 1 to 100.
        pub concurrency: i32,
        /// When it calls.
        pub schedule: JsonText<Schedule>,
        /// The country of contacts whose number has no country code: ISO 3166-1 alpha-2.
        pub default_country: Option<String>,
        /// How often somebody is called until he is reached, 1 to 10.
        pub tries: i32,
        /// How long after a try that reached nobody the next one comes, in minutes.
        pub retry_minutes: i32,
        /// What callees say on the text channel.
        pub scripts: JsonText<Vec<Script>>,
        /// See [`CampaignStatus`].
        pub status: String,
        /// Why it stopped or failed, when it did; see [`CampaignReason`].
        pub reason: Option<String>,
        /// Counts the times it was set going: the job that drives it belongs to one of them.
        pub turns: i32,
        /// How many contacts it has.
        pub contacts: i32,
        /// When it first called.
        pub started_at: Option<Timestamp>,
        /// When it was over.
        pub ended_at: Option<Timestamp>,
        /// When it was made.
        pub created_at: Timestamp,
        /// Last change.
        pub updated_at: Timestamp,
    }
}

row! {
    /// A campaign in a list.
    #[derive(Clone, Debug)]
    pub struct CampaignSummary {
        /// Which.
        pub id: CampaignId,
        /// What people call it.
        pub name: String,
        /// What is run with each contact.
        pub workflow_id: WorkflowId,
        /// `text` or `http`.
        pub channel: String,
        /// See [`CampaignStatus`].
        pub status: String,
        /// Why it stopped or failed, when it did.
        pub reason: Option<String>,
        /// How many contacts it has.
        pub contacts: i32,
        /// When it first called.
        pub started_at: Option<Timestamp>,
        /// When it was over.
        pub ended_at: Option<Timestamp>,
        /// When it was made.
        pub created_at: Timestamp,
    }
}

impl Campaign {
    /// Where it stands.
    pub fn status(&self) -> Result<CampaignStatus> {
        self.status.parse()
    }

    /// What was decided about it.
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

/// One campaign.
pub async fn campaign_get(db: &Db, caller: &Caller, id: CampaignId) -> Result<Campaign> {
    db.tenant(caller).fetch_optional(store::campaign_find(id)).await?.or_not_found("campaign")
}

/// The same within a transaction that is to do more.
pub(crate) async fn campaign_find(tx: &mut TenantTx, id: CampaignId) -> Result<Campaign> {
    tx.fetch_optional(store::campaign_find(id)).await?.or_not_found("campaign")
}

/// The same, kept from changing until the transaction ends.
pub(crate) async fn campaign_lock(tx: &mut TenantTx, id: CampaignId) -> Result<Campaign> {
    tx.fetch_optional(store::campaign_lock(id)).await?.or_not_found("campaign")
}

/// A page of campaigns, the newest first.
pub async fn campaign_list(db: &Db, caller: &Caller, request: PageRequest) -> Result<Page<CampaignSummary>> {
    let rows = db.tenant(caller).fetch_all(store::campaign_list(request.before(), request.rows())).await?;
    Ok(request.page(rows, |campaign| campaign.id))
}

/// Keeps how many contacts it has.
pub(crate) async fn campaign_count_contacts(tx: &mut TenantTx, id: CampaignId, now: Timestamp) -> Result<Campaign> {
    tx.fetch_one(store::campaign_count_contacts(id, now)).await
}

/// Deletes a campaign and its contacts, which gives the plan's room back. Its runs stay. `event` names the giving back in
/// the ledger.
pub async fn campaign_delete(
    tx: &mut TenantTx,
    allowance: &Allowance,
    id: CampaignId,
    event: Uuid,
    now: Timestamp,
) -> Result<()> {
    let campaign = campaign_lock(tx, id).await?;
    if campaign.status()?.is_going() {
        let message = format!("The campaign is {}: cancel it first.", campaign.status);
        return Err(Error::new(codes::CONFLICT, message));
    }
    contacts_delete(tx, id).await?;
    tx.execute(store::campaign_delete(id, now)).await?;
    usage_record(tx, allowance, event, -1, now).await.map(drop)
}
