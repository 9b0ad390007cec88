//! Where users sign in at a Supabase project, this server's own sign-in endpoints refuse requests.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use freehold_identity::project::elsewhere;

use crate::{Backbone, Problem};

/// Paths of sign-in for programs. Pages sign in through the project.
const DOORS: [&str; 3] = ["/auth/v1/", "/api/v1/auth/", "/api/auth/"];
/// Paths that only return information, which is then the project's.
const OPEN: [&str; 2] = ["/auth/v1/health", "/auth/v1/.well-known/"];

/// The middleware that refuses the sign-in endpoints when users sign in at a project.
pub async fn doors(State(backbone): State<Backbone>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let begins = |list: &[&str]| list.iter().any(|begin| path.starts_with(begin));
    match &backbone.identity.tokens.project {
        Some(project) if begins(&DOORS) && !begins(&OPEN) => Problem(elsewhere(project)).into_response(),
        _ => next.run(request).await,
    }
}
