//! A sandbox with a data file continues after a restart as if it had never stopped.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests too, which clippy sees in a #[test] only")]

use std::{
    io::ErrorKind,
    net::TcpListener,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
};

use axum::{Router, extract::State, routing::post};
use jiff::Timestamp;
use reqwest::Client;
use serde_json::Value;
use stripe_sandbox::{Sandbox, Settings};
use tempfile::TempDir;

const KEY: &str = "sk_test_restart";
const START: i64 = 1_806_580_800;

/// A folder in which sandboxes are started and stopped, and a clock that outlives them.
struct Lab {
    folder: TempDir,
    now: Arc<AtomicI64>,
    client: Client,
}

impl Lab {
    fn new() -> Self {
        let client = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { folder: tempfile::tempdir().unwrap(), now: Arc::new(AtomicI64::new(START)), client }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("stripe.json")
    }

    fn start(&self) -> std::io::Result<Sandbox> {
        start(&self.now, &self.file())
    }

    async fn send(&self, sandbox: &Sandbox, path: &str, form: &str, key: &str) -> Value {
        let request = self.client.post(format!("{}{path}", sandbox.url())).bearer_auth(KEY);
        let answer = request.header("idempotency-key", key).body(form.to_owned()).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    async fn post(&self, sandbox: &Sandbox, path: &str, form: &str) -> Value {
        let request = self.client.post(format!("{}{path}", sandbox.url())).bearer_auth(KEY);
        let text = request.body(form.to_owned()).send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&text).unwrap()
    }

    async fn get(&self, sandbox: &Sandbox, path: &str) -> Value {
        let request = self.client.get(format!("{}{path}", sandbox.url())).bearer_auth(KEY);
        serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap()
    }

    /// Subscribes a customer who pays with a test card to a plan with a trial of 14 days.
    async fn subscribe(&self, sandbox: &Sandbox) -> String {
        let price = "currency=usd&unit_amount=900&recurring[interval]=month&product_data[name]=Pro&lookup_key=pro";
        let price = id(&self.post(sandbox, "/v1/prices", price).await);
        let customer = "email=a@example.com&invoice_settings[default_payment_method]=pm_card_visa";
        let customer = id(&self.post(sandbox, "/v1/customers", customer).await);
        let form = format!("customer={customer}&items[0][price]={price}&trial_period_days=14");
        id(&self.post(sandbox, "/v1/subscriptions", &form).await)
    }
}

fn start(now: &Arc<AtomicI64>, file: &Path) -> std::io::Result<Sandbox> {
    let clock = Arc::clone(now);
    let now_of = move || Timestamp::from_second(clock.load(Ordering::SeqCst)).unwrap();
    let settings = Settings { now: Arc::new(now_of), seed: 7, data: Some(file.to_owned()), ..Settings::default() };
    Sandbox::start(TcpListener::bind("127.0.0.1:0").unwrap(), settings)
}

fn id(object: &Value) -> String {
    object["id"].as_str().unwrap_or_else(|| panic!("{object}")).to_owned()
}

fn ids(list: &Value) -> Vec<String> {
    list["data"].as_array().unwrap().iter().map(id).collect()
}

/// A server that receives webhooks and records their types.
fn receiver(listener: TcpListener) -> Arc<Mutex<Vec<String>>> {
    async fn take(State(taken): State<Arc<Mutex<Vec<String>>>>, body: String) {
        let event: Value = serde_json::from_str(&body).unwrap();
        taken.lock().unwrap().push(event["type"].as_str().unwrap().to_owned());
    }
    let taken = Arc::new(Mutex::new(Vec::new()));
    let router = Router::new().route("/", post(take)).with_state(Arc::clone(&taken));
    listener.set_nonblocking(true).unwrap();
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    taken
}

#[tokio::test]
async fn a_subscription_lives_on() {
    let lab = Lab::new();
    let sandbox = lab.start().unwrap();
    let subscription = lab.subscribe(&sandbox).await;
    lab.post(&sandbox, "/_sandbox/billing", "draft_seconds=60").await;
    lab.post(&sandbox, "/_sandbox/clock", "advance=7d").await;
    let second = id(&lab.send(&sandbox, "/v1/customers", "name=Second", "a-key").await);
    sandbox.stop().await;

    let sandbox = lab.start().unwrap();
    let clock = lab.get(&sandbox, "/_sandbox/clock").await;
    assert_eq!(clock["now"], START + 7 * 86_400);
    assert_eq!(lab.get(&sandbox, &format!("/v1/subscriptions/{subscription}")).await["status"], "trialing");
    // A repeated request is recognized, and a new one creates something new.
    assert_eq!(id(&lab.send(&sandbox, "/v1/customers", "name=Second", "a-key").await), second);
    let third = id(&lab.post(&sandbox, "/v1/customers", "").await);
    let customers = ids(&lab.get(&sandbox, "/v1/customers").await);
    assert_eq!((customers.len(), &customers[..2]), (3, &[third, second][..]));
    lab.post(&sandbox, "/_sandbox/clock", "advance=8d").await;
    assert_eq!(lab.get(&sandbox, &format!("/v1/subscriptions/{subscription}")).await["status"], "active");
    sandbox.stop().await;

    // The machine's own time continues while no sandbox runs.
    lab.now.fetch_add(31 * 86_400, Ordering::SeqCst);
    let sandbox = lab.start().unwrap();
    let invoices = lab.get(&sandbox, &format!("/v1/invoices?subscription={subscription}&status=paid")).await;
    let totals: Vec<i64> =
        invoices["data"].as_array().unwrap().iter().map(|each| each["total"].as_i64().unwrap()).collect();
    assert_eq!(totals, [900, 900, 0]);
    assert_eq!(lab.get(&sandbox, "/_sandbox/billing").await["draft_seconds"], 60);
    let events = ids(&lab.get(&sandbox, "/v1/events?limit=100").await);
    assert_eq!(events.iter().collect::<std::collections::BTreeSet<_>>().len(), events.len(), "ids came twice");
    sandbox.stop().await;
}

