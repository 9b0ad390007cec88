//! What somebody does with a campaign: change it, start, pause, resume and cancel it.

use freehold_core::{Caller, Error, Ids, Result, codes};
use freehold_db::{JsonText, TenantTx};
use freehold_jobs::{QueueTerms, job_enqueue, outbox::event_publish};
use freehold_metering::usage::{Allowance, usage_room};
use jiff::Timestamp;

use super::{
    Campaign, CampaignId, CampaignReason, CampaignStatus, CampaignTerms, Command, campaign_lock, drive::Drive,
    progress::campaign_counts, status::Outcome, store,
};
use crate::events::{CampaignCompleted, CampaignStarted, CampaignStopped};

/// On whose account a campaign calls, and when that is.
#[derive(Clone, Copy, Debug)]
pub struct Account<'a> {
    /// Who.
    pub caller: &'a Caller,
    /// What the plan gives of the queue.
    pub terms: &'a QueueTerms,
    /// What the plan gives of calls.
    pub calls: &'a Allowance,
    /// New ids.
    pub ids: &'a Ids,
    /// When.
    pub now: Timestamp,
}

/// Does it; the campaign afterwards. What has been done already is done again without effect. `conflict` where the
/// campaign stands somewhere else, `quota_exceeded` when it is to call and the plan has no calls left.
pub async fn campaign_command(
    tx: &mut TenantTx,
    account: Account<'_>,
    id: CampaignId,
    command: Command,
) -> Result<Campaign> {
    // Usage is locked before campaigns, here as by calls.
    let room = match command {
        Command::Start | Command::Resume => usage_room(tx, account.calls, account.now).await?,
        Command::Pause | Command::Cancel => None,
    };
    let campaign = campaign_lock(tx, id).await?;
    match campaign.status()?.after(command)? {
        Outcome::Already => Ok(campaign),
        Outcome::Becomes(status) => campaign_move(tx, account, &campaign, status, None).await,
        Outcome::Goes => {
            if campaign.contacts == 0 {
                return Err(Error::new(
                    codes::CONFLICT,
                    "The campaign has no contacts yet; send a list of them first.",
                ));
            }
            if room == Some(0) {
                return Err(account.calls.exhausted());
            }
            campaign_go(tx, account, &campaign).await
        }
    }
}

/// Lets a campaign call, from now on or from its time.
pub(crate) async fn campaign_go(tx: &mut TenantTx, account: Account<'_>, campaign: &Campaign) -> Result<Campaign> {
    let later = campaign.schedule.0.start_at.is_some_and(|start| start > account.now);
    let status = if later { CampaignStatus::Scheduled } else { CampaignStatus::Running };
    let campaign = campaign_move(tx, account, campaign, status, None).await?;
    campaign_drive(tx, account, campaign).await
}

/// Lets a new job drive the campaign; the one that did before finds out and ends.
async fn campaign_drive(tx: &mut TenantTx, account: Account<'_>, campaign: Campaign) -> Result<Campaign> {
    let (turn,) = tx.fetch_one(store::campaign_turn(campaign.id)).await?;
    let job = Drive { campaign: campaign.id, turn }.job(account.ids, account.now)?;
    job_enqueue(tx, account.caller, account.terms, job, account.now).await?;
    Ok(Campaign { turns: turn, ..campaign })
}

/// Lets the campaign look again at what is before it, if it calls: something has changed that it may be asleep over.
pub async fn campaign_wake(tx: &mut TenantTx, account: Account<'_>, campaign: Campaign) -> Result<Campaign> {
    if campaign.status()?.is_going() { campaign_drive(tx, account, campaign).await } else { Ok(campaign) }
}

/// Changes what `change` changes, if it agrees to what there is. A campaign that calls goes on with it at once.
pub async fn campaign_change(
    tx: &mut TenantTx,
    account: Account<'_>,
    id: CampaignId,
    change: impl FnOnce(&Campaign) -> Result<CampaignTerms>,
) -> Result<Campaign> {
    let current = campaign_lock(tx, id).await?;
    let terms = change(&current)?.checked()?;
    let status = current.status()?;
    if status.is_over() {
        let message = format!("The campaign is {}: it cannot be changed any more.", status.name());
        return Err(Error::new(codes::CONFLICT, message));
    }
    let CampaignTerms { name, concurrency, schedule, default_country, retry } = terms;
    let update = store::campaign_change(
        id,
        &name,
        concurrency,
        JsonText(schedule),
        default_country,
        retry.tries,
        retry.wait_minutes,
        account.now,
    );
    let campaign = tx.fetch_one(update).await?;
    campaign_wake(tx, account, campaign).await
}

/// Puts a campaign where it then stands, and tells outside what of that is news.
pub(crate) async fn campaign_move(
    tx: &mut TenantTx,
    account: Account<'_>,
    campaign: &Campaign,
    status: CampaignStatus,
    reason: Option<CampaignReason>,
) -> Result<Campaign> {
    let now = account.now;
    let begins = (status == CampaignStatus::Running).then_some(now);
    let ends = status.is_over().then_some(now);
    let reason = reason.map(CampaignReason::name);
    let update = store::campaign_move(campaign.id, status.name(), reason.map(str::to_owned), begins, ends, now);
    let moved = tx.fetch_one(update).await?;
    let (tenant, id) = (account.caller.tenant(), account.ids.next());
    match status {
        CampaignStatus::Running if campaign.started_at.is_none() => {
            event_publish(tx, tenant, id, &CampaignStarted::of(campaign), now).await?;
        }
        CampaignStatus::Completed => {
            let counts = campaign_counts(tx, campaign.id).await?;
            event_publish(tx, tenant, id, &CampaignCompleted::of(campaign, counts), now).await?;
        }
        CampaignStatus::Stopped | CampaignStatus::Failed => {
            let counts = campaign_counts(tx, campaign.id).await?;
            let told = CampaignStopped::of(campaign, reason.unwrap_or_default(), counts);
            event_publish(tx, tenant, id, &told, now).await?;
        }
        _ => {}
    }
    Ok(moved)
}
