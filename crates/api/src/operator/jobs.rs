//! Background jobs of all organizations.

use axum::extract::State;
use freehold_core::{Cursor, Error, Result, TenantId};
use freehold_db::TenantTx;
use freehold_jobs::{
    JobId, job_cancel as cancel, job_replay as replay,
    search::{JobSearch, TenantJob, job_search},
};
use freehold_operators::entry::NewOperatorEntry;
use freehold_web::{Answer, Backbone, Json, Paging, Path, Query, SignedInOperator};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::note;
use crate::jobs::{JobBody, JobState};

/// A background job of an organization.
#[derive(Serialize, ToSchema)]
pub(crate) struct TenantJobBody {
    /// Id of the organization; null for the server's own work.
    #[schema(value_type = Option<Uuid>)]
    organization_id: Option<TenantId>,
    /// Id of the job.
    #[schema(value_type = Uuid)]
    id: JobId,
    /// Kind of work, such as `voice.campaign_call`.
    kind: String,
    /// State of the job: waiting, running, done, cancelled or dead.
    #[schema(value_type = JobState)]
    state: String,
    /// Number of attempts that have started.
    attempt: i16,
    /// Largest number of attempts.
    attempts: i16,
    /// Earliest start of the next attempt, UTC.
    #[schema(value_type = String, format = DateTime)]
    run_at: Timestamp,
    /// Error of the last attempt; null when none failed.
    error: Option<String>,
    /// When the job was created, UTC.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the job ended, UTC; null until then.
    #[schema(value_type = Option<String>, format = DateTime)]
    finished_at: Option<Timestamp>,
}

impl From<TenantJob> for TenantJobBody {
    fn from(job: TenantJob) -> Self {
        let TenantJob { tenant_id, id, kind, state, attempt, attempts, run_at, error, created_at, finished_at } = job;
        let organization_id = (!tenant_id.uuid().is_nil()).then_some(tenant_id);
        Self { organization_id, id, kind, state, attempt, attempts, run_at, error, created_at, finished_at }
    }
}

/// A page of jobs.
#[derive(Serialize, ToSchema)]
pub(crate) struct TenantJobPage {
    /// The jobs, newest first.
    data: Vec<TenantJobBody>,
    /// Value of `cursor` for the next page; null on the last page.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Cursor>,
}

/// Filter and page of jobs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TenantJobQuery {
    limit: Option<i64>,
    cursor: Option<String>,
    tenant_id: Option<TenantId>,
    state: Option<JobState>,
    kind: Option<String>,
}

/// List jobs
///
/// Returns the jobs of all organizations and the server's own; with `state=dead` those that failed for good.
#[utoipa::path(
    get, path = "/jobs", tag = "Background work", security(("operator" = [])),
    params(
        ("limit" = Option<i64>, Query),
        ("cursor" = Option<String>, Query),
        ("tenant_id" = Option<Uuid>, Query, description = "Return only jobs of this organization"),
        ("state" = Option<JobState>, Query, description = "Return only jobs in this state"),
        ("kind" = Option<String>, Query, description = "Return only jobs of this kind"),
    ),
    responses((status = 200, body = TenantJobPage)),
)]
pub(crate) async fn job_list(
    State(backbone): State<Backbone>,
    _: SignedInOperator,
    Query(query): Query<TenantJobQuery>,
) -> Answer<Json<TenantJobPage>> {
    let TenantJobQuery { limit, cursor, tenant_id: tenant, state, kind } = query;
    let wanted = JobSearch { tenant, state: state.map(|state| state.name().to_owned()), kind };
    let page = Paging::new(limit, cursor).request()?;
    let page = job_search(&backbone.db, wanted, page).await?.map(TenantJobBody::from);
    Ok(Json(TenantJobPage { data: page.data, next_cursor: page.next_cursor }))
}

/// Replay a dead letter
///
/// Runs a job that failed for good again, with all its attempts.
#[utoipa::path(
    post, path = "/tenants/{id}/jobs/{job_id}/replay", tag = "Background work", security(("operator" = [])),
    params(("id" = Uuid, Path), ("job_id" = Uuid, Path)),
    responses((status = 200, body = JobBody)),
)]
pub(crate) async fn job_replay(
    State(backbone): State<Backbone>,
    by: SignedInOperator,
    Path((tenant, id)): Path<(TenantId, JobId)>,
) -> Answer<Json<JobBody>> {
    let mut tx = begin(&backbone, tenant).await?;
    let job = replay(&mut tx, id).await?;
    tx.commit().await?;
    note(&backbone, &by, NewOperatorEntry::new("job.replayed", id).detail(json!({ "tenant": tenant }))).await?;
    Ok(Json(job.into()))
}

/// Cancel a job
///
/// Cancels a waiting job at once, and stops a running one within seconds, unless it ends first.
#[utoipa::path(
    post, path = "/tenants/{id}/jobs/{job_id}/cancel", tag = "Background work", security(("operator" = [])),
    params(("id" = Uuid, Path), ("job_id" = Uuid, Path)),
    responses((status = 200, body = JobBody)),
)]
pub(crate) async fn job_cancel(
    State(backbone): State<Backbone>,
    by: SignedInOperator,
    Path((tenant, id)): Path<(TenantId, JobId)>,
) -> Answer<Json<JobBody>> {
    let mut tx = begin(&backbone, tenant).await?;
    let job = cancel(&mut tx, id).await?;
    tx.commit().await?;
    note(&backbone, &by, NewOperatorEntry::new("job.cancelled", id).detail(json!({ "tenant": tenant }))).await?;
    Ok(Json(job.into()))
}

/// A transaction in the organization.
async fn begin(backbone: &Backbone, tenant: TenantId) -> Result<TenantTx> {
    let caller = backbone.system_caller(tenant, "operator repeats or cancels a job").await?;
    let caller = caller.ok_or_else(|| Error::not_found("organization"))?;
    backbone.db.tenant(&caller).begin().await
}
