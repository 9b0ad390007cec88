//! Public keys, settings and health of sign-in.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use freehold_identity::{methods::sign_in_methods, provider::SUPABASE_NAMES};
use freehold_web::{Backbone, Json};
use serde_json::{Map, Value, json};

/// List public keys
///
/// Returns the public keys that verify access tokens (RFC 7517).
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "Sign-in", security(()),
    responses((status = 200, description = "The keys, as a JWK set")))]
pub(crate) async fn jwks(State(backbone): State<Backbone>) -> Response {
    // The caller may have a token signed by a key that another server has just begun to use, and caches the answer for
    // minutes, so read the keys anew. While the database is unavailable, the answer has the known keys.
    if backbone.identity.project.is_none() {
        let _ = backbone.identity.looks.look(&backbone.identity).await;
    }
    let set = backbone.identity.verifier.ring().jwks();
    ([(header::CACHE_CONTROL, "public, max-age=600")], Json(set)).into_response()
}

/// Get sign-in settings
///
/// Returns which sign-in methods are enabled.
#[utoipa::path(
    get, path = "/settings", tag = "Sign-in", security(()),
    responses((status = 200, description = "The enabled sign-in methods and options")),
)]
pub(crate) async fn settings(State(backbone): State<Backbone>) -> Json<Value> {
    let identity = &backbone.identity;
    let methods = sign_in_methods(&identity.settings, &identity.providers);
    let mut external: Map<String, Value> =
        SUPABASE_NAMES.iter().map(|name| ((*name).to_owned(), false.into())).collect();
    external.extend(methods.providers.iter().map(|provider| (provider.name.clone(), true.into())));
    external.insert("email".to_owned(), (methods.password || methods.mail).into());
    external.insert("phone".to_owned(), false.into());
    external.insert("anonymous_users".to_owned(), methods.anonymous.into());
    Json(json!({
        "external": external,
        "disable_signup": !methods.sign_up,
        "mailer_autoconfirm": identity.settings.auth.autoconfirm,
        "phone_autoconfirm": false,
        "sms_provider": "",
        "saml_enabled": false,
        "passkeys_enabled": methods.passkeys,
    }))
}

/// Check sign-in
///
/// Returns the name and version of sign-in; a 200 means that it answers.
#[utoipa::path(
    get, path = "/health", tag = "Sign-in", security(()),
    responses((status = 200, description = "Sign-in works; the answer names the server")),
)]
pub(crate) async fn health() -> Json<Value> {
    let version = env!("CARGO_PKG_VERSION");
    Json(
        json!({ "name": "GoTrue", "version": version, "description": "Freehold speaks the protocol of Supabase Auth" }),
    )
}
