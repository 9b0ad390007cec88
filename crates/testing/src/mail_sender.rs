//! The sender of mails of a process.

use freehold_delivery::mail::{Brand, Post, Sender};
use freehold_module::Mails;
use freehold_vault::Vault;
use tokio::{sync::watch, task::JoinHandle};

use crate::{TestDatabase, app::Setup};

/// A running sender. Dropping it is like a power cut.
pub struct MailSender {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl MailSender {
    /// Sends the queued mails of this database.
    pub fn of(test: &TestDatabase, post: Post) -> Self {
        Self::with_vault(test, post, vault())
    }

    /// The same, opening sealed values with this vault.
    pub fn with_vault(test: &TestDatabase, post: Post, vault: Vault) -> Self {
        let (db, clock, random) = (test.db.clone(), test.clock.clone(), test.random.clone());
        let sender = Sender::new(db, vault, clock, random, mails(), brand(), post);
        let (stop, stopping) = watch::channel(false);
        Self { stop, task: tokio::spawn(sender.run(stopping)) }
    }

    /// Signals shutdown, and waits until mails in progress were sent.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        (&mut self.task).await.unwrap();
    }

    /// Ends it at once, like a power cut.
    pub async fn kill(mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }
}

impl Drop for MailSender {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The vault of every test's server.
pub fn vault() -> Vault {
    Vault::new([7; 32])
}

/// The mails of the backbone.
pub fn mails() -> Mails {
    freehold_compose::mails(Setup::default().product)
}

/// The product's brand.
pub fn brand() -> Brand {
    Brand::of_product(&freehold_compose::specification(Setup::default().product).unwrap())
}
