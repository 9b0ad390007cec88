//! What a worker is doing.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;
use uuid::Uuid;

use crate::JobId;

/// Why an attempt is to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// Its tenant cancelled the job.
    Cancelled,
    /// The worker stops; another goes on.
    GivenBack,
    /// Others have taken it over.
    Lost,
}

/// The attempts whose end has not been written down yet.
#[derive(Default)]
pub(super) struct Running(Mutex<HashMap<JobId, Entry>>);

struct Entry {
    claim: i32,
    /// None: told already.
    stop: Option<oneshot::Sender<Stop>>,
}

impl Running {
    /// An attempt begins. What it receives tells it to stop.
    pub(super) fn begin(&self, id: JobId, claim: i32) -> oneshot::Receiver<Stop> {
        let (stop, stopped) = oneshot::channel();
        self.held().insert(id, Entry { claim, stop: Some(stop) });
        stopped
    }

    /// The end of this attempt has been written down.
    pub(super) fn end(&self, id: JobId, claim: i32) {
        let mut held = self.held();
        if held.get(&id).is_some_and(|entry| entry.claim == claim) {
            held.remove(&id);
        }
    }

    /// Tells these to stop. Those that have ended hear nothing.
    pub(super) fn stop(&self, ids: &[Uuid], why: Stop) {
        let mut held = self.held();
        for id in ids {
            if let Some(stop) = held.get_mut(&JobId::new(*id)).and_then(|entry| entry.stop.take()) {
                let _ = stop.send(why);
            }
        }
    }

    /// Tells all to stop; how many heard it.
    pub(super) fn stop_all(&self, why: Stop) -> usize {
        let mut held = self.held();
        held.values_mut().filter_map(|entry| entry.stop.take()).filter_map(|stop| stop.send(why).ok()).count()
    }

    /// Which these are.
    pub(super) fn ids(&self) -> Vec<Uuid> {
        self.held().keys().map(|id| id.uuid()).collect()
    }

    /// Nothing is done while it is held that could panic.
    fn held(&self) -> MutexGuard<'_, HashMap<JobId, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
