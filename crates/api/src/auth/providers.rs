//! Sign-in with external identity providers: OpenID Connect, and GitHub.

mod authorize;
mod callback;
mod disabled;
mod id_token;
mod identities;

use freehold_web::Backbone;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) use id_token::IdTokenBody;
pub(super) use id_token::id_token;

/// The routes of external identity providers.
pub(super) fn routes() -> OpenApiRouter<Backbone> {
    OpenApiRouter::new()
        .routes(routes!(authorize::provider_authorize))
        .routes(routes!(callback::provider_callback, callback::provider_callback_form))
        .routes(routes!(identities::identity_authorize))
        .routes(routes!(identities::identity_unlink))
        .merge(disabled::routes())
}
