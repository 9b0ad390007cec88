//! Where histories run one after the other: a database, a Stripe, an inbox and a worker with one clock, all of them
//! reused. Everything is deleted before each history, so that all begin alike and can be shrunk.

use std::{net::TcpListener as StdListener, sync::Arc};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use freehold::{billing::EVENTS, compose, products};
use freehold_billing::{
    Billing, Parts,
    account::account_put_customer,
    catalog_sync::{self, CustomPrices},
    inbox, job,
    settle::account_open,
    stripe::{Client as Stripe, Settings as StripeSettings},
};
use freehold_core::{Clock, Plan, Secret, TenantId, UserId};
use freehold_db::{Db, PoolSettings, StatementCache};
use freehold_jobs::{Nudge, Worker, WorkerSettings};
use freehold_metering::plan::Entitlements;
use freehold_tenancy::tenant::{NewTenant, tenant_create};
use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode as Answered;
use serde_json::Value;
use stripe_sandbox::{Sandbox, Settings};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use tokio_postgres::{Client, Statement};

use crate::{
    billing::shop::settle,
    harness::{CEILING, TestDatabase, mail_sender::vault},
};

/// Secret key of the sandbox account.
const KEY: &str = "sk_test_histories";
/// Metadata of the inbox's endpoint.
const INBOX: &str = "inbox";

/// The servers that one history after the other uses.
pub(super) struct Lane {
    test: TestDatabase,
    pub(super) billing: Billing,
    pub(super) default_plan: String,
    /// All prices of the sandbox.
    pub(super) prices: Vec<Value>,
    /// The custom prices for the two plans that are sold, in the order of their amounts.
    pub(super) deals: Vec<String>,
    sandbox: Sandbox,
    http: reqwest::Client,
    admin: Client,
    /// [`PROJECTION`] and [`OPEN`], prepared.
    projection: Statement,
    open: Statement,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// The tenant that a history is about.
pub(super) struct Payer {
    pub(super) tenant: TenantId,
    pub(super) customer: String,
}

impl Lane {
    /// Starts a lane that sells this product.
    pub(super) async fn open(product: &str) -> Self {
        let test = TestDatabase::of(&freehold_voice::PRODUCT).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let hook = format!("http://{}{}", listener.local_addr().unwrap(), freehold::billing::INBOX);
        let sandbox = sandbox(&test.clock);
        let secret = sandbox.webhook(KEY, INBOX, &hook, EVENTS);
        let billing = billing(&test, product, &sandbox.url(), &secret).await;
        let default_plan = billing.product.default_plan().id.clone();

        let router = Router::new().fallback(receive).with_state(billing.clone());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        // No schedules: the daily reconciliation would repair the differences that the tests look for.
        let settings = WorkerSettings { nudge: billing.nudge.clone(), ..WorkerSettings::default() };
        let (handlers, db) = (job::handlers(&billing), billing.db.clone());
        let worker = Worker::new(db, test.random.clone(), handlers, Vec::new(), settings);
        let (stop, stopping) = watch::channel(false);
        let tasks = vec![serving, tokio::spawn(worker.run(stopping))];
        let admin = test.admin().await;
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        catalog_sync::sync(&billing.stripe, &billing.product).await.unwrap();
        let (projection, open) = (admin.prepare(PROJECTION).await.unwrap(), admin.prepare(OPEN).await.unwrap());
        let (prices, deals) = (Vec::new(), Vec::new());
        let mut lane =
            Self { test, billing, default_plan, prices, deals, sandbox, http, admin, projection, open, stop, tasks };
        let prices = lane.get("/v1/prices?limit=100").await;
        prices["data"].as_array().unwrap().clone_into(&mut lane.prices);
        let product = text(&lane.post("/v1/products", &[("name", "Deals")]).await.unwrap()["id"]);
        let professional = lane.billing.product.plan("professional").is_some();
        for plan in ["starter", if professional { "professional" } else { "pro" }] {
            let form = [
                ("product", product.as_str()),
                ("currency", "usd"),
                ("unit_amount", "77700"),
                ("recurring[interval]", "month"),
                ("metadata[freehold_plan]", plan),
            ];
            let deal = text(&lane.post("/v1/prices", &form).await.unwrap()["id"]);
            lane.deals.push(deal);
        }
        lane
    }

    /// The present time of the lane's clock.
    pub(super) fn now(&self) -> Timestamp {
        self.test.clock.now()
    }

