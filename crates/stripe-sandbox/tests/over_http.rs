//! What only HTTP shows: keys, headers, idempotency, and injected faults of the API.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests too, which clippy sees in a #[test] only")]

use std::{
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use jiff::Timestamp;
use reqwest::{Client, Method, Response};
use serde_json::Value;
use stripe_sandbox::{API_VERSION, Sandbox, Settings};

const KEY: &str = "sk_test_http";
const START: i64 = 1_806_580_800;

/// A sandbox whose clock the test moves.
struct Lab {
    sandbox: Sandbox,
    client: Client,
    now: Arc<AtomicI64>,
}

impl Lab {
    fn start(seed: u64) -> Self {
        let now = Arc::new(AtomicI64::new(START));
        let clock = Arc::clone(&now);
        let now_of = move || Timestamp::from_second(clock.load(Ordering::SeqCst)).unwrap();
        let settings = Settings { now: Arc::new(now_of), seed, ..Settings::default() };
        let sandbox = Sandbox::start(TcpListener::bind("127.0.0.1:0").unwrap(), settings).unwrap();
        Self { sandbox, client: Client::builder().no_proxy().build().unwrap(), now }
    }

    async fn send(&self, method: Method, path: &str, key: &str, form: &str, headers: &[(&str, &str)]) -> Response {
        let mut request = self.client.request(method, format!("{}{path}", self.sandbox.url())).bearer_auth(key);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(form.to_owned()).send().await.unwrap()
    }

    async fn post(&self, path: &str, form: &str) -> (u16, Value) {
        read(self.send(Method::POST, path, KEY, form, &[]).await).await
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        read(self.send(Method::GET, path, KEY, "", &[]).await).await
    }

    async fn customers(&self) -> usize {
        self.get("/v1/customers?limit=100").await.1["data"].as_array().unwrap().len()
    }
}

#[tokio::test]
async fn pages_of_other_origins_turn_no_knobs() {
    let lab = Lab::start(1);
    let moved = |headers: &'static [(&'static str, &'static str)]| async {
        lab.send(Method::POST, "/_sandbox/clock", KEY, "advance=1", headers).await.status().as_u16()
    };
    assert_eq!(moved(&[("origin", "https://evil.example")]).await, 403);
    assert_eq!(moved(&[("sec-fetch-site", "cross-site")]).await, 403);
    assert_ne!(moved(&[]).await, 403);
}

#[tokio::test]
async fn a_sandbox_for_this_machine_answers_to_its_names_only() {
    let settings = Settings { local_only: true, ..Settings::default() };
    let sandbox = Sandbox::start(TcpListener::bind("127.0.0.1:0").unwrap(), settings).unwrap();
    let client = Client::builder().no_proxy().build().unwrap();
    for (host, status) in [("evil.example", 403), ("localhost:1", 200)] {
        let request = client.get(format!("{}/v1/customers", sandbox.url())).bearer_auth(KEY).header("host", host);
        assert_eq!(request.send().await.unwrap().status().as_u16(), status, "{host}");
    }
    sandbox.stop().await;
}

async fn read(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    (status, serde_json::from_str(&response.text().await.unwrap()).unwrap())
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
}

#[tokio::test]
async fn every_key_is_an_account_and_other_keys_are_none() {
    let lab = Lab::start(1);
    lab.post("/v1/customers", "email=a@example.com").await;
    let other = read(lab.send(Method::GET, "/v1/customers", "sk_test_other", "", &[]).await).await;
    assert_eq!((other.0, other.1["data"].as_array().unwrap().len()), (200, 0));
    for key in ["sk_live_x", "pk_test_x", ""] {
        let (status, body) = read(lab.send(Method::GET, "/v1/customers", key, "", &[]).await).await;
        assert_eq!((status, body["error"]["type"].as_str()), (401, Some("invalid_request_error")), "{key}");
    }
    let url = format!("{}/v1/customers", lab.sandbox.url());
    let basic = lab.client.get(url).basic_auth(KEY, None::<&str>).send().await.unwrap();
    assert_eq!(read(basic).await.1["data"].as_array().unwrap().len(), 1);
    lab.sandbox.stop().await;
}

