//! Whether the server lives, and whether it can work.

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use freehold_web::{Answer, Backbone};

/// `/healthz`: the process answers. `/readyz`: the server takes requests too, the database can be read and written, and its clock is
/// this server's.
pub fn routes() -> Router<Backbone> {
    Router::new().route("/healthz", get(async || "ok\n")).route("/readyz", get(ready))
}

async fn ready(State(backbone): State<Backbone>) -> Answer<Response> {
    if backbone.shutdown.has_begun() {
        // No error: whoever asks is to send requests to another server, and the log has said so already.
        return Ok((StatusCode::SERVICE_UNAVAILABLE, "shutting down\n").into_response());
    }
    backbone.db.ready().await?;
    Ok("ready\n".into_response())
}
