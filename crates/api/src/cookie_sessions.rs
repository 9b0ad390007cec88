//! Signing in for web applications that keep no token: the refresh token stays in a cookie that no script can read, and the
//! application has the access token in its memory only. The same functions as under `/auth/v1`, with another way of handing
//! over what they give.
//!
//! Read in this order: [`link`] sends a mail and uses up its link or code, [`session`] goes on from the cookie, [`cookie`] is
//! the cookie, [`own_page`] refuses requests that other sites send in somebody's name.

mod cookie;
mod link;
mod own_page;
mod session;

use freehold_web::Backbone;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The endpoints, under `/auth` of the API.
pub(crate) fn routes() -> OpenApiRouter<Backbone> {
    OpenApiRouter::new()
        .routes(routes!(link::magic_link_request))
        .routes(routes!(link::magic_link_verify))
        .routes(routes!(session::session_refresh_by_cookie))
        .routes(routes!(session::account_get))
        .routes(routes!(session::session_leave))
}
