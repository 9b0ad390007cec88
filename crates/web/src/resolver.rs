//! The cache of callers. Results are cached for half a second: within that time every server notices a revoked key, a
//! changed role or another plan, at the cost of two small queries a second for each active credential.

use std::{
    sync::{Arc, atomic::AtomicI64},
    time::Duration,
};

use freehold_app::SystemCallers;
use freehold_core::{Caller, ImpersonationId, ServiceKeyId, SessionId, TenantId, UserId};
use freehold_identity::{access_token::Aal, key::Networks};
use jiff::Timestamp;
use moka::future::Cache;

/// How long a result is used.
const BELIEVED: Duration = Duration::from_millis(500);
/// How long a key that worked is looked up with priority over unknown keys.
const FAMILIAR: Duration = Duration::from_hours(1);

/// The cache of callers, shared by all clones.
#[derive(Clone)]
pub struct Resolver {
    /// Callers by the digest of the key's text, so that the cache contains no credential.
    pub(crate) keys: Cache<[u8; 32], KeyCaller>,
    /// Keys that do not work, so that a program with a wrong key costs two look-ups a second.
    pub(crate) refused: Cache<[u8; 32], ()>,
    /// Keys that worked within the last hour.
    pub(crate) familiar: Cache<[u8; 32], ()>,
    pub(crate) members: Cache<(SessionId, Aal, Option<TenantId>), Arc<Caller>>,
    /// Running sessions, and whether their user has a second factor.
    pub(crate) sessions: Cache<SessionId, bool>,
    /// The second in which the log last reported why a token was refused.
    pub(crate) told: Arc<AtomicI64>,
    /// Callers for work that no request started.
    system_callers: SystemCallers,
    /// Callers for the product's application, in each organization that it named.
    pub(crate) services: Cache<(TenantId, ServiceKeyId), Option<Arc<Caller>>>,
    /// Callers for operators, by their sessions in organizations.
    pub(crate) operators: Cache<ImpersonationId, OperatorCaller>,
}

/// The caller of an API key.
#[derive(Clone)]
pub(crate) struct KeyCaller {
    pub(crate) caller: Arc<Caller>,
    /// When the key expires; none: never.
    pub(crate) expires_at: Option<Timestamp>,
    /// Networks of the key and of the keys that it derives from: an address must be in all of them. They are checked at
    /// every request, since the cache knows the key only.
    pub(crate) networks: Arc<[Networks]>,
}

/// The caller of an operator's session in an organization, with the member as whom they work.
#[derive(Clone, Debug)]
pub(crate) struct OperatorCaller {
    pub(crate) caller: Arc<Caller>,
    pub(crate) user: UserId,
}

impl Resolver {
    /// An empty cache, which is cleared together with `system_callers`.
    pub fn new(system_callers: SystemCallers) -> Self {
        let familiar = Cache::builder().max_capacity(100_000).time_to_live(FAMILIAR).build();
        Self {
            keys: cache(),
            refused: cache(),
            familiar,
            members: cache(),
            sessions: cache(),
            told: Arc::default(),
            system_callers,
            services: cache(),
            operators: cache(),
        }
    }

    /// Clears the cache of sessions and keys, after a change on this server.
    pub fn forget(&self) {
        self.keys.invalidate_all();
        self.refused.invalidate_all();
        self.members.invalidate_all();
        self.sessions.invalidate_all();
        self.services.invalidate_all();
        self.operators.invalidate_all();
        self.system_callers.forget();
    }
}

fn cache<K: std::hash::Hash + Eq + Send + Sync + 'static, V: Clone + Send + Sync + 'static>() -> Cache<K, V> {
    Cache::builder().max_capacity(100_000).time_to_live(BELIEVED).build()
}
