//! The key ring: all keys of a deployment.

use std::fmt;

use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};

use super::{Algorithm, JwkSet, KeyError, LEGACY, SigningKey, VerifyingKey};
use crate::{
    access_token::{Claims, REQUIRED, TokenError},
    service_key::ServiceKeys,
};

/// The keys of a deployment, with the issuer and the audience of its tokens.
pub struct KeyRing {
    /// The key that signs; none: tokens are signed elsewhere.
    current: Option<SigningKey>,
    others: Vec<VerifyingKey>,
    services: ServiceKeys,
    issuer: String,
    audience: String,
    mark: String,
}

impl KeyRing {
    /// Creates a ring that signs with `current` and also verifies with `others`, which are standby and previous keys.
    /// Tokens are accepted only from `issuer` (`https://…/auth/v1`) and only for `audience` (`authenticated`).
    pub fn new(
        current: SigningKey,
        others: Vec<VerifyingKey>,
        issuer: impl Into<String>,
        audience: impl Into<String>,
    ) -> Self {
        Self { current: Some(current), ..Self::of_others(others, issuer, audience) }
    }

    /// Creates a ring that verifies tokens which are signed elsewhere.
    pub fn of_others(others: Vec<VerifyingKey>, issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        Self {
            current: None,
            others,
            services: ServiceKeys::default(),
            issuer: issuer.into(),
            audience: audience.into(),
            mark: String::new(),
        }
    }

    /// The same ring with these service keys.
    pub(crate) fn with_services(self, services: ServiceKeys) -> Self {
        Self { services, ..self }
    }

    /// The same ring with the mark that shows whether it is still current.
    pub(crate) fn marked(self, mark: String) -> Self {
        Self { mark, ..self }
    }

    /// The mark that shows whether the ring is still current.
    pub(crate) fn mark(&self) -> &str {
        &self.mark
    }

    /// Issuer (`iss`) of the tokens.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Audience (`aud`) of the tokens.
    pub fn audience(&self) -> &str {
        &self.audience
    }

    /// The service keys.
    pub(crate) fn services(&self) -> &ServiceKeys {
        &self.services
    }

    /// Signs a token with these claims.
    pub fn sign(&self, claims: &impl Serialize) -> Result<String, KeyError> {
        self.current.as_ref().ok_or(KeyError::Elsewhere)?.sign(claims)
    }

    /// Returns the token's claims, if a key of the ring signed it and it is valid at `now`. The header's `kid` selects
    /// the key, and the key decides the algorithm: a header that names another algorithm is rejected.
    ///
    /// # Errors
    /// See [`TokenError`].
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, TokenError> {
        let claims: Claims = self.open(token).map_err(|error| match error {
            TokenError::Malformed => self.missing(token).unwrap_or(error),
            error => error,
        })?;
        claims.check(&self.issuer, &self.audience, now)?;
        Ok(claims)
    }

    /// The missing claim of a token that a key of the ring signed.
    fn missing(&self, token: &str) -> Option<TokenError> {
        let claims: serde_json::Map<String, serde_json::Value> = self.open(token).ok()?;
        REQUIRED.into_iter().find(|claim| !claims.contains_key(*claim)).map(TokenError::Missing)
    }

    /// The content of a token that a key of the ring signed, without checking audience or time.
    pub(crate) fn open<T: DeserializeOwned>(&self, token: &str) -> Result<T, TokenError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Malformed)?;
        // `crit` names extensions that must be understood (RFC 7515, 4.1.11), and none is supported.
        if header.typ.as_deref() != Some("JWT") || header.crit.is_some() {
            return Err(TokenError::Malformed);
        }
        let named = |kid: &str| self.keys().find(|key| key.kid() == kid);
        let key = match &header.kid {
            // Tokens of older projects name no key, or one by a name that only the project knows.
            None => named(LEGACY),
            Some(kid) => named(kid).or_else(|| named(LEGACY).filter(|_| header.alg == Algorithm::Hs256.jws())),
        };
        key.ok_or(TokenError::UnknownKey)?.open(token, &header)
    }

    /// The published keys: those with a public half.
    pub fn jwks(&self) -> JwkSet {
        JwkSet { keys: self.keys().filter_map(|key| key.jwk().cloned()).collect() }
    }

    /// The algorithms that tokens are signed with here, each once.
    pub fn algorithms(&self) -> Vec<&'static str> {
        let mut names: Vec<&str> = Vec::new();
        for name in self.keys().filter(|key| key.jwk().is_some()).map(|key| key.algorithm().name()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    fn keys(&self) -> impl Iterator<Item = &VerifyingKey> {
        self.current.iter().map(SigningKey::verifying).chain(&self.others)
    }

    #[cfg(test)]
    pub(super) fn current(&self) -> &SigningKey {
        self.current.as_ref().unwrap()
    }

    #[cfg(test)]
    pub(super) fn others(&self) -> &[VerifyingKey] {
        &self.others
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kids: Vec<_> = self.keys().map(VerifyingKey::kid).collect();
        f.debug_struct("KeyRing").field("kids", &kids).field("issuer", &self.issuer).finish_non_exhaustive()
    }
}
