//! `/runs/{id}` on the `http` channel: cancelling, and what the engine reported.

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
        office,
    },
    run::{self, RunId},
};

/// A report as it was kept.
#[derive(Serialize, ToSchema)]
#[schema(as = RecordedReport)]
pub(crate) struct ReportBody {
    /// What was reported.
    report: Report,
    /// It came after the run was given up or cancelled, and changed nothing.
    late: bool,
    /// When it first came.
    #[schema(value_type = String, format = DateTime)]
    received_at: Timestamp,
}

/// What an engine reported of a run.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReportList {
    /// In the order of their sequences.
    data: Vec<ReportBody>,
}

impl From<ReportRow> for ReportBody {
    fn from(row: ReportRow) -> Self {
        Self { report: row.report.0, late: row.late, received_at: row.received_at }
    }
}

/// Cancel a run
///
/// Cancels a run on the `http` channel, and tells its engine. One that no engine has taken yet uses nothing and ends as
/// `cancelled`; one that is under way is hung up: it ends as `completed` with the outcome `cancelled`, and uses its call.
#[utoipa::path(post, path = "/runs/{id}/cancel", tag = "Runs", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = RunBody)))]
pub(crate) async fn run_cancel(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<RunId>,
) -> Answer<Json<RunBody>> {
    caller.allow(RUNS_WRITE)?;
    let mut tx = backbone.db.tenant(&caller).begin().await?;
    let run = call_cancel(&mut tx, office(&backbone, &caller), id, backbone.clock.now()).await?;
    tx.commit().await?;
    Ok(Json(RunBody::of(&backbone.db, &caller, run).await?))
}

/// Read an engine's reports
///
/// Everything that the engine of a run told, also what came too late. Empty for runs without an engine.
#[utoipa::path(get, path = "/runs/{id}/reports", tag = "Runs", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = ReportList)))]
pub(crate) async fn run_report_list(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<RunId>,
) -> Answer<Json<ReportList>> {
    caller.allow(RUNS_READ)?;
    run::run_get(&backbone.db, &caller, id).await?;
    let reports = report_list(&backbone.db, &caller, id).await?;
    Ok(Json(ReportList { data: reports.into_iter().map(ReportBody::from).collect() }))
}
