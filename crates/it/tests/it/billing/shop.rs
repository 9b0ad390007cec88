//! A server and its Stripe: one clock, webhooks over a socket, and a worker for the resulting jobs.

use std::{
    net::TcpListener as StdListener,
    sync::{Arc, OnceLock},
    time::Duration,
};

use freehold_billing::{
    CheckoutTerms, catalog_sync,
    settle::sweep::sweep,
    stripe::{Client, Settings as ClientSettings},
};
use freehold_core::{Clock, Random, Secret};
use freehold_jobs::WorkerSettings;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use stripe_sandbox::{Sandbox, Settings};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use crate::harness::{
    app::{Person, Setup, Stripe, TestApp},
    eventually,
};

/// Secret key of every test's sandbox account.
const KEY: &str = "sk_test_shop";

/// A server with billing and a Stripe of its own.
pub(super) struct Shop {
    pub(super) app: TestApp,
    pub(super) sandbox: Sandbox,
    pub(super) http: reqwest::Client,
    /// URL of its socket.
    pub(super) url: String,
    webhook_secret: String,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl Shop {
    /// Sells this product, with its prices at Stripe.
    pub(super) async fn of(product: &str) -> Self {
        Self::open(crate::of(product)).await
    }

    /// Starts with this setup.
    pub(super) async fn open(setup: Setup) -> Self {
        Self::open_on(setup, true, None).await
    }

    /// The voice product; its checkout pages may accept promotion codes, and charge an exclusive tax of this
    /// percentage.
    pub(super) async fn on_terms(promotion_codes: bool, tax: Option<&str>) -> Self {
        Self::open_on(crate::voice(), promotion_codes, tax).await
    }

    async fn open_on(setup: Setup, promotion_codes: bool, tax: Option<&str>) -> Self {
        let clock: Arc<OnceLock<Clock>> = Arc::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let hook = format!("{url}/webhooks/stripe");
        let sandbox = sandbox(&clock);
        let secret = endpoint(&sandbox, &hook).await;
        let tax_rates = tax_rates(&sandbox, tax).await;
        let checkout: &CheckoutTerms = Box::leak(Box::new(CheckoutTerms { promotion_codes, tax_rates }));
        let stripe = Stripe::At { url: sandbox.url().leak(), key: KEY, secret: secret.clone().leak(), checkout };
        let app = TestApp::with(setup.paying(stripe)).await;
        clock.set(app.clock().clone()).unwrap();
        let billing = app.backbone.billing.clone().unwrap();
        catalog_sync::sync(&billing.stripe, &billing.product).await.unwrap();

        let (stop, stopping) = watch::channel(false);
        let settings = WorkerSettings { poll: Duration::from_millis(10), ..WorkerSettings::default() };
        let worker = freehold_compose::worker(&app.backbone, settings);
        let router = app.router.clone().into_make_service_with_connect_info::<std::net::SocketAddr>();
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let tasks = vec![serving, tokio::spawn(worker.run(stopping))];
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        Self { app, sandbox, http, url, webhook_secret: secret, stop, tasks }
    }

    /// The key of the account, and the signing secret of its webhooks.
    pub(super) fn secrets(&self) -> [String; 2] {
        [KEY.to_owned(), self.webhook_secret.clone()]
    }

    /// Sends a request to the sandbox itself: `GET` without a form, `POST` with one.
    pub(super) async fn stripe(&self, path: &str, form: Option<&[(&str, &str)]>) -> Value {
        let url = format!("{}{path}", self.sandbox.url());
        let request = match form {
            Some(form) => self.http.post(url).form(form),
            None => self.http.get(url),
        };
        let answer = request.bearer_auth(KEY).send().await.unwrap();
        let status = answer.status();
        let body: Value = answer.json().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {body}");
        body
    }

    /// Pays on a checkout page with this card; returns status and target of the redirect.
    pub(super) async fn pay(&self, page: &str, card: &str) -> (u16, String) {
        let form = [("email", "payer@example.org"), ("card_number", card), ("name", "Pia Payer")];
        let answer = self.http.post(page).form(&form).send().await.unwrap();
        let to = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned()).unwrap_or_default();
        (answer.status().as_u16(), to)
    }

    /// Subscribes the user's organization to a plan with the interval month, by checkout with this card.
    pub(super) async fn subscribe(&self, person: &Person, plan: &str, card: &str) {
        let body = serde_json::json!({ "plan": plan, "interval": "month" });
        let answer = self.app.post("/api/v1/billing/checkout").person(person).json(&body).send().await.expect(201);
        let (status, to) = self.pay(&answer.at("/url"), card).await;
        assert_eq!(status, 303, "{to}");
        self.settle().await;
    }

