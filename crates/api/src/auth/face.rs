//! Errors as Supabase Auth answers them. Its client branches on the code, and reads it only when the answer names the
//! API version.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use freehold_core::{Code, Error, codes};
use freehold_identity::codes as auth;
use freehold_web::Problem;
use serde_json::{Value, json};

const API_VERSION: HeaderName = HeaderName::from_static("x-supabase-api-version");
const ERROR_CODE: HeaderName = HeaderName::from_static("x-sb-error-code");
/// The first API version with errors of the form `{"code", "message"}`.
const VERSION: &str = "2024-01-01";
/// Longest time for a request here. Supabase's clients retry after it.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// The middleware that writes the errors under `/auth/v1`; errors that are HTML pages already stay.
pub async fn face(request: Request, next: Next) -> Response {
    if !request.uri().path().starts_with("/auth/v1/") {
        return next.run(request).await;
    }
    let new_shape = asks_for_new_shape(request.headers());
    let in_time = tokio::time::timeout(TIME_LIMIT, next.run(request)).await;
    let mut response = in_time.unwrap_or_else(|_| {
        let message = "Processing this request timed out, please retry after a moment.";
        Problem(Error::new(codes::REQUEST_TIMEOUT, message)).into_response()
    });
    let error = response.extensions().get::<Arc<Error>>().cloned();
    if let Some(error) = error.filter(|_| !response.headers().contains_key(header::CONTENT_TYPE)) {
        write(&mut response, &error, new_shape);
    }
    response
}

fn asks_for_new_shape(headers: &HeaderMap) -> bool {
    // Dates of this form sort as texts.
    headers.get(API_VERSION).and_then(|value| value.to_str().ok()).is_some_and(|version| version >= VERSION)
}

fn write(response: &mut Response, error: &Error, new_shape: bool) {
    let (status, code) = status_and_code(error);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut body = if new_shape {
        json!({ "code": code, "message": error.message() })
    } else {
        json!({ "code": status, "error_code": code, "msg": error.message() })
    };
    if error.is(auth::WEAK_PASSWORD) {
        let reasons: Vec<&str> = error.fields().iter().map(|field| field.message.as_str()).collect();
        body["weak_password"] = json!({ "reasons": reasons });
    }
    let oauth = error.is(auth::OAUTH_REQUEST_INVALID);
    if oauth {
        let name = error.fields().first().map_or("invalid request", |field| field.message.as_str());
        body = json!({ "error": name, "error_description": error.message() });
    }
    set_body(response, &body);
    let headers = response.headers_mut();
    if new_shape {
        headers.insert(API_VERSION, HeaderValue::from_static(VERSION));
    }
    if !oauth {
        headers.insert(ERROR_CODE, HeaderValue::from_static(code));
    }
    if let Some(after) = error.retry_after() {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(after.as_secs().max(1)));
    }
}

fn set_body(response: &mut Response, body: &Value) {
    *response.body_mut() = Body::from(body.to_string());
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
}

const fn pair(code: Code) -> (u16, &'static str) {
    (code.status, code.name)
}

/// Translates the backbone's codes into Supabase's; codes of sign-in stay. Every name comes from a [`Code`], so it is
/// documented.
pub(super) fn status_and_code(error: &Error) -> (u16, &'static str) {
    let code = error.code();
    if code == codes::VALIDATION_FAILED {
        (400, codes::VALIDATION_FAILED.name)
    } else if code == codes::MALFORMED_REQUEST || code == codes::UNSUPPORTED_MEDIA_TYPE {
        pair(auth::BAD_JSON)
    } else if code == codes::BODY_TOO_LARGE {
        pair(auth::REQUEST_ENTITY_TOO_LARGE)
    } else if code == codes::REQUEST_TIMEOUT {
        pair(auth::REQUEST_TIMEOUT)
    } else if code == codes::UNAUTHENTICATED {
        pair(auth::NO_AUTHORIZATION)
    } else if code == codes::CONFLICT {
        pair(codes::CONFLICT)
    } else if code == codes::UNAVAILABLE || code == codes::INTERNAL {
        (code.status, auth::UNEXPECTED_FAILURE.name)
    } else {
        (code.status, code.name)
    }
}
