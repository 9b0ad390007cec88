//! The content of a file as an answer. A browser saves it and never shows it as a page of this site: a user who
//! uploads a file must not be able to run a script here.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use freehold_core::{Caller, Error, Result};
use freehold_files::{
    content::{ContentRange, Part, content_read},
    error::RANGE_NOT_SATISFIABLE,
    file::File,
    storage::Storage,
};
use freehold_web::Problem;

/// What a file may do if a browser shows it all the same: nothing.
const SANDBOX: &str = "sandbox; default-src 'none'";

/// The content of a file, or the part of it that the request asks for.
///
/// # Errors
/// `unavailable` when the file store does not answer.
pub(crate) async fn content_answer(
    storage: &Storage,
    caller: &Caller,
    file: &File,
    headers: &HeaderMap,
) -> Result<Response> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let (etag, size) = (file.etag(), u64::try_from(file.size).unwrap_or_default());
    if text(header::IF_NONE_MATCH).is_some_and(|known| known == "*" || known.split(',').any(|tag| same(tag, &etag))) {
        return Ok(described(StatusCode::NOT_MODIFIED.into_response(), [(header::ETAG, etag)]));
    }
    // A part continues the content that the client has; of other content it needs all.
    let continues = text(header::IF_RANGE).is_none_or(|tag| tag == etag);
    let part = Part::read(text(header::RANGE).filter(|_| continues), size);
    let (status, range) = match part {
        Part::Whole => (StatusCode::OK, 0..size),
        Part::Range(range) => (StatusCode::PARTIAL_CONTENT, range),
        Part::Missing => {
            let message = format!("The file has {size} bytes, and the range begins after them or is empty.");
            let refused = Problem(Error::new(RANGE_NOT_SATISFIABLE, message)).into_response();
            return Ok(described(refused, [(header::CONTENT_RANGE, ContentRange { range: None, size }.to_string())]));
        }
    };
    let length = range.end - range.start;
    let body = Body::from_stream(content_read(storage, caller, file, range.clone()).await?);
    let answer = described(
        (status, body).into_response(),
        [
            (header::CONTENT_TYPE, file.content_type.clone()),
            (header::CONTENT_LENGTH, length.to_string()),
            (header::CONTENT_DISPOSITION, file.content_disposition()),
            (header::CONTENT_SECURITY_POLICY, SANDBOX.to_owned()),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
            (header::ACCEPT_RANGES, "bytes".to_owned()),
            (header::ETAG, etag),
        ],
    );
    if status == StatusCode::OK {
        return Ok(answer);
    }
    Ok(described(answer, [(header::CONTENT_RANGE, ContentRange { range: Some(range), size }.to_string())]))
}

/// Whether a tag names the content, also as a weak one.
fn same(tag: &str, etag: &str) -> bool {
    let tag = tag.trim();
    tag.strip_prefix("W/").unwrap_or(tag) == etag
}

/// The answer with these headers.
fn described<const N: usize>(mut answer: Response, headers: [(HeaderName, String); N]) -> Response {
    for (name, value) in headers {
        // Names and content types were checked when the file was uploaded.
        if let Ok(value) = HeaderValue::from_str(&value) {
            answer.headers_mut().insert(name, value);
        }
    }
    answer
}
