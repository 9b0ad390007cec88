//! User administration, for callers with a service key.

mod administrator;
mod audit;
mod factors;
mod invite;
mod link;
mod list;
mod params;
mod users;

use freehold_web::Backbone;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The routes of user administration.
pub(super) fn routes() -> OpenApiRouter<Backbone> {
    OpenApiRouter::new()
        .routes(routes!(list::people_list, users::people_create))
        .routes(routes!(users::people_get, users::people_change, users::people_delete))
        .routes(routes!(factors::people_factor_list))
        .routes(routes!(factors::people_factor_change, factors::people_factor_delete))
        .routes(routes!(factors::people_passkey_list))
        .routes(routes!(factors::people_passkey_delete))
        .routes(routes!(audit::people_audit_list))
        .routes(routes!(invite::people_invite))
        .routes(routes!(link::people_link))
}
