//! What dispatcher and sender are made of.

use std::{sync::Arc, time::Duration};

use freehold_core::{Clock, Error, Random};
use freehold_db::Db;
use freehold_jobs::Nudge;
use freehold_outbound::Outbound;
use freehold_vault::Vault;
use tokio::sync::Notify;

/// How webhooks behave.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Longest time of an attempt, everything included.
    pub time_limit: Duration,
    /// Beyond that, how long a sender may be silent before another takes over what it had leased.
    pub lease_beyond: Duration,
    /// Most requests on the way at once, over all endpoints.
    pub in_flight: usize,
    /// How long after the first failure, with no success since, an endpoint is disabled.
    pub failing_for: Duration,
    /// How often to look for work when nobody nudges, while there has been some just now.
    pub poll_busy: Duration,
    /// The same after a quiet second; five times as long when it has been quiet for long.
    pub poll_quiet: Duration,
    /// How long requests under way may take to end when the sender stops.
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
    /// Where everything is kept.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// Chance, for a little jitter.
    pub random: Random,
    /// Opens the secrets.
    pub vault: Vault,
    /// Sends, to checked addresses only.
    pub outbound: Outbound,
    /// The product's name, for mails.
    pub product_name: Arc<str>,
    /// Where people reach the server, for mails.
    pub site_url: Arc<str>,
    /// How webhooks behave.
    pub settings: Settings,
    /// Wakes the sender.
    pub(super) due: Arc<Notify>,
}

impl Parts {
    /// Of these, with the name and address that mails hold.
    pub fn new(
        (db, clock, random): (Db, Clock, Random),
        vault: Vault,
        outbound: Outbound,
        (product_name, site_url): (&str, &str),
        settings: Settings,
    ) -> Self {
        let (product_name, site_url) = (product_name.into(), site_url.into());
        Self { db, clock, random, vault, outbound, product_name, site_url, settings, due: Arc::default() }
    }
}

/// How long to leave the database alone when it does not answer.
const TROUBLE: Duration = Duration::from_millis(500);

/// So many looks in vain are a long quiet; each costs a transaction.
const LONG: u32 = 300;

/// How often to look when nobody nudges: often while there is work, seldom after a quiet second, and more seldom after a long quiet.
pub(super) struct Rhythm {
    busy: Duration,
    quiet: Duration,
    /// How many looks in a row found nothing.
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

    /// The pause after a failure, which is said once until it is over.
    pub(super) fn trouble(&mut self, what: &str, error: &Error) -> Duration {
        if !std::mem::replace(&mut self.in_trouble, true) {
            tracing::warn!(?error, "{what}; trying again");
        }
        TROUBLE
    }
}
