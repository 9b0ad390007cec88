//! The type of the settings file.

use std::path::PathBuf;

use freehold_identity::AuthSettings;
use freehold_outbound::IpNet;
use serde::Deserialize;

use super::{
    ConnectionSettings, LogSettings, Mailbox, OutboundSettings, Prepared, ShutdownSettings, WorkSettings,
    billing::BillingSection, files::FilesSection, listen::ListenAddress,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) listen: ListenAddress,
    pub(super) site_url: String,
    pub(super) product: String,
    pub(super) data: PathBuf,
    pub(super) trusted_proxies: Vec<IpNet>,
    pub(super) log: LogSettings,
    pub(super) connections: ConnectionSettings,
    pub(super) shutdown: ShutdownSettings,
    pub(super) database: DatabaseSection,
    pub(super) auth: AuthSettings,
    pub(super) mail: MailSection,
    pub(super) billing: BillingSection,
    pub(super) files: FilesSection,
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
