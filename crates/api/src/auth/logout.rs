//! Signing out.

use axum::{extract::State, http::StatusCode};
use freehold_core::{Error, codes};
use freehold_identity::session::{Scope, session_end};
use freehold_web::{Answer, Backbone, Query};
use serde::Deserialize;

use super::{names::SignOutScope, user::Bearer};

/// The sessions to end.
#[derive(Deserialize)]
pub(crate) struct LogoutQuery {
    scope: Option<String>,
}

/// Sign out
///
/// Ends sessions of the user: all of them (`global`, the default), this one (`local`) or all others (`others`).
#[utoipa::path(
    post, path = "/logout", tag = "Sign-in",
    params(
        ("scope" = inline(Option<SignOutScope>), Query,
         description = "Sessions to end: `global` (the default), `local` or `others`"),
    ),
    responses((status = 204)),
)]
pub(crate) async fn user_sign_out(
    State(backbone): State<Backbone>,
    Query(query): Query<LogoutQuery>,
    Bearer(claims): Bearer,
) -> Answer<StatusCode> {
    let scope = match query.scope.as_deref() {
        None | Some("global") => Scope::Global,
        Some("local") => Scope::Local,
        Some("others") => Scope::Others,
        Some(_) => return Err(Error::new(codes::VALIDATION_FAILED, "Unsupported logout scope").into()),
    };
    session_end(&backbone.identity.sessions, claims.sub, claims.session_id, scope).await?;
    backbone.resolver.forget();
    Ok(StatusCode::NO_CONTENT)
}
