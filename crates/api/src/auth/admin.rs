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
        .routes(routes!(list::admin_user_list, users::admin_user_create))
        .routes(routes!(users::admin_user_get, users::admin_user_update, users::admin_user_delete))
        .routes(routes!(factors::admin_user_factor_list))
        .routes(routes!(factors::admin_user_factor_update, factors::admin_user_factor_delete))
        .routes(routes!(factors::admin_user_passkey_list))
        .routes(routes!(factors::admin_user_passkey_delete))
        .routes(routes!(audit::admin_audit_list))
        .routes(routes!(invite::admin_user_invite))
        .routes(routes!(link::admin_link_generate))
}
