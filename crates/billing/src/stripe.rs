//! A thin typed client of Stripe's API, with the calls that Freehold needs. It knows nothing of tenants and plans.
//!
//! Read in this order: [`Client`] sends requests (`retry` decides what is retried), [`request`] has the request types,
//! [`object`] the response types, [`Error`] the failures. [`signature`] verifies webhooks. The calls are in `calls`
//! (customers, subscriptions, invoices, pages) and `shelf` (products, prices, endpoints, events).

mod calls;
mod error;
mod form;
pub mod object;
pub mod request;
mod retry;
mod shelf;
pub mod signature;

use std::{fmt, sync::Arc, time::Duration};

pub use error::{Error, Kind, Result};
pub use form::Form;
use freehold_core::{Clock, Id, Ids, Kind as IdKind, Random, Secret};
pub use object::Page;
use reqwest::{Method, redirect::Policy};
use retry::{Answer, Failure, Retries};
use serde::de::DeserializeOwned;
use url::{Host, Url};

/// The version of Stripe's API whose format [`object`] reads. Sent with every request, so that an upgrade of the Stripe
/// account changes nothing here. Webhooks have the version of their endpoint, which Freehold creates with this one.
pub const VERSION: &str = "2026-10-28.endive";

/// Default URL of Stripe.
pub const URL: &str = "https://api.stripe.com";

/// Timeout of one attempt.
const PATIENCE: Duration = Duration::from_secs(10);
const CONNECT_PATIENCE: Duration = Duration::from_secs(3);

/// URL and credentials of Stripe.
#[derive(Clone, Debug)]
pub struct Settings {
    /// URL of Stripe or a sandbox, without a slash at the end: [`URL`].
    pub url: String,
    /// Secret key of the Stripe account: `sk_live_…`, `sk_test_…`, or a restricted `rk_…`.
    pub key: Secret,
    /// Clock; used with `random` to generate idempotency keys.
    pub clock: Clock,
    /// Random source, also for the jitter of retries. Never seed it where several clients share an account: their keys
    /// would be the same.
    pub random: Random,
}

/// A client of Stripe's API. Cheap to clone.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

/// The id kind of idempotency keys.
enum KeyKind {}
impl IdKind for KeyKind {
    const NAME: &'static str = "idempotency key";
}

struct Inner {
    http: reqwest::Client,
    url: String,
    key: Secret,
    ids: Ids,
    random: Random,
    retries: Retries,
}

impl Client {
    /// Creates a client with these settings. Rejects an invalid URL, and one without TLS on another machine, because
    /// the key could be read on the way. Sends nothing.
    ///
    /// Uses a proxy that the environment names (`HTTPS_PROXY`), except for a URL on this machine, which the proxy could
    /// not reach.
    pub fn new(settings: Settings) -> Result<Self> {
        Self::with_retries(settings, Retries::default())
    }

    /// The same, with short waits between attempts for tests: 10 milliseconds at first.
    #[doc(hidden)]
    pub fn hasty(settings: Settings) -> Result<Self> {
        Self::with_retries(settings, Retries { pause: Duration::from_millis(10), ..Retries::default() })
    }

    fn with_retries(settings: Settings, retries: Retries) -> Result<Self> {
        let Settings { url, key, clock, random } = settings;
        let parsed = Url::parse(&url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let Some((parsed, near)) =
            parsed.and_then(|url| Some((is_near(url.host()?), url)).map(|(near, url)| (url, near)))
        else {
            return Err(Error::settings("The address of Stripe is not one: write it like https://api.stripe.com."));
        };
        if parsed.scheme() == "http" && !near {
            return Err(Error::settings("Stripe is spoken to over https:// only, except on this machine."));
        }
        let mut builder = reqwest::Client::builder()
            .timeout(PATIENCE)
            .connect_timeout(CONNECT_PATIENCE)
            // A redirect would send the key to another server.
            .redirect(Policy::none())
            .user_agent(concat!("freehold/", env!("CARGO_PKG_VERSION")));
        if near {
            builder = builder.no_proxy();
        }
        if parsed.scheme() == "http" {
            // Without TLS, a machine without certificates works, too.
            builder = builder.tls_certs_only([]);
        }
        let http = builder.build().map_err(|error| Error::no_client(&error))?;
        let url = url.trim_end_matches('/').to_owned();
        let ids = Ids::new(clock, random.clone());
        Ok(Self(Arc::new(Inner { http, url, key, ids, random, retries })))
    }

    /// URL of Stripe, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.0.url
    }

    /// Whether the key is of a test account, where no real money moves.
    pub fn is_test(&self) -> bool {
        self.0.key.expose().get(2..).is_some_and(|rest| rest.starts_with("_test_"))
    }

    /// An idempotency key for one POST: a retry under the same key is executed once.
    pub fn idempotency_key(&self) -> String {
        let id: Id<KeyKind> = self.0.ids.next();
        format!("fh_{}", id.uuid().simple())
    }

    /// Sends `GET` for a path that begins with `/v1/`.
    async fn get<T: DeserializeOwned>(&self, path: &str, query: &Form) -> Result<T> {
        self.send(Method::GET, path, query, None).await?.read()
    }

    /// The object with an id; none if Stripe has none.
    async fn find<T: DeserializeOwned>(&self, path: &str, query: &Form) -> Result<Option<T>> {
        match self.get(path, query).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.kind() == Kind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sends `POST`, under the caller's idempotency key or a new one.
    async fn post<T: DeserializeOwned>(&self, path: &str, form: &Form, key: Option<&str>) -> Result<T> {
        let made;
        let key = if let Some(key) = key {
            key
        } else {
            made = self.idempotency_key();
            &made
        };
        self.send(Method::POST, path, form, Some(key)).await?.read()
    }

    /// Sends `DELETE`; a repeated one does nothing.
    async fn delete<T: DeserializeOwned>(&self, path: &str, query: &Form) -> Result<T> {
        self.send(Method::DELETE, path, query, None).await?.read()
    }

    async fn send(&self, method: Method, path: &str, form: &Form, key: Option<&str>) -> Result<Answer> {
        self.0.retries.run(&self.0.random, path, || self.attempt(&method, path, form, key)).await
    }

    /// Makes one attempt.
    async fn attempt(&self, method: &Method, path: &str, form: &Form, key: Option<&str>) -> Result<Answer, Failure> {
        let Inner { http, url, key: secret, .. } = &*self.0;
        let encoded = form.encode();
        let in_body = method == Method::POST;
        let mark = if in_body || encoded.is_empty() { "" } else { "?" };
        let query = if in_body { "" } else { encoded.as_str() };
        let mut request = http
            .request(method.clone(), format!("{url}{path}{mark}{query}"))
            .bearer_auth(secret.expose())
            .header("Stripe-Version", VERSION);
        if in_body {
            request = request.header("Content-Type", "application/x-www-form-urlencoded").body(encoded);
        }
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        let response = request.send().await?;
        Answer::of(response, secret).await
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("url", &self.0.url).finish_non_exhaustive()
    }
}

/// Whether the host is this machine.
fn is_near(host: Host<&str>) -> bool {
    match host {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}
