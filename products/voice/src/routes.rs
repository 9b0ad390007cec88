//! The product's API: every handler extracts, calls one function and shapes the answer.

mod run_body;
mod runs;
mod templates;
mod workflows;

use freehold_web::Backbone;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The endpoints under `/api/v1`.
pub(crate) fn routes() -> OpenApiRouter<Backbone> {
    OpenApiRouter::new()
        .routes(routes!(workflows::workflow_list, workflows::workflow_create))
        .routes(routes!(workflows::workflow_get, workflows::workflow_change, workflows::workflow_delete))
        .routes(routes!(workflows::version_list))
        .routes(routes!(runs::workflow_run_list, runs::run_create))
        .routes(routes!(runs::run_list))
        .routes(routes!(runs::run_get))
        .routes(routes!(runs::run_message))
        .routes(routes!(templates::template_list))
        .routes(routes!(templates::template_get))
}
