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
        .routes(routes!(workflows::workflow_get, workflows::workflow_update, workflows::workflow_delete))
        .routes(routes!(workflows::workflow_version_list))
        .routes(routes!(runs::workflow_run_list, runs::run_create))
        .routes(routes!(runs::run_list))
        .routes(routes!(runs::run_get))
        .routes(routes!(runs::run_message_send))
        .routes(routes!(engine_runs::run_cancel))
        .routes(routes!(engine_runs::run_report_list))
        .routes(routes!(engines::engine_list, engines::engine_create))
        .routes(routes!(engines::engine_get, engines::engine_update, engines::engine_delete))
        .routes(routes!(engines::engine_secret_rotate))
        .routes(routes!(engine_callbacks::engine_callback_receive))
        .routes(routes!(splits::split_list, splits::split_create))
        .routes(routes!(splits::split_get))
        .routes(routes!(splits::split_results_get))
        .routes(routes!(splits::split_end))
        .routes(routes!(analytics::call_analytics_get))
        .routes(routes!(analytics::workflow_analytics_list))
        .routes(routes!(analytics::campaign_analytics_list))
        .routes(routes!(analytics_files::call_analytics_export_csv))
        .routes(routes!(analytics_files::call_analytics_export_pdf))
        .routes(routes!(analytics_files::workflow_analytics_export_csv))
        .routes(routes!(analytics_files::campaign_analytics_export_csv))
        .merge(campaigns())
        .routes(routes!(templates::template_list))
        .routes(routes!(templates::template_get))
}

/// Largest contact file: 5 MiB, more than ten thousand of the longest sensible rows.
const CONTACTS_BODY_LIMIT: usize = 5 * 1024 * 1024;

fn campaigns() -> OpenApiRouter<Backbone> {
    let contacts = OpenApiRouter::new()
        .routes(routes!(contacts::contact_list, contacts::contact_import))
        .routes(routes!(contacts::contact_import_preview))
        .layer(DefaultBodyLimit::max(CONTACTS_BODY_LIMIT));
    let progress = OpenApiRouter::new()
        .routes(routes!(campaign_progress::campaign_progress_watch))
        .layer(Extension(campaign_progress::Watched::default()));
    OpenApiRouter::new()
        .routes(routes!(campaigns::campaign_list, campaigns::campaign_create))
        .routes(routes!(campaigns::campaign_get, campaigns::campaign_update, campaigns::campaign_delete))
        .routes(routes!(campaigns::campaign_start))
        .routes(routes!(campaigns::campaign_pause))
        .routes(routes!(campaigns::campaign_resume))
        .routes(routes!(campaigns::campaign_cancel))
        .merge(contacts)
        .merge(progress)
}
