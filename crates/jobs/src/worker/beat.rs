//! Heartbeats: a worker regularly renews its lease, learns which jobs were cancelled, and takes over the jobs of
//! workers whose lease has expired.

use freehold_core::{Kind, Result};
use jiff::Timestamp;
use tokio::time::sleep;

use super::{
    Worker,
    running::Stop,
    store::{self, BuriedRow},
    tell,
};
use crate::record::{CANCELLED_KEPT, DEAD_KEPT};

impl Worker {
    /// Sends heartbeats and never returns.
    pub(super) async fn beat(&self) {
        // Since when every heartbeat has succeeded. After an outage of the database every worker gets the time of one
        // lease to renew its own, before others take over its jobs.
        let mut heard_since: Option<Timestamp> = None;
        loop {
            let now = self.clock.now();
            match self.beat_once(now).await {
                Ok(()) => {
                    let since = *heard_since.get_or_insert(now);
                    if now.duration_since(since).unsigned_abs() >= self.settings.lease {
                        self.bury(now).await;
                    }
                }
                Err(error) => {
                    heard_since = None;
                    tell(&error, "saying that a worker lives");
                }
            }
            sleep(self.settings.beat).await;
        }
    }

    async fn beat_once(&self, now: Timestamp) -> Result<()> {
        let until = now.checked_add(self.settings.lease).unwrap_or(Timestamp::MAX);
        let mut lease = self.lease.lock().await;
        let system = self.db.system("renew a worker's lease");
        if let Some(worker) = lease.worker {
            let beat = system.fetch_optional(store::worker_beat(worker, self.running.ids(), until)).await?;
            if beat.as_ref().is_some_and(|beat| !beat.lost) {
                let cancelled = beat.and_then(|beat| beat.cancelled).unwrap_or_default();
                self.running.stop(&cancelled, Stop::Cancelled);
                return Ok(());
            }
            tracing::warn!("this worker was not heard of for too long; what it was doing has been given to others");
            lease.worker = None;
            self.running.stop_all(Stop::Lost);
        }
        let worker = self.db.ids().next::<AnyWorker>().uuid();
        system.execute(store::worker_insert(worker, until)).await?;
        lease.worker = Some(worker);
        self.wake.notify_one();
        Ok(())
    }

    async fn bury(&self, now: Timestamp) {
        let until = |kept| now.checked_add(kept).unwrap_or(Timestamp::MAX);
        let query = store::workers_bury(until(CANCELLED_KEPT), until(DEAD_KEPT));
        match self.db.system("take over jobs of dead workers").fetch_all(query).await {
            Ok(buried) => {
                for BuriedRow { tenant_id, id, kind, state } in &buried {
                    tracing::warn!(%tenant_id, job = %id, kind, "the worker of a job was lost; the job is {state} now");
                }
                if !buried.is_empty() {
                    self.wake.notify_one();
                }
            }
            Err(error) => tell(&error, "taking over from dead workers"),
        }
    }

    /// Deletes this worker's row. Jobs that were assigned to it and that it never received go back into the queue.
    pub(super) async fn leave(&self) {
        let Some(worker) = self.lease.lock().await.worker.take() else { return };
        let left = async {
            let system = self.db.system("end a worker's lease");
            system.fetch_optional(store::worker_beat(worker, Vec::new(), self.clock.now())).await?;
            system.execute(store::worker_delete(worker)).await
        };
        if let Err(error) = left.await {
            tell(&error, "saying that a worker stops");
        }
    }
}

/// The kind of a worker's id.
enum AnyWorker {}
impl Kind for AnyWorker {
    const NAME: &'static str = "worker";
}
