//! Sign-in for web applications that store no token: the refresh token is in a cookie that no script can read, and the
//! application keeps the access token in memory only. The functions are those of `/auth/v1`; only the delivery of the
//! tokens differs.
//!
//! Read in this order: [`link`] sends a mail and verifies its link or code, [`session`] continues from the cookie,
//! [`cookie`] is the cookie, and [`own_page`] refuses forged cross-site requests.

mod cookie;
mod link;
mod own_page;
mod session;

use freehold_web::Backbone;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The routes, under `/auth` of the API.
pub(crate) fn routes() -> OpenApiRouter<Backbone> {
    OpenApiRouter::new()
        .routes(routes!(link::magic_link_request))
        .routes(routes!(link::magic_link_verify))
        .routes(routes!(session::cookie_session_refresh))
        .routes(routes!(session::account_get))
        .routes(routes!(session::cookie_session_end))
}
