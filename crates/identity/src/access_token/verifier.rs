//! The one place that says whether a bearer token holds.

use std::sync::{Arc, PoisonError, RwLock};

use freehold_core::{Clock, SessionId};

use super::{Claims, TokenCache, TokenError};
use crate::signing_key::KeyRing;

/// The longest token that is looked at, in bytes. User metadata makes tokens long, and headers are limited anyway.
const MAX_LEN: usize = 16 * 1024;

/// Says whether an access token holds: by memory when it was seen before, by its signature when not.
///
/// A session that ends in another process, or ended before this one started, is known here only when somebody calls
/// [`revoke_session`](Self::revoke_session).
#[derive(Debug)]
pub struct Verifier {
    ring: RwLock<Arc<KeyRing>>,
    cache: TokenCache,
    clock: Clock,
}

impl Verifier {
    /// A verifier with these keys.
    pub fn new(ring: KeyRing, cache: TokenCache, clock: Clock) -> Self {
        Self { ring: RwLock::new(Arc::new(ring)), cache, clock }
    }

    /// What the token claims, when it holds now.
    ///
    /// # Errors
    /// See [`TokenError`].
    pub fn verify(&self, token: &str) -> Result<Arc<Claims>, TokenError> {
        if token.len() > MAX_LEN {
            return Err(TokenError::Malformed);
        }
        let now = self.clock.now();
        let slot = self.cache.slot(token);
        if let Some(claims) = self.cache.get(slot, now)? {
            return Ok(claims);
        }
        let claims = self.ring().verify(token, now)?;
        self.cache.put(slot, claims, now)
    }

    /// Refuses every token of this session from now on.
    pub fn revoke_session(&self, session: SessionId) {
        self.cache.revoke_session(session, self.clock.now());
    }

    /// The keys, for signing and publishing.
    pub fn ring(&self) -> Arc<KeyRing> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes other keys. What was verified with the old ones is verified again, because one of them may be gone.
    pub fn replace_ring(&self, ring: KeyRing) {
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
        self.cache.clear();
    }

    #[cfg(test)]
    pub(super) fn cache(&self) -> &TokenCache {
        &self.cache
    }
}
