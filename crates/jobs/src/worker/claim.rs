//! Claiming jobs: as many as there are free slots, whenever there may be some.

use std::{sync::Arc, time::Duration};

use freehold_core::{Error, Result, TenantId};
use freehold_db::Query;
use serde_json::Value;
use tokio::{
    sync::{AcquireError, OwnedSemaphorePermit, mpsc, watch},
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use uuid::Uuid;

use super::{
    Worker,
    attempt::{Outcome, attempt},
    seen::SeenColumns,
    store::{self, ClaimedRow},
    tell,
};
use crate::{Done, Handler, Job, JobKind, job::Finished};

/// The longest wait between tries while the database is away.
const LONGEST: Duration = Duration::from_secs(2);
/// While more jobs wait than there are slots: how long a free slot waits for others, so that one claim fills several.
const GATHERED: Duration = Duration::from_millis(2);

/// Which tenant had the last turn, and how many of its turns it has used.
#[derive(Clone, Copy, Default)]
pub(super) struct Turn {
    tenant: Uuid,
    taken: i32,
}

/// The result of a claim.
enum Claimed {
    /// There may be more jobs: every free slot was filled, or not every job was looked at.
    More,
    /// There are no more jobs for this worker at the moment.
    All,
}

impl Worker {
    /// Claims jobs until the shutdown signal. Returns the attempts that still run then.
    pub(super) async fn claim_until(
        &self,
        stop: &mut watch::Receiver<bool>,
        outcomes: &mpsc::Sender<Outcome>,
    ) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        let mut pause = None;
        while !*stop.borrow_and_update() {
            if let Some(pause) = pause {
                tokio::select! {
                    () = self.something(pause) => {}
                    // An error means that the sender is gone, which is a reason to stop as well.
                    stopping = stop.wait_for(|stop| *stop) => if stopping.is_err() { return tasks },
                }
            }
            let slots = tokio::select! {
                slots = self.free_slots(pause.is_none()) => slots,
                _ = stop.wait_for(|stop| *stop) => return tasks,
            };
            // This is not interrupted from here on, so that every claimed job is started.
            let claimed = match slots {
                Ok(slots) => self.claim(slots, &mut tasks, outcomes).await,
                // The semaphore is never closed.
                Err(_) => return tasks,
            };
            match claimed {
                Ok(Claimed::More) => pause = None,
                Ok(Claimed::All) => pause = Some(self.settings.poll),
                Err(error) => {
                    tell(&error, "claiming jobs");
                    pause = Some(pause.map_or(self.settings.poll, |pause| (pause * 2).min(LONGEST)));
                }
            }
            while tasks.try_join_next().is_some() {}
        }
        tasks
    }

    /// Waits until there may be a job to claim, or until this time has passed.
    async fn something(&self, at_most: Duration) {
        tokio::select! {
            () = self.settings.nudge.nudged() => {}
            () = self.wake.notified() => {}
            () = sleep(at_most) => {}
        }
    }

    /// Takes all free slots as soon as one is free; a little later when `more` jobs wait than there are slots.
    async fn free_slots(&self, more: bool) -> Result<OwnedSemaphorePermit, AcquireError> {
        let some = u32::try_from(self.settings.slots / 4).unwrap_or(1).max(1);
        let acquire = |count| Arc::clone(&self.slots).acquire_many_owned(count);
        let gathered = if more { timeout(GATHERED, acquire(some)).await.ok() } else { None };
        let mut slots = match gathered {
            Some(slots) => slots?,
            None => acquire(1).await?,
        };
        while let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() {
            slots.merge(slot);
        }
        Ok(slots)
    }

    async fn claim(
        &self,
        mut slots: OwnedSemaphorePermit,
        tasks: &mut JoinSet<()>,
        outcomes: &mpsc::Sender<Outcome>,
    ) -> Result<Claimed> {
        let mut lease = self.lease.lock().await;
        let Some(worker) = lease.worker else { return Ok(Claimed::All) };
        let begun = Instant::now();
        let seen = lease.seen.columns(begun);
        let everything = seen.tenants.is_empty();
        let rows =
            self.db.system("claim jobs").fetch_all(self.query(worker, lease.turn, slots.num_permits(), seen)).await?;
        if let Some(last) = rows.iter().max_by_key(|row| row.place) {
            lease.turn = Turn { tenant: last.tenant_id, taken: last.turns };
        }
        let full = rows.len() >= slots.num_permits();
        if full {
            lease.seen.add(&rows, begun);
        } else {
            lease.seen.forget();
        }
        for row in rows {
            self.begin(row, slots.split(1), tasks, outcomes)?;
        }
        Ok(if full || !everything { Claimed::More } else { Claimed::All })
    }

    fn query(&self, worker: Uuid, turn: Turn, slots: usize, seen: SeenColumns) -> Query<ClaimedRow> {
        let kinds = self.handlers.values().map(|handler| handler.kind);
        let (names, at_once) = kinds.map(|kind| (kind.name.to_owned(), kind.at_once.unwrap_or(i32::MAX))).unzip();
        let slots = i32::try_from(slots).unwrap_or(i32::MAX);
        store::jobs_claim(store::JobsClaim {
            worker,
            kinds: names,
            at_once,
            after: turn.tenant,
            taken: turn.taken,
            slots,
            seen_tenants: seen.tenants,
            seen_kinds: seen.kinds,
            seen_weights: seen.weights,
            seen_urgencies: seen.urgencies,
            seen_run_at: seen.run_at,
        })
    }

    fn begin(
        &self,
        row: ClaimedRow,
        slot: Option<OwnedSemaphorePermit>,
        tasks: &mut JoinSet<()>,
        outcomes: &mpsc::Sender<Outcome>,
    ) -> Result<()> {
        let handler = self.handlers.get(row.kind.as_str()).cloned();
        let handler = handler
            .ok_or_else(|| Error::internal(format!("claimed a {:?}, which this worker does not run", row.kind)))?;
        let (handler, payload) = match serde_json::from_str(row.payload.0.get()) {
            Ok(payload) => (handler, payload),
            Err(_) => (unreadable(handler.kind), Value::Null),
        };
        let tenant = Some(row.tenant_id).filter(|tenant| !tenant.is_nil()).map(TenantId::new);
        let job = Job {
            id: row.id,
            tenant,
            kind: handler.kind,
            attempt: row.attempt,
            payload,
            claim: row.claim,
            finished: Finished::default(),
            db: self.db.clone(),
            clock: self.clock.clone(),
        };
        let stopped = self.running.begin(row.id, row.claim);
        let outcomes = outcomes.clone();
        tasks.spawn(async move {
            let outcome = attempt(handler, job, stopped).await;
            // The slot is freed before the outcome is recorded, because waiting for that is not work. When the channel
            // is full already, the slot stays taken: claiming more jobs would only lengthen the queue of outcomes. An
            // error means that the worker is gone.
            let _ = outcomes.send(outcome).await;
            drop(slot);
        });
        Ok(())
    }
}

/// The handler for a payload that Postgres accepts as JSON and we do not, because it is nested too deeply.
fn unreadable(kind: &'static JobKind) -> Handler {
    Handler::new(kind, |_| async { Ok(Done::GiveUp(Error::internal("the payload of a job cannot be read"))) })
}
