//! A simulated GitHub: OAuth without ID tokens.

use std::collections::BTreeMap;

use axum::{
    Form, Json, Router,
    extract::Query,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};

use super::{CLIENT, Code, SECRET, Somebody, consent};

pub(super) fn routes() -> Router {
    Router::new()
        .route("/github/login/oauth/authorize", get(authorize))
        .route("/github/login/oauth/access_token", post(token))
        .route("/github/api/user", get(user))
        .route("/github/api/user/emails", get(emails))
}

async fn authorize(Query(query): Query<BTreeMap<String, String>>) -> Response {
    let value = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
    assert_eq!((value("client_id"), value("scope")), (CLIENT, "user:email"));
    assert!(!query.contains_key("nonce"));
    consent(&query)
}

async fn token(Form(form): Form<BTreeMap<String, String>>) -> Json<Value> {
    let known = form.get("client_id").is_some_and(|id| id == CLIENT)
        && form.get("client_secret").is_some_and(|secret| secret == SECRET);
    // Rejections are answered 200, as GitHub does.
    match Code::take(&form) {
        Ok(code) if known => {
            Json(json!({ "access_token": format!("gho_{}", code.who.hint()), "token_type": "bearer" }))
        }
        _ => Json(json!({ "error": "bad_verification_code", "error_description": "The code is wrong" })),
    }
}

async fn user(headers: HeaderMap) -> Response {
    let Some(who) = who(&headers) else { return StatusCode::UNAUTHORIZED.into_response() };
    let id: u64 = who.subject.parse().unwrap();
    let avatar = "https://avatars.example/7";
    Json(json!({ "id": id, "login": "ada", "name": "Ada Lovelace", "avatar_url": avatar, "email": null }))
        .into_response()
}

async fn emails(headers: HeaderMap) -> Response {
    let Some(who) = who(&headers) else { return StatusCode::UNAUTHORIZED.into_response() };
    Json(json!([
        { "email": "7+ada@users.noreply.github.example", "primary": false, "verified": false, "visibility": null },
        { "email": who.email, "primary": true, "verified": who.verified, "visibility": "public" },
    ]))
    .into_response()
}

fn who(headers: &HeaderMap) -> Option<Somebody> {
    // GitHub requires a User-Agent.
    headers.get(header::USER_AGENT)?;
    let sent = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    Some(Somebody::read(sent.strip_prefix("Bearer gho_")?))
}
