//! Tokens that were verified, so that the next request of the same client need not do the arithmetic again.

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
/// tokens of theirs would still hold. Bounded: the least used tokens make room.
pub struct TokenCache {
    verified: Cache<[u8; 32], Verified>,
    /// Ended sessions and until when that must be remembered. Looked at on every hit and miss, so that ending a session
    /// needs no index of its tokens and no token can slip in between.
    ended: RwLock<HashMap<SessionId, Timestamp>>,
    /// Counts the key rings. What an older one verified no longer counts.
    generation: AtomicU64,
    longest_life: SignedDuration,
}

#[derive(Clone)]
struct Verified {
    claims: Arc<Claims>,
    generation: u64,
}

/// A token's place in the cache.
#[derive(Clone, Copy)]
pub(super) struct Slot {
    key: [u8; 32],
    generation: u64,
}

impl TokenCache {
    /// Tokens kept at most when nothing else is configured: about 100 MB when all are in use.
    pub const CAPACITY: u64 = 100_000;

    /// A cache of at most `capacity` tokens. No token lives longer than `longest_life`, and one that would is refused:
    /// for so long an ended session is remembered.
    pub fn new(capacity: u64, longest_life: SignedDuration) -> Self {
        // By the machine's clock, and only to give memory back: whether a token holds is judged on each hit.
        let forget_after = Duration::try_from(longest_life).unwrap_or_default().min(Duration::from_hours(24 * 7));
        let verified = Cache::builder().max_capacity(capacity).time_to_live(forget_after).build();
        Self { verified, ended: RwLock::default(), generation: AtomicU64::new(0), longest_life }
    }

    /// Refuses every token of this session from now on, whether it is in the cache or not.
    pub fn revoke_session(&self, session: SessionId, now: Timestamp) {
        let until = now.saturating_add(self.longest_life).unwrap_or(Timestamp::MAX);
        let mut ended = self.ended.write().unwrap_or_else(PoisonError::into_inner);
        // Growing to twice its size is what makes room worth looking for, so a revocation costs little on average.
        if ended.len() == ended.capacity() {
            ended.retain(|_, until| *until >= now);
        }
        ended.insert(session, until);
    }

    /// Forgets all tokens: what comes next is verified anew.
    pub(super) fn clear(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
        self.verified.invalidate_all();
    }

    /// Where `token` belongs. Asked for before the keys are, so that a token verified with keys that are replaced
    /// meanwhile is kept for the old ones.
    pub(super) fn slot(&self, token: &str) -> Slot {
        let mut key = [0; 32];
        key.copy_from_slice(digest::digest(&digest::SHA256, token.as_bytes()).as_ref());
        Slot { key, generation: self.generation.load(Ordering::Acquire) }
    }

    /// The token's claims, when it was verified before and still holds.
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

    /// Keeps what was verified, unless it must not count.
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
