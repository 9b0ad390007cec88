//! HTTP calls to a provider. No part of its answers gets into an error, because it may be a token.

use std::time::Duration;

use freehold_core::{Error, Result, Secret};
use freehold_outbound::{Bytes, HeaderMap, HeaderValue, Method, Outbound, Request, Url, header};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::form_urlencoded;

/// Timeout of one call.
const PATIENCE: Duration = Duration::from_secs(3);
/// Time after which a rejected client may retry.
const LATER: Duration = Duration::from_secs(5);
/// The largest answer that is read: Microsoft's keys with their certificates are 20 KiB.
const LARGEST: usize = 256 * 1024;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");

/// Fetches a document, with this token if it needs one.
pub(super) async fn get<T: DeserializeOwned>(outbound: &Outbound, url: &Url, token: Option<&Secret>) -> Result<T> {
    let mut headers = HeaderMap::new();
    if let Some(token) = token {
        headers.insert(header::AUTHORIZATION, secret_header(format!("Bearer {}", token.expose()))?);
    }
    let (status, body) = ask(outbound, url, Method::GET, headers, Bytes::new()).await?;
    if status != 200 {
        return Err(Error::internal(format!("{} answered {status}", place(url))));
    }
    read(url, &body)
}

/// Sends a form, with these headers.
pub(super) async fn post<T: DeserializeOwned>(
    outbound: &Outbound,
    url: &Url,
    authorization: Option<String>,
    fields: &[(&str, &str)],
) -> Result<T> {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, FORM);
    if let Some(authorization) = authorization {
        headers.insert(header::AUTHORIZATION, secret_header(authorization)?);
    }
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let (status, body) = ask(outbound, url, Method::POST, headers, Bytes::from(form)).await?;
    // GitHub answers 200 to requests that it rejects.
    if let Some(refusal) = refusal(&body) {
        return Err(Error::internal(format!("{} answered {status}: {refusal}", place(url))));
    }
    if status != 200 {
        return Err(Error::internal(format!("{} answered {status}", place(url))));
    }
    read(url, &body)
}

async fn ask(
    outbound: &Outbound,
    url: &Url,
    method: Method,
    mut headers: HeaderMap,
    body: Bytes,
) -> Result<(u16, Vec<u8>)> {
    headers.insert(header::ACCEPT, JSON);
    let request = Request { url: url.clone(), method, headers, body, time_limit: PATIENCE };
    let answer = outbound
        .send_reading(request, LARGEST)
        .await
        .map_err(|error| Error::unavailable(LATER, format!("asking {}: {error}", place(url))))?;
    if answer.status >= 500 || answer.status == 429 {
        return Err(Error::unavailable(LATER, format!("{} answered {}", place(url), answer.status)));
    }
    Ok((answer.status, answer.body))
}

fn read<T: DeserializeOwned>(url: &Url, body: &[u8]) -> Result<T> {
    // Serde's error is dropped, because it would quote the body.
    serde_json::from_slice(body).map_err(|_| Error::internal(format!("{} answered something else", place(url))))
}

/// The name of the OAuth error, if the answer is one.
fn refusal(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let name = body.get("error")?.as_str()?;
    Some(name.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '_').take(64).collect())
}

/// The URL without its query.
fn place(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}

fn secret_header(text: String) -> Result<HeaderValue> {
    let mut value = HeaderValue::try_from(text).map_err(|_| Error::internal("a token that fits into no header"))?;
    value.set_sensitive(true);
    Ok(value)
}
