//! How far a campaign is.

use freehold_core::{Caller, Money, Result};
use freehold_db::{Db, TenantTx, row};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Campaign, CampaignId, CampaignStatus, Schedule, campaign_get, store};
use crate::contact::contacts_openings;

row! {
    /// A campaign's contacts, counted.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Counts {
        /// All of them.
        pub total: i64,
        /// To be called, perhaps once more.
        pub waiting: i64,
        /// Being called.
        pub calling: i64,
        /// Reached.
        pub reached: i64,
        /// Called as often as the campaign tries, and never reached.
        pub unreached: i64,
        /// Whose call failed.
        pub failed: i64,
        /// Whose call came to what the workflow is for.
        pub succeeded: i64,
        /// How many calls were made.
        pub calls: i64,
        /// What they cost, in minor units.
        pub cost_minor: i64,
    }
}

/// How far a campaign is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CampaignProgress {
    /// Where it stands.
    pub status: CampaignStatus,
    /// Why it stopped or failed, when it did: `quota_exceeded`, `subscription_suspended`, `engine_unavailable` or
    /// `workflow_deleted`.
    pub reason: Option<String>,
    /// How many contacts it has.
    pub total: i64,
    /// With how many it is done: `reached`, `unreached` and `failed` together.
    pub done: i64,
    /// How many were reached.
    pub reached: i64,
    /// How many were called as often as the campaign tries, and never reached.
    pub unreached: i64,
    /// How many calls failed, or could not be made.
    pub failed: i64,
    /// How many calls came to what the workflow is for.
    pub succeeded: i64,
    /// How many are being called.
    pub in_progress: i64,
    /// How many are still to be called, perhaps once more.
    pub left: i64,
    /// How many calls were made.
    pub calls: i64,
    /// What they cost, in minor units of `currency`.
    pub cost_minor: i64,
    /// ISO 4217, lower case.
    pub currency: String,
    /// While it waits for its time or for calling hours: when the next call may begin.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub waits_until: Option<Timestamp>,
}

impl CampaignProgress {
    fn of(campaign: &Campaign, counts: Counts, opens: Option<Timestamp>, cost: Money, now: Timestamp) -> Result<Self> {
        let status = campaign.status()?;
        let Counts { total, waiting, calling, reached, unreached, failed, succeeded, calls, cost_minor } = counts;
        Ok(Self {
            status,
            reason: campaign.reason.clone(),
            total,
            done: reached + unreached + failed,
            reached,
            unreached,
            failed,
            succeeded,
            in_progress: calling,
            left: waiting,
            calls,
            cost_minor,
            currency: cost.currency.code().to_owned(),
            waits_until: opens.filter(|opens| *opens > now),
        })
    }

    /// Whether it goes on changing by itself soon: it calls, waits for its time, or calls are still under way.
    pub fn is_moving(&self) -> bool {
        self.status.is_going() || self.in_progress > 0
    }
}

/// A campaign and how far it is. `cost` says the currency.
pub async fn campaign_progress(
    db: &Db,
    caller: &Caller,
    id: CampaignId,
    cost: Money,
    now: Timestamp,
) -> Result<(Campaign, CampaignProgress)> {
    let campaign = campaign_get(db, caller, id).await?;
    let counts = db.tenant(caller).fetch_optional(store::campaign_counts(id)).await?.unwrap_or_default();
    let opens = if waits(&campaign)? {
        let mut tx = db.tenant(caller).begin().await?;
        let opens = opens_at(&mut tx, &campaign, now).await?;
        tx.commit().await?;
        opens
    } else {
        None
    };
    let progress = CampaignProgress::of(&campaign, counts, opens, cost, now)?;
    Ok((campaign, progress))
}

/// How far a campaign is, in the transaction that has just changed it.
pub(crate) async fn campaign_progress_of(
    tx: &mut TenantTx,
    campaign: &Campaign,
    cost: Money,
    now: Timestamp,
) -> Result<CampaignProgress> {
    let counts = campaign_counts(tx, campaign.id).await?;
    let opens = if waits(campaign)? { opens_at(tx, campaign, now).await? } else { None };
    CampaignProgress::of(campaign, counts, opens, cost, now)
}

/// Whether the campaign may have to wait for its time or for calling hours.
fn waits(campaign: &Campaign) -> Result<bool> {
    let Schedule { start_at, calling_hours, .. } = &campaign.schedule.0;
    Ok(campaign.status()?.is_going() && (start_at.is_some() || calling_hours.is_some()))
}

/// When the first call may begin, in whatever zone.
async fn opens_at(tx: &mut TenantTx, campaign: &Campaign, now: Timestamp) -> Result<Option<Timestamp>> {
    let schedule = &campaign.schedule.0;
    match contacts_openings(tx, campaign.id, schedule, now).await?.first() {
        Some(opens) => Ok(Some(opens)),
        None => schedule.opens_at("", now),
    }
}

/// The contacts, counted in this transaction.
pub(crate) async fn campaign_counts(tx: &mut TenantTx, id: CampaignId) -> Result<Counts> {
    tx.fetch_one(store::campaign_counts(id)).await
}
