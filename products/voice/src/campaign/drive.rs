//! What a campaign does by itself. One job drives it: it looks what is to be done, has it done by jobs that call, and
//! comes back, after a second or when there is something to do again.

mod call;
mod lot;
mod revive;

use std::{sync::Arc, time::Duration};

use freehold_core::{Caller, Context, Ids, Result, Standing, codes};
use freehold_db::TenantTx;
use freehold_jobs::{Backoff, Done, Handler, Job, JobKind, NewJob, Schedule, jobs_enqueue};
use freehold_web::Backbone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Campaign, CampaignId, CampaignReason, CampaignStatus,
    command::{Account, campaign_move},
    store,
};
use crate::{
    CALLS_METER,
    contact::{Ahead, contacts_ahead, contacts_openings, outcome::contacts_settle},
    workflow::workflow_find,
};
use call::Lanes;

/// Drives one campaign.
pub(crate) const DRIVE: JobKind = JobKind {
    // Over all the days that a campaign may take: whatever goes wrong meanwhile, a later try may go well.
    attempts: 100,
    backoff: Backoff { first: Duration::from_secs(1), factor: 2, most: Duration::from_mins(1) },
    ..JobKind::named("voice.campaign")
};

/// How often a campaign looks that waits for calls to end.
const LOOKS: SignedDuration = SignedDuration::from_secs(1);
/// In whose name campaigns work.
const REASON: &str = "campaign";

/// What does the jobs of campaigns.
pub(crate) fn handlers(backbone: &Backbone) -> Vec<Handler> {
    let [driving, calling, reviving, watching] = [(); 4].map(|()| backbone.clone());
    vec![
        Handler::new(&DRIVE, move |job| campaign_drive(driving.clone(), job)),
        Handler::new(&call::CALL, move |job| call::campaign_call(calling.clone(), job)),
        Handler::new(&revive::REVIVE, move |_| revive::campaigns_revive(reviving.clone())),
        Handler::new(&revive::WATCH, move |_| revive::campaigns_watch(watching.clone())),
    ]
}

/// Campaigns that stopped by themselves are looked at twice a minute.
pub(crate) const REVIVES: Schedule =
    Schedule { name: "voice.campaigns_revive", every: Duration::from_secs(30), kind: &revive::REVIVE };

/// Those that call, every other minute.
pub(crate) const WATCHES: Schedule =
    Schedule { name: "voice.campaigns_watch", every: Duration::from_mins(2), kind: &revive::WATCH };

/// What the job that drives a campaign is told.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Drive {
    pub(crate) campaign: CampaignId,
    /// Another job drives the campaign when it has had another turn since.
    pub(crate) turn: i32,
}

impl Drive {
    /// The job. While it is there, a second one of the same turn changes nothing.
    pub(crate) fn job(self, ids: &Ids, now: Timestamp) -> Result<NewJob> {
        let payload = serde_json::to_value(self).context("writing a job's payload")?;
        let key = Some(format!("{}/{}", self.campaign, self.turn));
        Ok(NewJob { key, ..NewJob::now(ids.next(), &DRIVE, payload, now) })
    }
}

/// What is known of a campaign when it is decided what to do.
#[derive(Clone, Copy, Debug)]
struct Facts {
    status: CampaignStatus,
    /// Whether its organization is suspended.
    suspended: bool,
    start_at: Option<Timestamp>,
    /// Whether its workflow can be run.
    runnable: bool,
    ahead: Ahead,
}

/// What is done with a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Nothing any more.
    End,
    /// Nothing before then.
    Wait(Timestamp),
    /// Its time has come.
    Begin,
    /// So many are to be called now.
    Call(i64),
    /// Everybody was called.
    Complete,
    /// It cannot go on until something is mended.
    Stop(CampaignReason),
    /// It cannot go on.
    Fail(CampaignReason),
}

impl Facts {
    fn step(&self, now: Timestamp) -> Step {
        let Ahead { due, next_due, calling } = self.ahead;
        if !self.status.is_going() {
            return if calling > 0 { Step::Wait(now + LOOKS) } else { Step::End };
        }
        if self.suspended {
            return Step::Stop(CampaignReason::SubscriptionSuspended);
        }
        if !self.runnable {
            return Step::Fail(CampaignReason::WorkflowDeleted);
        }
        if self.status == CampaignStatus::Scheduled {
            return self.start_at.filter(|start| *start > now).map_or(Step::Begin, Step::Wait);
        }
        if due == 0 && next_due.is_none() && calling == 0 {
            return Step::Complete;
        }
        let next_call = next_due.unwrap_or(Timestamp::MAX);
        match (due > 0, calling > 0) {
            (true, _) => Step::Call(due),
            (false, true) => Step::Wait(next_call.min(now + LOOKS)),
            (false, false) => Step::Wait(next_call),
        }
    }
}

