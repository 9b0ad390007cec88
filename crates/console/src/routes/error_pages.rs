//! Shows errors to browsers as pages.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};
use freehold_core::Error;
use freehold_pages::{PageRefused, Site};
use freehold_web::{Backbone, frame::TraceId};

use super::bare;
use crate::{ErrorPage, Trouble};

/// The middleware that turns errors into pages for browsers. Programs get problem documents.
pub async fn error_pages(State(backbone): State<Backbone>, request: Request, next: Next) -> Response {
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    if !accept.is_some_and(|accept| accept.contains("text/html")) {
        return next.run(request).await;
    }
    let path = request.uri().path();
    let of_page = request.extensions().get::<Arc<Site>>().is_some_and(|site| site.has(path));
    let trace = request.extensions().get::<TraceId>().map_or_else(String::new, |trace| trace.0.to_string());
    let mut response = next.run(request).await;
    let error = response.extensions().get::<Arc<Error>>().cloned();
    let Some(error) = error.filter(|_| !response.headers().contains_key(header::CONTENT_TYPE)) else { return response };
    // The forms of the frame, such as that of the theme, belong to no page of the navigation.
    let of_page = of_page || response.extensions().get::<PageRefused>().is_some();
    let retry_after_seconds = error.retry_after().map(|after| after.as_secs().max(1));
    let trouble = match error.code().status {
        404 | 405 => Trouble::NotFound,
        429 => Trouble::TooMany { retry_after_seconds },
        503 => Trouble::Unavailable { retry_after_seconds },
        500.. => Trouble::Internal { trace_id: trace },
        status @ (400..=499) if of_page => Trouble::Refused { status, message: error.message().to_owned() },
        _ => return response,
    };
    if let Ok(page) = (ErrorPage { shell: bare(&backbone), trouble }).render() {
        *response.body_mut() = Body::from(page);
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        response.headers_mut().remove(header::CONTENT_LENGTH);
        if let Some(after) = error.retry_after() {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(after.as_secs().max(1)));
        }
    }
    response
}
