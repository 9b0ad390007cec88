//! The backbone's REST: every handler extracts, calls one capability and shapes the answer.
//!
//! [`fn@routes`] is what a product's own routes are put beside, under `/api/v1`; [`auth`] speaks Supabase Auth under
//! `/auth/v1`; [`health`] says whether the server lives; [`openapi`] describes all of it.

pub mod auth;
pub mod health;
mod keys;
mod me;
mod members;
pub mod openapi;
mod organizations;
mod plans;
mod usage;

use freehold_core::Area;
use freehold_web::Backbone;
use utoipa_axum::{router::OpenApiRouter, routes};

/// What permissions and scopes can be about in the backbone.
pub const AREAS: &[Area] = &[Area::Organization, Area::Members, Area::Keys, Area::Usage, Area::Billing];

/// The backbone's endpoints under `/api/v1`.
pub fn routes() -> OpenApiRouter<Backbone> {
    OpenApiRouter::new()
        .routes(routes!(me::me_get))
        .routes(routes!(organizations::organization_list, organizations::organization_create))
        .routes(routes!(organizations::organization_get, organizations::organization_change))
        .routes(routes!(organizations::organization_select))
        .routes(routes!(members::member_list))
        .routes(routes!(members::member_change, members::member_remove))
        .routes(routes!(keys::key_list, keys::key_create))
        .routes(routes!(keys::key_get, keys::key_revoke))
        .routes(routes!(usage::usage_list))
        .routes(routes!(plans::plan_list))
}
