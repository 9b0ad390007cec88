//! Protection from lost updates: an answer has its version as `ETag`, and a change with `If-Match` is refused when that
//! version is no longer current (RFC 9110).

use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, header, request::Parts},
    response::{IntoResponse, Response},
};
use freehold_core::{Error, Result, codes};

use crate::Problem;

/// The version on which a change is based, if the client named one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IfMatch(Option<String>);

impl IfMatch {
    /// Succeeds when the client named no version or the current one.
    #[track_caller]
    pub fn check(&self, current: &str) -> Result<()> {
        match &self.0 {
            Some(expected) if expected != current => Err(Error::new(
                codes::STALE_EDIT,
                "The resource was changed since you read it. Read it again and repeat your change.",
            )),
            _ => Ok(()),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get(header::IF_MATCH) else { return Ok(Self(None)) };
        let text = value.to_str().map(str::trim).unwrap_or_default();
        if text == "*" {
            return Ok(Self(None));
        }
        let tag = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).filter(|tag| !tag.contains('"'));
        match tag {
            Some(tag) => Ok(Self(Some(tag.to_owned()))),
            None => {
                Err(Error::new(codes::MALFORMED_REQUEST, "If-Match must be one entity tag in quotes, as in ETag.")
                    .into())
            }
        }
    }
}

/// A response with its version as `ETag`.
pub struct Versioned<T>(pub String, pub T);

impl<T: IntoResponse> IntoResponse for Versioned<T> {
    fn into_response(self) -> Response {
        let mut response = self.1.into_response();
        if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", self.0)) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response
    }
}
