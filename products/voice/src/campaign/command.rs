//! Commands of members: change, start, pause, resume and cancel a campaign.

use freehold_core::{Error, Result, codes};
use freehold_db::{
    JsonText, TenantTx,
    audit::{NewEntry, audit_append},
};
use freehold_jobs::{QueueTerms, job_enqueue, outbox::event_publish};
use freehold_metering::usage::{Allowance, usage_room};
use serde_json::{Value, json};

use super::{
    Campaign, CampaignId, CampaignReason, CampaignStatus, CampaignTerms, Command, campaign_lock,
    driver::Drive,
    events::{CampaignCompleted, CampaignStarted, CampaignStopped},
    progress::campaign_counts,
    status::Outcome,
    store,
};

/// The limits of the plan with which a campaign works.
#[derive(Clone, Copy, Debug)]
pub struct Account<'a> {
    /// The plan's limits for the job queue.
    pub terms: &'a QueueTerms,
    /// The plan's limit for calls.
    pub calls: &'a Allowance,
}

/// Carries out a command and returns the campaign afterwards. A command that was already carried out has no effect.
/// Returns `conflict` when the campaign's status does not permit the command, and `quota_exceeded` when the campaign
/// would call and the plan has no calls left.
pub async fn campaign_command(
    tx: &mut TenantTx,
    account: Account<'_>,
    id: CampaignId,
    command: Command,
) -> Result<Campaign> {
    // Usage is locked before campaigns, here and when calls are made, so that the two cannot deadlock.
    let room = match command {
        Command::Start | Command::Resume => usage_room(tx, account.calls).await?,
        Command::Pause | Command::Cancel => None,
    };
    let campaign = campaign_lock(tx, id).await?;
    let moved = match campaign.status()?.after(command)? {
        Outcome::Already => return Ok(campaign),
        Outcome::Becomes(status) => campaign_move(tx, &campaign, status, None).await?,
        Outcome::Goes => {
            if campaign.contacts == 0 {
                return Err(Error::new(codes::CONFLICT, "The campaign has no contacts yet. Import contacts first."));
            }
            if room == Some(0) {
                return Err(account.calls.exhausted());
            }
            campaign_go(tx, account, &campaign).await?
        }
    };
    let action = match command {
        Command::Start => "campaign.start_requested",
        Command::Pause => "campaign.paused",
        Command::Resume => "campaign.resumed",
        Command::Cancel => "campaign.cancelled",
    };
    let entry = NewEntry::new(tx.id(), action, id)
        .detail(json!({ "name": moved.name }))
        .changed(json!({ "status": campaign.status }), json!({ "status": moved.status }));
    audit_append(tx, entry).await?;
    Ok(moved)
}

/// Lets a campaign call, now or at its start time.
pub(crate) async fn campaign_go(tx: &mut TenantTx, account: Account<'_>, campaign: &Campaign) -> Result<Campaign> {
    let later = campaign.schedule.0.start_at.is_some_and(|start| start > tx.now());
    let status = if later { CampaignStatus::Scheduled } else { CampaignStatus::Running };
    let campaign = campaign_move(tx, campaign, status, None).await?;
    campaign_drive(tx, account, campaign).await
}

/// Enqueues a new job that drives the campaign. The previous job sees the new turn and ends.
async fn campaign_drive(tx: &mut TenantTx, account: Account<'_>, campaign: Campaign) -> Result<Campaign> {
    let (turn,) = tx.fetch_one(store::campaign_turn(campaign.id)).await?;
    let job = Drive { campaign: campaign.id, turn }.job(tx.id(), tx.now())?;
    job_enqueue(tx, account.terms, job).await?;
    Ok(Campaign { turns: turn, ..campaign })
}

/// Lets a running campaign check again at once what it has to do, because a change may mean that it should not keep
/// waiting.
pub async fn campaign_wake(tx: &mut TenantTx, account: Account<'_>, campaign: Campaign) -> Result<Campaign> {
    if campaign.status()?.is_going() { campaign_drive(tx, account, campaign).await } else { Ok(campaign) }
}

/// Updates a campaign with `change`, which may refuse. A running campaign uses the change at once.
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
        let message = format!("The campaign is {}, so it cannot be changed.", status.name());
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
    );
    let campaign = tx.fetch_one(update).await?;
    let entry = NewEntry::new(tx.id(), "campaign.updated", id).differing(facts(&current), facts(&campaign));
    audit_append(tx, entry).await?;
    campaign_wake(tx, account, campaign).await
}

/// What members set of a campaign, for the audit.
fn facts(campaign: &Campaign) -> Value {
    json!({
        "name": campaign.name,
        "concurrency": campaign.concurrency,
        "schedule": campaign.schedule.0,
        "default_country": campaign.default_country,
        "tries": campaign.tries,
        "retry_minutes": campaign.retry_minutes,
    })
}

/// Stores the campaign's new status and publishes the events that follow from it.
pub(crate) async fn campaign_move(
    tx: &mut TenantTx,
    campaign: &Campaign,
    status: CampaignStatus,
    reason: Option<CampaignReason>,
) -> Result<Campaign> {
    let now = tx.now();
    let begins = (status == CampaignStatus::Running).then_some(now);
    let ends = status.is_over().then_some(now);
    let reason = reason.map(CampaignReason::name);
    let update = store::campaign_move(campaign.id, status.name(), reason.map(str::to_owned), begins, ends);
    let moved = tx.fetch_one(update).await?;
    match status {
        CampaignStatus::Running if campaign.started_at.is_none() => {
            event_publish(tx, &CampaignStarted::of(campaign)).await?;
        }
        CampaignStatus::Completed => {
            let counts = campaign_counts(tx, campaign.id).await?;
            event_publish(tx, &CampaignCompleted::of(campaign, counts)).await?;
        }
        CampaignStatus::Stopped | CampaignStatus::Failed => {
            let counts = campaign_counts(tx, campaign.id).await?;
            let told = CampaignStopped::of(campaign, reason.unwrap_or_default(), counts);
            event_publish(tx, &told).await?;
        }
        _ => {}
    }
    Ok(moved)
}
