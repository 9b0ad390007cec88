//! The state that every handler can use.

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
    /// The database.
    pub db: Db,
    /// The clock.
    pub clock: Clock,
    /// The source of ids.
    pub ids: Ids,
    /// The random source.
    pub random: Random,
    /// Encrypts stored secrets.
    pub vault: Vault,
    /// The product definition from `product.toml`.
    pub product: Arc<Product>,
    /// The entitlements of each plan.
    pub entitlements: Arc<Entitlements>,
    /// Authentication of users and keys.
    pub identity: Identity,
    /// Turns credentials into callers, which are cached for half a second.
    pub resolver: Resolver,
    /// The running requests of each organization.
    pub running: Running,
    /// Whether this server is shutting down.
    pub shutdown: Shutdown,
    /// Limits repeated log lines during an outage.
    pub outage: Outage,
    /// The areas for permissions and scopes, including the product's.
    pub areas: Vec<Area>,
    /// The public URL of this server, without a slash at the end.
    pub site_url: String,
    /// Wakes the worker of this process.
    pub nudge: Nudge,
    /// Sends requests to URLs from customers.
    pub outbound: Outbound,
    /// Billing; none where it is disabled and nothing is limited.
    pub billing: Option<Billing>,
    /// The reverse proxies of this server.
    pub trusted_proxies: TrustedProxies,
}

impl Backbone {
    /// The state with these parts.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// URL of the billing page, to which errors with status 402 refer.
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

/// Limits the log line about an unavailable dependency to one a second, for any number of requests.
#[derive(Debug, Default)]
pub struct Outage(AtomicI64);

impl Outage {
    /// Whether the line is due.
    pub(crate) fn speaks(&self, now: Timestamp) -> bool {
        self.0.swap(now.as_second(), Ordering::Relaxed) != now.as_second()
    }
}
