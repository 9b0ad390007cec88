//! Reading requests of Supabase Auth's clients.

use axum::{
    extract::{FromRequest, Request},
    http::request::Parts,
};
use freehold_core::{Error, Result, codes as core_codes};
use freehold_web::{Answer, Json};
use serde_json::{Value, json};

/// Checks the user's own metadata, which is limited because every access token contains it.
pub(crate) fn metadata(data: Option<Value>) -> Result<Value> {
    let data = data.filter(|data| !data.is_null()).unwrap_or_else(|| json!({}));
    if !data.is_object() {
        return Err(Error::new(core_codes::VALIDATION_FAILED, "data has to be an object"));
    }
    if data.to_string().len() > 2048 {
        return Err(Error::new(
            core_codes::VALIDATION_FAILED,
            "data is larger than 2,048 bytes as JSON. Send less: it goes into every token.",
        ));
    }
    Ok(data)
}

/// Reads the body of a request that was split into parts.
pub(crate) async fn read<T: serde::de::DeserializeOwned>(parts: Parts, body: axum::body::Body) -> Answer<T> {
    let request = Request::from_parts(parts, body);
    <Json<T> as FromRequest<()>>::from_request(request, &()).await.map(|Json(body)| body)
}
