//! The whole server without a socket: the real router on a database of its own, with a clock that a test moves.
//!
//! A [`TestApp`] is a [`Served`] with its database; a test with two servers on one database starts the second with
//! [`beside`](TestApp::beside). [`Ask`] is a request being built, [`Answer`] its response, [`Person`] a user who has
//! signed up.

mod ask;
mod documented;
mod people;
mod served;

pub(crate) use ask::{Answer, Ask};
use freehold_billing::CheckoutTerms;
use freehold_core::Secret;
use freehold_identity::{AuthSettings, ProjectSettings, SupabaseSettings};
use freehold_web::{Product, TrustedProxies};
use jiff::Timestamp;
pub(crate) use people::{PASSWORD, Person};
pub(crate) use served::Served;

use super::{TestDatabase, connect};

/// The setup of a test's server.
#[derive(Clone, Copy)]
pub(crate) struct Setup {
    pub(crate) product: &'static Product,
    pub(crate) autoconfirm: bool,
    /// Changes to `[auth]`.
    pub(crate) auth: fn(&mut AuthSettings),
    pub(crate) mailbox: bool,
    /// Whether its database is on this machine, too.
    pub(crate) whole: bool,
    /// Whether the site counts as one of this machine, though its name is another.
    pub(crate) near: bool,
    /// URL for users and engines.
    pub(crate) site: &'static str,
    /// Initial time of its clock; none: the same as in every test.
    pub(crate) now: Option<Timestamp>,
    /// Its Stripe.
    pub(crate) stripe: Stripe,
    /// The plans that custom prices stand for, as in `[billing.prices]`.
    pub(crate) prices: &'static [(&'static str, &'static str)],
    /// Network ranges of trusted proxies.
    pub(crate) proxies: &'static [&'static str],
    /// Secret that older tokens are signed with.
    pub(crate) jwt_secret: Option<&'static str>,
    /// URL and service key of the project where users sign in; none: they sign in here.
    pub(crate) project: Option<(&'static str, &'static str)>,
}

/// The Stripe of a test.
#[derive(Clone, Copy)]
pub(crate) enum Stripe {
    /// Stripe does not answer.
    Away,
    /// A server at this URL, with this key and signing secret.
    At { url: &'static str, key: &'static str, secret: &'static str, checkout: &'static CheckoutTerms },
    /// Billing is switched off.
    Off,
}

impl Default for Setup {
    /// The voice product; addresses need no confirmation.
    fn default() -> Self {
        Self {
            product: &freehold_voice::PRODUCT,
            autoconfirm: true,
            auth: |_| {},
            mailbox: true,
            whole: true,
            near: true,
            site: served::SITE,
            now: None,
            stripe: Stripe::Away,
            prices: &[],
            proxies: &[],
            jwt_secret: None,
            project: None,
        }
    }
}

impl Setup {
    /// The product with this name.
    pub(crate) fn of(product: &str) -> Self {
        let product = Box::leak(Box::new(freehold::compose::product(product).unwrap()));
        Self { product, ..Self::default() }
    }

    /// The voice product with another text for its `product.toml`.
    pub(crate) fn of_text(text: String) -> Self {
        // Leaked: it lives as long as the test's process.
        let product = Product { toml: text.leak(), ..freehold_voice::PRODUCT };
        let product = Box::leak(Box::new(product));
        Self { product, ..Self::default() }
    }

    /// With this site URL, and a clock that starts at this time.
    pub(crate) fn at(self, site: &str, now: Timestamp) -> Self {
        Self { site: site.to_owned().leak(), now: Some(now), ..self }
    }

    /// With this Stripe.
    pub(crate) fn paying(self, stripe: Stripe) -> Self {
        Self { stripe, ..self }
    }

    /// With sign-in at the project at `url`, which is managed with this key.
    pub(crate) fn at_project(self, url: &str, key: &str) -> Self {
        Self { project: Some((url.to_owned().leak(), key.to_owned().leak())), ..self }
    }

    /// Settings of the Supabase project.
    fn supabase(self) -> SupabaseSettings {
        let secret = |text: &str| Secret::new(text.to_owned());
        let project = self.project.map(|(url, key)| ProjectSettings {
            url: url.to_owned(),
            service_key: Some(key).filter(|key| !key.is_empty()).map(secret),
            public_key: Some(key).filter(|key| !key.is_empty()).map(secret),
            sign_in_url: None,
        });
        SupabaseSettings { jwt_secret: self.jwt_secret.map(secret), project }
    }

    /// With these settings of `[auth]`.
    pub(crate) fn with_auth(self, auth: fn(&mut AuthSettings)) -> Self {
        Self { auth, ..self }
    }

    /// Behind trusted proxies in these ranges.
    pub(crate) fn behind(self, proxies: &'static [&'static str]) -> Self {
        Self { proxies, ..self }
    }

    /// The proxies in the server's format.
    fn proxies(&self) -> TrustedProxies {
        TrustedProxies::new(self.proxies.iter().map(|range| range.parse().unwrap()).collect())
    }

    /// Requires addresses to be confirmed.
    pub(crate) fn confirming(self) -> Self {
        Self { autoconfirm: false, ..self }
    }
}

/// A server with a fresh database. When it is dropped, it checks that every total equals the sum of its entries.
pub(crate) struct TestApp {
    /// Queried before the database is dropped.
    served: Served,
    pub(crate) test: TestDatabase,
}

impl TestApp {
    /// The voice product, where addresses need no confirmation.
    pub(crate) async fn new() -> Self {
        Self::with(Setup::default()).await
    }

    /// Starts with this setup.
    pub(crate) async fn with(setup: Setup) -> Self {
        let mut test = TestDatabase::new().await;
        if let Some(now) = setup.now {
            test = test.at(now);
        }
        let served = Served::start(&test, setup).await.unwrap();
        Self { served, test }
    }

    /// Another server on the same database, with the same clock.
    pub(crate) async fn beside(&self, setup: Setup) -> anyhow::Result<Served> {
        Served::start(&self.test, setup).await
    }

    /// The result of a count query.
    pub(crate) async fn count(&self, query: &str) -> i64 {
        self.test.admin().await.query_one(query, &[]).await.unwrap().get(0)
    }
}

impl std::ops::Deref for TestApp {
    type Target = Served;
    fn deref(&self) -> &Served {
        &self.served
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let url = self.test.cluster().url("postgres", self.test.name());
        let (done, asked) = std::sync::mpsc::channel();
        self.test.cluster().runtime().spawn(async move {
            let _ = done.send(drift(&url).await.map_err(|error| error.to_string()));
        });
        assert_eq!(asked.recv().unwrap(), Ok(Vec::new()), "totals that differ from what they are totals of");
    }
}

/// Totals that differ from their ledger, and counted calls that differ from the runs.
async fn drift(url: &str) -> Result<Vec<String>, tokio_postgres::Error> {
    let admin = connect(url).await;
    let mut rows = admin.query("select meter, used, in_ledger from freehold.usage_drift", &[]).await?;
    let voice = admin.query_one("select to_regclass('voice.call_quarters_drift') is not null", &[]).await?;
    if voice.get(0) {
        rows.extend(
            admin.query("select workflow_id::text, counted, in_runs from voice.call_quarters_drift", &[]).await?,
        );
    }
    Ok(rows.iter().map(|row| format!("{row:?}")).collect())
}
