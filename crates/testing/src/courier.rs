//! The dispatcher and sender of webhooks of a process.

use std::time::Duration;

use freehold_delivery::webhook::{Dispatcher, Sender, Settings};
use tokio::{sync::watch, task::JoinHandle};

use crate::app::TestApp;

/// Dispatcher and sender of one process. Dropping them is like a power cut.
pub struct Courier {
    stop: watch::Sender<bool>,
    tasks: [JoinHandle<()>; 2],
}

impl Courier {
    /// Starts them with the usual settings, but short waits.
    pub fn start(app: &TestApp) -> Self {
        Self::with(app, Self::settings())
    }

    /// Starts them with these settings.
    pub fn with(app: &TestApp, settings: Settings) -> Self {
        let parts = freehold_compose::webhooks(&app.backbone, settings);
        let (stop, stopping) = watch::channel(false);
        let (dispatcher, sender) = (Dispatcher::new(parts.clone()), Sender::new(parts));
        let tasks = [tokio::spawn(dispatcher.run(stopping.clone())), tokio::spawn(sender.run(stopping))];
        Self { stop, tasks }
    }

    /// The usual settings with short waits.
    pub fn settings() -> Settings {
        let poll = Duration::from_millis(10);
        Settings { poll_busy: poll, poll_quiet: poll, ..Settings::default() }
    }

    /// Signals shutdown, and waits until they have stopped.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        for task in &mut self.tasks {
            task.await.unwrap();
        }
    }
}

impl Drop for Courier {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}
