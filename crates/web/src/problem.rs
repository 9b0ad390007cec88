//! How an error is answered: `application/problem+json` (RFC 9457).

use std::sync::Arc;

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use freehold_core::Error;
use serde_json::{Map, Value, json};

/// An error on its way out of a handler. The body is written by [`frame`](crate::frame), which knows the trace id.
#[derive(Debug)]
pub struct Problem(pub Error);

/// What a handler answers.
pub type Answer<T> = Result<T, Problem>;

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.code().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(Arc::new(self.0));
        response
    }
}

/// The problem document of an error. Nothing of the error's source gets into it.
pub fn problem_body(error: &Error, trace_id: &str, upgrade_url: &str) -> Value {
    let code = error.code();
    let mut body = Map::new();
    body.insert("type".into(), json!(format!("/docs/errors#{}", code.name)));
    body.insert("title".into(), json!(code.title));
    body.insert("status".into(), json!(code.status));
    body.insert("detail".into(), json!(error.message()));
    body.insert("code".into(), json!(code.name));
    if !error.fields().is_empty() {
        body.insert("errors".into(), json!(error.fields()));
    }
    if let Some(limit) = error.limit() {
        body.insert("meter".into(), json!(limit.meter));
        body.insert("limit".into(), json!(limit.limit));
        body.insert("used".into(), json!(limit.used));
        body.insert("plan".into(), json!(limit.plan));
    }
    if code.status == 402 {
        body.insert("upgrade_url".into(), json!(upgrade_url));
    }
    if let Some(after) = error.retry_after() {
        body.insert("retry_after".into(), json!(after.as_secs().max(1)));
    }
    body.insert("trace_id".into(), json!(trace_id));
    Value::Object(body)
}
