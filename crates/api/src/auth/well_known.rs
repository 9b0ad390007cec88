//! What clients ask before they begin.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use freehold_web::{Backbone, Json};
use serde_json::{Value, json};

/// Public keys
///
/// The public keys that verify access tokens (RFC 7517).
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "Sign-in", security(()),
    responses((status = 200, description = "A JWK set")))]
pub(crate) async fn jwks(State(backbone): State<Backbone>) -> Response {
    let set = backbone.identity.verifier.ring().jwks();
    ([(header::CACHE_CONTROL, "public, max-age=600")], Json(set)).into_response()
}

/// Sign-in settings
///
/// Which ways of signing in are open.
#[utoipa::path(get, path = "/settings", tag = "Sign-in", security(()), responses((status = 200, description = "The settings")))]
pub(crate) async fn settings(State(backbone): State<Backbone>) -> Json<Value> {
    let settings = &backbone.identity.settings;
    Json(json!({
        "external": { "email": settings.password || settings.magic_link, "phone": false, "anonymous_users": settings.auth.anonymous_users },
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
