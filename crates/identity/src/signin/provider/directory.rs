//! The published metadata of providers: where to send browsers (OpenID Connect Discovery 1.0), and their keys.
//!
//! Metadata are fetched when they are needed, and cached. When a provider does not answer, its last metadata stay in
//! use for a day, so that an outage ends no sign-in that the provider's own page still answers.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use freehold_core::{Clock, Error, Result};
use freehold_outbound::{Outbound, Url};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::Header;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{fetch, key::IssuerKey};

/// How long fetched metadata count as fresh.
const METADATA_LIFE: SignedDuration = SignedDuration::from_hours(1);
const KEYS_LIFE: SignedDuration = SignedDuration::from_mins(10);
/// How long metadata are used when they cannot be fetched again.
const OLDEST: SignedDuration = SignedDuration::from_hours(24);
/// Shortest time between two attempts after a failed one, and between two look-ups of an unknown key.
const PAUSE: SignedDuration = SignedDuration::from_secs(10);

/// The metadata of all providers.
pub(super) struct Directory {
    outbound: Outbound,
    clock: Clock,
    entries: Mutex<HashMap<String, Arc<tokio::sync::Mutex<Entry>>>>,
}

/// The metadata of a provider.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Metadata {
    /// Issuer of the provider's tokens.
    pub(super) issuer: String,
    #[serde(default, deserialize_with = "address")]
    pub(super) authorization_endpoint: Option<Url>,
    #[serde(default, deserialize_with = "address")]
    pub(super) token_endpoint: Option<Url>,
    #[serde(default, deserialize_with = "address")]
    pub(super) userinfo_endpoint: Option<Url>,
    #[serde(default, deserialize_with = "address")]
    jwks_uri: Option<Url>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

#[derive(Default)]
struct Entry {
    metadata: Kept<Metadata>,
    keys: Kept<Vec<IssuerKey>>,
}

/// A fetched value, and when it was fetched.
struct Kept<T> {
    value: Option<(Arc<T>, Timestamp)>,
    failed_at: Option<Timestamp>,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self { value: None, failed_at: None }
    }
}

impl<T> Kept<T> {
    fn younger_than(&self, life: SignedDuration, now: Timestamp) -> Option<Arc<T>> {
        let (value, read_at) = self.value.as_ref()?;
        (now.duration_since(*read_at) < life).then(|| value.clone())
    }

    /// Stores a fetched value; if fetching failed, returns the last value.
    fn take(&mut self, read: Result<T>, now: Timestamp) -> Result<Arc<T>> {
        match read {
            Ok(value) => {
                let value = Arc::new(value);
                *self = Self { value: Some((value.clone(), now)), failed_at: None };
                Ok(value)
            }
            Err(error) => {
                self.failed_at = Some(now);
                self.younger_than(OLDEST, now).ok_or(error)
            }
        }
    }

    /// Whether fetching failed a moment ago.
    fn pauses(&self, now: Timestamp) -> bool {
        self.failed_at.is_some_and(|failed| now.duration_since(failed) < PAUSE)
    }
}

impl Directory {
    pub(super) fn new(outbound: Outbound, clock: Clock) -> Self {
        Self { outbound, clock, entries: Mutex::default() }
    }

    /// The metadata of the provider with this issuer.
    pub(super) async fn metadata(&self, issuer: &str) -> Result<Arc<Metadata>> {
        let entry = self.entry(issuer);
        let mut entry = entry.lock().await;
        self.metadata_in(&mut entry, issuer).await
    }

    /// The provider's key for the token with this header. An unknown key is fetched, but not all the time.
    pub(super) async fn key(&self, issuer: &str, header: &Header) -> Result<Option<IssuerKey>> {
        let entry = self.entry(issuer);
        let mut entry = entry.lock().await;
        let now = self.clock.now();
        if let Some(keys) = entry.keys.younger_than(KEYS_LIFE, now) {
            let found = IssuerKey::choose(&keys, header);
            if found.is_some() || entry.keys.younger_than(PAUSE, now).is_some() || entry.keys.pauses(now) {
                return Ok(found.cloned());
            }
        }
        let metadata = self.metadata_in(&mut entry, issuer).await?;
        let read = if entry.keys.pauses(now) { Err(away(issuer)) } else { self.keys_read(&metadata).await };
        let keys = entry.keys.take(read, now)?;
        Ok(IssuerKey::choose(&keys, header).cloned())
    }

    /// The HTTP client for calls to providers.
    pub(super) fn outbound(&self) -> &Outbound {
        &self.outbound
    }

    async fn metadata_in(&self, entry: &mut Entry, issuer: &str) -> Result<Arc<Metadata>> {
        let now = self.clock.now();
        if let Some(metadata) = entry.metadata.younger_than(METADATA_LIFE, now) {
            return Ok(metadata);
        }
        let read = if entry.metadata.pauses(now) { Err(away(issuer)) } else { self.metadata_read(issuer).await };
        entry.metadata.take(read, now)
    }

