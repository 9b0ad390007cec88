//! The outer middleware of every request: a trace id, a time limit, handling of panics, errors as problem documents,
//! the headers of every response, and one log line for each failure.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, OnceLock},
    time::Duration,
};

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use freehold_core::{Error, codes};
use freehold_db::Origin;
use freehold_metering::rate::Rate;
use futures_util::FutureExt;
use tokio::time::Instant;

use crate::{Backbone, Problem, problem::ProblemBody, running::Run};

/// Longest time for a request whose route has no limit of its own.
const TIME_LIMIT: Duration = Duration::from_secs(30);
/// The content security policy of pages: only our own resources, and scripts only from our own files. A page with other
/// needs sets its own.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// The id of a request in responses and the log: 32 hexadecimal digits, taken from `traceparent` where the caller sent
/// it.
#[derive(Clone, Debug)]
pub struct TraceId(pub Arc<str>);

/// The original URI of the request. A nested router sees it without the beginning of its path.
#[derive(Clone, Debug)]
pub struct AskedAt(pub Uri);

/// Marks a response whose request created no work for workers, so none is woken. For frequent requests; workers find
/// any remaining work a tenth of a second later.
#[derive(Clone, Copy, Debug)]
pub struct NothingLater;

/// Where extractors and layers of routes store values that live as long as the request.
#[derive(Clone, Default)]
pub(crate) struct RequestSlot(pub(crate) Arc<OfRequest>);

/// Values of a request that are known once its route and its caller are.
#[derive(Default)]
pub(crate) struct OfRequest {
    /// The rate limit against which the request was counted, for the response headers.
    pub(crate) rate: OnceLock<Rate>,
    /// The request's slot among those of its organization.
    pub(crate) run: OnceLock<Run>,
    /// Cookies of a session that was refreshed for this request.
    pub(crate) cookies: OnceLock<Vec<HeaderValue>>,
    /// The time limit of the route, where it has its own.
    pub(crate) time_limit: OnceLock<Duration>,
}

/// The middleware itself.
pub async fn frame(State(backbone): State<Backbone>, mut request: Request, next: Next) -> Response {
    let trace = trace_id(&backbone, request.headers());
    let of_request = RequestSlot::default();
    request.extensions_mut().insert(trace.clone());
    request.extensions_mut().insert(of_request.clone());
    let (method, uri) = (request.method().clone(), request.uri().clone());
    request.extensions_mut().insert(AskedAt(uri.clone()));

    let changing = !method.is_safe();
    let (parts, body) = request.into_parts();
    let origin = origin(&backbone, &parts);
    let handled = origin.scope(next.run(Request::from_parts(parts, body)));
    let guarded = AssertUnwindSafe(handled).catch_unwind();
    let mut response = match within_limit(guarded, &of_request.0.time_limit).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => Problem(Error::internal("a handler panicked")).into_response(),
        Err(limit) => {
            let message = format!("The request took longer than {} seconds and was stopped.", limit.as_secs());
            Problem(Error::new(codes::REQUEST_TIMEOUT, message)).into_response()
        }
    };
    if changing && response.status().is_success() && response.extensions().get::<NothingLater>().is_none() {
        // The request may have enqueued work.
        backbone.nudge.nudge();
    }
    if let Some(error) = response.extensions_mut().remove::<Arc<Error>>() {
        log(&backbone, &error, &method, &uri, &trace);
        if !response.headers().contains_key(header::CONTENT_TYPE) {
            write_problem(&mut response, &error, &trace, &backbone);
        }
    }
    cookies(response.headers_mut(), of_request.0.cookies.get().map_or(&[], Vec::as_slice));
    headers(response.headers_mut(), &trace, of_request.0.rate.get(), uri.path());
    response
}

/// Where the request comes from, for the audit entries of what it changes.
fn origin(backbone: &Backbone, parts: &Parts) -> Origin {
    let agent = parts.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).map(str::to_owned);
    Origin::Client { address: backbone.trusted_proxies.client_address(parts), agent }
}

/// The result of a request, or the time limit that it exceeded. Its route, which may have a limit of its own, is known
/// only once the request has arrived there.
async fn within_limit<T>(request: impl Future<Output = T>, own: &OnceLock<Duration>) -> Result<T, Duration> {
    let begun = Instant::now();
    let mut request = std::pin::pin!(request);
    let mut limit = TIME_LIMIT;
    loop {
        if let Ok(done) = tokio::time::timeout_at(begun + limit, &mut request).await {
            return Ok(done);
        }
        match own.get() {
            Some(longer) if *longer > limit => limit = *longer,
            _ => return Err(limit),
        }
    }
}

fn trace_id(backbone: &Backbone, headers: &HeaderMap) -> TraceId {
    let sent =
        headers.get("traceparent").and_then(|value| value.to_str().ok()).and_then(|value| value.split('-').nth(1));
    let valid = sent.filter(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let id =
        valid.map_or_else(|| format!("{:032x}", u128::from_le_bytes(backbone.random.bytes())), str::to_ascii_lowercase);
    TraceId(id.into())
}

fn write_problem(response: &mut Response, error: &Error, trace: &TraceId, backbone: &Backbone) {
    let body = ProblemBody::new(error, &trace.0, || backbone.billing_url());
    // A struct of texts and numbers always serializes.
    *response.body_mut() = Body::from(serde_json::to_vec(&body).unwrap_or_default());
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if let Some(after) = error.retry_after() {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(after.as_secs().max(1)));
    }
    if error.is(codes::UNAUTHENTICATED) {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
}

/// Logs 5xx errors with all details, others at debug level. Query strings may contain tokens, so only the path is
/// logged.
fn log(backbone: &Backbone, error: &Error, method: &Method, uri: &Uri, trace: &TraceId) {
    let (path, trace) = (uri.path(), &trace.0);
    match error.code().status {
        // During a database outage every request would log the same line.
        503 if backbone.server.outage.speaks(backbone.clock.now()) => {
            tracing::warn!(%method, path, %trace, "{error:?}");
        }
        503 => tracing::debug!(%method, path, %trace, "{error:?}"),
        500.. => tracing::error!(%method, path, %trace, "{error:?}"),
        _ => tracing::debug!(%method, path, %trace, "{error:?}"),
    }
}

/// Adds these cookies, except those that the response itself sets or deletes.
fn cookies(headers: &mut HeaderMap, cookies: &[HeaderValue]) {
    let name = |cookie: &HeaderValue| cookie.as_bytes().split(|byte| *byte == b'=').next().map(<[u8]>::to_vec);
    let own: Vec<_> = headers.get_all(header::SET_COOKIE).iter().map(name).collect();
    for cookie in cookies.iter().filter(|cookie| !own.contains(&name(cookie))) {
        headers.append(header::SET_COOKIE, cookie.clone());
    }
}

fn headers(headers: &mut HeaderMap, trace: &TraceId, rate: Option<&Rate>, path: &str) {
    if let Ok(id) = HeaderValue::from_str(&trace.0) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let page = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if page && !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
        // The URL of a page may contain a sign-in token, which other sites must not see.
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    }
    if !headers.contains_key(header::CACHE_CONTROL) && !path.starts_with("/assets/") {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if let Some(rate) = rate {
        let Rate { meter, limit, window_seconds, remaining, reset_seconds } = rate;
        let policy = format!("\"{meter}\";q={limit};w={window_seconds}");
        let left = format!("\"{meter}\";r={remaining};t={reset_seconds}");
        for (name, value) in [(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, left)] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
    }
}