    /// Deletes everything but the prices and the inbox's endpoint.
    pub(super) async fn forget(&self) {
        self.post("/_sandbox/reset", &[("keep", "catalog")]).await.unwrap();
        let wipe = "delete from freehold.stripe_events; delete from freehold.jobs where kind like 'billing.%';
            delete from freehold.subscriptions; delete from freehold.billing_notices; delete from freehold.billing_accounts;
            delete from freehold.trials;";
        self.admin.batch_execute(wipe).await.unwrap();
    }

    /// Creates a tenant with a customer; `known`: the customer is stored; `trial`: the tenant has its trial.
    pub(super) async fn payer(&self, known: bool, trial: bool) -> Payer {
        let (tenant, now): (TenantId, _) = (self.test.ids.next(), self.now());
        let owner: UserId = self.test.ids.next();
        let insert = "insert into auth.users (id, email, created_at, updated_at) values ($1, $1::uuid::text || '@example.org', $2, $2)";
        self.admin.execute(insert, &[&owner.uuid(), &now]).await.unwrap();
        let plan = Plan { id: self.default_plan.clone(), version: 1 };
        let new = NewTenant { id: tenant, name: format!("T {tenant}"), personal: false, plan, owner };
        let mut tx = self.billing.db.system("test").begin().await.unwrap();
        tenant_create(&mut tx, new).await.unwrap();
        if trial {
            account_open(&mut tx, &self.billing, tenant).await.unwrap();
        }
        tx.commit().await.unwrap();
        let named = tenant.to_string();
        let form = [("email", "payer@example.org"), ("metadata[freehold_tenant]", named.as_str())];
        let customer = text(&self.post("/v1/customers", &form).await.unwrap()["id"]);
        if known {
            account_put_customer(&self.billing, tenant, &customer).await.unwrap();
        }
        Payer { tenant, customer }
    }

    /// Gets an object of the sandbox.
    pub(super) async fn get(&self, path: &str) -> Value {
        let request = self.http.get(format!("{}{path}", self.sandbox.url())).bearer_auth(KEY);
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let body: Value = answer.json().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {body}");
        body
    }

    /// Sends a request to the sandbox; none: it was rejected, as with some cards.
    pub(super) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Option<Value> {
        let request = self.http.post(format!("{}{path}", self.sandbox.url())).form(form);
        self.answer(path, request.bearer_auth(KEY).send().await.unwrap()).await
    }

    /// Deletes an object of the sandbox.
    pub(super) async fn delete(&self, path: &str) -> Option<Value> {
        let request = self.http.delete(format!("{}{path}", self.sandbox.url())).bearer_auth(KEY);
        self.answer(path, request.send().await.unwrap()).await
    }

    async fn answer(&self, path: &str, answer: reqwest::Response) -> Option<Value> {
        let status = answer.status();
        let body: Value = answer.json().await.unwrap();
        let refusals = [Answered::BAD_REQUEST, Answered::PAYMENT_REQUIRED, Answered::NOT_FOUND];
        assert!(status.is_success() || refusals.contains(&status), "{path}: {status} {body}");
        status.is_success().then_some(body)
    }

    /// Pays on a page of the sandbox.
    pub(super) async fn fill(&self, page: &str, card: &str) {
        let form = [("email", "payer@example.org"), ("card_number", card), ("name", "Pia Payer")];
        let status = self.http.post(page).form(&form).send().await.unwrap().status();
        assert!(status == Answered::SEE_OTHER || status == Answered::PAYMENT_REQUIRED, "{page}: {status}");
    }

    /// The same with a page that may have closed meanwhile.
    pub(super) async fn try_to_fill(&self, page: &str, card: &str) {
        let form = [("email", "payer@example.org"), ("card_number", card), ("name", "Pia Payer")];
        let status = self.http.post(page).form(&form).send().await.unwrap().status();
        assert!(!status.is_server_error(), "{page}: {status}");
    }

    /// Lets time pass, for all servers.
    pub(super) fn wait(&self, by: SignedDuration) {
        self.test.clock.advance(by);
        self.sandbox.catch_up();
    }

    /// Delivers everything that still waits, and waits until its consequences are done.
    pub(super) async fn settle(&self) {
        self.post("/_sandbox/chaos", &[("wrong_signature", "0")]).await.unwrap();
        let open = async || self.admin.query_one(&self.open, &[]).await.unwrap().get(0);
        let left = settle(&self.http, &self.sandbox, KEY, open).await;
        assert_eq!(left["waiting"], 0, "{left}");
    }

