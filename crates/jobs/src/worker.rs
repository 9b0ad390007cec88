//! Doing the work.
//!
//! A [`Worker`] claims as many jobs as it has slots free ([`claim`]), gives each a task of its own ([`attempt`]), writes down
//! how they ended, many at a time ([`settle`]), and says regularly that it lives ([`beat`]).

mod attempt;
mod beat;
mod claim;
mod forget;
mod running;
mod seen;
mod settle;
mod store;

use std::{collections::HashMap, sync::Arc, time::Duration};

use freehold_core::{Clock, Error, Ids, Random};
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

/// How often is looked what is due regularly.
const SCHEDULES: Duration = Duration::from_secs(1);
/// How long giving jobs back may take when a worker stops.
const LEAVE: Duration = Duration::from_secs(5);

/// How a worker works.
#[derive(Clone, Debug)]
pub struct WorkerSettings {
    /// Most jobs at once.
    pub slots: usize,
    /// How often to look for work when nobody nudges.
    pub poll: Duration,
    /// How long after its last sign of life others take over what a worker was doing.
    pub lease: Duration,
    /// How often a worker gives a sign of life, and hears what was cancelled.
    pub beat: Duration,
    /// How long jobs may take to end when the worker stops.
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

/// Takes jobs out of the queue and does them, until it is told to stop. Any number of workers share a database.
pub struct Worker {
    db: Db,
    clock: Clock,
    random: Random,
    ids: Ids,
    handlers: HashMap<&'static str, Handler>,
    schedules: Vec<Schedule>,
    settings: WorkerSettings,
    running: Running,
    slots: Arc<Semaphore>,
    /// There may be something to claim now that could not be claimed before.
    wake: Notify,
    /// Held by whoever claims or gives a sign of life: what a claim brings must not look unknown to the other.
    lease: Mutex<Lease>,
}

/// What a worker is to the others.
#[derive(Default)]
struct Lease {
    /// Its name; none: not yet, or no longer.
    worker: Option<Uuid>,
    /// Whose turn it was last.
    turn: claim::Turn,
    /// Up to where it has claimed.
    seen: seen::Seen,
}

impl Worker {
    /// A worker that does the jobs of these handlers.
    pub fn new(
        db: Db,
        clock: Clock,
        random: Random,
        ids: Ids,
        handlers: Vec<Handler>,
        schedules: Vec<Schedule>,
        settings: WorkerSettings,
    ) -> Self {
        let handlers = handlers.into_iter().map(|handler| (handler.kind.name, handler)).collect();
        let slots = Arc::new(Semaphore::new(settings.slots));
        let (running, wake, lease) = (Running::default(), Notify::new(), Mutex::default());
        Self { db, clock, random, ids, handlers, schedules, settings, running, slots, wake, lease }
    }

    /// Works until `stop` is true. Then jobs under way have some seconds to end, and go back into the queue otherwise.
    /// Without its database it waits for it. When this future is dropped, everything it does is dropped, too, and others
    /// take it over when the lease has passed.
    pub async fn run(self, stop: watch::Receiver<bool>) {
        // Whoever runs it need not carry the place for all of it.
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
            // The last sender: settling ends when everything has been written down.
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
            if let Err(error) = schedules_run(&self.db, &self.ids, &self.schedules, self.clock.now()).await {
                tell(&error, "looking at what is due");
            }
            sleep(SCHEDULES).await;
        }
    }
}

/// Trouble that passes by itself is not worth more than a word for whoever asks.
fn tell(error: &Error, doing: &str) {
    if error.is_temporary() {
        tracing::debug!("{doing}: {error:?}");
    } else {
        tracing::error!("{doing}: {error:?}");
    }
}
