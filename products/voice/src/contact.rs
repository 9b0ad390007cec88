//! Contacts: the people whom a campaign calls, from a CSV file or spreadsheet, and the results of their calls.

pub(crate) mod columns;
pub mod file;
pub mod import;
pub(crate) mod outcome;
pub mod preview;
mod store;
pub(crate) mod table;

use freehold_core::{Caller, Id, Kind, Page, PageRequest, Result};
use freehold_db::{Db, JsonText, TenantTx, row};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use store::STATEMENTS;

use crate::{
    campaign::{CampaignId, Schedule, campaign_get},
    graph::Variables,
    run::RunId,
};

/// The id of a contact.
pub type ContactId = Id<ContactKind>;

/// The kind of [`ContactId`].
pub enum ContactKind {}
impl Kind for ContactKind {
    const NAME: &'static str = "contact";
}

row! {
    /// A contact of a campaign.
    #[derive(Clone, Debug)]
    pub struct Contact {
        /// The contact's id.
        pub id: ContactId,
        /// The contact's line in the imported file.
        pub line: i32,
        /// The phone number, in E.164 form.
        pub phone: Option<String>,
        /// The IANA time zone of the contact, for calling hours; empty: the campaign's.
        pub time_zone: String,
        /// The values of the workflow's inputs.
        pub inputs: JsonText<Variables>,
        /// The status, a name of [`ContactStatus`].
        pub status: String,
        /// How often the contact was called.
        pub tries: i32,
        /// When a waiting contact is due to be called, UTC.
        pub due_at: Timestamp,
        /// The run of the last call; none: no call yet.
        pub run_id: Option<RunId>,
        /// The outcome of the last call; none: no call has ended yet.
        pub outcome: Option<String>,
        /// Whether the last call reached the goal of the workflow.
        pub success: bool,
        /// The duration of the last call, in milliseconds.
        pub duration_ms: i64,
        /// The cost of all calls to the contact, in minor units of the product's currency.
        pub cost_minor: i64,
        /// When the contact was last called, UTC; none: never.
        pub called_at: Option<Timestamp>,
    }
}

/// State of a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContactStatus {
    /// Waits for its first or next call.
    Waiting,
    /// Is being called.
    Calling,
    /// Was reached.
    Reached,
    /// Was called as often as the campaign allows and not reached.
    Unreached,
    /// The call failed or could not be made.
    Failed,
}

impl ContactStatus {
    /// The name in the database and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Calling => "calling",
            Self::Reached => "reached",
            Self::Unreached => "unreached",
            Self::Failed => "failed",
        }
    }
}

/// Lists a page of a campaign's contacts, the last of the file first; only those with this status, if one is given.
pub async fn contact_list(
    db: &Db,
    caller: &Caller,
    campaign: CampaignId,
    status: Option<ContactStatus>,
    request: PageRequest,
) -> Result<Page<Contact>> {
    campaign_get(db, caller, campaign).await?;
    let status = status.map(|status| status.name().to_owned());
    let rows =
        db.tenant(caller).fetch_all(store::contact_list(campaign, status, request.before(), request.rows())).await?;
    Ok(request.page(rows, |contact| contact.id))
}

/// Deletes all contacts of a campaign.
pub(crate) async fn contacts_delete(tx: &mut TenantTx, campaign: CampaignId) -> Result<()> {
    tx.execute(store::contacts_delete(campaign)).await.map(drop)
}

row! {
    /// What a campaign still has to do.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub(crate) struct Ahead {
        /// How many contacts are to be called now; counted up to 1,000.
        pub(crate) due: i64,
        /// When the next contact that may not be called yet becomes due; none: no such contact.
        pub(crate) next_due: Option<Timestamp>,
        /// How many contacts are being called.
        pub(crate) calling: i64,
    }
}

/// The zones of waiting contacts, and when calls may start there: now, or the next time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Openings(Vec<(String, Timestamp)>);

impl Openings {
    /// The zones in which calls may begin.
    fn open(&self, now: Timestamp) -> Vec<String> {
        self.0.iter().filter(|(_, opens)| *opens <= now).map(|(zone, _)| zone.clone()).collect()
    }

    /// When calls may start in the first of the zones; none when no contact waits.
    pub(crate) fn first(&self) -> Option<Timestamp> {
        self.0.iter().map(|(_, opens)| *opens).min()
    }
}

/// When the waiting contacts of a campaign may be called, zone by zone.
pub(crate) async fn contacts_openings(
    tx: &mut TenantTx,
    campaign: CampaignId,
    schedule: &Schedule,
) -> Result<Openings> {
    let now = tx.now();
    let zones = tx.fetch_all(store::contact_zones(campaign)).await?;
    let openings = zones.into_iter().map(|(zone,)| {
        let opens = schedule.opens_at(&zone, now)?;
        Ok((zone, opens.unwrap_or(Timestamp::MAX)))
    });
    openings.collect::<Result<_>>().map(Openings)
}

/// What a campaign still has to do.
pub(crate) async fn contacts_ahead(tx: &mut TenantTx, campaign: CampaignId, openings: &Openings) -> Result<Ahead> {
    let (zones, opens) = openings.0.iter().cloned().unzip();
    tx.fetch_one(store::contacts_ahead(campaign, zones, opens)).await
}

/// Counts the contacts of a campaign that are being called.
pub(crate) async fn contacts_calling(tx: &mut TenantTx, campaign: CampaignId) -> Result<i64> {
    let (count,) = tx.fetch_one(store::contacts_calling(campaign)).await?;
    Ok(count)
}

/// Claims the next contacts in zones where calls may start. No other transaction can claim them until this one ends.
pub(crate) async fn contacts_claim(
    tx: &mut TenantTx,
    campaign: CampaignId,
    openings: &Openings,
    at_most: i64,
) -> Result<Vec<Contact>> {
    let now = tx.now();
    match openings.open(now) {
        zones if zones.is_empty() => Ok(Vec::new()),
        zones => tx.fetch_all(store::contacts_claim(campaign, zones, at_most)).await,
    }
}
