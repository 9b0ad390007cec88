//! The only code that decides whether a bearer token is valid.

use std::sync::{Arc, PoisonError, RwLock};

use freehold_core::{Clock, SessionId};
use jiff::Timestamp;

use super::{Claims, TokenCache, TokenError};
use crate::signing_key::KeyRing;

/// The longest token that is accepted, in bytes. User metadata makes tokens long, and HTTP headers are limited anyway.
const MAX_LEN: usize = 16 * 1024;

/// Verifies access tokens: from the cache when it has the token, by the signature when not.
///
/// A session that ends in another process, or that ended before this process started, is unknown here until
/// [`revoke_session`](Self::revoke_session) is called for it.
#[derive(Debug)]
pub struct Verifier {
    ring: RwLock<Arc<KeyRing>>,
    cache: TokenCache,
    clock: Clock,
}

impl Verifier {
    /// Creates a verifier with these keys.
    pub fn new(ring: KeyRing, cache: TokenCache, clock: Clock) -> Self {
        Self { ring: RwLock::new(Arc::new(ring)), cache, clock }
    }

    /// Returns the token's claims, if the token is valid now.
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

    /// The present time.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Rejects every token of this session from now on.
    pub fn revoke_session(&self, session: SessionId) {
        self.cache.revoke_session(session, self.clock.now());
    }

    /// The key ring, for signing and publishing.
    pub fn ring(&self) -> Arc<KeyRing> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the key ring. Cached tokens are verified again, because a key may have been removed.
    pub fn replace_ring(&self, ring: KeyRing) {
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
        self.cache.clear();
    }

    #[cfg(test)]
    pub(super) fn cache(&self) -> &TokenCache {
        &self.cache
    }
}
