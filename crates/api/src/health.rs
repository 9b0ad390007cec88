//! Whether the server lives, and whether it can work.

use axum::{Router, extract::State, routing::get};
use freehold_web::{Answer, Backbone};

/// `/healthz`: the process answers. `/readyz`: the database can be read and written too, and its clock is this server's.
pub fn routes() -> Router<Backbone> {
    Router::new().route("/healthz", get(async || "ok\n")).route("/readyz", get(ready))
}

async fn ready(State(backbone): State<Backbone>) -> Answer<&'static str> {
    backbone.db.ready().await?;
    Ok("ready\n")
}
