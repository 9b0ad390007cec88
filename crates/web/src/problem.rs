//! Error responses: `application/problem+json` (RFC 9457).

use std::sync::Arc;

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use freehold_core::{Error, FieldError};
use serde::Serialize;

/// An error of a handler. [`frame`](crate::frame), which knows the trace id, writes the body.
#[derive(Debug)]
pub struct Problem(pub Error);

/// The result of a handler.
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

/// The problem document of an error, in reading order.
#[derive(Debug, Serialize)]
pub(crate) struct ProblemBody<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    code: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
    #[serde(skip_serializing_if = "Option::is_none")]
    meter: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    used: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upgrade_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
    trace_id: &'a str,
}

impl<'a> ProblemBody<'a> {
    /// The document, without the error's source.
    pub(crate) fn new(error: &'a Error, trace_id: &'a str, upgrade_url: impl FnOnce() -> String) -> Self {
        let code = error.code();
        let limit = error.limit();
        Self {
            r#type: format!("/docs/errors#{}", code.name),
            title: code.title,
            status: code.status,
            detail: error.message(),
            code: code.name,
            errors: error.fields(),
            meter: limit.map(|limit| limit.meter.as_str()),
            limit: limit.map(|limit| limit.limit),
            used: limit.map(|limit| limit.used),
            plan: limit.map(|limit| limit.plan.as_str()),
            upgrade_url: (code.status == 402).then(upgrade_url),
            retry_after: error.retry_after().map(|after| after.as_secs().max(1)),
            trace_id,
        }
    }
}
