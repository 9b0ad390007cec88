//! The discovery document and the keys it points to.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use freehold_web::{Backbone, Json};
use serde_json::json;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The route of the discovery document.
pub(super) fn routes() -> OpenApiRouter<Backbone> {
    OpenApiRouter::new().routes(routes!(openid_configuration_get))
}

/// Discover sign-in
///
/// Returns the endpoints and signature algorithms (OpenID Connect Discovery 1.0). To verify tokens, fetch the keys at
/// its `jwks_uri`.
#[utoipa::path(get, path = "/.well-known/openid-configuration", tag = "Sign-in", security(()),
    responses((status = 200, description = "The discovery document")))]
pub(crate) async fn openid_configuration_get(State(backbone): State<Backbone>) -> Response {
    let ring = backbone.identity.tokens.verifier.ring();
    let issuer = ring.issuer();
    let document = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/oauth/authorize"),
        "token_endpoint": format!("{issuer}/oauth/token"),
        "userinfo_endpoint": format!("{issuer}/oauth/userinfo"),
        "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        "scopes_supported": ["openid", "profile", "email", "phone"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ring.algorithms(),
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "code_challenge_methods_supported": ["S256", "plain"],
        "claims_supported": [
            "sub", "aud", "iss", "exp", "iat", "auth_time", "nonce", "email", "email_verified", "phone_number",
            "phone_number_verified", "name", "picture", "preferred_username", "updated_at",
        ],
    });
    ([(header::CACHE_CONTROL, "public, max-age=600")], Json(document)).into_response()
}
