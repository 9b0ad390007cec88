//! Whether this server is shutting down, for those who answer differently then.

use tokio::sync::watch;

/// Whether the server is shutting down. It still accepts requests then, and asks clients to send the next ones elsewhere. All
/// clones share one state.
#[derive(Clone, Debug)]
pub struct Shutdown(watch::Sender<bool>);

impl Default for Shutdown {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Shutdown {
    /// From now on the server is shutting down.
    pub fn begin(&self) {
        self.0.send_replace(true);
    }

    /// Whether it is.
    pub fn has_begun(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is.
    pub async fn begun(&self) {
        // The sender is `self`, so the channel does not close meanwhile.
        let _ = self.0.subscribe().wait_for(|begun| *begun).await;
    }
}