    async fn metadata_read(&self, issuer: &str) -> Result<Metadata> {
        let place = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let place = Url::parse(&place).map_err(|_| Error::internal(format!("the issuer {issuer} is no address")))?;
        let metadata: Metadata = fetch::get(&self.outbound, &place, None).await?;
        if !issuer_fits(issuer, &metadata.issuer) {
            return Err(Error::internal(format!("{issuer} says of itself to be another issuer")));
        }
        Ok(metadata)
    }

    async fn keys_read(&self, metadata: &Metadata) -> Result<Vec<IssuerKey>> {
        let place = metadata.jwks_uri.as_ref();
        let place = place.ok_or_else(|| Error::internal(format!("{} publishes no keys", metadata.issuer)))?;
        let set: Value = fetch::get(&self.outbound, place, None).await?;
        Ok(IssuerKey::read_all(&set))
    }

    fn entry(&self, issuer: &str) -> Arc<tokio::sync::Mutex<Entry>> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.entry(issuer.to_owned()).or_default().clone()
    }
}

impl Metadata {
    /// Whether the client secret goes into the form and not into a header (RFC 6749, 2.3.1).
    pub(super) fn secret_in_form(&self) -> bool {
        let supported = self.token_endpoint_auth_methods_supported.as_ref();
        supported.is_some_and(|methods| methods.iter().any(|method| method == "client_secret_post"))
    }

    /// Whether this is the provider's issuer. Microsoft's tokens for all tenants are issued in the name of the tenant
    /// that they name.
    pub(super) fn signs_as(&self, issuer: &str, tenant: Option<&str>) -> bool {
        if let (Some((before, after)), Some(tenant)) = (self.issuer.split_once("{tenantid}"), tenant) {
            return uuid::Uuid::try_parse(tenant).is_ok() && issuer == format!("{before}{tenant}{after}");
        }
        // In tokens for some of its libraries, Google's issuer has no scheme.
        issuer == self.issuer || (self.issuer == "https://accounts.google.com" && issuer == "accounts.google.com")
    }
}

/// A web URL, or none.
fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Url>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| Url::parse(&text).map_err(|_| serde::de::Error::custom("no address"))).transpose()
}

/// Whether a provider's metadata may name this issuer. Microsoft's endpoints for all tenants have many issuers.
fn issuer_fits(wanted: &str, said: &str) -> bool {
    const MICROSOFT: &str = "https://login.microsoftonline.com/";
    let door = wanted.strip_prefix(MICROSOFT).and_then(|rest| rest.strip_suffix("/v2.0"));
    match door {
        Some("common" | "organizations") => said == format!("{MICROSOFT}{{tenantid}}/v2.0"),
        Some("consumers") => said == format!("{MICROSOFT}9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"),
        _ => wanted == said,
    }
}

fn away(issuer: &str) -> Error {
    Error::unavailable(std::time::Duration::from_secs(5), format!("{issuer} could not be asked a moment ago"))
}

impl fmt::Debug for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Directory")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_says_who_it_is() {
        let many = "https://login.microsoftonline.com/{tenantid}/v2.0";
        assert!(issuer_fits("https://login.microsoftonline.com/common/v2.0", many));
        assert!(issuer_fits("https://accounts.example", "https://accounts.example"));
        for (wanted, said) in [
            ("https://accounts.example", "https://accounts.example/"),
            ("https://accounts.example", "https://evil.example"),
            ("https://evil.example/common/v2.0", many),
            ("https://login.microsoftonline.com/common/v2.0", "https://login.microsoftonline.com/common/v2.0"),
        ] {
            assert!(!issuer_fits(wanted, said), "{wanted} {said}");
        }
    }

    #[test]
    fn a_token_of_microsofts_names_its_tenant() {
        let read = |issuer: &str| -> Metadata {
            serde_json::from_value(serde_json::json!({ "issuer": issuer, "jwks_uri": "https://x.example/keys" }))
                .unwrap()
        };
        let many = read("https://login.microsoftonline.com/{tenantid}/v2.0");
        let tenant = "72f988bf-86f1-41af-91ab-2d7cd011db47";
        let issuer = format!("https://login.microsoftonline.com/{tenant}/v2.0");
        assert!(many.signs_as(&issuer, Some(tenant)));
        assert!(!many.signs_as(&issuer, None) && !many.signs_as(&issuer, Some("{tenantid}")));
        assert!(!many.signs_as("https://login.microsoftonline.com/x/v2.0", Some("x")));
        assert!(read("https://accounts.google.com").signs_as("accounts.google.com", None));
        assert!(!read("https://a.example").signs_as("a.example", None));
    }
}
