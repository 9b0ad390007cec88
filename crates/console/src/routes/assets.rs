//! The route of the script.

use axum::{
    Router,
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};
use freehold_web::Backbone;

use crate::WELCOME_SCRIPT;

pub(super) fn routes() -> Router<Backbone> {
    Router::new().route("/assets/welcome.js", get(async || asset("text/javascript; charset=utf-8", WELCOME_SCRIPT)))
}

fn asset(kind: &'static str, body: &'static str) -> Response {
    // Ten minutes: browsers soon see a new version of the server, and do not fetch the assets with every click.
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "public, max-age=600")], body).into_response()
}
