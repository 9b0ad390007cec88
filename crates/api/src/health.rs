//! Liveness and readiness of the server.

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use freehold_web::{Answer, Backbone};

/// `/healthz`: the process answers. `/readyz`: the server accepts requests, the database is readable and writable, and
/// its clock agrees with this server's.
pub fn routes() -> Router<Backbone> {
    Router::new().route("/healthz", get(async || "ok\n")).route("/readyz", get(ready))
}

async fn ready(State(backbone): State<Backbone>) -> Answer<Response> {
    if backbone.server.shutdown.has_begun() {
        // This is no error: the load balancer should send requests to another server, and the shutdown is logged
        // already.
        return Ok((StatusCode::SERVICE_UNAVAILABLE, "shutting down\n").into_response());
    }
    backbone.db.ready().await?;
    Ok("ready\n".into_response())
}
