//! What a handler gets.

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

/// Names a job.
pub type JobId = Id<AnyJob>;

/// The kind of [`JobId`].
pub enum AnyJob {}
impl Kind for AnyJob {
    const NAME: &'static str = "job";
}

/// One attempt at a job.
pub struct Job {
    /// Which.
    pub id: JobId,
    /// Whose; none: nobody's in particular.
    pub tenant: Option<TenantId>,
    /// Which kind.
    pub kind: &'static JobKind,
    /// Which attempt this is, from 1.
    pub attempt: i16,
    /// What was enqueued with it.
    pub payload: Value,
    pub(crate) claim: i32,
    pub(crate) finished: Finished,
    pub(crate) db: Db,
    pub(crate) clock: Clock,
}

/// Whether the attempt ended its job itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Finished(Arc<AtomicBool>);

impl Finished {
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl Job {
    /// The payload as what it was. An error is a fault of ours: another attempt would find the same.
    pub fn payload<T: DeserializeOwned>(&self) -> Result<T> {
        T::deserialize(&self.payload).context("reading a job's payload")
    }

    /// Says how far it is, 0 to 100, and what it is doing. An error when the job is no longer this attempt's.
    pub async fn progress(&self, percent: i16, words: &str) -> Result<()> {
        let update = store::job_progress(self.owner(), self.id, self.claim, percent.clamp(0, 100), words);
        match self.db.system("say how far a job is").execute(update).await? {
            0 => Err(lost()),
            _ => Ok(()),
        }
    }

    /// Ends the job in this transaction of its tenant, so that its effect and its end are committed together: the effect
    /// happens exactly once. An error when the job is no longer this attempt's; the transaction must not be committed then.
    pub async fn finish(&self, tx: &mut TenantTx) -> Result<()> {
        self.finish_in(tx).await
    }

    /// Like [`finish`](Self::finish), in a transaction of the system's.
    pub async fn finish_system(&self, tx: &mut SystemTx) -> Result<()> {
        self.finish_in(tx).await
    }

    async fn finish_in(&self, tx: &mut Transaction) -> Result<()> {
        let now = self.clock.now();
        let query = store::job_finish(self.owner(), self.id, self.claim, kept_until(self.kind, now), now);
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

/// How a tenant, or none, is written in the table.
pub(crate) fn owner(tenant: Option<TenantId>) -> Uuid {
    tenant.map_or(Uuid::nil(), TenantId::uuid)
}

/// Until when a job that ends well now can be looked at; none: it is gone at once.
pub(crate) fn kept_until(kind: &JobKind, now: Timestamp) -> Option<Timestamp> {
    (!kind.kept.is_zero()).then(|| now.checked_add(kind.kept).unwrap_or(Timestamp::MAX))
}

fn lost() -> Error {
    Error::new(codes::CONFLICT, "The job was taken over by another worker, or was cancelled.")
}
