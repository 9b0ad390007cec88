//! Looking for changed keys at the moment when a caller shows a key that is not known, or a token of one.

use std::{sync::Arc, time::Duration};

use aws_lc_rs::digest::{SHA256, digest};
use freehold_core::{Error, Result};
use moka::sync::Cache;
use tokio::{
    sync::Mutex,
    time::{Instant, sleep_until},
};

use super::keys_refresh;
use crate::Identity;

/// How far apart two looks are at least, so that made-up keys cost the database no more than ten small queries a second.
const APART: Duration = Duration::from_millis(100);
/// How long a key that was not found is known not to be there. A key that is made later has another name.
const ABSENT: Duration = Duration::from_secs(2);
/// How many of those are remembered.
const REMEMBERED: u64 = 10_000;

/// Looks for changed keys, one at a time for all who wait.
pub struct Looks {
    last: Mutex<Last>,
    /// What was not found, by its digest.
    absent: Cache<[u8; 32], ()>,
}

/// The last look that came to its end, and the last that was begun.
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
    /// Returns when the keys are those of this moment or of a later one.
    ///
    /// # Errors
    /// `unavailable` when the database does not answer.
    pub async fn look(&self, identity: &Identity) -> Result<()> {
        let asked = Instant::now();
        let mut last = self.last.lock().await;
        // Another caller's look may have begun after this call.
        if let Some((_, outcome)) = last.ended.as_ref().filter(|(begun, _)| *begun >= asked) {
            return outcome.clone().map_err(|error| error.shared());
        }
        if let Some(begun) = last.begun {
            sleep_until(begun + APART).await;
        }
        let begun = Instant::now();
        last.begun = Some(begun);
        let outcome = keys_refresh(identity).await.map(drop).map_err(Arc::new);
        last.ended = Some((begun, outcome.clone()));
        outcome.map_err(|error| error.shared())
    }

    /// Asks `known` once more with the keys of this moment, unless the same `name` was not found a moment ago; none: it was not.
    pub(crate) async fn again<T>(
        &self,
        identity: &Identity,
        name: &str,
        known: impl FnOnce() -> Option<T>,
    ) -> Result<Option<T>> {
        let mut place = [0; 32];
        place.copy_from_slice(digest(&SHA256, name.as_bytes()).as_ref());
        if self.absent.contains_key(&place) {
            return Ok(None);
        }
        self.look(identity).await?;
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
