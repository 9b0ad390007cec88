//! The settings file: the defaults, and over them what an operator wrote.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use freehold_identity::AuthSettings;
use freehold_outbound::IpNet;
use serde::Deserialize;

use super::{
    ConnectionSettings, DEFAULTS, Mailbox, OutboundSettings, Prepared, ShutdownSettings, WorkSettings,
    billing::BillingSection,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) listen: SocketAddr,
    pub(super) site_url: String,
    pub(super) product: String,
    pub(super) data: PathBuf,
    pub(super) trusted_proxies: Vec<IpNet>,
    pub(super) connections: ConnectionSettings,
    pub(super) shutdown: ShutdownSettings,
    pub(super) database: DatabaseSection,
    pub(super) auth: AuthSettings,
    pub(super) mail: MailSection,
    pub(super) billing: BillingSection,
    pub(super) outbound: OutboundSettings,
    pub(super) work: WorkSettings,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DatabaseSection {
    pub(super) connections: usize,
    pub(super) wait_seconds: u64,
    pub(super) statement_seconds: u64,
    pub(super) statement_cache: Prepared,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MailSection {
    pub(super) mailbox: Mailbox,
    pub(super) from: String,
}

impl File {
    /// The defaults with the file over them: the one that was named, or `freehold.toml` when there is one.
    pub(super) fn read(named: Option<&Path>) -> Result<Self> {
        let mut table: toml::Table = DEFAULTS.parse().context("reading the built-in defaults")?;
        let path = named.unwrap_or_else(|| Path::new("freehold.toml"));
        match std::fs::read_to_string(path) {
            Ok(text) => {
                let own: toml::Table = text.parse().with_context(|| format!("reading {}", path.display()))?;
                overlay(&mut table, own);
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && named.is_none() => {}
            Err(error) => return Err(error).with_context(|| format!("reading {}", path.display())),
        }
        table.try_into().with_context(|| format!("reading {}", path.display()))
    }
}

fn overlay(below: &mut toml::Table, above: toml::Table) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(above)) => overlay(below, above),
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}
