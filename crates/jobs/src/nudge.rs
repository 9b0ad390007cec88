//! Telling the loops of this process that there may be something to do.

use std::sync::Arc;

use tokio::sync::Notify;

/// Wakes the worker and the dispatcher of events of this process, which would otherwise look in a tenth of a second. Cheap to
/// clone, costs nothing.
#[derive(Clone, Debug, Default)]
pub struct Nudge(Arc<Ears>);

/// Each hears every nudge.
#[derive(Debug, Default)]
struct Ears {
    worker: Notify,
    dispatcher: Notify,
}

impl Nudge {
    /// There may be something to do. Many nudges before somebody looks are one.
    pub fn nudge(&self) {
        self.0.worker.notify_one();
        self.0.dispatcher.notify_one();
    }

    /// Waits for a nudge, as the worker.
    pub async fn nudged(&self) {
        self.0.worker.notified().await;
    }

    /// Waits for a nudge, as the dispatcher of events.
    pub async fn events_nudged(&self) {
        self.0.dispatcher.notified().await;
    }
}
