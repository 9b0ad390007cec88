//! The state that every handler can use.

use std::{
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use freehold_app::App;
use freehold_identity::key::days::KeyUses;
use jiff::Timestamp;

use crate::{Resolver, Running, Shutdown, TrustedProxies};

/// The state of the router: the [`App`], which jobs have too, and what only requests need. Cheap to clone.
#[derive(Clone)]
pub struct Backbone(Arc<Parts>);

/// The parts of a [`Backbone`].
pub struct Parts {
    /// The capabilities and the product.
    pub app: App,
    /// Turns credentials into callers, which are cached for half a second.
    pub resolver: Resolver,
    /// The running requests, the shutdown and the outages of this server.
    pub server: ServerState,
    /// The reverse proxies of this server.
    pub trusted_proxies: TrustedProxies,
}

/// What this server is doing at the moment.
#[derive(Default)]
pub struct ServerState {
    /// The running requests of each organization.
    pub running: Running,
    /// Whether this server is shutting down.
    pub shutdown: Shutdown,
    /// Limits repeated log lines during an outage.
    pub outage: Outage,
    /// Requests of API keys that this server has counted and not written yet.
    pub key_uses: KeyUses,
}

impl Backbone {
    /// The state with these parts.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for Backbone {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Deref for Parts {
    type Target = App;
    fn deref(&self) -> &App {
        &self.app
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
