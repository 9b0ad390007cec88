//! The sections of the settings file that need no conversion.

use std::{str::FromStr, time::Duration};

use freehold_db::StatementCache;
use freehold_jobs::WorkerSettings;
use freehold_outbound::{Allowed, IpNet};
use serde::Deserialize;

use crate::{
    connections::{Caps, Limits, Patience, descriptors},
    shutdown::Pace,
};

/// `[work]`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkSettings {
    /// Whether the server runs background workers itself.
    pub in_server: bool,
    /// Most jobs at once in one process.
    pub slots: usize,
    /// Seconds after which the lease of a silent worker expires.
    pub lease_seconds: u64,
}

impl WorkSettings {
    /// The settings of a worker.
    pub fn worker(self) -> WorkerSettings {
        let lease = Duration::from_secs(self.lease_seconds);
        WorkerSettings { slots: self.slots, lease, beat: lease / 5, ..WorkerSettings::default() }
    }
}

/// `[connections]`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectionSettings {
    /// Most connections of clients at once, 10 to 1,000,000.
    pub most: usize,
    /// Most of them from one address, 1 to 1,000,000.
    pub most_per_address: usize,
    /// Seconds a client may take for the headers of a request, 1 to 3600.
    pub header_seconds: u64,
    /// Seconds a connection may be idle, 1 to 3600.
    pub idle_seconds: u64,
    /// Seconds a client may take to send the next part of a request or to read the next part of an answer, 1 to 3600.
    pub transfer_seconds: u64,
}

impl ConnectionSettings {
    /// The limits of a server with a database pool of this size, as far as its descriptors allow them.
    pub fn limits(&self, pool: usize, proxies: &[IpNet]) -> Limits {
        Limits {
            caps: self.caps().within(descriptors::room(descriptors::limit(), pool)),
            patience: Patience {
                header: Duration::from_secs(self.header_seconds),
                idle: Duration::from_secs(self.idle_seconds),
                transfer: Duration::from_secs(self.transfer_seconds),
            },
            proxies: proxies.to_vec(),
        }
    }

    /// The caps of the settings, without regard to available descriptors.
    pub fn caps(&self) -> Caps {
        Caps { most: self.most, most_per_address: self.most_per_address }
    }
}

/// `[shutdown]`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShutdownSettings {
    /// How long requests are still accepted after SIGTERM.
    pub drain_seconds: Drain,
    /// Seconds that running requests may take to end after that, 1 to 600.
    pub finish_seconds: u64,
}

impl ShutdownSettings {
    /// Time limits of a shutdown; `local`: the database is the local one, which no other server shares.
    pub(crate) fn pace(self, local: bool) -> Pace {
        let drain = match self.drain_seconds {
            Drain::Seconds(seconds) => Duration::from_secs(seconds),
            Drain::Auto if local => Duration::ZERO,
            Drain::Auto => DRAIN,
        };
        Pace { drain, finish: Duration::from_secs(self.finish_seconds) }
    }
}

/// How long requests are still accepted after SIGTERM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "DrainText")]
pub enum Drain {
    /// 5 seconds; 0 with the local database, which no other server shares.
    Auto,
    /// A number of seconds, 0 to 600.
    Seconds(u64),
}

/// The drain of `auto` if the database is not the local one. It leaves running requests time within the ten seconds
/// that `docker stop` waits.
const DRAIN: Duration = Duration::from_secs(5);

#[derive(Deserialize)]
#[serde(untagged)]
enum DrainText {
    Number(i64),
    Text(String),
}

impl TryFrom<DrainText> for Drain {
    type Error = String;

    fn try_from(text: DrainText) -> Result<Self, String> {
        match text {
            DrainText::Number(seconds) => seconds.to_string().parse(),
            DrainText::Text(text) => text.parse(),
        }
    }
}

impl FromStr for Drain {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(seconds @ 0..=600) => Ok(Self::Seconds(seconds)),
            Err(_) if text == "auto" => Ok(Self::Auto),
            _ => Err(format!(
                "drain_seconds in [shutdown] is {text:?}, but has to be \"auto\" or a number of seconds between 0 and 600"
            )),
        }
    }
}

/// `[outbound]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutboundSettings {
    /// Networks that may be called besides the public internet.
    pub allow: Vec<IpNet>,
    /// Whether public addresses may be called by http://, too.
    pub plain_http: bool,
}

impl OutboundSettings {
    /// The addresses that may be called. With the local database this machine may be called, too.
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
    /// If the database is the local one, and no mail server is set.
    Local,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Whether connections keep prepared statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Prepared {
    /// On the local server, which no pooler is in front of.
    Local,
    /// With every database.
    Always,
    /// With no database.
    Never,
}

impl Prepared {
    /// The setting of the pool, for the local server or for the one of `DATABASE_URL`.
    pub fn on(self, local: bool) -> StatementCache {
        match self {
            Self::Always => StatementCache::On,
            Self::Local if local => StatementCache::On,
            Self::Local | Self::Never => StatementCache::Off,
        }
    }
}
