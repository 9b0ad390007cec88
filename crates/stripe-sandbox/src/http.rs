//! The HTTP server: authentication, routing, and the form of responses.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use base64::Engine as _;
use serde_json::Value;

use crate::{
    account::Account,
    checkout,
    error::{Result, StripeError},
    event::RequestRef,
    expand,
    form::Params,
    guard, home, invoice, known,
    page::{self, Answer},
    portal, routes, sandbox,
    version::API_VERSION,
    world::{Shared, World, hold},
};

/// The router for all requests.
pub(crate) fn router(world: Arc<World>) -> Router {
    Router::new().fallback(answer).with_state(world)
}

/// A parsed request.
struct Asked {
    method: Method,
    path: String,
    query: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Asked {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The parameters of the query and the body, form-encoded or JSON.
    fn params(&self) -> Params {
        let mut params = Params::parse(self.query.as_bytes());
        let json = self.header("content-type").is_some_and(|kind| kind.starts_with("application/json"));
        params.extend(match serde_json::from_slice(&self.body) {
            Ok(value) if json => Params::from_json(value),
            _ => Params::parse(&self.body),
        });
        params
    }

    fn base_url(&self, world: &World) -> String {
        let host = self.header("host").unwrap_or("127.0.0.1:12111");
        let scheme = self.header("x-forwarded-proto").unwrap_or("http");
        world.public_url.clone().unwrap_or_else(|| format!("{scheme}://{host}"))
    }

    /// The secret key, from `Bearer` or from the user name of `Basic`.
    fn key(&self) -> Result<String> {
        let given = self.header("authorization").and_then(|header| match header.split_once(' ')? {
            ("Bearer" | "bearer", key) => Some(key.trim().to_owned()),
            ("Basic" | "basic", encoded) => {
                let decoded = base64::engine::general_purpose::STANDARD.decode(encoded.trim()).ok()?;
                String::from_utf8(decoded).ok()?.split(':').next().map(str::to_owned)
            }
            _ => None,
        });
        let Some(key) = given.filter(|key| !key.is_empty()) else {
            return Err(StripeError::key(
                "You did not provide an API key. You need to provide your API key in the Authorization header, using \
                 Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
            ));
        };
        if key.starts_with("sk_test_") || key.starts_with("rk_test_") {
            return Ok(key);
        }
        let end = key.len().saturating_sub(4).max(8.min(key.len()));
        let tail = key.get(end..).unwrap_or_default();
        Err(StripeError::key(&format!("Invalid API Key provided: the sandbox takes sk_test_… keys, not …{tail}")))
    }
}

async fn answer(
    State(world): State<Arc<World>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: std::result::Result<Bytes, BytesRejection>,
) -> Response {
    let body = match body {
        Ok(body) => body,
        Err(rejection) => {
            let error = StripeError::invalid(format!("The body cannot be read: {}", rejection.body_text()));
            let error = error.of_status(rejection.status().as_u16());
            let asked = Asked { method, path: String::new(), query: String::new(), headers, body: Bytes::new() };
            return write(&asked, refusal(&error));
        }
    };
    let (path, query) = (uri.path().to_owned(), uri.query().unwrap_or_default().to_owned());
    let asked = Asked { method, path, query, headers, body };
    if let Err(error) = guard::admit(&asked.headers, &asked.path, world.local_only) {
        let request_id = "req_none".to_owned();
        return write(&asked, Written { status: error.status, body: error.body(), request_id, replays: None });
    }
    if let Some(path) = asked.path.strip_prefix("/v1/").map(str::to_owned) {
        return api(&world, &asked, &path).await;
    }
    if is_versioned(&asked.path) {
        return write(&asked, refusal(&StripeError::no_route(asked.method.as_str(), &asked.path)));
    }
    if let Some(path) = asked.path.strip_prefix("/_sandbox/").map(str::to_owned) {
        return own(&world, &asked, &path).await;
    }
    let shown = pages(&world, &asked);
    world.wake.notify_one();
    match shown {
        Answer::Html(status, html) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
            let policy = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'";
            let headers =
                [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_SECURITY_POLICY, policy)];
            (status, headers, html).into_response()
        }
        Answer::Redirect(url) => (StatusCode::SEE_OTHER, [(header::LOCATION, url)]).into_response(),
        Answer::Pdf(name, bytes) => {
            let disposition = format!("inline; filename=\"{name}\"");
            let headers =
                [(header::CONTENT_TYPE, "application/pdf".to_owned()), (header::CONTENT_DISPOSITION, disposition)];
            (headers, bytes).into_response()
        }
    }
}