#[tokio::test]
async fn answers_carry_a_request_id_and_the_version_that_was_asked_for() {
    let lab = Lab::start(1);
    let response = lab.send(Method::GET, "/v1/prices", KEY, "", &[("stripe-version", "2026-09-30.endive")]).await;
    assert_eq!((response.status().as_u16(), header(&response, "stripe-version")), (200, "2026-09-30.endive"));
    for (version, code) in [("2025-03-31.basil", Some("sandbox_not_modelled")), ("yesterday", None)] {
        let response = lab.send(Method::GET, "/v1/prices", KEY, "", &[("stripe-version", version)]).await;
        let (status, body) = read(response).await;
        assert_eq!((status, body["error"]["code"].as_str()), (400, code), "{body}");
    }
    assert!(header(&response, "request-id").starts_with("req_"));
    let response = lab.send(Method::GET, "/v1/nowhere", KEY, "", &[]).await;
    assert_eq!((response.status().as_u16(), header(&response, "stripe-version")), (404, API_VERSION));
    lab.sandbox.stop().await;
}

#[tokio::test]
async fn an_idempotency_key_answers_the_same_for_a_day() {
    let lab = Lab::start(1);
    let keyed = [("idempotency-key", "k1")];
    let first = read(lab.send(Method::POST, "/v1/customers", KEY, "email=a@example.com", &keyed).await).await;
    let again = lab.send(Method::POST, "/v1/customers", KEY, "email=a@example.com", &keyed).await;
    assert_eq!(header(&again, "idempotent-replayed"), "true");
    assert_eq!(read(again).await, first);
    let (status, body) = read(lab.send(Method::POST, "/v1/customers", KEY, "email=b@example.com", &keyed).await).await;
    assert_eq!((status, body["error"]["type"].as_str()), (400, Some("idempotency_error")));
    // A request that was refused before any work may be repeated with its mistake corrected.
    let refused = [("idempotency-key", "k2")];
    assert_eq!(lab.send(Method::POST, "/v1/customers", KEY, "nonsense=1", &refused).await.status().as_u16(), 400);
    assert_eq!(lab.send(Method::POST, "/v1/customers", KEY, "name=b", &refused).await.status().as_u16(), 200);
    lab.now.fetch_add(24 * 3600, Ordering::SeqCst);
    let later = read(lab.send(Method::POST, "/v1/customers", KEY, "email=a@example.com", &keyed).await).await;
    assert_ne!(later.1["id"], first.1["id"]);
    lab.sandbox.stop().await;
}

#[tokio::test]
async fn a_lost_answer_was_given_and_its_key_finds_it_again() {
    let lab = Lab::start(1);
    lab.post("/_sandbox/chaos", "lose=1").await;
    let keyed = [("idempotency-key", "k")];
    let lost = lab.send(Method::POST, "/v1/customers", KEY, "email=a@example.com", &keyed).await;
    assert_eq!(lost.status().as_u16(), 500);
    let found = lab.send(Method::POST, "/v1/customers", KEY, "email=a@example.com", &keyed).await;
    assert_eq!(found.status().as_u16(), 200);
    assert_eq!(lab.customers().await, 1);
    lab.sandbox.stop().await;
}

