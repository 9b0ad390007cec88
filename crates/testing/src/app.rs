//! The whole server without a socket: the real router on a database of its own, with a clock that a test moves.
//!
//! A [`TestApp`] is a [`Served`] with its database; a test with two servers on one database starts the second with
//! [`beside`](TestApp::beside). [`Ask`] is a request being built, [`Answer`] its response, [`Person`] a user who has
//! signed up.

mod ask;
mod documented;
mod people;
mod served;

pub use ask::{Answer, Ask};
pub use documented::{Documented, Exchange};
use freehold_billing::CheckoutTerms;
use freehold_core::Secret;
use freehold_files::Files;
use freehold_identity::{AuthSettings, ProjectSettings, SupabaseSettings};
use freehold_module::Settings;
use freehold_web::{Product, TrustedProxies};
use jiff::Timestamp;
pub use people::{PASSWORD, Person};
pub use served::Served;

use super::{TestDatabase, connect};

/// The plans, meters and texts of the voice product without its code, so that a change of that code rebuilds no test of
/// a capability.
const PLANS: Product =
    Product::from_toml("products/voice/product.toml", include_str!("../../../products/voice/product.toml"));

/// The setup of a test's server.
#[derive(Clone, Copy)]
pub struct Setup {
    /// The product that it serves.
    pub product: &'static Product,
    /// Whether addresses need no confirmation.
    pub autoconfirm: bool,
    /// Changes to `[auth]`.
    pub auth: fn(&mut AuthSettings),
    /// Whether mails are kept in the local mailbox.
    pub mailbox: bool,
    /// Whether its database is on this machine, too.
    pub whole: bool,
    /// Whether the site counts as one of this machine, though its name is another.
    pub near: bool,
    /// URL for users and engines.
    pub site: &'static str,
    /// Initial time of its clock; none: the same as in every test.
    pub now: Option<Timestamp>,
    /// The Stripe that the server calls.
    pub stripe: Stripe,
    /// The plans that custom prices stand for, as in `[billing.prices]`.
    pub prices: &'static [(&'static str, &'static str)],
    /// Network ranges of trusted proxies.
    pub proxies: &'static [&'static str],
    /// Secret that older tokens are signed with.
    pub jwt_secret: Option<&'static str>,
    /// URL and service key of the project where users sign in; none: they sign in here.
    pub project: Option<(&'static str, &'static str)>,
    /// The settings of the product's modules.
    pub settings: fn() -> Settings,
    /// The file store and its limits; none: a folder of the test's own.
    pub files: Option<&'static Files>,
}

/// The Stripe of a test.
#[derive(Clone, Copy)]
pub enum Stripe {
    /// Stripe does not answer.
    Away,
    /// A server at this URL, with this key and signing secret.
    At {
        /// URL of the sandbox.
        url: &'static str,
        /// The secret key of the API.
        key: &'static str,
        /// The signing secret of its webhooks.
        secret: &'static str,
        /// The terms of checkouts.
        checkout: &'static CheckoutTerms,
    },
    /// Billing is switched off.
    Off,
}

impl Default for Setup {
    /// The plans of the voice product without its code; addresses need no confirmation.
    fn default() -> Self {
        Self {
            product: &PLANS,
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
            settings: Settings::default,
            files: None,
        }
    }
}

impl Setup {
    /// The shipped product with this name, without its code: its plans, meters and texts.
    pub fn of(product: &str) -> Self {
        let file = format!("{}/../../products/{product}/product.toml", env!("CARGO_MANIFEST_DIR"));
        Self::default().with_text(std::fs::read_to_string(file).unwrap())
    }

    /// This product, with its code.
    pub fn of_product(product: &'static Product) -> Self {
        Self { product, ..Self::default() }
    }

    /// The same product with another text for its `product.toml`.
    pub fn with_text(self, text: String) -> Self {
        // Leaked: it lives as long as the test's process.
        let product = Product { toml: text.leak(), ..*self.product };
        Self { product: Box::leak(Box::new(product)), ..self }
    }

    /// With this site URL, and a clock that starts at this time.
    pub fn at(self, site: &str, now: Timestamp) -> Self {
        Self { site: site.to_owned().leak(), now: Some(now), ..self }
    }

    /// With this Stripe.
    pub fn paying(self, stripe: Stripe) -> Self {
        Self { stripe, ..self }
    }

    /// With this file store.
    pub fn storing(self, files: Files) -> Self {
        // Leaked: it lives as long as the test's process.
        Self { files: Some(Box::leak(Box::new(files))), ..self }
    }

    /// With sign-in at the project at `url`, which is managed with this key.
    pub fn at_project(self, url: &str, key: &str) -> Self {
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
    pub fn with_auth(self, auth: fn(&mut AuthSettings)) -> Self {
        Self { auth, ..self }
    }

    /// Behind trusted proxies in these ranges.
    pub fn behind(self, proxies: &'static [&'static str]) -> Self {
        Self { proxies, ..self }
    }

    /// The proxies in the server's format.
    fn proxies(&self) -> TrustedProxies {
        TrustedProxies::new(self.proxies.iter().map(|range| range.parse().unwrap()).collect())
    }

    /// Requires addresses to be confirmed.
    pub fn confirming(self) -> Self {
        Self { autoconfirm: false, ..self }
    }
}

/// A server with a fresh database. When it is dropped, it checks that every total equals the sum of its entries.
pub struct TestApp {
    /// Queried before the database is dropped.
    served: Served,
    /// Database of the server.
    pub test: TestDatabase,
}

impl TestApp {
    /// The plans of the voice product without its code, where addresses need no confirmation.
    pub async fn new() -> Self {
        Self::with(Setup::default()).await
    }

    /// Starts with this setup.
    pub async fn with(setup: Setup) -> Self {
        let mut test = TestDatabase::of(setup.product).await;
        if let Some(now) = setup.now {
            test = test.at(now);
        }
        let served = Box::pin(Served::start(&test, setup)).await.unwrap();
        Self { served, test }
    }

    /// Another server on the same database, with the same clock.
    pub async fn beside(&self, setup: Setup) -> anyhow::Result<Served> {
        Box::pin(Served::start(&self.test, setup)).await
    }

    /// The result of a count query.
    pub async fn count(&self, query: &str) -> i64 {
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
