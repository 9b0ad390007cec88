//! The attempts that a worker runs at the moment.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;
use uuid::Uuid;

use crate::JobId;

/// Why an attempt has to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// Its tenant cancelled the job.
    Cancelled,
    /// The worker is stopping; another one will run the job.
    GivenBack,
    /// Another worker has taken over the job.
    Lost,
}

/// The attempts whose outcome has not been recorded yet.
#[derive(Default)]
pub(super) struct Running(Mutex<HashMap<JobId, Entry>>);

struct Entry {
    claim: i32,
    /// Stops the attempt; none: it has been stopped already.
    stop: Option<oneshot::Sender<Stop>>,
}

impl Running {
    /// Adds an attempt. The attempt has to stop when the returned receiver yields.
    pub(super) fn begin(&self, id: JobId, claim: i32) -> oneshot::Receiver<Stop> {
        let (stop, stopped) = oneshot::channel();
        self.held().insert(id, Entry { claim, stop: Some(stop) });
        stopped
    }

    /// Removes an attempt whose outcome has been recorded.
    pub(super) fn end(&self, id: JobId, claim: i32) {
        let mut held = self.held();
        if held.get(&id).is_some_and(|entry| entry.claim == claim) {
            held.remove(&id);
        }
    }

    /// Stops these attempts. Those that have ended ignore it.
    pub(super) fn stop(&self, ids: &[Uuid], why: Stop) {
        let mut held = self.held();
        for id in ids {
            if let Some(stop) = held.get_mut(&JobId::new(*id)).and_then(|entry| entry.stop.take()) {
                let _ = stop.send(why);
            }
        }
    }

    /// Stops all attempts. Returns how many were still running.
    pub(super) fn stop_all(&self, why: Stop) -> usize {
        let mut held = self.held();
        held.values_mut().filter_map(|entry| entry.stop.take()).filter_map(|stop| stop.send(why).ok()).count()
    }

    /// The ids of the jobs.
    pub(super) fn ids(&self) -> Vec<Uuid> {
        self.held().keys().map(|id| id.uuid()).collect()
    }

    /// The lock. No code that could panic runs while it is held.
    fn held(&self) -> MutexGuard<'_, HashMap<JobId, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
