//! A sandbox of the test's own, and a client that speaks to it.

use std::{net::TcpListener, sync::Arc};

use freehold_billing::stripe::{
    Client, Settings,
    object::{Customer, Price, Subscription},
    request::{NewCustomer, NewPrice, ProductFields},
};
use freehold_core::{Clock, Id, Ids, Random, Secret, TenantId};
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::Value;
use stripe_sandbox::Sandbox;

/// The account.
pub(crate) const KEY: &str = "sk_test_lab";

pub(crate) struct Lab {
    pub(crate) sandbox: Sandbox,
    pub(crate) client: Client,
    pub(crate) clock: Clock,
    http: reqwest::Client,
}

impl Lab {
    /// A sandbox with a clock of its own, and a client that waits little between tries.
    pub(crate) fn start(seed: u64) -> Self {
        let clock = Clock::fixed("2026-03-15T12:00:00Z".parse().unwrap());
        let of_sandbox = clock.clone();
        let now = Arc::new(move || of_sandbox.now());
        let settings = stripe_sandbox::Settings { now, seed, ..stripe_sandbox::Settings::default() };
        let sandbox = Sandbox::start(TcpListener::bind("127.0.0.1:0").unwrap(), settings).unwrap();
        let client = client(&sandbox.url(), KEY);
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { sandbox, client, clock, http }
    }

    /// Asks the sandbox itself, past the client.
    pub(crate) async fn ask(&self, method: Method, path: &str, form: &str) -> Value {
        let url = format!("{}{path}", self.sandbox.url());
        let answer = self.http.request(method, url).bearer_auth(KEY).body(form.to_owned()).send().await.unwrap();
        let status = answer.status();
        let body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        assert!(status.is_success(), "{path}: {status} {body}");
        body
    }

    pub(crate) async fn post(&self, path: &str, form: &str) -> Value {
        self.ask(Method::POST, path, form).await
    }

    /// How the sandbox misbehaves from now on.
    pub(crate) async fn chaos(&self, knobs: &str) {
        self.post("/_sandbox/chaos", knobs).await;
    }

    /// How many of these there are, as the sandbox counts.
    pub(crate) async fn count(&self, nouns: &str) -> usize {
        let list = self.ask(Method::GET, &format!("/v1/{nouns}?limit=100"), "").await;
        list["data"].as_array().unwrap().len()
    }

    pub(crate) fn advance(&self, days: i64) {
        self.clock.advance(SignedDuration::from_hours(24 * days));
        self.sandbox.catch_up();
    }

    /// A customer with this card.
    pub(crate) async fn customer(&self, card: &str) -> Customer {
        let new =
            NewCustomer { name: Some("Ada".to_owned()), email: Some("ada@example.org".to_owned()), tenant: tenant() };
        let made = self.client.customer_create(&new, &self.client.idempotency_key()).await.unwrap();
        self.card(&made.id, card).await;
        made
    }

    /// Gives the customer a card, which its subscriptions are paid with from now on.
    pub(crate) async fn card(&self, customer: &str, card: &str) {
        let attached = self.post(&format!("/v1/payment_methods/{card}/attach"), &format!("customer={customer}")).await;
        let method = attached["id"].as_str().unwrap();
        let form = format!("invoice_settings[default_payment_method]={method}");
        self.post(&format!("/v1/customers/{customer}"), &form).await;
    }

    /// A price of so many cents, with this lookup key.
    pub(crate) async fn price(&self, lookup_key: &str, unit_amount: i64, interval: &str) -> Price {
        if self.client.product_get("prod_lab").await.unwrap().is_none() {
            let fields = ProductFields { name: Some("Lab"), ..ProductFields::default() };
            self.client.product_create("prod_lab", &fields).await.unwrap();
        }
        let new = NewPrice {
            product: "prod_lab",
            lookup_key,
            unit_amount,
            currency: "usd",
            interval,
            nickname: lookup_key,
            metadata: [("freehold_plan".to_owned(), lookup_key.to_owned())].into(),
        };
        self.client.price_create(&new, None).await.unwrap()
    }

    /// A subscription to the price, paid with the customer's card.
    pub(crate) async fn subscribe(&self, customer: &Customer, price: &Price) -> Subscription {
        let form = format!("customer={}&items[0][price]={}", customer.id, price.id);
        let made = self.post("/v1/subscriptions", &form).await;
        self.client.subscription_get(made["id"].as_str().unwrap()).await.unwrap().unwrap()
    }
}

pub(crate) fn client(url: &str, key: &str) -> Client {
    Client::hasty(Settings {
        url: url.to_owned(),
        key: Secret::new(key),
        clock: Clock::system(),
        random: Random::system(),
    })
    .unwrap()
}

pub(crate) fn tenant() -> TenantId {
    let id: Id<_> = Ids::new(Clock::system(), Random::system()).next();
    id
}
