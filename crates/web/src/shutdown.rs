//! Whether this server is shutting down, for responses that depend on it.

use tokio::sync::watch;

/// The shutdown signal. During shutdown the server still accepts requests, and asks clients to send the next ones
/// elsewhere. All clones share one state.
#[derive(Clone, Debug)]
pub struct Shutdown(watch::Sender<bool>);

impl Default for Shutdown {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Shutdown {
    /// Starts the shutdown.
    pub fn begin(&self) {
        self.0.send_replace(true);
    }

    /// Whether the shutdown has begun.
    pub fn has_begun(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until the shutdown begins.
    pub async fn begun(&self) {
        // `self` owns the sender, so the channel stays open.
        let _ = self.0.subscribe().wait_for(|begun| *begun).await;
    }
}
