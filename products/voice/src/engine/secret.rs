//! The secrets with which an engine and Freehold sign their messages.

use freehold_core::{Context, Random, Result, Secret};
use freehold_outbound::{Allowed, signature::Key};
use freehold_vault::{Purpose, Vault};
use jiff::Timestamp;

use super::{EngineId, store::SealedSecrets};

/// What is needed to create an engine's secret.
#[derive(Clone, Copy)]
pub struct Sealing<'a> {
    /// Seals the secret.
    pub vault: &'a Vault,
    /// Generates the secret.
    pub random: &'a Random,
    /// The network addresses that an engine's URL may lead to.
    pub allowed: &'a Allowed,
}

impl Sealing<'_> {
    /// A new secret for an engine: as the customer sees it, and sealed for the database.
    pub(super) fn make(&self, id: EngineId) -> (Secret, Vec<u8>) {
        let shown = Key::generate_symmetric(self.random).reveal();
        let sealed = self.vault.seal(Purpose::WEBHOOK_SECRET, shown.expose().as_bytes(), &place(id), self.random);
        (shown, sealed)
    }
}

/// The engine's keys, the newest first. The key before the last rotation is included until it expires.
pub(super) fn keys(vault: &Vault, secrets: &SealedSecrets, now: Timestamp) -> Result<Vec<Key>> {
    let previous = secrets.previous_sealed_secret.as_deref();
    let previous = previous.filter(|_| secrets.previous_until.is_some_and(|until| now < until));
    let sealed = [Some(secrets.sealed_secret.as_slice()), previous];
    sealed.into_iter().flatten().map(|sealed| open(vault, sealed, secrets.id)).collect()
}

fn open(vault: &Vault, sealed: &[u8], id: EngineId) -> Result<Key> {
    let secret = vault.open(Purpose::WEBHOOK_SECRET, sealed, &place(id)).context("opening an engine's secret")?;
    let text = std::str::from_utf8(&secret).context("reading an engine's secret")?;
    Key::parse(text).context("reading an engine's secret")
}

fn place(id: EngineId) -> String {
    format!("engine/{id}")
}
