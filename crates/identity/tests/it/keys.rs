//! Signing keys, Supabase's keys, and sign-in with a Supabase project.

mod brought;
mod discovery;
mod project;
mod rotation;
mod service_keys;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::harness::app::Served;

const ADA: &str = "ada@example.org";

/// Ids of the published keys, the current one first.
async fn published(server: &Served) -> Vec<String> {
    let set = server.get("/auth/v1/.well-known/jwks.json").send().await.expect(200).json();
    set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// The header of a token.
fn header(token: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap()).unwrap()
}

/// The claims of a token.
fn claims(token: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

/// A token with these claims under a shared secret, which names no key.
fn with_secret(secret: &str, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(&serde_json::json!({ "alg": "HS256", "typ": "JWT" })), part(claims));
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(aws_lc_rs::hmac::sign(&key, message.as_bytes())))
}
