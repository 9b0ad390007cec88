//! The people of the house, for its administrators: whoever brings a service key.

use freehold_web::Backbone;
use utoipa_axum::router::OpenApiRouter;

/// The endpoints.
pub(super) fn routes() -> OpenApiRouter<Backbone> {
    OpenApiRouter::new()
}
