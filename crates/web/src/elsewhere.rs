//! Where people sign in at a Supabase project, what would let them in here says so.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use freehold_identity::project::elsewhere;

use crate::{Backbone, Problem};

/// What lets people in for programs. Pages sign in through the project.
const DOORS: [&str; 3] = ["/auth/v1/", "/api/v1/auth/", "/api/auth/"];
/// What only tells something, and tells it of the project then.
const OPEN: [&str; 2] = ["/auth/v1/health", "/auth/v1/.well-known/"];

/// The middleware: answers in the place of every door, when people sign in elsewhere.
pub async fn doors(State(backbone): State<Backbone>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let begins = |list: &[&str]| list.iter().any(|begin| path.starts_with(begin));
    match &backbone.identity.project {
        Some(project) if begins(&DOORS) && !begins(&OPEN) => Problem(elsewhere(project)).into_response(),
        _ => next.run(request).await,
    }
}
