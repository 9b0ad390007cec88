//! Looks for changed keys when a caller sends an unknown key or a token of one.

use std::{sync::Arc, time::Duration};

use aws_lc_rs::digest::{SHA256, digest};
use freehold_core::{Error, Result};
use moka::sync::Cache;
use tokio::{
    sync::Mutex,
    time::{Instant, sleep_until},
};

use super::{TokenKeys, keys_refresh};

/// Shortest time between two looks, so that made-up keys cost the database no more than ten small queries a second.
const APART: Duration = Duration::from_millis(100);
/// How long a key that was not found is remembered as absent. A key that is created later has another name.
const ABSENT: Duration = Duration::from_secs(2);
/// Number of absent keys that are remembered.
const REMEMBERED: u64 = 10_000;

/// Looks for changed keys, once for all callers that wait.
pub struct Looks {
    last: Mutex<Last>,
    /// Digests of keys that were not found.
    absent: Cache<[u8; 32], ()>,
}

/// The last look that finished, and the last that was started.
#[derive(Default)]
struct Last {
    begun: Option<Instant>,
    ended: Option<(Instant, Result<(), Arc<Error>>)>,
}

impl Default for Looks {
    fn default() -> Self {
        let absent = Cache::builder().max_capacity(REMEMBERED).time_to_live(ABSENT).build();
        Self { last: Mutex::default(), absent }
    }
}

impl Looks {
    /// Returns once the key ring is as new as this call.
    ///
    /// # Errors
    /// `unavailable` when the database does not answer.
    pub async fn look(&self, tokens: &TokenKeys) -> Result<()> {
        let asked = Instant::now();
        let mut last = self.last.lock().await;
        // Another caller's look may have started after this call.
        if let Some((_, outcome)) = last.ended.as_ref().filter(|(begun, _)| *begun >= asked) {
            return outcome.clone().map_err(|error| error.shared());
        }
        if let Some(begun) = last.begun {
            sleep_until(begun + APART).await;
        }
        let begun = Instant::now();
        last.begun = Some(begun);
        let outcome = keys_refresh(tokens).await.map(drop).map_err(Arc::new);
        last.ended = Some((begun, outcome.clone()));
        outcome.map_err(|error| error.shared())
    }

    /// Calls `known` again with reloaded keys, unless the same `name` was not found a moment ago; none: not found.
    pub(crate) async fn again<T>(
        &self,
        tokens: &TokenKeys,
        name: &str,
        known: impl FnOnce() -> Option<T>,
    ) -> Result<Option<T>> {
        let mut place = [0; 32];
        place.copy_from_slice(digest(&SHA256, name.as_bytes()).as_ref());
        if self.absent.contains_key(&place) {
            return Ok(None);
        }
        self.look(tokens).await?;
        let found = known();
        if found.is_none() {
            self.absent.insert(place, ());
        }
        Ok(found)
    }
}

impl std::fmt::Debug for Looks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Looks").field("absent", &self.absent.entry_count()).finish_non_exhaustive()
    }
}
