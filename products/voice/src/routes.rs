//! The product's API: every handler extracts its input, calls one function and shapes the response.

mod analytics;
mod analytics_body;
mod analytics_files;
mod campaign_body;
mod campaign_progress;
mod campaigns;
mod contacts;
mod engine_callbacks;
mod engine_runs;
mod engines;
mod run_body;
mod runs;
mod splits;
mod templates;
mod workflows;

use axum::{Extension, extract::DefaultBodyLimit};
use freehold_web::Backbone;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The product's routes under `/api/v1`.
pub(crate) fn routes() -> OpenApiRouter<Backbone> {
    OpenApiRouter::new()
        .routes(routes!(workflows::workflow_list, workflows::workflow_create))
        .routes(routes!(workflows::workflow_get, workflows::workflow_change, workflows::workflow_delete))
        .routes(routes!(workflows::version_list))
        .routes(routes!(runs::workflow_run_list, runs::run_create))
        .routes(routes!(runs::run_list))
        .routes(routes!(runs::run_get))
        .routes(routes!(runs::run_message))
        .routes(routes!(engine_runs::run_cancel))
        .routes(routes!(engine_runs::run_report_list))
        .routes(routes!(engines::engine_list, engines::engine_create))
        .routes(routes!(engines::engine_get, engines::engine_change, engines::engine_delete))
        .routes(routes!(engines::engine_rotate))
        .routes(routes!(engine_callbacks::engine_callback))
        .routes(routes!(splits::split_list, splits::split_start))
        .routes(routes!(splits::split_get))
        .routes(routes!(splits::split_results))
        .routes(routes!(splits::split_end))
        .routes(routes!(analytics::call_list))
        .routes(routes!(analytics::workflow_call_list))
        .routes(routes!(analytics::campaign_call_list))
        .routes(routes!(analytics_files::call_table))
        .routes(routes!(analytics_files::call_report))
        .routes(routes!(analytics_files::workflow_call_table))
        .routes(routes!(analytics_files::campaign_call_table))
        .merge(campaigns())
        .routes(routes!(templates::template_list))
        .routes(routes!(templates::template_get))
}

/// Largest contact file: 5 MiB, more than ten thousand of the longest sensible rows.
const CONTACTS_BODY_LIMIT: usize = 5 * 1024 * 1024;

fn campaigns() -> OpenApiRouter<Backbone> {
    let contacts = OpenApiRouter::new()
        .routes(routes!(contacts::contact_list, contacts::contacts_import))
        .routes(routes!(contacts::contacts_preview))
        .layer(DefaultBodyLimit::max(CONTACTS_BODY_LIMIT));
    let progress = OpenApiRouter::new()
        .routes(routes!(campaign_progress::campaign_watch))
        .layer(Extension(campaign_progress::Watched::default()));
    OpenApiRouter::new()
        .routes(routes!(campaigns::campaign_list, campaigns::campaign_create))
        .routes(routes!(campaigns::campaign_get, campaigns::campaign_change, campaigns::campaign_delete))
        .routes(routes!(campaigns::campaign_start))
        .routes(routes!(campaigns::campaign_pause))
        .routes(routes!(campaigns::campaign_resume))
        .routes(routes!(campaigns::campaign_cancel))
        .merge(contacts)
        .merge(progress)
}
