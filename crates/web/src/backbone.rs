//! What every handler may use.

use std::{
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use freehold_billing::Billing;
use freehold_catalog::Product;
use freehold_core::{Area, Clock, Ids, Random};
use freehold_db::Db;
use freehold_identity::Identity;
use freehold_jobs::Nudge;
use freehold_metering::plan::Entitlements;
use freehold_outbound::Outbound;
use freehold_vault::Vault;
use jiff::Timestamp;

use crate::{Resolver, Running, Shutdown, TrustedProxies};

/// The state of the router. Cheap to clone.
#[derive(Clone)]
pub struct Backbone(Arc<Parts>);

/// The parts of a [`Backbone`].
pub struct Parts {
    /// Where everything is kept.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// New ids.
    pub ids: Ids,
    /// Chance.
    pub random: Random,
    /// Seals what must not be read.
    pub vault: Vault,
    /// What is sold here.
    pub product: Arc<Product>,
    /// What each plan entitles to.
    pub entitlements: Arc<Entitlements>,
    /// Who is this?
    pub identity: Identity,
    /// From a credential to a caller, remembered for half a second.
    pub resolver: Resolver,
    /// The requests of each organization that are under way.
    pub running: Running,
    /// Whether this server is shutting down.
    pub shutdown: Shutdown,
    /// Keeps the log from drowning.
    pub outage: Outage,
    /// What permissions and scopes can be about here.
    pub areas: Vec<Area>,
    /// Where people reach this server, without a slash at the end.
    pub site_url: String,
    /// Wakes the worker of this process.
    pub nudge: Nudge,
    /// Calls addresses that customers named.
    pub outbound: Outbound,
    /// Who pays what; none: billing is switched off, and nothing is limited.
    pub billing: Option<Billing>,
    /// What stands in front of this server.
    pub trusted_proxies: TrustedProxies,
}

impl Backbone {
    /// The state made of these parts.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// Where an organization takes another plan, and pays what it owes: where an error with status 402 sends people.
    pub fn billing_url(&self) -> String {
        format!("{}/billing", self.site_url)
    }
}

impl Deref for Backbone {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// Says once a second that something we depend on is away, however many requests find out.
#[derive(Debug, Default)]
pub struct Outage(AtomicI64);

impl Outage {
    /// Whether it is to be said now.
    pub(crate) fn speaks(&self, now: Timestamp) -> bool {
        self.0.swap(now.as_second(), Ordering::Relaxed) != now.as_second()
    }
}
