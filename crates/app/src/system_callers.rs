//! The cache of callers for work that no request started.

use std::{sync::Arc, time::Duration};

use freehold_core::{Caller, TenantId};
use moka::future::Cache;

/// How long a caller is used: within that time every server notices another plan or standing.
const BELIEVED: Duration = Duration::from_millis(500);

/// The cache of callers for work that no request started, by tenant and reason. Shared by all clones.
#[derive(Clone)]
pub struct SystemCallers(pub(crate) Cache<(TenantId, &'static str), Option<Arc<Caller>>>);

impl Default for SystemCallers {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(100_000).time_to_live(BELIEVED).build())
    }
}

impl SystemCallers {
    /// Clears the cache, after a change on this server.
    pub fn forget(&self) {
        self.0.invalidate_all();
    }
}
