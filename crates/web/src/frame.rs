//! Around every request: a trace id, a time limit, a net under panics, errors as problem documents, the headers that
//! every answer carries, and one log line for what went wrong.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, OnceLock},
    time::Duration,
};

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use freehold_core::{Error, codes};
use freehold_metering::rate::Rate;
use futures_util::FutureExt;

use crate::{Backbone, Problem, problem::ProblemBody, running::Run};

/// Longest time a request may take.
const TIME_LIMIT: Duration = Duration::from_secs(30);
/// What every page is served with: nothing but what we serve ourselves, and no script that is not a file of ours. A page
/// that needs another policy brings it.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Names one request in answers and in the log: 32 hexadecimal digits, the caller's own where it sent a `traceparent`.
#[derive(Clone, Debug)]
pub struct TraceId(pub Arc<str>);

/// The address as it was asked for. Inside of a router below another one the beginning of the path is gone.
#[derive(Clone, Debug)]
pub struct AskedAt(pub Uri);

/// An answer's mark: the request, though it changed something, left nothing to be done later, so nobody is woken for it. For
/// requests that come often; what one of them does leave now and then is found a tenth of a second later.
#[derive(Clone, Copy, Debug)]
pub struct NothingLater;

/// Where the extractor of the caller leaves what has to last as long as the request.
#[derive(Clone, Default)]
pub(crate) struct CallerSlot(pub(crate) Arc<OfCaller>);

/// What is known of a request once its caller is.
#[derive(Default)]
pub(crate) struct OfCaller {
    /// The rate that the request was counted against, for the headers of the answer.
    pub(crate) rate: OnceLock<Rate>,
    /// The request's place among those of its organization.
    pub(crate) run: OnceLock<Run>,
    /// Cookies of a session that was refreshed for this request.
    pub(crate) cookies: OnceLock<Vec<HeaderValue>>,
}

/// The middleware.
pub async fn frame(State(backbone): State<Backbone>, mut request: Request, next: Next) -> Response {
    let trace = trace_id(&backbone, request.headers());
    let of_caller = CallerSlot::default();
    request.extensions_mut().insert(trace.clone());
    request.extensions_mut().insert(of_caller.clone());
    let (method, uri) = (request.method().clone(), request.uri().clone());
    request.extensions_mut().insert(AskedAt(uri.clone()));

    let changing = !method.is_safe();
    let guarded = AssertUnwindSafe(next.run(request)).catch_unwind();
    let mut response = match tokio::time::timeout(TIME_LIMIT, guarded).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => Problem(Error::internal("a handler panicked")).into_response(),
        Err(_) => {
            Problem(Error::new(codes::REQUEST_TIMEOUT, "The request took longer than 30 seconds.")).into_response()
        }
    };
    if changing && response.status().is_success() && response.extensions().get::<NothingLater>().is_none() {
        // Perhaps it left something to be done later.
        backbone.nudge.nudge();
    }
    if let Some(error) = response.extensions_mut().remove::<Arc<Error>>() {
        log(&backbone, &error, &method, &uri, &trace);
        if !response.headers().contains_key(header::CONTENT_TYPE) {
            write_problem(&mut response, &error, &trace, &backbone);
        }
    }
    cookies(response.headers_mut(), of_caller.0.cookies.get().map_or(&[], Vec::as_slice));
    headers(response.headers_mut(), &trace, of_caller.0.rate.get(), uri.path());
    response
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
    // A struct of texts and numbers always has a JSON form.
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

/// 5xx with everything we know; the rest for whoever asks for it. Query strings may hold tokens, so only the path.
fn log(backbone: &Backbone, error: &Error, method: &Method, uri: &Uri, trace: &TraceId) {
    let (path, trace) = (uri.path(), &trace.0);
    match error.code().status {
        // While the database is away every request says the same.
        503 if backbone.outage.speaks(backbone.clock.now()) => tracing::warn!(%method, path, %trace, "{error:?}"),
        503 => tracing::debug!(%method, path, %trace, "{error:?}"),
        500.. => tracing::error!(%method, path, %trace, "{error:?}"),
        _ => tracing::debug!(%method, path, %trace, "{error:?}"),
    }
}

/// Adds these cookies, but for those that the answer itself sets or removes.
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
        // The address of a page may hold a sign-in token, which nobody else is to see.
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