    /// Number of events in the inbox that are neither done nor ignored.
    pub(super) async fn lost(&self) -> i64 {
        let lost = "select count(*) from freehold.stripe_events where state not in ('done', 'ignored')";
        self.admin.query_one(lost, &[]).await.unwrap().get(0)
    }

    /// The state of a tenant in Freehold.
    pub(super) async fn projection(&self, tenant: TenantId) -> Value {
        let row = self.admin.query_one(&self.projection, &[&tenant.uuid()]).await.unwrap();
        serde_json::from_str(row.get(0)).unwrap()
    }
}

/// Number of events and jobs that are still to be done.
const OPEN: &str = "select (select count(*) from freehold.stripe_events where state = 'waiting')
    + (select count(*) from freehold.jobs where kind like 'billing.%')";

/// The state of a tenant in Freehold. Times in seconds since 1970, as at Stripe.
const PROJECTION: &str = "select json_build_object(
      'state', a.state, 'plan', t.plan, 'version', t.plan_version, 'standing', t.standing,
      'trial_end', extract(epoch from a.trial_ends_at)::bigint,
      'since', case when a.state in ('past_due', 'suspended', 'cancelled', 'archived') then extract(epoch from a.state_since)::bigint end,
      'subscriptions', (
        select coalesce(json_object_agg(s.subscription_id, json_build_object(
          'status', s.status, 'plan', s.plan, 'version', s.plan_version, 'interval', s.interval, 'seats', s.seats,
          'item', s.item_id, 'price', s.price_id,
          'period_start', extract(epoch from s.period_start)::bigint, 'period_end', extract(epoch from s.period_end)::bigint,
          'cancel_at_period_end', s.cancel_at_period_end, 'cancel_at', extract(epoch from s.cancel_at)::bigint,
          'canceled_at', extract(epoch from s.canceled_at)::bigint, 'ended_at', extract(epoch from s.ended_at)::bigint,
          'trial_end', extract(epoch from s.trial_end)::bigint, 'created', extract(epoch from s.created_at)::bigint,
          'unpaid_since', case when s.status in ('past_due', 'unpaid') then extract(epoch from s.unpaid_since)::bigint end
        )), '{}') from freehold.subscriptions as s where s.tenant_id = t.tenant_id
      ))::text
    from freehold.tenants as t left join freehold.billing_accounts as a using (tenant_id) where t.tenant_id = $1";

/// The inbox on a socket, as the server has it at `POST /webhooks/stripe`.
async fn receive(State(billing): State<Billing>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let signature = headers.get("stripe-signature").and_then(|value| value.to_str().ok());
    match inbox::event_receive(&billing, signature, &body).await {
        Ok(_) => StatusCode::OK,
        Err(error) => StatusCode::from_u16(error.code().status).unwrap(),
    }
}

/// A text of the sandbox's JSON.
pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

/// Billing as in the server, on connections with prepared statements.
async fn billing(test: &TestDatabase, product: &str, url: &str, secret: &str) -> Billing {
    let pool =
        PoolSettings { connections: 8, wait: CEILING, statement_cache: StatementCache::On, ..PoolSettings::default() };
    let db = Db::new(&test.settings(8).with_pool(pool), test.ids.clone()).unwrap();
    let (clock, random) = (test.clock.clone(), test.random.clone());
    let product = Arc::new(compose::specification(&products::product(product).unwrap()).unwrap());
    let entitlements = Entitlements::load(&db, product.clone()).await.unwrap();
    let key = Secret::new(KEY.to_owned());
    let settings = StripeSettings { url: url.to_owned(), key, clock: clock.clone(), random: random.clone() };
    Billing::new(Parts {
        db,
        clock,
        ids: test.ids.clone(),
        random,
        stripe: Stripe::hasty(settings).unwrap(),
        webhook_secrets: vec![Secret::new(secret.to_owned())],
        return_origins: Vec::new(),
        custom_prices: CustomPrices::default(),
        unpaid_organizations: None,
        vault: vault(),
        checkout: freehold_billing::CheckoutTerms::default(),
        product,
        entitlements: Arc::new(entitlements),
        site_url: "https://app.example.org".to_owned(),
        nudge: Nudge::default(),
        changed: Arc::new(|| ()),
    })
}

/// A sandbox with the lane's clock.
fn sandbox(clock: &Clock) -> Sandbox {
    let clock = clock.clone();
    let listener = StdListener::bind("127.0.0.1:0").unwrap();
    let now = Arc::new(move || clock.now());
    Sandbox::start(listener, Settings { now, seed: 2026, ..Settings::default() }).unwrap()
}
