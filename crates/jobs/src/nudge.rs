//! Waking the loops of this process when there may be work.

use std::sync::Arc;

use tokio::sync::Notify;

/// Wakes the worker and the event dispatcher of this process, which otherwise poll every tenth of a second. Cheap to
/// clone and to call.
#[derive(Clone, Debug, Default)]
pub struct Nudge(Arc<Ears>);

/// One notifier for each loop. A wake reaches all of them.
#[derive(Debug, Default)]
struct Ears {
    worker: Notify,
    dispatcher: Notify,
}

impl Nudge {
    /// Wakes both loops. Several calls before a loop looks count as one.
    pub fn nudge(&self) {
        self.0.worker.notify_one();
        self.0.dispatcher.notify_one();
    }

    /// Waits for a wake, in the worker.
    pub async fn nudged(&self) {
        self.0.worker.notified().await;
    }

    /// Waits for a wake, in the event dispatcher.
    pub async fn events_nudged(&self) {
        self.0.dispatcher.notified().await;
    }
}
