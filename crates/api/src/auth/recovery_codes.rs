//! Codes to keep on paper, for when the second factor is lost.

use freehold_web::Backbone;
use utoipa_axum::router::OpenApiRouter;

/// The endpoints.
pub(super) fn routes() -> OpenApiRouter<Backbone> {
    OpenApiRouter::new()
}
