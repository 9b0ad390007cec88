//! The job that drives a campaign, as it stands in the queue.

use std::time::Duration;

use freehold_core::{Context, Result};
use freehold_jobs::{Backoff, JobId, JobKind, NewJob};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::CampaignId;

/// The job that drives one campaign.
pub(crate) const DRIVE: JobKind = JobKind {
    // Many, because a campaign may take days: a later attempt may succeed after any temporary failure.
    attempts: 100,
    backoff: Backoff { first: Duration::from_secs(1), factor: 2, most: Duration::from_mins(1) },
    ..JobKind::named("voice.campaign")
};

/// The payload of the job that drives a campaign.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Drive {
    pub(crate) campaign: CampaignId,
    /// The turn of the campaign that this job belongs to. After a later turn has begun, another job drives the
    /// campaign.
    pub(crate) turn: i32,
}

impl Drive {
    /// The job. While it exists, enqueuing a second one for the same turn has no effect.
    pub(crate) fn job(self, id: JobId, now: Timestamp) -> Result<NewJob> {
        let payload = serde_json::to_value(self).context("writing a job's payload")?;
        let key = Some(format!("{}/{}", self.campaign, self.turn));
        Ok(NewJob { key, ..NewJob::now(id, &DRIVE, payload, now) })
    }
}
