//! A client that uses the server over HTTP only.

use std::time::{Duration, Instant};

use reqwest::{Method, RequestBuilder, header};
use serde_json::{Value, json};

use crate::server::CEILING;

/// A response.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) kind: String,
    pub(crate) retry_after: Option<u64>,
    pub(crate) replayed: bool,
    pub(crate) body: Value,
    pub(crate) took: Duration,
}

impl Answer {
    /// The body, if the response has the expected status.
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    /// Whether this is the response that clients get while the database is away.
    pub(crate) fn is_unavailable(&self) -> bool {
        self.status == 503
            && self.kind == "application/problem+json"
            && self.body["code"] == "unavailable"
            && self.retry_after.is_some_and(|seconds| (1..=30).contains(&seconds))
    }
}

/// A client for any server; it keeps its connections open.
#[derive(Clone)]
pub(crate) struct Client(reqwest::Client);

impl Client {
    /// It waits for a response as long as the test would.
    pub(crate) fn new() -> Self {
        Self(reqwest::Client::builder().timeout(CEILING).build().unwrap())
    }

    pub(crate) fn request(&self, method: Method, url: String) -> RequestBuilder {
        self.0.request(method, url)
    }

    /// Sends a request and reads the whole response.
    pub(crate) async fn send(&self, request: RequestBuilder) -> reqwest::Result<Answer> {
        let begun = Instant::now();
        let response = request.send().await?;
        let text = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (status, kind) = (response.status().as_u16(), text("content-type").unwrap_or_default());
        let retry_after = text("retry-after").and_then(|seconds| seconds.parse().ok());
        let replayed = text("idempotent-replayed").is_some();
        let bytes = response.bytes().await?;
        let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| json!(String::from_utf8_lossy(&bytes)));
        Ok(Answer { status, kind, retry_after, replayed, body, took: begun.elapsed() })
    }

    /// Sends a request without a credential.
    pub(crate) async fn get(&self, url: String) -> reqwest::Result<Answer> {
        self.send(self.request(Method::GET, url)).await
    }
}

/// A user with an organization, a key and a workflow.
#[derive(Clone)]
pub(crate) struct Tenant {
    pub(crate) client: Client,
    pub(crate) slug: String,
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
    pub(crate) key: String,
    pub(crate) key_id: String,
    pub(crate) workflow: String,
    /// The body of a run that succeeds.
    pub(crate) sample: Value,
}

impl Tenant {
    /// Signs up a new user and creates everything that a run needs.
    pub(crate) async fn sign_up(site: &str, name: &str) -> Self {
        let client = Client::new();
        let post = async |path: &str, token: Option<&str>, body: Value| {
            let mut request = client.request(Method::POST, format!("{site}{path}")).json(&body);
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            client.send(request).await.unwrap()
        };
        let person = json!({
            "email": format!("{name}@example.test"), "password": "correct horse battery", "data": { "organization": name }
        });
        let session = post("/auth/v1/signup", None, person).await.expect(200);
        let access_token = text(&session, "/access_token");
        let refresh_token = text(&session, "/refresh_token");
        let token = Some(access_token.as_str());
        let key = post("/api/v1/keys", token, json!({ "name": "tests" })).await.expect(201);
        let template = json!({ "template": "appointment_reminder" });
        let workflow = post("/api/v1/workflows", token, template).await.expect(201);
        let get = async |path: &str| {
            let request = client.request(Method::GET, format!("{site}{path}")).bearer_auth(&access_token);
            client.send(request).await.unwrap().expect(200)
        };
        let organizations = get("/api/v1/organizations").await;
        let template = get("/api/v1/templates/appointment_reminder").await;
        let slug = text(&organizations, "/data/0/slug");
        let sample = json!({ "inputs": template["sample_inputs"], "script": template["sample_script"] });
        let (key, key_id, workflow) = (text(&key, "/key"), text(&key, "/id"), text(&workflow, "/id"));
        Self { client, slug, access_token, refresh_token, key, key_id, workflow, sample }
    }

    /// Creates a run, with an `Idempotency-Key`.
    pub(crate) async fn run(&self, site: &str, idempotency_key: &str, body: &Value) -> reqwest::Result<Answer> {
        let url = format!("{site}/api/v1/workflows/{}/runs", self.workflow);
        let request = self.client.request(Method::POST, url).header(header::AUTHORIZATION, &self.key);
        self.client.send(request.header("idempotency-key", idempotency_key).json(body)).await
    }

    /// Sends a request with the key.
    pub(crate) async fn get(&self, site: &str, path: &str) -> reqwest::Result<Answer> {
        let request = self.client.request(Method::GET, format!("{site}{path}"));
        self.client.send(request.header(header::AUTHORIZATION, &self.key)).await
    }

    /// The usage of calls, and how many are reserved.
    pub(crate) async fn calls(&self, site: &str) -> (i64, i64) {
        let usage = self.get(site, "/api/v1/usage").await.unwrap().expect(200);
        let meters = usage["meters"].as_array().unwrap();
        let calls = meters.iter().find(|meter| meter["meter"] == "calls").unwrap();
        (calls["used"].as_i64().unwrap(), calls["reserved"].as_i64().unwrap())
    }

    /// Lists the ids of all runs, page by page.
    pub(crate) async fn runs(&self, site: &str) -> Vec<String> {
        let mut ids = Vec::new();
        let mut path = "/api/v1/runs?limit=200".to_owned();
        loop {
            let page = self.get(site, &path).await.unwrap().expect(200);
            ids.extend(page["data"].as_array().unwrap().iter().map(|run| text(run, "/id")));
            let Some(cursor) = page["next_cursor"].as_str() else { return ids };
            path = format!("/api/v1/runs?limit=200&cursor={cursor}");
        }
    }

    /// Exchanges the refresh token for the next pair of tokens.
    pub(crate) async fn refresh(&mut self, site: &str) -> reqwest::Result<Answer> {
        let url = format!("{site}/auth/v1/token?grant_type=refresh_token");
        let request = self.client.request(Method::POST, url);
        let answer = self.client.send(request.json(&json!({ "refresh_token": self.refresh_token }))).await?;
        if answer.status == 200 {
            self.refresh_token = text(&answer.body, "/refresh_token");
            self.access_token = text(&answer.body, "/access_token");
        }
        Ok(answer)
    }
}

/// The text at this JSON pointer of a document.
pub(crate) fn text(body: &Value, pointer: &str) -> String {
    let found = body.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("no text at {pointer} of {body}")).to_owned()
}
