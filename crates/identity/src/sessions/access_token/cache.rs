//! A cache of verified tokens, so that the next request of the same client skips the signature check.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use aws_lc_rs::digest;
use freehold_core::SessionId;
use jiff::{SignedDuration, Timestamp};
use moka::sync::Cache;

use super::{Claims, TokenError};

/// Verified tokens, by SHA-256 of their text (so the memory holds no credential), and the sessions that ended while
/// some of their tokens have not expired yet. The cache is bounded: the least used tokens are evicted.
pub struct TokenCache {
    verified: Cache<[u8; 32], Verified>,
    /// Ended sessions, each with the time until which it must be remembered. Every lookup checks this map, so ending a
    /// session needs no index of its tokens, and no token of it can be cached meanwhile.
    ended: RwLock<HashMap<SessionId, Timestamp>>,
    /// Number of the current key ring. Entries verified with an older key ring are ignored.
    generation: AtomicU64,
    longest_life: SignedDuration,
}

#[derive(Clone)]
struct Verified {
    claims: Arc<Claims>,
    generation: u64,
}

/// A token's key in the cache.
#[derive(Clone, Copy)]
pub(super) struct Slot {
    key: [u8; 32],
    generation: u64,
}

impl TokenCache {
    /// Default limit of cached tokens: about 100 MB when the cache is full.
    pub const CAPACITY: u64 = 100_000;

    /// Creates a cache of at most `capacity` tokens. A token whose lifetime exceeds `longest_life` is rejected, because
    /// an ended session is remembered for only that long.
    pub fn new(capacity: u64, longest_life: SignedDuration) -> Self {
        // Uses the machine's clock, but only to free memory: every hit checks whether the token has expired.
        let forget_after = Duration::try_from(longest_life).unwrap_or_default().min(Duration::from_hours(24 * 7));
        let verified = Cache::builder().max_capacity(capacity).time_to_live(forget_after).build();
        Self { verified, ended: RwLock::default(), generation: AtomicU64::new(0), longest_life }
    }

    /// Rejects every token of this session from now on, whether it is cached or not.
    pub fn revoke_session(&self, session: SessionId, now: Timestamp) {
        let until = now.saturating_add(self.longest_life).unwrap_or(Timestamp::MAX);
        let mut ended = self.ended.write().unwrap_or_else(PoisonError::into_inner);
        // Removes old entries only when the map is about to double, so a revocation is cheap on average.
        if ended.len() == ended.capacity() {
            ended.retain(|_, until| *until >= now);
        }
        ended.insert(session, until);
    }

    /// Removes all tokens, so that each is verified again.
    pub(super) fn clear(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
        self.verified.invalidate_all();
    }

    /// The cache key of `token`. Callers get it before they read the key ring, so a token verified with keys that are
    /// replaced meanwhile is stored under the old generation.
    pub(super) fn slot(&self, token: &str) -> Slot {
        let mut key = [0; 32];
        key.copy_from_slice(digest::digest(&digest::SHA256, token.as_bytes()).as_ref());
        Slot { key, generation: self.generation.load(Ordering::Acquire) }
    }

    /// The token's claims, if the token was verified before and is still valid.
    pub(super) fn get(&self, slot: Slot, now: Timestamp) -> Result<Option<Arc<Claims>>, TokenError> {
        let Some(verified) = self.verified.get(&slot.key) else { return Ok(None) };
        if verified.generation != slot.generation {
            return Ok(None);
        }
        let checked = if verified.claims.expired(now) {
            Err(TokenError::Expired)
        } else {
            self.check_session(verified.claims.session_id)
        };
        if let Err(error) = checked {
            self.verified.invalidate(&slot.key);
            return Err(error);
        }
        Ok(Some(verified.claims))
    }

    /// Stores a verified token, unless its session has ended or its lifetime is too long.
    pub(super) fn put(&self, slot: Slot, claims: Claims, now: Timestamp) -> Result<Arc<Claims>, TokenError> {
        if claims.exp.saturating_sub(now.as_second()) > self.longest_life.as_secs() {
            return Err(TokenError::TooLong);
        }
        self.check_session(claims.session_id)?;
        let claims = Arc::new(claims);
        self.verified.insert(slot.key, Verified { claims: claims.clone(), generation: slot.generation });
        Ok(claims)
    }

    fn check_session(&self, session: SessionId) -> Result<(), TokenError> {
        let ended = self.ended.read().unwrap_or_else(PoisonError::into_inner);
        if ended.contains_key(&session) { Err(TokenError::Revoked) } else { Ok(()) }
    }

    #[cfg(test)]
    pub(super) fn ended_sessions(&self) -> usize {
        self.ended.read().unwrap().len()
    }
}

impl std::fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TokenCache({} tokens)", self.verified.entry_count())
    }
}
