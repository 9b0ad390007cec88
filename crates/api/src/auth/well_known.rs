//! What clients ask before they begin.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use freehold_identity::provider::SUPABASE_NAMES;
use freehold_web::{Backbone, Json};
use serde_json::{Map, Value, json};

/// Public keys
///
/// The public keys that verify access tokens (RFC 7517).
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "Sign-in", security(()),
    responses((status = 200, description = "A JWK set")))]
pub(crate) async fn jwks(State(backbone): State<Backbone>) -> Response {
    // Who asks may have seen a token of a key that another server has begun to sign with, and keeps the answer for minutes. While
    // the database is away, the keys that are known are told.
    if backbone.identity.project.is_none() {
        let _ = backbone.identity.looks.look(&backbone.identity).await;
    }
    let set = backbone.identity.verifier.ring().jwks();
    ([(header::CACHE_CONTROL, "public, max-age=600")], Json(set)).into_response()
}

/// Sign-in settings
///
/// Which ways of signing in are open.
#[utoipa::path(get, path = "/settings", tag = "Sign-in", security(()), responses((status = 200, description = "The settings")))]
pub(crate) async fn settings(State(backbone): State<Backbone>) -> Json<Value> {
    let settings = &backbone.identity.settings;
    let mut external: Map<String, Value> =
        SUPABASE_NAMES.iter().map(|name| ((*name).to_owned(), false.into())).collect();
    external.extend(backbone.identity.providers.all().map(|provider| (provider.name.clone(), true.into())));
    external.insert("email".to_owned(), (settings.password || settings.magic_link).into());
    external.insert("phone".to_owned(), false.into());
    external.insert("anonymous_users".to_owned(), settings.auth.anonymous_users.into());
    Json(json!({
        "external": external,
        "disable_signup": settings.auth.signup_disabled,
        "mailer_autoconfirm": settings.auth.autoconfirm,
        "phone_autoconfirm": false,
        "sms_provider": "",
        "saml_enabled": false,
        "passkeys_enabled": settings.auth.passkeys,
    }))
}

/// Sign-in health
///
/// Whether sign-in lives.
#[utoipa::path(get, path = "/health", tag = "Sign-in", security(()), responses((status = 200, description = "It does")))]
pub(crate) async fn health() -> Json<Value> {
    let version = env!("CARGO_PKG_VERSION");
    Json(
        json!({ "name": "GoTrue", "version": version, "description": "Freehold speaks the protocol of Supabase Auth" }),
    )
}
