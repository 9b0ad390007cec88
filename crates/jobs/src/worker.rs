//! The worker, which runs jobs.
//!
//! A [`Worker`] claims as many jobs as it has free slots ([`claim`]), runs each in a task of its own ([`attempt`]),
//! records how they ended, many at a time ([`settle`]), and renews its lease ([`beat`]).

mod attempt;
mod beat;
mod claim;
mod forget;
mod running;
mod seen;
mod settle;
mod store;

use std::{collections::HashMap, sync::Arc, time::Duration};

use freehold_core::{Clock, Error, Random};
use freehold_db::Db;
use futures_util::future::join;
use tokio::{
    sync::{Mutex, Notify, Semaphore, mpsc, watch},
    time::{sleep, timeout},
};
use uuid::Uuid;

pub use forget::{FORGET, FORGETTING, forget_handler};
pub(crate) use store::STATEMENTS;

use self::running::{Running, Stop};
use crate::{Handler, Nudge, Schedule, schedule::schedules_run};

/// How often the worker checks which schedules are due.
const SCHEDULES: Duration = Duration::from_secs(1);
/// How long a stopping worker may take to return its jobs to the queue.
const LEAVE: Duration = Duration::from_secs(5);

/// The settings of a worker.
#[derive(Clone, Debug)]
pub struct WorkerSettings {
    /// Most jobs that run at once.
    pub slots: usize,
    /// How often the worker polls for jobs when no wake arrives.
    pub poll: Duration,
    /// How long after a worker's last heartbeat other workers take over its jobs.
    pub lease: Duration,
    /// How often the worker sends a heartbeat and learns which jobs were cancelled.
    pub beat: Duration,
    /// How long running jobs may take to end when the worker stops.
    pub drain: Duration,
    /// Wakes the worker.
    pub nudge: Nudge,
}

impl Default for WorkerSettings {
    fn default() -> Self {
        Self {
            slots: 16,
            poll: Duration::from_millis(100),
            lease: Duration::from_secs(20),
            beat: Duration::from_secs(4),
            drain: Duration::from_secs(15),
            nudge: Nudge::default(),
        }
    }
}

/// Claims jobs from the queue and runs them until the shutdown signal. Any number of workers can share a database.
pub struct Worker {
    db: Db,
    clock: Clock,
    random: Random,
    handlers: HashMap<&'static str, Handler>,
    schedules: Vec<Schedule>,
    settings: WorkerSettings,
    running: Running,
    slots: Arc<Semaphore>,
    /// Wakes the claim loop when a job may have become claimable.
    wake: Notify,
    /// Locked during a claim and during a heartbeat: a heartbeat must not treat jobs that are being claimed as unknown.
    lease: Mutex<Lease>,
}

/// The worker's lease, as other workers see it.
#[derive(Default)]
struct Lease {
    /// The worker's id in the database; none: not registered yet, or no longer.
    worker: Option<Uuid>,
    /// The tenant that had the last turn.
    turn: claim::Turn,
    /// How far the worker has claimed.
    seen: seen::Seen,
}

impl Worker {
    /// A worker that runs the jobs of these handlers. Its clock is that of `db`.
    pub fn new(
        db: Db,
        random: Random,
        handlers: Vec<Handler>,
        schedules: Vec<Schedule>,
        settings: WorkerSettings,
    ) -> Self {
        let clock = db.clock().clone();
        let handlers = handlers.into_iter().map(|handler| (handler.kind.name, handler)).collect();
        let slots = Arc::new(Semaphore::new(settings.slots));
        let (running, wake, lease) = (Running::default(), Notify::new(), Mutex::default());
        Self { db, clock, random, handlers, schedules, settings, running, slots, wake, lease }
    }

    /// Runs jobs until `stop` is true. Running jobs then have some seconds to end; those that do not go back into the
    /// queue. While the database is away the worker waits for it. When this future is dropped, all running attempts are
    /// dropped too, and other workers take over the jobs once the lease has expired.
    pub async fn run(self, stop: watch::Receiver<bool>) {
        // Boxed, so that the caller's future does not have to hold all of it.
        Box::pin(self.run_until(stop)).await;
    }

    async fn run_until(self, mut stop: watch::Receiver<bool>) {
        let (outcomes, ended) = mpsc::channel(settle::MOST);
        let work = async {
            let mut tasks = self.claim_until(&mut stop, &outcomes).await;
            let drained = timeout(self.settings.drain, async { while tasks.join_next().await.is_some() {} }).await;
            if drained.is_err() {
                let given_back = self.running.stop_all(Stop::GivenBack);
                tracing::info!("{given_back} jobs had not ended, and go back into the queue");
                while tasks.join_next().await.is_some() {}
            }
            // This drops the last sender, so settling ends when every outcome has been recorded.
            drop(outcomes);
        };
        tokio::select! {
            _ = join(work, self.settle(ended)) => {}
            () = self.beat() => {}
            () = self.schedule() => {}
        }
        if timeout(LEAVE, self.leave()).await.is_err() {
            tracing::warn!("the database did not hear that a worker has stopped; others find out by themselves");
        }
    }

    async fn schedule(&self) {
        loop {
            if let Err(error) = schedules_run(&self.db, &self.schedules).await {
                tell(&error, "looking at what is due");
            }
            sleep(SCHEDULES).await;
        }
    }
}

/// Logs a temporary error at debug level only, because it passes without intervention.
fn tell(error: &Error, doing: &str) {
    if error.is_temporary() {
        tracing::debug!("{doing}: {error:?}");
    } else {
        tracing::error!("{doing}: {error:?}");
    }
}
