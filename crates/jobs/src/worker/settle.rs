//! Recording how attempts ended, in batches.

use std::time::Duration;

use freehold_core::{Result, codes};
use freehold_db::JsonText;
use jiff::{SignedDuration, Timestamp};
use tokio::{sync::mpsc, time::sleep};
use uuid::Uuid;

use super::{
    Worker,
    attempt::{Ending, Outcome},
    running::Stop,
    store::{self, Settled},
    tell,
};
use crate::{
    job::kept_until,
    record::{CANCELLED_KEPT, DEAD_KEPT},
};

/// Most outcomes in one batch.
pub(super) const MOST: usize = 500;
/// How long a job of a suspended tenant waits before the tenant is checked again.
const SUSPENDED: SignedDuration = SignedDuration::from_mins(15);
/// How often the write is retried while the database is away.
const TRY_AGAIN: Duration = Duration::from_millis(500);

/// Outcomes to be recorded.
#[derive(Default)]
struct Batch {
    /// Jobs that succeeded and are deleted at once: tenants, ids, claims.
    done: (Vec<Uuid>, Vec<Uuid>, Vec<i32>),
    /// All other outcomes.
    settled: Vec<Settled>,
}

impl Worker {
    /// Records outcomes until all senders are gone.
    pub(super) async fn settle(&self, mut ended: mpsc::Receiver<Outcome>) {
        let mut outcomes = Vec::new();
        while ended.recv_many(&mut outcomes, MOST).await > 0 {
            let now = self.clock.now();
            let batch = outcomes.iter().fold(Batch::default(), |batch, outcome| self.add(batch, outcome, now));
            while let Err(error) = self.write(&batch, now).await {
                // Until its outcome is recorded, heartbeats still report the job as running here, so that no other
                // worker takes it over.
                tell(&error, "writing down how jobs ended");
                sleep(TRY_AGAIN).await;
            }
            // Where the number of running jobs is limited, one that ended lets the next one start.
            if outcomes.iter().any(|outcome| outcome.kind.at_once.is_some()) {
                self.wake.notify_one();
            }
            for outcome in outcomes.drain(..) {
                self.running.end(outcome.id, outcome.claim);
            }
        }
    }

    fn add(&self, mut batch: Batch, outcome: &Outcome, now: Timestamp) -> Batch {
        let settled = |state| Settled {
            tenant_id: outcome.tenant,
            id: outcome.id,
            claim: outcome.claim,
            state,
            run_at: None,
            counted: true,
            error: None,
            forget_at: None,
        };
        let kind = outcome.kind;
        let settled = match &outcome.ending {
            Ending::Finished | Ending::Stopped(Stop::Lost) => return batch,
            Ending::Done => match kept_until(kind, now) {
                None => {
                    batch.done.0.push(outcome.tenant);
                    batch.done.1.push(outcome.id.uuid());
                    batch.done.2.push(outcome.claim);
                    return batch;
                }
                forget_at => Settled { forget_at, ..settled("done") },
            },
            Ending::Again(at) => Settled { run_at: Some(*at), counted: false, ..settled("waiting") },
            Ending::Stopped(Stop::GivenBack) => Settled { run_at: Some(now), counted: false, ..settled("waiting") },
            Ending::Stopped(Stop::Cancelled) => {
                Settled { forget_at: now.checked_add(CANCELLED_KEPT).ok(), ..settled("cancelled") }
            }
            Ending::Failed(error)
                if error.is(codes::SUBSCRIPTION_SUSPENDED)
                    || error.is(codes::ORGANIZATION_ARCHIVED)
                    || error.is(codes::ORGANIZATION_CLOSING) =>
            {
                let (run_at, error) = (now.checked_add(SUSPENDED).ok(), Some(error.to_string()));
                Settled { run_at, counted: false, error, ..settled("waiting") }
            }
            Ending::Failed(error) if outcome.attempt < kind.attempts => {
                tracing::warn!(kind = kind.name, job = %outcome.id, attempt = outcome.attempt, "a job failed: {error:?}");
                let run_at = now.checked_add(kind.backoff.wait(outcome.attempt, &self.random)).ok();
                Settled { run_at, error: Some(error.to_string()), ..settled("waiting") }
            }
            Ending::Failed(error) | Ending::GaveUp(error) => {
                tracing::error!(kind = kind.name, job = %outcome.id, attempt = outcome.attempt, "a job is dead: {error:?}");
                let forget_at = now.checked_add(DEAD_KEPT).ok();
                Settled { forget_at, error: Some(error.to_string()), ..settled("dead") }
            }
        };
        batch.settled.push(settled);
        batch
    }

    async fn write(&self, batch: &Batch, now: Timestamp) -> Result<()> {
        let (tenants, ids, claims) = batch.done.clone();
        if !ids.is_empty() {
            self.db.system("end jobs").fetch_optional(store::jobs_done(tenants, ids, claims)).await?;
        }
        if !batch.settled.is_empty() {
            let cancelled_until = now.checked_add(CANCELLED_KEPT).unwrap_or(Timestamp::MAX);
            let query = store::jobs_settle(JsonText(batch.settled.clone()), cancelled_until);
            self.db.system("end attempts").fetch_optional(query).await?;
        }
        Ok(())
    }
}
