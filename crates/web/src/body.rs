//! Reading of JSON bodies, with precise errors.

use axum::{
    RequestExt,
    body::{Bytes, HttpBody},
    extract::{FromRequest, Request, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use freehold_core::{Error, Result, codes};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::error::Category;

use crate::{
    Problem,
    refusal::{self, escape},
};

/// A JSON body, in requests and responses. Unknown fields of a request are refused where the type has
/// `deny_unknown_fields`, and every error names the place.
#[derive(Clone, Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let bytes = bytes(request).await?;
        Ok(Self(read_json(&bytes)?))
    }
}

/// An optional JSON body; a missing one counts as an empty object.
#[derive(Clone, Debug)]
pub struct MaybeJson<T>(pub T);

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for MaybeJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        if request.headers().contains_key(header::CONTENT_TYPE) {
            return Ok(Self(read_json(&bytes(request).await?)?));
        }
        let bytes = all(request).await?;
        let says = "Send the body as JSON with Content-Type: application/json.";
        let left_out = bytes.is_empty().then(T::default);
        left_out.map(Self).ok_or_else(|| Error::new(codes::UNSUPPORTED_MEDIA_TYPE, says).into())
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// The bytes of a JSON body, for verifying a signature before parsing.
#[derive(Clone, Debug)]
pub struct RawJson(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for RawJson {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        Ok(Self(bytes(request).await?))
    }
}

/// The bytes of a body with any content type, for bodies whose signature is verified.
#[derive(Clone, Debug)]
pub struct RawBody(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for RawBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        Ok(Self(all(request).await?))
    }
}

/// The bytes of a body with a JSON content type.
pub(crate) async fn bytes(request: Request) -> Result<Bytes> {
    let kind = kind_of(request.headers());
    if kind != "application/json" && !(kind.starts_with("application/") && kind.ends_with("+json")) {
        return Err(Error::new(
            codes::UNSUPPORTED_MEDIA_TYPE,
            "Send the body as JSON with Content-Type: application/json.",
        ));
    }
    all(request).await
}

/// The bytes of a body with one of these content types.
pub(crate) async fn file_bytes(request: Request, kinds: &[&str]) -> Result<Bytes> {
    if !kinds.contains(&kind_of(request.headers()).as_str()) {
        let kind = kinds.first().copied().unwrap_or_default();
        let message = format!("Send the file itself as the body, not as a form, with Content-Type: {kind}.");
        return Err(Error::new(codes::UNSUPPORTED_MEDIA_TYPE, message));
    }
    all(request).await
}

async fn all(request: Request) -> Result<Bytes> {
    length_check(request)?.extract::<Bytes, _>().await.map_err(|rejection| broken(&rejection))
}

/// The request, unless its declared body is longer than this path allows. Otherwise the server would wait for a client
/// that declares a long body and never sends it.
///
/// # Errors
/// `body_too_large`.
pub fn length_check(request: Request) -> Result<Request> {
    let declared = request.body().size_hint().lower();
    let request = request.with_limited_body();
    match request.body().size_hint().upper() {
        Some(most) if declared > most => {
            let message = format!("The body has {declared} bytes; this path allows at most {most}.");
            Err(Error::new(codes::BODY_TOO_LARGE, message))
        }
        _ => Ok(request),
    }
}

/// The content type without parameters such as the character set.
fn kind_of(headers: &HeaderMap) -> String {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn broken(rejection: &BytesRejection) -> Error {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Error::new(codes::BODY_TOO_LARGE, "The body is larger than this path allows.")
    } else {
        Error::new(
            codes::MALFORMED_REQUEST,
            "The connection ended before the body was complete. Send the request again.",
        )
    }
}

/// Parses JSON; errors point to the place.
pub fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Error::new(codes::MALFORMED_REQUEST, "The body is empty. Send JSON."));
    }
    // serde also accepts an array of a struct's values without names.
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[') {
        return Err(Error::invalid("", "expected an object, not an array"));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let pointer = pointer(error.path());
        match error.inner().classify() {
            Category::Data => refusal::of_body(bytes, pointer, &error.into_inner().to_string()),
            Category::Io | Category::Syntax | Category::Eof => refusal::of_json(&error.into_inner()),
        }
    })?;
    reader.end().map_err(|error| refusal::of_json(&error))?;
    refuse_nul(bytes)?;
    Ok(value)
}

/// Postgres stores no NUL in texts, so the API refuses it.
fn refuse_nul(bytes: &[u8]) -> Result<()> {
    if !bytes.windows(6).any(|window| window == br"\u0000") {
        return Ok(());
    }
    // A match may be an escaped backslash, so parse the body to be sure.
    let value: serde_json::Value = serde_json::from_slice(bytes).map_err(|error| refusal::of_json(&error))?;
    match nul_in(&value, String::new()) {
        Some(pointer) => Err(Error::invalid(pointer, "the character NUL (\\u0000) is not allowed")),
        None => Ok(()),
    }
}

fn nul_in(value: &serde_json::Value, pointer: String) -> Option<String> {
    use serde_json::Value;
    match value {
        Value::String(text) => text.contains('\0').then_some(pointer),
        Value::Array(items) => {
            items.iter().enumerate().find_map(|(index, item)| nul_in(item, format!("{pointer}/{index}")))
        }
        Value::Object(fields) => fields.iter().find_map(|(name, field)| {
            let inside = format!("{pointer}/{}", escape(name));
            if name.contains('\0') { Some(inside) } else { nul_in(field, inside) }
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter().fold(String::new(), |pointer, segment| match segment {
        Segment::Seq { index } => format!("{pointer}/{index}"),
        Segment::Map { key } => format!("{pointer}/{}", escape(key)),
        Segment::Enum { .. } | Segment::Unknown => pointer,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        #[expect(dead_code, reason = "only reading it is tested")]
        name: String,
        #[expect(dead_code, reason = "only reading it is tested")]
        tags: Option<Vec<String>>,
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let wrong = |text: &str| {
            let error = read_json::<Body>(text.as_bytes()).unwrap_err();
            let pointer = error.fields().first().map_or("-", |field| field.pointer.as_str()).to_owned();
            (error.code().status, pointer)
        };
        assert_eq!(wrong(""), (400, "-".into()));
        assert_eq!(wrong("{"), (400, "-".into()));
        assert_eq!(wrong(r#"{"name":"x"} x"#), (400, "-".into()));
        assert_eq!(wrong(r#"{"name":1}"#), (422, "/name".into()));
        assert_eq!(wrong(r#"{"name":"x","tags":["a",2]}"#), (422, "/tags/1".into()));
        assert_eq!(wrong(r#"{"name":"x","nmae":2}"#).0, 422);
        assert_eq!(wrong(r#"{"name":"a\u0000b"}"#), (422, "/name".into()));
        assert_eq!(wrong(r#"["x",null]"#), (422, String::new()));
        assert!(read_json::<Body>(br#"{"name":"a\\u0000b"}"#).is_ok());
    }
}
