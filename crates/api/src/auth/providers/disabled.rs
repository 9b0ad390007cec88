//! Features of Supabase Auth that Freehold does not have: SAML, and the OAuth server. Their paths answer with an error.

use axum::routing::{get, post};
use freehold_core::{Code, Error};
use freehold_identity::codes;
use freehold_web::{Backbone, Problem};
use utoipa_axum::router::OpenApiRouter;

/// The paths. No document lists them, since they offer nothing.
pub(super) fn routes() -> OpenApiRouter<Backbone> {
    OpenApiRouter::new()
        .route("/sso", post(saml))
        .route("/sso/saml/metadata", get(saml))
        .route("/sso/saml/acs", post(saml))
        .route("/oauth/authorize", get(oauth))
        .route("/oauth/token", post(oauth))
        .route("/oauth/userinfo", get(oauth).post(oauth))
        .route("/oauth/clients/register", post(oauth))
        .route("/oauth/authorizations/{id}", get(oauth))
        .route("/oauth/authorizations/{id}/consent", post(oauth))
        .route("/user/oauth/grants", get(oauth).delete(oauth))
}

async fn saml() -> Problem {
    not_here(codes::SAML_PROVIDER_DISABLED, "SAML 2.0 is disabled")
}

async fn oauth() -> Problem {
    not_here(codes::FEATURE_DISABLED, "OAuth server is disabled")
}

fn not_here(code: Code, message: &'static str) -> Problem {
    Problem(Error::new(code, message))
}