/// Whether the path belongs to some version of the API: `/v1`, `/v2/core/events`.
fn is_versioned(path: &str) -> bool {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    let number = first.strip_prefix('v').unwrap_or_default();
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// The response to an API request.
struct Written {
    status: u16,
    body: Value,
    request_id: String,
    /// The id of the first request with this `Idempotency-Key`; none: this is the first.
    replays: Option<String>,
}

/// A refusal that needs no account.
fn refusal(error: &StripeError) -> Written {
    Written { status: error.status, body: error.body(), request_id: "req_none".to_owned(), replays: None }
}

fn write(asked: &Asked, written: Written) -> Response {
    let version = asked.header("stripe-version").unwrap_or(API_VERSION);
    let status = StatusCode::from_u16(written.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = (status, [(header::CONTENT_TYPE, "application/json")], written.body.to_string());
    let mut response = body.into_response();
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    };
    set("request-id", &written.request_id);
    set("stripe-version", version);
    if let Some(key) = asked.header("idempotency-key") {
        set("idempotency-key", key);
    }
    if let Some(first) = &written.replays {
        set("idempotent-replayed", "true");
        set("original-request", first);
    }
    response
}

async fn api(world: &Arc<World>, asked: &Asked, path: &str) -> Response {
    let key = match asked.key() {
        Ok(key) => key,
        Err(error) => {
            return write(asked, refusal(&error));
        }
    };
    let account = world.account(&key);
    let (written, slow_ms) = work(world, &account, asked, path);
    world.wake.notify_one();
    if slow_ms > 0 {
        tokio::time::sleep(Duration::from_millis(slow_ms)).await;
    }
    write(asked, written)
}

/// Handles a request while its account is locked. Returns the response and its delay in milliseconds.
fn work(world: &World, account: &Shared, asked: &Asked, path: &str) -> (Written, u64) {
    let mut account = hold(account);
    let account = &mut *account;
    world.present(account);
    let request_id = account.id("req");
    let slow_ms = account.trouble.slow_ms.unsigned_abs();
    let refused = |error: &StripeError| Written {
        status: error.status,
        body: error.body(),
        request_id: request_id.clone(),
        replays: None,
    };
    if let Some(status) = account.trouble.refusal(&mut account.dice, account.sandbox_now) {
        return (refused(&StripeError::chaos(status)), slow_ms);
    }
    let key = asked.header("idempotency-key").filter(|_| asked.method == Method::POST).map(str::to_owned);
    let request = format!("{}?{} {}", asked.path, asked.query, String::from_utf8_lossy(&asked.body));
    match key.as_ref().map(|key| account.kept_answer(key, &request)) {
        Some(Ok(Some(kept))) => {
            return (
                Written { status: kept.status, body: kept.body, request_id, replays: Some(kept.request_id) },
                slow_ms,
            );
        }
        Some(Err(error)) => return (refused(&error), slow_ms),
        _ => {}
    }
    account.base_url = asked.base_url(world);
    account.request = Some(RequestRef { id: request_id.clone(), idempotency_key: key.clone() });
    account.enter(None);
    account.settled = account.settled.filter(|_| asked.method == Method::GET);
    account.unsaved |= asked.method != Method::GET;
    let result = carry_out(account, asked, path);
    account.request = None;
    account.enter(None);
    let keeps = result.as_ref().map_or_else(|error| !error.before_work, |_| true);
    let (status, body) = match result {
        Ok(body) => (200, body),
        Err(error) => (error.status, error.body()),
    };
    if let (Some(key), true) = (&key, keeps) {
        account.answer_keep(key, &request, status, &body, &request_id);
    }
    if asked.method != Method::GET && account.dice.happens(account.trouble.lose) {
        let lost = StripeError::chaos(500);
        return (refused(&lost), slow_ms);
    }
    (Written { status, body, request_id, replays: None }, slow_ms)
}

fn carry_out(account: &mut Account, asked: &Asked, path: &str) -> Result<Value> {
    if let Some(version) = asked.header("stripe-version") {
        known::version_check(version, None)?;
    }
    let mut params = asked.params();
    let paths = params.texts("expand")?.unwrap_or_default();
    let mut body = routes::route(account, asked.method.as_str(), path, params)?;
    expand::expand(account, &mut body, &paths)?;
    Ok(body)
}

/// `/_sandbox/…`
async fn own(world: &Arc<World>, asked: &Asked, path: &str) -> Response {
    if path == "page.css" {
        let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "max-age=3600")];
        return (headers, page::STYLE).into_response();
    }
    let result = own_result(world, asked, path).await;
    world.wake.notify_one();
    let (status, body) = result.map_or_else(|error| (error.status, error.body()), |body| (200, body));
    write(asked, Written { status, body, request_id: "req_sandbox".to_owned(), replays: None })
}

