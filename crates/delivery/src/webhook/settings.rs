//! Settings and shared parts of dispatcher and sender.

use std::{sync::Arc, time::Duration};

use freehold_core::{Clock, Error, Random};
use freehold_db::Db;
use freehold_jobs::Nudge;
use freehold_outbound::Outbound;
use freehold_vault::Vault;
use tokio::sync::Notify;

/// Limits and intervals of webhooks.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Longest duration of an attempt, from the name lookup to the end of the answer.
    pub time_limit: Duration,
    /// How long after `time_limit` a lease ends, so that another sender takes over the delivery.
    pub lease_beyond: Duration,
    /// Most requests under way at once, to all endpoints together.
    pub in_flight: usize,
    /// How long an endpoint may fail without a success before it is disabled.
    pub failing_for: Duration,
    /// How often to look for work without a wake-up, right after there was some.
    pub poll_busy: Duration,
    /// The same after a second without work; five times as long after many looks without work.
    pub poll_quiet: Duration,
    /// How long the sender waits for requests under way when it stops.
    pub drain: Duration,
    /// Wakes the dispatcher.
    pub nudge: Nudge,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            time_limit: Duration::from_secs(15),
            lease_beyond: Duration::from_secs(15),
            in_flight: 512,
            failing_for: Duration::from_hours(5 * 24),
            poll_busy: Duration::from_millis(10),
            poll_quiet: Duration::from_millis(100),
            drain: Duration::from_secs(15),
            nudge: Nudge::default(),
        }
    }
}

/// What a dispatcher and a sender of one process share. Cheap to clone.
#[derive(Clone)]
pub struct Parts {
    /// Database with the deliveries.
    pub db: Db,
    /// Clock that follows the database's time.
    pub clock: Clock,
    /// The random source, for jitter.
    pub random: Random,
    /// Opens the secrets.
    pub vault: Vault,
    /// The HTTP client, which calls only checked addresses.
    pub outbound: Outbound,
    /// The product's name, for mails.
    pub product_name: Arc<str>,
    /// Address of the site, for mails.
    pub site_url: Arc<str>,
    /// Limits and intervals.
    pub settings: Settings,
    /// Wakes the sender.
    pub(super) due: Arc<Notify>,
}

impl Parts {
    /// Parts with the product's name and the site's address, which mails contain.
    pub fn new(
        db: Db,
        random: Random,
        vault: Vault,
        outbound: Outbound,
        product_name: &str,
        site_url: &str,
        settings: Settings,
    ) -> Self {
        let (clock, product_name, site_url) = (db.clock().clone(), product_name.into(), site_url.into());
        Self { db, clock, random, vault, outbound, product_name, site_url, settings, due: Arc::default() }
    }
}

/// The pause after a failed query.
const TROUBLE: Duration = Duration::from_millis(500);

/// Looks without work after which looks become rare, because each costs a transaction.
const LONG: u32 = 300;

/// How often to look for work without a wake-up: often while there is work, less often after a second without, and
/// rarely after many looks without.
pub(super) struct Rhythm {
    busy: Duration,
    quiet: Duration,
    /// Number of looks in a row that found no work.
    in_vain: u32,
    in_trouble: bool,
}

impl Rhythm {
    pub(super) fn new(settings: &Settings) -> Self {
        Self { busy: settings.poll_busy, quiet: settings.poll_quiet, in_vain: u32::MAX, in_trouble: false }
    }

    /// The pause after a look.
    pub(super) fn after(&mut self, found: bool) -> Duration {
        if std::mem::take(&mut self.in_trouble) {
            tracing::info!("the database answers again");
        }
        self.in_vain = if found { 0 } else { self.in_vain.saturating_add(1) };
        match self.in_vain {
            in_vain if self.busy.saturating_mul(in_vain) < Duration::from_secs(1) => self.busy,
            ..LONG => self.quiet,
            _ => self.quiet * 5,
        }
    }

    /// The pause after a failure. Logs the first failure of a series only.
    pub(super) fn trouble(&mut self, what: &str, error: &Error) -> Duration {
        if !std::mem::replace(&mut self.in_trouble, true) {
            tracing::warn!(?error, "{what}; trying again");
        }
        TROUBLE
    }
}
