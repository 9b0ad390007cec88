//! The jobs of a campaign. One job drives it: it decides what has to be done, enqueues jobs that call, and runs again
//! after a second or at the time of the next call.

mod call;
mod lot;
mod revive;

use std::{sync::Arc, time::Duration};

use freehold_app::App;
use freehold_core::{Caller, Result, Standing, codes};
use freehold_db::TenantTx;
use freehold_jobs::{Done, Handler, Job, NewJob, Schedule, jobs_enqueue};
use jiff::{SignedDuration, Timestamp};

use super::{
    Campaign, CampaignReason, CampaignStatus,
    command::{Account, campaign_move},
    driver::{DRIVE, Drive},
    store,
};
use crate::{
    CALLS_METER,
    contact::{Ahead, contacts_ahead, contacts_openings, outcome::contacts_settle},
    workflow::workflow_find,
};
use call::Lanes;

/// How often a campaign that waits for its calls to end is checked.
const LOOKS: SignedDuration = SignedDuration::from_secs(1);
/// The reason with which campaigns access the database.
const REASON: &str = "campaign";

/// The handlers of the jobs of campaigns.
pub(crate) fn handlers(app: &App) -> Vec<Handler> {
    vec![
        Handler::with(&DRIVE, app.clone(), campaign_drive),
        Handler::with(&call::CALL, app.clone(), call::campaign_call),
        Handler::with(&revive::REVIVE, app.clone(), |app, _| revive::campaigns_revive(app)),
        Handler::with(&revive::WATCH, app.clone(), |app, _| revive::campaigns_watch(app)),
    ]
}

/// The schedule that checks stopped campaigns, twice a minute.
pub(crate) const REVIVES: Schedule =
    Schedule { name: "voice.campaigns_revive", every: Duration::from_secs(30), kind: &revive::REVIVE };

/// The schedule that checks running campaigns, every two minutes.
pub(crate) const WATCHES: Schedule =
    Schedule { name: "voice.campaigns_watch", every: Duration::from_mins(2), kind: &revive::WATCH };

/// The facts that decide what a campaign does next.
#[derive(Clone, Copy, Debug)]
struct Facts {
    status: CampaignStatus,
    /// Whether the organization is suspended.
    suspended: bool,
    start_at: Option<Timestamp>,
    /// Whether the workflow can be run.
    runnable: bool,
    ahead: Ahead,
}

/// The next step of a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// The campaign is over.
    End,
    /// Nothing happens before this time.
    Wait(Timestamp),
    /// The campaign's start time has come.
    Begin,
    /// Call this many contacts now.
    Call(i64),
    /// All contacts have been called.
    Complete,
    /// The campaign stops until its reason has gone.
    Stop(CampaignReason),
    /// The campaign cannot continue.
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

/// Takes the campaign's next step.
async fn campaign_drive(app: App, job: Job) -> Result<Done> {
    let Drive { campaign, turn } = job.payload()?;
    let Some(caller) = caller_of(&app, &job).await? else { return Ok(Done::Done) };
    let suspended = caller.standing() != Standing::Good;
    // A suspended organization may not write, so the system stops the campaign on its behalf.
    let settling = if suspended { app.settling_caller(caller.tenant(), REASON).await? } else { None };
    let caller = settling.as_ref().unwrap_or(&caller);
    let terms = app.entitlements.queue_terms(&app.db, caller).await?;
    let calls = app.entitlements.allowance(&app.db, caller, CALLS_METER).await?;
    let account = Account { terms: &terms, calls: &calls };
    let mut tx = app.db.tenant(caller).begin().await?;
    let found = tx.fetch_optional(store::campaign_lock(campaign)).await?;
    let next = match found.filter(|campaign| campaign.turns == turn) {
        Some(campaign) => turn_take(&mut tx, account, &campaign, suspended).await?,
        None => None,
    };
    if next.is_none() {
        // In the transaction that found nothing to do: a command that sets the campaign going at this moment enqueues
        // another job.
        job.finish(&mut tx).await?;
    }
    tx.commit().await?;
    Ok(next.map_or(Done::Done, Done::Again))
}

/// The caller for the job's tenant. None: the tenant no longer exists.
async fn caller_of(app: &App, job: &Job) -> Result<Option<Arc<Caller>>> {
    match job.tenant {
        Some(tenant) => app.system_caller(tenant, REASON).await,
        None => Ok(None),
    }
}

/// Takes the next steps and returns when to run again. None: never.
async fn turn_take(
    tx: &mut TenantTx,
    account: Account<'_>,
    campaign: &Campaign,
    suspended: bool,
) -> Result<Option<Timestamp>> {
    let now = tx.now();
    contacts_settle(tx, campaign).await?;
    let status = campaign.status()?;
    let openings = contacts_openings(tx, campaign.id, &campaign.schedule.0).await?;
    let facts = Facts {
        status,
        suspended,
        start_at: campaign.schedule.0.start_at,
        runnable: !status.is_going() || is_runnable(tx, campaign).await?,
        ahead: contacts_ahead(tx, campaign.id, &openings).await?,
    };
    let next = match facts.step(now) {
        Step::End => None,
        Step::Wait(until) => Some(until),
        Step::Begin => {
            campaign_move(tx, campaign, CampaignStatus::Running, None).await?;
            Some(now)
        }
        Step::Call(due) => {
            lanes_open(tx, account, campaign, due).await?;
            Some(now + LOOKS)
        }
        Step::Complete => {
            campaign_move(tx, campaign, CampaignStatus::Completed, None).await?;
            None
        }
        Step::Stop(reason) => {
            campaign_move(tx, campaign, CampaignStatus::Stopped, Some(reason)).await?;
            Some(now)
        }
        Step::Fail(reason) => {
            campaign_move(tx, campaign, CampaignStatus::Failed, Some(reason)).await?;
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

/// Enqueues enough jobs to call this many contacts, up to the campaign's limit of simultaneous calls. Jobs that still
/// run continue.
async fn lanes_open(tx: &mut TenantTx, account: Account<'_>, campaign: &Campaign, due: i64) -> Result<()> {
    let jobs: Result<Vec<NewJob>> = Lanes::of(campaign)
        .for_contacts(due)
        .map(|lane| {
            let payload = call::Lane { campaign: campaign.id, lane }.payload()?;
            let job = NewJob::now(tx.id(), &call::CALL, payload, tx.now());
            Ok(NewJob { key: Some(format!("{}/{lane}", campaign.id)), ..job })
        })
        .collect();
    match jobs_enqueue(tx, account.terms, jobs?).await {
        // The job waits until the queue has space again.
        Err(error) if error.is(codes::QUEUE_FULL) => Ok(()),
        enqueued => enqueued.map(drop),
    }
}

#[cfg(test)]
mod tests;