async fn own_result(world: &Arc<World>, asked: &Asked, path: &str) -> Result<Value> {
    let mut params = asked.params();
    if path == "clock" {
        return sandbox::clock(world, asked.method.as_str(), params);
    }
    let key = asked.key()?;
    if (asked.method.as_str(), path) == ("POST", "reset") {
        let keeps_catalog = params.one_of("keep", &["catalog"])?.is_some();
        params.done()?;
        world.forget(&key, keeps_catalog);
        return Ok(serde_json::json!({ "object": "sandbox.reset" }));
    }
    let account = world.account(&key);
    if (asked.method.as_str(), path) == ("POST", "flush") {
        return sandbox::flush(world, &account, params).await;
    }
    let mut account = hold(&account);
    world.present(&mut account);
    account.base_url = asked.base_url(world);
    account.settled = None;
    account.unsaved = true;
    let parts: Vec<&str> = path.split('/').collect();
    let result = sandbox::route(&mut account, asked.method.as_str(), &parts, params);
    account.enter(None);
    result
}

/// The hosted pages.
fn pages(world: &World, asked: &Asked) -> Answer {
    let parts: Vec<&str> = asked.path.split('/').skip(1).collect();
    let post = asked.method == Method::POST;
    let mut params = asked.params();
    let with = |is: &dyn Fn(&Account) -> bool, act: &mut dyn FnMut(&mut Account) -> Answer| match world.find(is) {
        None => page::not_found(),
        Some(account) => {
            let mut account = hold(&account);
            world.present(&mut account);
            account.base_url = asked.base_url(world);
            account.enter(None);
            account.settled = None;
            account.unsaved = true;
            let answer = act(&mut account);
            account.enter(None);
            answer
        }
    };
    match parts.as_slice() {
        [""] => home::show(world),
        ["c", "pay", id] => with(&|account| account.sessions.get(id).is_some(), &mut |account| {
            if post { checkout::page::submit(account, id, &mut params) } else { checkout::page::show(account, id) }
        }),
        ["p", "session", id] => with(&|account| account.portal_sessions.get(id).is_some(), &mut |account| {
            portal::page::show(account, id, &mut params)
        }),
        ["p", "session", id, action] if post => {
            with(&|account| account.portal_sessions.get(id).is_some(), &mut |account| {
                portal::page::submit(account, id, action, &mut params)
            })
        }
        ["i", owner, token, rest @ ..] => with(&|account| account.id == *owner, &mut |account| {
            let path = format!("/i/{owner}/{token}");
            if post {
                invoice::page::submit(account, &path, &mut params)
            } else {
                invoice::page::show(account, &path, rest == ["pdf"])
            }
        }),
        ["authenticate", id] => {
            let is = |account: &Account| {
                account.payment_intents.get(id).is_some() || account.setup_intents.get(id).is_some()
            };
            with(&is, &mut |account| {
                if post {
                    page::authenticate_answer(account, id, &mut params)
                } else {
                    let then = params.text("then").ok().flatten();
                    page::authenticate(account, id, then)
                }
            })
        }
        _ => page::not_found(),
    }
}