#[tokio::test]
async fn webhooks_that_waited_arrive() {
    let lab = Lab::new();
    let (away, back) = (TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
    let address = away.local_addr().unwrap();
    drop(away);
    let sandbox = lab.start().unwrap();
    let secret = sandbox.webhook(KEY, "the program", &format!("http://{address}/"), &["customer.*"]);
    lab.post(&sandbox, "/v1/customers", "").await;
    let counts = lab.post(&sandbox, "/_sandbox/flush", "").await;
    assert_eq!((&counts["waiting"], &counts["delivered"]), (&Value::from(1), &Value::from(0)));
    sandbox.stop().await;

    let sandbox = lab.start().unwrap();
    let url = format!("http://{}/", back.local_addr().unwrap());
    let taken = receiver(back);
    assert_eq!(sandbox.webhook(KEY, "the program", &url, &["customer.*"]), secret);
    assert_eq!(lab.get(&sandbox, "/v1/webhook_endpoints").await["data"].as_array().unwrap().len(), 1);
    let counts = lab.post(&sandbox, "/_sandbox/flush", "").await;
    assert_eq!((&counts["waiting"], &counts["delivered"]), (&Value::from(0), &Value::from(1)));
    assert_eq!(*taken.lock().unwrap(), ["customer.created"]);
    sandbox.stop().await;
}

#[tokio::test]
async fn pages_are_where_it_listens_now() {
    let lab = Lab::new();
    let sandbox = lab.start().unwrap();
    lab.subscribe(&sandbox).await;
    let form =
        "mode=subscription&line_items[0][price]=PRICE&line_items[0][quantity]=1&success_url=http://127.0.0.1:1/ok";
    let price = ids(&lab.get(&sandbox, "/v1/prices").await).remove(0);
    let session = id(&lab.post(&sandbox, "/v1/checkout/sessions", &form.replace("PRICE", &price)).await);
    let before = sandbox.address();
    sandbox.stop().await;

    let _taken = TcpListener::bind(before).unwrap();
    let sandbox = lab.start().unwrap();
    let session = lab.get(&sandbox, &format!("/v1/checkout/sessions/{session}")).await;
    let invoice = lab.get(&sandbox, "/v1/invoices").await["data"][0]["hosted_invoice_url"].clone();
    for url in [&session["url"], &invoice] {
        let url = url.as_str().unwrap();
        assert!(url.starts_with(&sandbox.url()), "{url}");
        assert_eq!(lab.client.get(url).send().await.unwrap().status().as_u16(), 200);
    }
    assert_eq!(session["success_url"], "http://127.0.0.1:1/ok");
    sandbox.stop().await;
}

#[tokio::test]
async fn changes_are_in_the_file_soon_after_they_were_made() {
    let lab = Lab::new();
    let sandbox = lab.start().unwrap();
    let customer = id(&lab.post(&sandbox, "/v1/customers", "").await);
    let written = async {
        while !std::fs::read_to_string(lab.file()).is_ok_and(|text| text.contains(&customer)) {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_mins(10), written).await.unwrap();
    // As after a kill, only the content of the file remains.
    let copy = lab.folder.path().join("copy.json");
    std::fs::copy(lab.file(), &copy).unwrap();
    let other = start(&lab.now, &copy).unwrap();
    assert_eq!(ids(&lab.get(&other, "/v1/customers").await), [customer]);
    other.stop().await;
    sandbox.stop().await;
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_refused_and_stays() {
    let lab = Lab::new();
    lab.start().unwrap().stop().await;
    let good = std::fs::read_to_string(lab.file()).unwrap();
    let newer = good.replace("\"format\":1", "\"format\":2");
    for (text, word) in [("", "EOF"), ("{}", "format"), (&good[..good.len() - 1], "EOF"), (newer.as_str(), "format 2")]
    {
        std::fs::write(lab.file(), text).unwrap();
        let error = lab.start().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData);
        assert!(error.to_string().contains(word) && error.to_string().contains("stripe.json"), "{error}");
        assert_eq!(std::fs::read_to_string(lab.file()).unwrap(), text);
    }
}

#[tokio::test]
async fn a_file_has_one_sandbox_at_a_time() {
    let lab = Lab::new();
    let sandbox = lab.start().unwrap();
    assert_eq!(lab.start().unwrap_err().kind(), ErrorKind::ResourceBusy);
    sandbox.stop().await;
    lab.start().unwrap().stop().await;
}
