//! What is done later, and how far it is.

use axum::extract::State;
use freehold_core::{Area, Cursor, Permission};
use freehold_jobs::{self as queue, JobFilter, JobId, JobRecord};
use freehold_web::{Answer, Authenticated, Backbone, Json, Paging, Path, Query};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A job.
#[derive(Serialize, ToSchema)]
pub(crate) struct JobBody {
    /// Which.
    #[schema(value_type = Uuid)]
    id: JobId,
    /// What kind of work: `voice.campaign_call`.
    kind: String,
    /// waiting, running, done, cancelled or dead.
    #[schema(value_type = JobState)]
    state: String,
    /// The higher goes first within the organization.
    urgency: i16,
    /// How many attempts were begun.
    attempt: i16,
    /// How many there may be.
    attempts: i16,
    /// Not before then.
    #[schema(value_type = String, format = DateTime)]
    run_at: Timestamp,
    /// How far it is, 0 to 100.
    progress: i16,
    /// What it is doing.
    progress_words: String,
    /// Whether somebody asked it to stop.
    cancel_requested: bool,
    /// Why the last attempt failed.
    error: Option<String>,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    finished_at: Option<Timestamp>,
}

impl From<JobRecord> for JobBody {
    fn from(job: JobRecord) -> Self {
        let JobRecord { id, kind, state, urgency, attempt, attempts, run_at, progress, progress_words, .. } = job;
        let JobRecord { cancel_requested, error, created_at, finished_at, .. } = job;
        Self {
            id,
            kind,
            state,
            urgency,
            attempt,
            attempts,
            run_at,
            progress,
            progress_words,
            cancel_requested,
            error,
            created_at,
            finished_at,
        }
    }
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum JobState {
    /// For its time, or for a worker.
    Waiting,
    /// A worker is at it.
    Running,
    /// Ended well. Most kinds are forgotten at once, some a while later.
    Done,
    /// Somebody cancelled it. Forgotten after a day.
    Cancelled,
    /// Failed for good, unless it is replayed. Forgotten after 30 days.
    Dead,
}

impl JobState {
    const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
            Self::Dead => "dead",
        }
    }
}

/// Which jobs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct JobQuery {
    limit: Option<i64>,
    cursor: Option<String>,
    state: Option<JobState>,
    kind: Option<String>,
}

/// A page of jobs.
#[derive(Serialize, ToSchema)]
pub(crate) struct JobPage {
    /// The newest first.
    data: Vec<JobBody>,
    /// Send it as `cursor` for the next page.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Cursor>,
}

/// Which dead letters.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct JobReplay {
    /// Those of this kind.
    #[schema(min_length = 1, max_length = 100)]
    kind: String,
}

/// How many dead letters were replayed.
#[derive(Serialize, ToSchema)]
pub(crate) struct JobReplayed {
    /// 1,000 at most; when it is that many, ask again.
    replayed: u64,
}

/// List jobs
///
/// The organization's jobs: those that wait or run, dead letters, and those that ended a short while ago.
#[utoipa::path(get, path = "/jobs", tag = "Jobs",
    params(("limit" = Option<i64>, Query), ("cursor" = Option<String>, Query),
        ("state" = Option<JobState>, Query, description = "Only those in this state"),
        ("kind" = Option<String>, Query, description = "Only those of this kind")),
    responses((status = 200, body = JobPage)))]
pub(crate) async fn job_list(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Query(query): Query<JobQuery>,
) -> Answer<Json<JobPage>> {
    caller.allow(Permission::read(Area::Jobs))?;
    let page = Paging::new(query.limit, query.cursor).request()?;
    let filter = JobFilter { state: query.state.map(|state| state.name().to_owned()), kind: query.kind };
    let page = queue::job_list(&backbone.db, &caller, filter, page).await?.map(JobBody::from);
    Ok(Json(JobPage { data: page.data, next_cursor: page.next_cursor }))
}

/// Read a job
///
/// One job, and how far it is.
#[utoipa::path(get, path = "/jobs/{id}", tag = "Jobs", params(("id" = Uuid, Path)), responses((status = 200, body = JobBody)))]
pub(crate) async fn job_get(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<JobId>,
) -> Answer<Json<JobBody>> {
    caller.allow(Permission::read(Area::Jobs))?;
    Ok(Json(queue::job_get(&backbone.db, &caller, id).await?.into()))
}

/// Cancel a job
///
/// A job that waits is cancelled at once; one that runs is stopped within seconds, unless it ends before.
#[utoipa::path(post, path = "/jobs/{id}/cancel", tag = "Jobs", params(("id" = Uuid, Path)),
    responses((status = 200, body = JobBody)))]
pub(crate) async fn job_cancel(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<JobId>,
) -> Answer<Json<JobBody>> {
    caller.allow(Permission::write(Area::Jobs))?;
    let mut tx = backbone.db.tenant(&caller).begin().await?;
    let job = queue::job_cancel(&mut tx, id, backbone.clock.now()).await?;
    tx.commit().await?;
    Ok(Json(job.into()))
}

/// Replay a dead letter
///
/// Runs a job that failed for good once more, with all its attempts.
#[utoipa::path(post, path = "/jobs/{id}/replay", tag = "Jobs", params(("id" = Uuid, Path)),
    responses((status = 200, body = JobBody)))]
pub(crate) async fn job_replay(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<JobId>,
) -> Answer<Json<JobBody>> {
    caller.allow(Permission::write(Area::Jobs))?;
    let mut tx = backbone.db.tenant(&caller).begin().await?;
    let job = queue::job_replay(&mut tx, id, backbone.clock.now()).await?;
    tx.commit().await?;
    Ok(Json(job.into()))
}

/// Replay dead letters
///
/// Runs all jobs of a kind that failed for good once more.
#[utoipa::path(post, path = "/jobs/replay", tag = "Jobs", request_body = JobReplay,
    responses((status = 200, body = JobReplayed)))]
pub(crate) async fn jobs_replay(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Json(body): Json<JobReplay>,
) -> Answer<Json<JobReplayed>> {
    caller.allow(Permission::write(Area::Jobs))?;
    let mut tx = backbone.db.tenant(&caller).begin().await?;
    let replayed = queue::jobs_replay(&mut tx, &body.kind, backbone.clock.now()).await?;
    tx.commit().await?;
    Ok(Json(JobReplayed { replayed }))
}