#[tokio::test]
async fn requests_are_refused_as_the_knobs_say() {
    let lab = Lab::start(1);
    lab.post("/_sandbox/chaos", "fail_next=2&fail_status=429").await;
    for _ in 0..2 {
        let (status, body) = lab.post("/v1/customers", "").await;
        assert_eq!((status, body["error"]["code"].as_str()), (429, Some("rate_limit")));
    }
    assert_eq!(lab.post("/v1/customers", "").await.0, 200);
    assert_eq!(lab.customers().await, 1);
    lab.post("/_sandbox/chaos", "rate_limit=3").await;
    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(lab.get("/v1/customers").await.0);
    }
    assert_eq!(statuses, [200, 200, 200, 429, 429]);
    lab.now.fetch_add(1, Ordering::SeqCst);
    assert_eq!(lab.get("/v1/customers").await.0, 200);
    lab.post("/_sandbox/reset", "").await;
    assert_eq!(lab.customers().await, 0);
    lab.sandbox.stop().await;
}

#[tokio::test]
async fn the_same_seed_makes_the_same_ids() {
    let (one, two, three) = (Lab::start(5), Lab::start(5), Lab::start(6));
    let mut ids = Vec::new();
    for lab in [&one, &two, &three] {
        ids.push(lab.post("/v1/customers", "").await.1["id"].clone());
    }
    assert_eq!(ids[0], ids[1]);
    assert_ne!(ids[0], ids[2]);
    for lab in [one, two, three] {
        lab.sandbox.stop().await;
    }
}

#[tokio::test]
async fn the_clock_of_the_sandbox_moves_every_account() {
    let lab = Lab::start(1);
    let price = "currency=usd&unit_amount=900&recurring[interval]=month&product_data[name]=Pro";
    let price = lab.post("/v1/prices", price).await.1["id"].as_str().unwrap().to_owned();
    let customer = lab.post("/v1/customers", "email=a@example.com").await.1["id"].as_str().unwrap().to_owned();
    let form = format!("customer={customer}&items[0][price]={price}&trial_period_days=14");
    let subscription = lab.post("/v1/subscriptions", &form).await.1["id"].as_str().unwrap().to_owned();
    let (_, clock) = lab.post("/_sandbox/clock", "advance=60d").await;
    assert_eq!(clock["now"], START + 60 * 86_400);
    let (_, ended) = lab.get(&format!("/v1/subscriptions/{subscription}")).await;
    assert_eq!(ended["status"], "canceled");
    let (_, failed) = lab.get("/v1/events?type=invoice.payment_failed").await;
    assert_eq!(failed["data"].as_array().unwrap().len(), 4);
    lab.sandbox.stop().await;
}

#[tokio::test]
async fn pages_have_no_script_and_unknown_addresses_say_so() {
    let lab = Lab::start(1);
    for path in ["/", "/c/pay/cs_test_nobody", "/p/session/bps_nobody", "/i/acct_nobody/x", "/authenticate/pi_nobody"] {
        let response = lab.client.get(format!("{}{path}", lab.sandbox.url())).send().await.unwrap();
        assert_eq!(response.status().as_u16(), if path == "/" { 200 } else { 404 }, "{path}");
        assert!(header(&response, "content-security-policy").contains("default-src 'none'"));
        let page = response.text().await.unwrap();
        assert!(page.contains("Sandbox") && !page.contains("<script"), "{page}");
    }
    lab.sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_said_in_json() {
    let lab = Lab::start(9);
    for path in [
        "/v1",
        "/v1/nonsense",
        "/v1/customers/cus_1/nonsense",
        "/v2",
        "/v3/customers",
        "/v2/core/events",
        "/v2/billing/meter_events",
    ] {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let response = lab.send(method.clone(), path, KEY, "", &[]).await;
            assert_eq!(response.headers()["content-type"], "application/json", "{method} {path}");
            let (status, body) = read(response).await;
            let message = body["error"]["message"].as_str().unwrap();
            assert!(
                status == 404 && message.starts_with(&format!("Unrecognized request URL ({method}: {path})")),
                "{message}"
            );
            assert_eq!(body["error"]["type"], "invalid_request_error");
        }
    }
    let (status, body) = lab.post("/v1/customers", &format!("name={}", "x".repeat(3 << 20))).await;
    assert_eq!((status, &body["error"]["type"]), (413, &Value::from("invalid_request_error")));
}
