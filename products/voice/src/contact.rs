//! Contacts: whom a campaign calls, from a CSV file, and what came of it.

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

/// Names a contact.
pub type ContactId = Id<ContactKind>;

/// The kind of [`ContactId`].
pub enum ContactKind {}
impl Kind for ContactKind {
    const NAME: &'static str = "contact";
}

row! {
    /// Somebody a campaign calls.
    #[derive(Clone, Debug)]
    pub struct Contact {
        /// Which.
        pub id: ContactId,
        /// The line of the file it came with.
        pub line: i32,
        /// The number: E.164.
        pub phone: Option<String>,
        /// The IANA name of the zone by whose clock calling hours are read; empty: the campaign's.
        pub time_zone: String,
        /// The values of the workflow's inputs.
        pub inputs: JsonText<Variables>,
        /// See [`ContactStatus`].
        pub status: String,
        /// How often he was called.
        pub tries: i32,
        /// When he is to be called, while he waits.
        pub due_at: Timestamp,
        /// The last call.
        pub run_id: Option<RunId>,
        /// What it came to.
        pub outcome: Option<String>,
        /// Whether that is what the workflow is for.
        pub success: bool,
        /// How long it took, in milliseconds.
        pub duration_ms: i64,
        /// What all his calls cost, in minor units of the product's currency.
        pub cost_minor: i64,
        /// When he was last called.
        pub called_at: Option<Timestamp>,
    }
}

/// Where a contact stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContactStatus {
    /// He is to be called, perhaps once more.
    Waiting,
    /// He is being called.
    Calling,
    /// He was reached.
    Reached,
    /// He was called as often as the campaign tries, and never reached.
    Unreached,
    /// His call failed, or could not be made.
    Failed,
}

impl ContactStatus {
    /// Its name in the database and in JSON.
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

/// A page of a campaign's contacts, the last of the list first; of one status, where one is named.
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
    /// What a campaign has before it.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub(crate) struct Ahead {
        /// How many are to be called now; counted up to 1,000.
        pub(crate) due: i64,
        /// When the next one may be called who may not be called yet.
        pub(crate) next_due: Option<Timestamp>,
        /// How many are being called.
        pub(crate) calling: i64,
    }
}

/// The zones of contacts that wait, and when calls there may begin: now, or at the first moment after.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Openings(Vec<(String, Timestamp)>);

impl Openings {
    /// The zones in which calls may begin.
    fn open(&self, now: Timestamp) -> Vec<String> {
        self.0.iter().filter(|(_, opens)| *opens <= now).map(|(zone, _)| zone.clone()).collect()
    }

    /// When calls may begin in the first of them; none where nobody waits.
    pub(crate) fn first(&self) -> Option<Timestamp> {
        self.0.iter().map(|(_, opens)| *opens).min()
    }
}

/// When the contacts of a campaign that wait may be called, zone by zone.
pub(crate) async fn contacts_openings(
    tx: &mut TenantTx,
    campaign: CampaignId,
    schedule: &Schedule,
    now: Timestamp,
) -> Result<Openings> {
    let zones = tx.fetch_all(store::contact_zones(campaign)).await?;
    let openings = zones.into_iter().map(|(zone,)| {
        let opens = schedule.opens_at(&zone, now)?;
        Ok((zone, opens.unwrap_or(Timestamp::MAX)))
    });
    openings.collect::<Result<_>>().map(Openings)
}

/// What a campaign has before it.
pub(crate) async fn contacts_ahead(
    tx: &mut TenantTx,
    campaign: CampaignId,
    openings: &Openings,
    now: Timestamp,
) -> Result<Ahead> {
    let (zones, opens) = openings.0.iter().cloned().unzip();
    tx.fetch_one(store::contacts_ahead(campaign, zones, opens, now)).await
}

/// How many contacts of a campaign are being called.
pub(crate) async fn contacts_calling(tx: &mut TenantTx, campaign: CampaignId) -> Result<i64> {
    let (count,) = tx.fetch_one(store::contacts_calling(campaign)).await?;
    Ok(count)
}

/// The next contacts to be called where calls may begin, which nobody else takes until the transaction ends.
pub(crate) async fn contacts_claim(
    tx: &mut TenantTx,
    campaign: CampaignId,
    openings: &Openings,
    at_most: i64,
    now: Timestamp,
) -> Result<Vec<Contact>> {
    match openings.open(now) {
        zones if zones.is_empty() => Ok(Vec::new()),
        zones => tx.fetch_all(store::contacts_claim(campaign, now, zones, at_most)).await,
    }
}