    /// Waits until every webhook was delivered and all resulting jobs are done.
    pub(super) async fn settle(&self) {
        self.sandbox.catch_up();
        let open = "select (select count(*) from freehold.stripe_events where state = 'waiting')
            + (select count(*) from freehold.jobs where state in ('scheduled', 'waiting', 'running') and kind like 'billing.%')";
        settle(&self.http, &self.sandbox, KEY, async || self.app.count(open).await).await;
    }

    /// Lets time pass: Stripe does what is due, sends its webhooks, and the sweep processes the accounts that are due.
    pub(super) async fn advance(&self, by: SignedDuration) {
        self.app.clock().advance(by);
        self.settle().await;
        sweep(self.app.backbone.billing.as_ref().unwrap()).await.unwrap();
        self.settle().await;
    }

    /// The same by this many days.
    pub(super) async fn advance_days(&self, days: i64) {
        self.advance(SignedDuration::from_hours(24 * days)).await;
    }

    /// `plan/standing` of the user's organization, and the state of its account.
    pub(super) async fn standing(&self, person: &Person) -> (String, String) {
        let query = "select t.plan || '/' || t.standing, coalesce(a.state, '-') from freehold.tenants as t
            left join freehold.billing_accounts as a using (tenant_id) where t.tenant_id = $1::text::uuid";
        let row = self.app.test.admin().await.query_one(query, &[&person.organization]).await.unwrap();
        (row.get(0), row.get(1))
    }
}

/// Delivers everything, and waits until all consequences are done; these may change Stripe, which sends events again.
/// Returns what could not be delivered, by state. `open` counts what is still to be done.
pub(super) async fn settle(http: &reqwest::Client, sandbox: &Sandbox, key: &str, open: impl AsyncFn() -> i64) -> Value {
    let mut before = flush(http, sandbox, key).await;
    loop {
        eventually("every event was dealt with", async || open().await == 0).await;
        let now = flush(http, sandbox, key).await;
        if now == before && now["in_flight"] == 0 {
            return now;
        }
        before = now;
    }
}

/// Attempts every waiting delivery, three times; returns what still waits.
async fn flush(http: &reqwest::Client, sandbox: &Sandbox, key: &str) -> Value {
    let mut left = Value::Null;
    eventually("everything that waits was tried", async || {
        let request = http.post(format!("{}/_sandbox/flush", sandbox.url())).form(&[("rounds", "3")]);
        let answer = request.bearer_auth(key).send().await.unwrap();
        let status = answer.status();
        left = answer.json().await.unwrap();
        // The sandbox gives up after a minute, which may be too short on a busy machine.
        assert!(status.is_success() || status == reqwest::StatusCode::SERVICE_UNAVAILABLE, "{status} {left}");
        status.is_success()
    })
    .await;
    left
}

/// A sandbox with the test's clock, once that is known.
fn sandbox(clock: &Arc<OnceLock<Clock>>) -> Sandbox {
    let clock = Arc::clone(clock);
    let begin: Timestamp = "2026-03-15T12:00:00Z".parse().unwrap();
    let now = Arc::new(move || clock.get().map_or(begin, Clock::now));
    let listener = StdListener::bind("127.0.0.1:0").unwrap();
    Sandbox::start(listener, Settings { now, seed: 2026, ..Settings::default() }).unwrap()
}

/// The tax rates of a server that charges a tax of this percentage.
async fn tax_rates(sandbox: &Sandbox, tax: Option<&str>) -> Vec<String> {
    let Some(percentage) = tax else { return Vec::new() };
    let form = [("display_name", "VAT"), ("percentage", percentage), ("inclusive", "false")];
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let made = http.post(format!("{}/v1/tax_rates", sandbox.url())).bearer_auth(KEY).form(&form).send().await.unwrap();
    let made: Value = made.json().await.unwrap();
    vec![made["id"].as_str().unwrap().to_owned()]
}

/// Creates an endpoint for all events; returns its signing secret.
async fn endpoint(sandbox: &Sandbox, hook: &str) -> String {
    let (clock, random) = (Clock::system(), Random::seeded(1));
    let settings = ClientSettings { url: sandbox.url(), key: Secret::new(KEY.to_owned()), clock, random };
    let made = Client::hasty(settings).unwrap().webhook_endpoint_create(hook, &["*"]).await.unwrap();
    made.secret.unwrap().expose().to_owned()
}
