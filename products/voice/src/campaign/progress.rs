//! The progress of a campaign.

mod store;

use freehold_core::{Caller, Money, Result};
use freehold_db::{Db, TenantTx, row};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

pub use store::STATEMENTS;

use super::{Campaign, CampaignId, CampaignReason, CampaignStatus, Schedule, campaign_get};
use crate::contact::contacts_openings;

row! {
    /// The numbers of a campaign's contacts.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Counts {
        /// All contacts.
        pub total: i64,
        /// Contacts that are still to be called, perhaps again.
        pub waiting: i64,
        /// Contacts that are being called.
        pub calling: i64,
        /// Contacts that were reached.
        pub reached: i64,
        /// Contacts that were called as often as the campaign tries, without success.
        pub unreached: i64,
        /// Contacts whose call failed.
        pub failed: i64,
        /// Contacts whose call reached the goal of the workflow.
        pub succeeded: i64,
        /// How many calls were made.
        pub calls: i64,
        /// The cost of the calls, in minor units.
        pub cost_minor: i64,
    }
}

/// The progress of a campaign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CampaignProgress {
    /// State of the campaign.
    pub status: CampaignStatus,
    /// Why the campaign stopped or failed: `quota_exceeded`, `subscription_suspended`, `engine_unavailable` or
    /// `workflow_deleted`; null when it did neither.
    #[schema(value_type = Option<CampaignReason>)]
    pub reason: Option<String>,
    /// Number of contacts of the campaign.
    pub total: i64,
    /// Number of finished contacts: `reached`, `unreached` and `failed` together.
    pub done: i64,
    /// Number of contacts that were reached.
    pub reached: i64,
    /// Number of contacts that were called as often as the campaign allows and not reached.
    pub unreached: i64,
    /// Number of contacts whose call failed or could not be made.
    pub failed: i64,
    /// Number of contacts whose call achieved the goal of the workflow.
    pub succeeded: i64,
    /// Number of contacts that are being called.
    pub in_progress: i64,
    /// Number of contacts that wait for their first or next call.
    pub left: i64,
    /// Number of calls that were made.
    pub calls: i64,
    /// Cost of the calls, in minor units of `currency`, such as cents.
    pub cost_minor: i64,
    /// Currency in lower case (ISO 4217), such as `usd`.
    pub currency: String,
    /// When the next call may start, UTC, while the campaign waits for `start_at` or calling hours; null otherwise.
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

    /// Whether the campaign will soon change by itself: it calls, waits for its time, or has calls in progress.
    pub fn is_moving(&self) -> bool {
        self.status.is_going() || self.in_progress > 0
    }
}

/// Returns a campaign and its progress. `cost` determines the currency.
pub async fn campaign_progress(
    db: &Db,
    caller: &Caller,
    id: CampaignId,
    cost: Money,
) -> Result<(Campaign, CampaignProgress)> {
    let now = db.clock().now();
    let campaign = campaign_get(db, caller, id).await?;
    let counts = db.tenant(caller).fetch_optional(store::campaign_counts(id)).await?.unwrap_or_default();
    let opens = if waits(&campaign)? {
        let mut tx = db.tenant(caller).begin().await?;
        let opens = opens_at(&mut tx, &campaign).await?;
        tx.commit().await?;
        opens
    } else {
        None
    };
    let progress = CampaignProgress::of(&campaign, counts, opens, cost, now)?;
    Ok((campaign, progress))
}

/// The progress of a campaign, in the transaction that has just changed it.
pub(crate) async fn campaign_progress_of(
    tx: &mut TenantTx,
    campaign: &Campaign,
    cost: Money,
) -> Result<CampaignProgress> {
    let now = tx.now();
    let counts = campaign_counts(tx, campaign.id).await?;
    let opens = if waits(campaign)? { opens_at(tx, campaign).await? } else { None };
    CampaignProgress::of(campaign, counts, opens, cost, now)
}

/// Whether the campaign may have to wait for its start time or for calling hours.
fn waits(campaign: &Campaign) -> Result<bool> {
    let Schedule { start_at, calling_hours, .. } = &campaign.schedule.0;
    Ok(campaign.status()?.is_going() && (start_at.is_some() || calling_hours.is_some()))
}

/// When the first call may start, in any zone.
async fn opens_at(tx: &mut TenantTx, campaign: &Campaign) -> Result<Option<Timestamp>> {
    let now = tx.now();
    let schedule = &campaign.schedule.0;
    match contacts_openings(tx, campaign.id, schedule).await?.first() {
        Some(opens) => Ok(Some(opens)),
        None => schedule.opens_at("", now),
    }
}

/// Counts the contacts, in this transaction.
pub(crate) async fn campaign_counts(tx: &mut TenantTx, id: CampaignId) -> Result<Counts> {
    tx.fetch_one(store::campaign_counts(id)).await
}
