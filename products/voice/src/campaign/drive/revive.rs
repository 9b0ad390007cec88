//! Resumes campaigns that stopped by themselves, once the cause has gone, and enqueues a new job for campaigns that
//! lost the one that drives them.

use freehold_app::App;
use freehold_core::{Caller, Result, Standing};
use freehold_jobs::{Done, JobKind, job_enqueue_system};
use freehold_metering::usage::usage_room;
use uuid::Uuid;

use super::{REASON, lot::engine_ready};
use crate::{
    CALLS_METER,
    campaign::{
        CampaignId, CampaignStatus,
        command::{Account, campaign_go},
        driver::Drive,
        store,
    },
};

/// The job that checks all stopped campaigns.
pub(super) const REVIVE: JobKind = JobKind { at_once: Some(1), ..JobKind::named("voice.campaigns_revive") };

/// The job that checks all campaigns that are running or scheduled.
pub(super) const WATCH: JobKind = JobKind { at_once: Some(1), ..JobKind::named("voice.campaigns_watch") };

/// How many campaigns are read at once.
const AT_ONCE: i64 = 200;

/// Resumes every stopped campaign whose cause has gone.
pub(super) async fn campaigns_revive(app: App) -> Result<Done> {
    let mut after = Uuid::nil();
    loop {
        let stopped = store::stopped_list(after, AT_ONCE);
        let stopped = app.db.system("find campaigns that stopped").fetch_all(stopped).await?;
        let Some((last, _)) = stopped.last() else { return Ok(Done::Done) };
        after = last.uuid();
        for (campaign, tenant) in stopped {
            let caller = app.system_caller(tenant, REASON).await?;
            let Some(caller) = caller.filter(|caller| caller.standing() == Standing::Good) else { continue };
            // An error in one campaign must not delay the others.
            if let Err(error) = campaign_revive(&app, &caller, campaign).await {
                tracing::warn!(%campaign, "a campaign that stopped was not looked at: {error:?}");
            }
        }
    }
}

async fn campaign_revive(app: &App, caller: &Caller, id: CampaignId) -> Result<()> {
    let terms = app.entitlements.queue_terms(&app.db, caller).await?;
    let calls = app.entitlements.allowance(&app.db, caller, CALLS_METER).await?;
    let account = Account { terms: &terms, calls: &calls };
    let mut tx = app.db.tenant(caller).begin().await?;
    if usage_room(&mut tx, &calls).await? == Some(0) {
        return Ok(());
    }
    let campaign = tx.fetch_optional(store::campaign_lock(id)).await?;
    match campaign {
        Some(campaign) if campaign.channel != "text" && !engine_ready(&mut tx, &campaign).await? => Ok(()),
        Some(campaign) if campaign.status()? == CampaignStatus::Stopped => {
            campaign_go(&mut tx, account, &campaign).await?;
            tx.commit().await
        }
        _ => Ok(()),
    }
}

/// Enqueues a new driving job for campaigns that have none, because a job that fails again and again becomes a dead
/// letter. If the job still exists, this has no effect.
pub(super) async fn campaigns_watch(app: App) -> Result<Done> {
    let mut after = Uuid::nil();
    loop {
        let mut tx = app.db.system("check that every campaign has a driver").begin().await?;
        let going = tx.fetch_all(store::going_list(after, AT_ONCE)).await?;
        let Some((last, ..)) = going.last() else { return Ok(Done::Done) };
        after = last.uuid();
        for (campaign, tenant, turn) in going {
            let job = Drive { campaign, turn }.job(tx.id(), tx.now())?;
            job_enqueue_system(&mut tx, Some(tenant), job).await?;
        }
        tx.commit().await?;
    }
}
