//! The keys that a project publishes.

use std::{sync::Arc, time::Duration};

use freehold_core::{Context, Error, Result};
use freehold_outbound::{HeaderMap, Method, Request, Url};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::Value;

use super::Project;
use crate::{
    access_token::Verifier,
    signing_key::{GivenJwk, KeyRing, VerifyingKey},
};

/// How long fetched keys are used, as the project itself says (`Cache-Control: max-age=600`).
const BELIEVED: SignedDuration = SignedDuration::from_mins(10);
/// Shortest time between two requests for the keys.
const PATIENCE: SignedDuration = SignedDuration::from_secs(5);
/// Timeout of a call to the project.
const ANSWERED_WITHIN: Duration = Duration::from_secs(5);

#[derive(Deserialize)]
struct Published {
    keys: Vec<Value>,
}

impl Project {
    /// Fetches the keys again when they are old. The request does not wait; it goes on with the known keys.
    pub(crate) fn keys_keep(self: &Arc<Self>, verifier: &Arc<Verifier>) {
        let now = self.clock.now();
        // A locked mutex means that the keys are being fetched.
        let Ok(known) = self.known.try_lock().map(|known| *known) else { return };
        let Some(read) = known.read else { return };
        let tried = known.tried.unwrap_or(read);
        if now.duration_since(read) >= BELIEVED && now.duration_since(tried) >= PATIENCE {
            let (project, verifier) = (self.clone(), verifier.clone());
            tokio::spawn(async move {
                // On an error the known keys stay in use; a request with an unknown key gets the error itself.
                let _ = project.keys_ask(&verifier, &verifier.ring()).await;
            });
        }
    }

    /// Fetches the keys, unless that was done a moment ago; returns whether they may differ from those of `before`.
    ///
    /// # Errors
    /// `unavailable` when the project does not answer.
    pub(crate) async fn keys_ask(&self, verifier: &Verifier, before: &Arc<KeyRing>) -> Result<bool> {
        // Requests that arrive meanwhile wait for the same answer.
        let mut known = self.known.lock().await;
        let now = self.clock.now();
        if !Arc::ptr_eq(&verifier.ring(), before) {
            return Ok(true);
        }
        if known.tried.is_some_and(|tried| now.duration_since(tried) < PATIENCE) {
            // If the project answered a moment ago, the key that is looked for is not one of its keys.
            return if known.read == known.tried { Ok(false) } else { Err(away("it did not answer a moment ago")) };
        }
        known.tried = Some(now);
        let keys = self.keys_read().await?;
        known.read = Some(now);
        self.keys_take(verifier, keys);
        Ok(true)
    }

    async fn keys_read(&self) -> Result<Vec<VerifyingKey>> {
        let url = format!("{}/.well-known/jwks.json", self.auth_url());
        let request = Request {
            url: Url::parse(&url).context("reading SUPABASE_URL")?,
            method: Method::GET,
            headers: HeaderMap::new(),
            body: freehold_outbound::Bytes::new(),
            time_limit: ANSWERED_WITHIN,
        };
        let answer = self.outbound.send(request).await.map_err(away)?;
        if answer.status != 200 {
            return Err(away(format!("asked for its keys, it answers {}", answer.status)));
        }
        let published: Published = serde_json::from_slice(&answer.body).map_err(away)?;
        Ok(published.keys.into_iter().filter_map(usable).collect())
    }

    /// Uses these keys, and only these, from now on.
    fn keys_take(&self, verifier: &Verifier, keys: Vec<VerifyingKey>) {
        let keys: Vec<_> = keys.into_iter().chain(self.secret.clone()).collect();
        let mark = format!("{:?}", keys.iter().map(|key| (key.kid(), key.jwk())).collect::<Vec<_>>());
        let ring = verifier.ring();
        if ring.mark() != mark {
            let other = KeyRing::of_others(keys, ring.issuer(), ring.audience()).marked(mark);
            verifier.replace_ring(other);
        }
    }
}

/// Number of the project's published keys that can be used here, and number of all of them; none: not a key set.
pub fn jwks_count(body: &[u8]) -> Option<(usize, usize)> {
    let published: Published = serde_json::from_slice(body).ok()?;
    let all = published.keys.len();
    Some((published.keys.into_iter().filter_map(usable).count(), all))
}

/// A key of an unknown type is skipped; it is no reason to reject the others.
fn usable(key: Value) -> Option<VerifyingKey> {
    let jwk: GivenJwk = serde_json::from_value(key).ok()?;
    jwk.kid().ok()??;
    VerifyingKey::from_jwk(&jwk).ok()
}

/// The error for a project that does not answer.
pub(super) fn away(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::unavailable(Duration::from_secs(5), why)
}