/// Does what is to be done for a campaign at this moment.
async fn campaign_drive(backbone: Backbone, job: Job) -> Result<Done> {
    let Drive { campaign, turn } = job.payload()?;
    let now = backbone.clock.now();
    let Some(caller) = caller_of(&backbone, &job).await? else { return Ok(Done::Done) };
    let suspended = caller.standing() != Standing::Good;
    // A suspended organization changes nothing, so its campaign is stopped for it.
    let settling = if suspended { backbone.settling_caller(caller.tenant(), REASON).await? } else { None };
    let caller = settling.as_ref().unwrap_or(&caller);
    let terms = backbone.entitlements.queue_terms(&backbone.db, caller).await?;
    let calls = backbone.entitlements.allowance(&backbone.db, caller, CALLS_METER, now).await?;
    let account = Account { caller, terms: &terms, calls: &calls, ids: &backbone.ids, now };
    let mut tx = backbone.db.tenant(caller).begin().await?;
    let found = tx.fetch_optional(store::campaign_lock(campaign)).await?;
    let next = match found.filter(|campaign| campaign.turns == turn) {
        Some(campaign) => turn_take(&mut tx, account, &campaign, suspended).await?,
        None => None,
    };
    if next.is_none() {
        // In the transaction that found nothing to do: whoever sets the campaign going at this moment enqueues another job.
        job.finish(&mut tx).await?;
    }
    tx.commit().await?;
    Ok(next.map_or(Done::Done, Done::Again))
}

/// Whose job it is. None: nobody's any more.
async fn caller_of(backbone: &Backbone, job: &Job) -> Result<Option<Arc<Caller>>> {
    match job.tenant {
        Some(tenant) => backbone.system_caller(tenant, REASON).await,
        None => Ok(None),
    }
}

/// Takes the next steps; when to come back. None: never.
async fn turn_take(
    tx: &mut TenantTx,
    account: Account<'_>,
    campaign: &Campaign,
    suspended: bool,
) -> Result<Option<Timestamp>> {
    let now = account.now;
    contacts_settle(tx, campaign, now).await?;
    let status = campaign.status()?;
    let openings = contacts_openings(tx, campaign.id, &campaign.schedule.0, now).await?;
    let facts = Facts {
        status,
        suspended,
        start_at: campaign.schedule.0.start_at,
        runnable: !status.is_going() || is_runnable(tx, campaign).await?,
        ahead: contacts_ahead(tx, campaign.id, &openings, now).await?,
    };
    let next = match facts.step(now) {
        Step::End => None,
        Step::Wait(until) => Some(until),
        Step::Begin => {
            campaign_move(tx, account, campaign, CampaignStatus::Running, None).await?;
            Some(now)
        }
        Step::Call(due) => {
            lanes_open(tx, account, campaign, due).await?;
            Some(now + LOOKS)
        }
        Step::Complete => {
            campaign_move(tx, account, campaign, CampaignStatus::Completed, None).await?;
            None
        }
        Step::Stop(reason) => {
            campaign_move(tx, account, campaign, CampaignStatus::Stopped, Some(reason)).await?;
            Some(now)
        }
        Step::Fail(reason) => {
            campaign_move(tx, account, campaign, CampaignStatus::Failed, Some(reason)).await?;
            Some(now)
        }
    };
    Ok(next)
}

async fn is_runnable(tx: &mut TenantTx, campaign: &Campaign) -> Result<bool> {
    match workflow_find(tx, campaign.workflow_id).await {
        Ok(_) => Ok(true),
        Err(error) if error.is(codes::NOT_FOUND) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Has so many called, by as many jobs as may call at the same time. Those that are still at it go on.
async fn lanes_open(tx: &mut TenantTx, account: Account<'_>, campaign: &Campaign, due: i64) -> Result<()> {
    let jobs: Result<Vec<NewJob>> = Lanes::of(campaign)
        .for_contacts(due)
        .map(|lane| {
            let payload = call::Lane { campaign: campaign.id, lane }.payload()?;
            let job = NewJob::now(account.ids.next(), &call::CALL, payload, account.now);
            Ok(NewJob { key: Some(format!("{}/{lane}", campaign.id)), ..job })
        })
        .collect();
    match jobs_enqueue(tx, account.caller, account.terms, jobs?, account.now).await {
        // It waits until others have gone.
        Err(error) if error.is(codes::QUEUE_FULL) => Ok(()),
        enqueued => enqueued.map(drop),
    }
}

#[cfg(test)]
mod tests;
