//! `/runs/{id}` on the `http` channel: cancelling, and the reports of the engine.

use axum::extract::State;
use freehold_web::{Answer, Authenticated, Backbone, Json, Path};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::run_body::RunBody;
use crate::{
    RUNS_READ, RUNS_WRITE,
    engine::{
        call::{ReportRow, call_cancel, report::Report, report_list},
        http_minute,
    },
    run::{self, RunId},
};

/// A stored report of a voice engine.
#[derive(Serialize, ToSchema)]
#[schema(as = RunReport)]
pub(crate) struct ReportBody {
    /// The report as the engine sent it.
    report: Report,
    /// Whether the report came after the end of the run and changed nothing.
    late: bool,
    /// When the report first arrived, UTC.
    #[schema(value_type = String, format = DateTime)]
    received_at: Timestamp,
}

/// The reports of a run.
#[derive(Serialize, ToSchema)]
pub(crate) struct RunReportList {
    /// The reports, in the order of `sequence`.
    data: Vec<ReportBody>,
}

impl From<ReportRow> for ReportBody {
    fn from(row: ReportRow) -> Self {
        Self { report: row.report.0, late: row.late, received_at: row.received_at }
    }
}

/// Cancel a run
///
/// Cancels a run on the channel `http` and informs its engine. A run that no engine has accepted ends as `cancelled`
/// and uses nothing. A call in progress is hung up: the run ends as `completed` with the outcome `cancelled` and uses
/// one call of the plan.
#[utoipa::path(
    post, path = "/runs/{id}/cancel", tag = "Runs",
    params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = RunBody)),
)]
pub(crate) async fn run_cancel(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<RunId>,
) -> Answer<Json<RunBody>> {
    caller.allow(RUNS_WRITE)?;
    let mut tx = backbone.db.tenant(&caller).begin().await?;
    let run = call_cancel(&mut tx, http_minute(&backbone), id).await?;
    tx.commit().await?;
    Ok(Json(RunBody::of(&backbone.db, &caller, run).await?))
}

/// List engine reports
///
/// Returns all reports of the run's voice engine, including late ones. Empty for runs without an engine.
#[utoipa::path(
    get, path = "/runs/{id}/reports", tag = "Runs",
    params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = RunReportList)),
)]
pub(crate) async fn run_report_list(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<RunId>,
) -> Answer<Json<RunReportList>> {
    caller.allow(RUNS_READ)?;
    run::run_get(&backbone.db, &caller, id).await?;
    let reports = report_list(&backbone.db, &caller, id).await?;
    Ok(Json(RunReportList { data: reports.into_iter().map(ReportBody::from).collect() }))
}
