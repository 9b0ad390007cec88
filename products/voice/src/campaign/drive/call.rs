//! Calling the contacts of a campaign. A lane is a job that calls one lot of contacts after another. Each lot is one
//! transaction: the runs, their usage, the events and the new status of the contacts are committed together. So no
//! contact is called twice or without a record, whichever process is killed at whatever moment. Between two lots other
//! tenants have their turns.

use std::time::Duration;

use freehold_app::App;
use freehold_core::{Context, Result, Standing};
use freehold_db::TenantTx;
use freehold_jobs::{Backoff, Done, Job, JobKind};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    caller_of,
    lot::{Called, Lot},
};
use crate::{
    CALLS_METER,
    campaign::{
        Campaign, CampaignId, CampaignReason, CampaignStatus, campaign_lock,
        command::{Account, campaign_move},
        store,
    },
    contact::{contacts_ahead, contacts_calling, contacts_claim, contacts_openings},
};

/// The job that calls contacts, one lot after another.
pub(super) const CALL: JobKind = JobKind {
    attempts: 20,
    backoff: Backoff { first: Duration::from_secs(1), factor: 2, most: Duration::from_mins(1) },
    ..JobKind::named("voice.campaign_call")
};

/// Most calls of one lot. They start and end together, so a campaign that may make fewer calls at the same time has
/// smaller lots.
const LOT_MAX: i32 = 25;

/// How many calls a lane makes before other jobs have their turns.
const CALLS_A_TURN: usize = 25;

/// The payload of a job that calls.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Lane {
    pub(super) campaign: CampaignId,
    /// The lane's number, from 0.
    pub(super) lane: i64,
}

impl Lane {
    pub(super) fn payload(self) -> Result<Value> {
        serde_json::to_value(self).context("writing a job's payload")
    }
}

/// How the simultaneous calls of a campaign are divided among jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lanes {
    /// Most calls of one lot.
    pub(super) lot: i64,
    /// Most lanes.
    most: i64,
}

impl Lanes {
    /// The lanes of this campaign.
    pub(super) fn of(campaign: &Campaign) -> Self {
        Self::new(&campaign.channel, campaign.concurrency)
    }

    /// Calls by an engine last longer than the job that starts them, so one job counts and starts all of them.
    pub(super) fn new(channel: &str, concurrency: i32) -> Self {
        let lot = concurrency.clamp(1, LOT_MAX);
        let most = if channel == "text" { concurrency / lot } else { 1 };
        Self { lot: lot.into(), most: most.max(1).into() }
    }

    /// The numbers of the lanes that are worth opening for this many contacts.
    pub(super) fn for_contacts(self, due: i64) -> std::ops::Range<i64> {
        0..(due + self.lot - 1).div_euclid(self.lot).min(self.most)
    }
}

/// Calls one lot, or several small ones.
pub(super) async fn campaign_call(app: App, job: Job) -> Result<Done> {
    let lane: Lane = job.payload()?;
    let mut called = 0;
    while called < CALLS_A_TURN {
        match lot(&app, &job, lane).await? {
            0 => return Ok(Done::Done),
            count => called += count,
        }
    }
    // Other jobs have their turns now.
    Ok(Done::Again(app.clock.now()))
}

/// Calls one lot in a transaction of its own and returns how many contacts were called.
async fn lot(app: &App, job: &Job, lane: Lane) -> Result<usize> {
    let Some(caller) = caller_of(app, job).await? else { return Ok(0) };
    if caller.standing() != Standing::Good {
        // The job that drives the campaign will stop it.
        return Ok(0);
    }
    let terms = app.entitlements.queue_terms(&app.db, &caller).await?;
    let calls = app.entitlements.allowance(&app.db, &caller, CALLS_METER).await?;
    let account = Account { terms: &terms, calls: &calls };
    let mut tx = app.db.tenant(&caller).begin().await?;
    let called = lot_call(&mut tx, app, account, lane).await?;
    tx.commit().await?;
    Ok(called)
}

/// Calls a lot and returns how many contacts were called. Zero when the campaign does not call at the moment, or no
/// contact is due.
async fn lot_call(tx: &mut TenantTx, app: &App, account: Account<'_>, lane: Lane) -> Result<usize> {
    let id = lane.campaign;
    let Some(campaign) = tx.fetch_optional(store::campaign_find(id)).await? else { return Ok(0) };
    let lanes = Lanes::of(&campaign);
    // The limit of simultaneous calls may have been lowered since the lane was opened.
    if campaign.status()? != CampaignStatus::Running || lane.lane >= lanes.most {
        return Ok(0);
    }
    let mut at_most = lanes.lot;
    if campaign.channel != "text" {
        let under_way = contacts_calling(tx, id).await?;
        at_most = at_most.min(i64::from(campaign.concurrency) - under_way);
    }
    let openings = contacts_openings(tx, id, &campaign.schedule.0).await?;
    let contacts = if at_most > 0 { contacts_claim(tx, id, &openings, at_most).await? } else { Vec::new() };
    if contacts.is_empty() {
        complete(tx, id).await?;
        return Ok(0);
    }
    let wanted = contacts.len();
    let lot = Lot { app, account, campaign: &campaign };
    let (called, why) = match lot.call(tx, contacts).await? {
        Called::Lot(called) if called == wanted => return Ok(called),
        Called::Lot(called) => (called, CampaignReason::QuotaExceeded),
        Called::NoEngine => (0, CampaignReason::EngineUnavailable),
        Called::NoWorkflow => (0, CampaignReason::WorkflowDeleted),
    };
    halt(tx, id, why).await?;
    Ok(called)
}

/// Ends the campaign when no contact is left, without waiting for the next check by the job that drives it.
async fn complete(tx: &mut TenantTx, id: CampaignId) -> Result<()> {
    let campaign = campaign_lock(tx, id).await?;
    // After the lock, so that contacts of an import that was running are visible.
    let openings = contacts_openings(tx, id, &campaign.schedule.0).await?;
    let ahead = contacts_ahead(tx, id, &openings).await?;
    let nobody = ahead.due == 0 && ahead.next_due.is_none() && ahead.calling == 0;
    if nobody && campaign.status()? == CampaignStatus::Running {
        campaign_move(tx, &campaign, CampaignStatus::Completed, None).await?;
    }
    Ok(())
}

/// Stops the campaign, or ends it as failed if its workflow was deleted, unless it is no longer running.
async fn halt(tx: &mut TenantTx, id: CampaignId, reason: CampaignReason) -> Result<()> {
    let status = match reason {
        CampaignReason::WorkflowDeleted => CampaignStatus::Failed,
        _ => CampaignStatus::Stopped,
    };
    let campaign = campaign_lock(tx, id).await?;
    if campaign.status()? == CampaignStatus::Running {
        campaign_move(tx, &campaign, status, Some(reason)).await?;
    }
    Ok(())
}
