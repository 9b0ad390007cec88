//! The sections of the settings file that are what they read.

use std::time::Duration;

use freehold_db::StatementCache;
use freehold_jobs::WorkerSettings;
use freehold_outbound::{Allowed, IpNet};
use serde::Deserialize;

/// `[work]`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkSettings {
    /// The server does jobs, too.
    pub in_server: bool,
    /// Most jobs at once.
    pub slots: usize,
    /// When others take over what a worker was doing.
    pub lease_seconds: u64,
}

impl WorkSettings {
    /// What a worker is told.
    pub fn worker(self) -> WorkerSettings {
        let lease = Duration::from_secs(self.lease_seconds);
        WorkerSettings { slots: self.slots, lease, beat: lease / 5, ..WorkerSettings::default() }
    }
}

/// `[outbound]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutboundSettings {
    /// Ranges that are opened besides the public internet.
    pub allow: Vec<IpNet>,
    /// Public addresses may be called by http:// too.
    pub plain_http: bool,
}

impl OutboundSettings {
    /// Which addresses may be called. With the local database everything runs on one machine, which is open then.
    pub fn allowed(&self, local: bool) -> Allowed {
        let mut allowed = Allowed::public_only().with(&self.allow);
        if local {
            allowed = allowed.with_loopback();
        }
        if self.plain_http { allowed.with_plain_http() } else { allowed }
    }
}

/// When mails are shown at `/dev/mail`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mailbox {
    /// When the database is the local one, and no mail server is named.
    Local,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Where connections keep the statements they have sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Prepared {
    /// On the local server, which nobody stands in front of.
    Local,
    /// Everywhere.
    Always,
    /// Nowhere.
    Never,
}

impl Prepared {
    /// What holds for the local server, or for one that we were told of.
    pub fn on(self, local: bool) -> StatementCache {
        match self {
            Self::Always => StatementCache::On,
            Self::Local if local => StatementCache::On,
            Self::Local | Self::Never => StatementCache::Off,
        }
    }
}
