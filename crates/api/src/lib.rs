//! The backbone's REST API: every handler extracts, calls one capability and shapes the answer.
//!
//! [`fn@routes`] are the routes under `/api/v1`, which a product extends with its own; [`auth`] speaks Supabase Auth
//! under `/auth/v1`; [`operator`] is the API of the server's operators under `/operator/v1`; [`health`] reports liveness and readiness; [`openapi`] describes all of it.

mod activity;
mod audit;
pub mod auth;
mod billing;
mod cookie_sessions;
mod deletions;
mod entitlements;
mod events;
mod exports;
mod files;
pub mod health;
mod invitations;
mod jobs;
mod keys;
mod mail_brand;
mod me;
mod members;
pub mod openapi;
pub mod operator;
mod organizations;
mod plans;
mod roles;
mod usage;
mod webhooks;

pub use billing::stripe_routes;

use axum::Router;
use freehold_web::Backbone;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The routes of signed links, to files and to archives of exports.
pub fn link_routes() -> Router<Backbone> {
    files::file_link_routes().merge(exports::links::routes()).merge(organizations::logo::logo_routes())
}

/// The backbone's routes under `/api/v1`.
pub fn routes() -> OpenApiRouter<Backbone> {
    OpenApiRouter::new()
        .routes(routes!(me::me_get))
        .routes(routes!(me::sessions::own_session_list, me::sessions::own_session_end_all))
        .routes(routes!(me::sessions::own_session_end))
        .routes(routes!(organizations::organization_list, organizations::organization_create))
        .routes(routes!(organizations::organization_get, organizations::organization_update))
        .routes(routes!(organizations::organization_select))
        .routes(routes!(organizations::logo::organization_logo_update, organizations::logo::organization_logo_remove))
        .merge(deletions::routes())
        .routes(routes!(mail_brand::mail_brand_get, mail_brand::mail_brand_update))
        .routes(routes!(members::member_list))
        .routes(routes!(members::member_update, members::member_remove))
        .routes(routes!(members::member_leave))
        .routes(routes!(members::ownership_transfer))
        .routes(routes!(roles::role_list, roles::role_create))
        .routes(routes!(roles::role_get, roles::role_update, roles::role_delete))
        .routes(routes!(invitations::invitation_list, invitations::invitation_create))
        .routes(routes!(invitations::invitation_accept))
        .routes(routes!(invitations::invitation_revoke))
        .routes(routes!(invitations::invitation_resend))
        .routes(routes!(keys::key_list, keys::key_create))
        .routes(routes!(keys::verify::key_verify))
        .routes(routes!(keys::key_get, keys::key_revoke, keys::update::key_update))
        .routes(routes!(keys::key_adopt))
        .routes(routes!(keys::rotate::key_rotate))
        .routes(routes!(keys::usage::key_usage_get))
        .routes(routes!(usage::usage_get))
        .routes(routes!(usage::check::usage_check))
        .routes(routes!(usage::reservations::usage_reserve))
        .routes(routes!(usage::reservations::usage_commit))
        .routes(routes!(usage::reservations::usage_release))
        .routes(routes!(usage::batches::usage_event_record))
        .routes(routes!(entitlements::entitlements_get))
        .routes(routes!(plans::plan_list))
        .merge(billing::routes())
        .merge(cookie_sessions::routes())
        .routes(routes!(jobs::job_list))
        .routes(routes!(jobs::job_get))
        .routes(routes!(jobs::job_cancel))
        .routes(routes!(jobs::job_replay))
        .routes(routes!(jobs::job_replay_all))
        .routes(routes!(activity::activity_list))
        .routes(routes!(audit::audit_list))
        .routes(routes!(audit::export::audit_head_get))
        .routes(routes!(audit::export::audit_export))
        .routes(routes!(events::event_list, events::publish::event_publish))
        .routes(routes!(events::event_get))
        .merge(files::routes())
        .merge(exports::routes())
        .routes(routes!(webhooks::webhook_list, webhooks::webhook_create))
        .routes(routes!(webhooks::webhook_get, webhooks::webhook_update, webhooks::webhook_delete))
        .routes(routes!(webhooks::webhook_secret_rotate))
        .routes(routes!(webhooks::deliveries::webhook_test))
        .routes(routes!(webhooks::deliveries::webhook_replay))
        .routes(routes!(webhooks::deliveries::delivery_list))
        .routes(routes!(webhooks::deliveries::delivery_get))
        .routes(routes!(webhooks::deliveries::delivery_replay))
}
