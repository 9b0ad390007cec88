//! Public keys, settings and health of sign-in.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use freehold_identity::{methods::sign_in_methods, provider::SUPABASE_NAMES};
use freehold_web::{Backbone, Json};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// The enabled sign-in methods and options.
#[derive(Serialize, ToSchema)]
pub(crate) struct SignInSettings {
    /// Whether each sign-in method and each external identity provider is enabled, by name.
    #[schema(value_type = std::collections::HashMap<String, bool>)]
    external: Map<String, Value>,
    /// Whether new users cannot sign up.
    disable_signup: bool,
    /// Whether e-mail addresses need no confirmation.
    mailer_autoconfirm: bool,
    /// Whether phone numbers need no confirmation; always false, since Freehold sends no text messages.
    phone_autoconfirm: bool,
    /// Name of the provider of text messages; always empty.
    sms_provider: &'static str,
    /// Whether SAML is enabled; always false.
    saml_enabled: bool,
    /// Whether passkeys are enabled.
    passkeys_enabled: bool,
}

/// Name and version of sign-in.
#[derive(Serialize, ToSchema)]
pub(crate) struct SignInHealth {
    /// Name that Supabase's clients expect.
    name: &'static str,
    /// Version of Freehold.
    version: &'static str,
    /// What answers, as a sentence.
    description: &'static str,
}

/// List public keys
///
/// Returns the public keys that verify access tokens (RFC 7517).
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "Sign-in", security(()),
    responses((status = 200, description = "The keys, as a JWK set")))]
pub(crate) async fn jwks_get(State(backbone): State<Backbone>) -> Response {
    // The caller may have a token signed by a key that another server has just begun to use, and caches the answer for
    // minutes, so read the keys anew. While the database is unavailable, the answer has the known keys.
    let tokens = &backbone.identity.tokens;
    if tokens.project.is_none() {
        let _ = tokens.looks.look(tokens).await;
    }
    let set = tokens.verifier.ring().jwks();
    ([(header::CACHE_CONTROL, "public, max-age=600")], Json(set)).into_response()
}

/// Get sign-in settings
///
/// Returns which sign-in methods are enabled.
#[utoipa::path(
    get, path = "/settings", tag = "Sign-in", security(()),
    responses((status = 200, body = SignInSettings)),
)]
pub(crate) async fn settings_get(State(backbone): State<Backbone>) -> Json<SignInSettings> {
    let identity = &backbone.identity;
    let methods = sign_in_methods(identity.settings(), &identity.providers);
    let mut external: Map<String, Value> =
        SUPABASE_NAMES.iter().map(|name| ((*name).to_owned(), false.into())).collect();
    external.extend(methods.providers.iter().map(|provider| (provider.name.clone(), true.into())));
    external.insert("email".to_owned(), (methods.password || methods.mail).into());
    external.insert("phone".to_owned(), false.into());
    external.insert("anonymous_users".to_owned(), methods.anonymous.into());
    Json(SignInSettings {
        external,
        disable_signup: !methods.sign_up,
        mailer_autoconfirm: identity.settings().auth.autoconfirm,
        phone_autoconfirm: false,
        sms_provider: "",
        saml_enabled: false,
        passkeys_enabled: methods.passkeys,
    })
}

/// Check sign-in
///
/// Returns the name and version of sign-in; a 200 means that it answers.
#[utoipa::path(
    get, path = "/health", tag = "Sign-in", security(()),
    responses((status = 200, body = SignInHealth)),
)]
pub(crate) async fn health_get() -> Json<SignInHealth> {
    let description = "Freehold speaks the protocol of Supabase Auth";
    Json(SignInHealth { name: "GoTrue", version: env!("CARGO_PKG_VERSION"), description })
}
