//! The job that a handler receives.

mod store;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use freehold_core::{Clock, Context, Error, Id, Kind, Result, TenantId, codes};
use freehold_db::{Db, SystemTx, TenantTx, Transaction};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

pub(crate) use store::STATEMENTS;

use crate::JobKind;

/// The id of a job.
pub type JobId = Id<AnyJob>;

/// The kind of [`JobId`].
pub enum AnyJob {}
impl Kind for AnyJob {
    const NAME: &'static str = "job";
}

/// One attempt at a job.
pub struct Job {
    /// The job's id.
    pub id: JobId,
    /// The tenant that the job belongs to; none for a job of the system.
    pub tenant: Option<TenantId>,
    /// The job's kind.
    pub kind: &'static JobKind,
    /// The number of this attempt, from 1.
    pub attempt: i16,
    /// The payload that was enqueued with the job.
    pub payload: Value,
    pub(crate) claim: i32,
    pub(crate) finished: Finished,
    pub(crate) db: Db,
    pub(crate) clock: Clock,
}

/// Whether the attempt has ended its job itself, with [`Job::finish`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Finished(Arc<AtomicBool>);

impl Finished {
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl Job {
    /// The payload, read as `T`. A failure is our own fault: another attempt would read the same payload.
    pub fn payload<T: DeserializeOwned>(&self) -> Result<T> {
        T::deserialize(&self.payload).context("reading a job's payload")
    }

    /// Records the job's progress in percent, 0 to 100, and in words. Fails when this attempt no longer holds the job.
    pub async fn progress(&self, percent: i16, words: &str) -> Result<()> {
        let update = store::job_progress(self.owner(), self.id, self.claim, percent.clamp(0, 100), words);
        match self.db.system("record the progress of a job").execute(update).await? {
            0 => Err(lost()),
            _ => Ok(()),
        }
    }

    /// Ends the job in this transaction of its tenant, so that the effect and the end of the job are committed
    /// together: the effect happens exactly once. Fails when this attempt no longer holds the job; the transaction must
    /// not be committed then.
    pub async fn finish(&self, tx: &mut TenantTx) -> Result<()> {
        self.finish_in(tx).await
    }

    /// Like [`finish`](Self::finish), in a system transaction.
    pub async fn finish_system(&self, tx: &mut SystemTx) -> Result<()> {
        self.finish_in(tx).await
    }

    async fn finish_in(&self, tx: &mut Transaction) -> Result<()> {
        let now = self.clock.now();
        let query = store::job_finish(self.owner(), self.id, self.claim, kept_until(self.kind, now));
        if tx.fetch_one(query).await? != (true,) {
            return Err(lost());
        }
        self.finished.0.store(true, Ordering::Release);
        Ok(())
    }

    fn owner(&self) -> Uuid {
        owner(self.tenant)
    }
}

/// The id that the table holds for this tenant, or for a job without one.
pub(crate) fn owner(tenant: Option<TenantId>) -> Uuid {
    tenant.map_or(Uuid::nil(), TenantId::uuid)
}

/// When a job that succeeds now is deleted; none: it is deleted at once.
pub(crate) fn kept_until(kind: &JobKind, now: Timestamp) -> Option<Timestamp> {
    (!kind.kept.is_zero()).then(|| now.checked_add(kind.kept).unwrap_or(Timestamp::MAX))
}

fn lost() -> Error {
    Error::new(codes::CONFLICT, "The job was taken over by another worker, or was cancelled.")
}
