//! Counting the requests of API keys.

use std::time::Duration;

use freehold_core::Caller;
use freehold_identity::key::days::key_days_add;
use tokio::{sync::watch, time::sleep};

use crate::Backbone;

/// How often counts are written. A process that is killed loses at most what it counted in this time.
const WRITTEN_EVERY: Duration = Duration::from_secs(10);

impl Backbone {
    /// Counts a request of the caller, if it is an API key.
    pub fn key_use_count(&self, caller: &Caller) {
        if let Some(key) = caller.api_key() {
            self.server.key_uses.count(caller.tenant(), key, self.clock.now());
        }
    }

    /// Writes what was counted. Counts that cannot be written are kept for the next time.
    pub async fn key_uses_write(&self) {
        // The error is not reported: request handlers report a database that does not answer.
        let _ = key_days_add(&self.db, &self.server.key_uses).await;
    }

    /// Writes what is counted every ten seconds, until `stop` is true.
    pub async fn key_uses_keep(&self, mut stop: watch::Receiver<bool>) {
        let keep = async {
            loop {
                sleep(WRITTEN_EVERY).await;
                self.key_uses_write().await;
            }
        };
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => {}
            () = keep => {}
        }
    }
}
