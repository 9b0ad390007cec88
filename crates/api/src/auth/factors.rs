//! Second factors.

use freehold_web::Backbone;
use utoipa_axum::router::OpenApiRouter;

/// The endpoints.
pub(super) fn routes() -> OpenApiRouter<Backbone> {
    OpenApiRouter::new()
}
