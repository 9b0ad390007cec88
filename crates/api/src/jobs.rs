//! Background jobs and their progress.

use axum::extract::State;
use freehold_core::{Area, Cursor, Permission};
use freehold_jobs::{self as queue, JobFilter, JobId, JobRecord};
use freehold_web::{Answer, Authenticated, Backbone, Json, Paging, Path, Query};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A background job.
#[derive(Serialize, ToSchema)]
pub(crate) struct JobBody {
    /// Id of the job.
    #[schema(value_type = Uuid)]
    id: JobId,
    /// Kind of work, such as `voice.campaign_call`.
    kind: String,
    /// State of the job: waiting, running, done, cancelled or dead.
    #[schema(value_type = JobState)]
    state: String,
    /// Priority of the job within the organization; higher values run first.
    urgency: i16,
    /// Number of attempts that have started.
    attempt: i16,
    /// Largest number of attempts.
    attempts: i16,
    /// Earliest start of the next attempt, UTC.
    #[schema(value_type = String, format = DateTime)]
    run_at: Timestamp,
    /// Progress of the job in percent, 0 to 100.
    #[schema(minimum = 0, maximum = 100)]
    progress: i16,
    /// What the job is doing, as a text; may be empty.
    progress_words: String,
    /// Whether a cancellation was requested.
    cancel_requested: bool,
    /// Error of the last attempt; null when none failed.
    error: Option<String>,
    /// When the job was created, UTC.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the job ended, UTC; null until then.
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

/// State of a job.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum JobState {
    /// Waits for its start time or for a worker.
    Waiting,
    /// Runs on a worker.
    Running,
    /// Succeeded. Most kinds are deleted at once, some after a while.
    Done,
    /// Was cancelled. Deleted after a day.
    Cancelled,
    /// Failed for good, unless it is replayed. Deleted after 30 days.
    Dead,
}

impl JobState {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
            Self::Dead => "dead",
        }
    }
}

/// Filter and page of jobs.
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
    /// The jobs, newest first.
    data: Vec<JobBody>,
    /// Value of `cursor` for the next page; null on the last page.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Cursor>,
}

/// The dead letters to replay.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplayJobs {
    /// Kind of the jobs to replay: 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100)]
    kind: String,
}

/// The number of replayed dead letters.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReplayedJobs {
    /// Number of replayed jobs, at most 1,000. Repeat the request when it is 1,000.
    #[schema(maximum = 1_000)]
    replayed: u64,
}

/// List jobs
///
/// Returns the organization's jobs: waiting and running ones, dead letters, and recently ended ones.
#[utoipa::path(
    get, path = "/jobs", tag = "Jobs",
    params(
        ("limit" = Option<i64>, Query),
        ("cursor" = Option<String>, Query),
        ("state" = Option<JobState>, Query, description = "Return only jobs in this state"),
        ("kind" = Option<String>, Query, description = "Return only jobs of this kind"),
    ),
    responses((status = 200, body = JobPage)),
)]
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

/// Get a job
///
/// Returns a job with its progress.
#[utoipa::path(
    get, path = "/jobs/{id}", tag = "Jobs",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = JobBody)),
)]
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
/// Cancels a waiting job at once, and stops a running one within seconds, unless it ends first.
#[utoipa::path(
    post, path = "/jobs/{id}/cancel", tag = "Jobs",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = JobBody)),
)]
pub(crate) async fn job_cancel(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<JobId>,
) -> Answer<Json<JobBody>> {
    caller.allow(Permission::write(Area::Jobs))?;
    let mut tx = backbone.db.tenant(&caller).begin().await?;
    let job = queue::job_cancel(&mut tx, id).await?;
    tx.commit().await?;
    Ok(Json(job.into()))
}

/// Replay a dead letter
///
/// Runs a job that failed for good again, with all its attempts.
#[utoipa::path(
    post, path = "/jobs/{id}/replay", tag = "Jobs",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = JobBody)),
)]
pub(crate) async fn job_replay(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<JobId>,
) -> Answer<Json<JobBody>> {
    caller.allow(Permission::write(Area::Jobs))?;
    let mut tx = backbone.db.tenant(&caller).begin().await?;
    let job = queue::job_replay(&mut tx, id).await?;
    tx.commit().await?;
    Ok(Json(job.into()))
}

/// Replay dead letters
///
/// Runs all jobs of a kind that failed for good again.
#[utoipa::path(post, path = "/jobs/replay", tag = "Jobs", request_body = ReplayJobs,
    responses((status = 200, body = ReplayedJobs)))]
pub(crate) async fn job_replay_all(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Json(body): Json<ReplayJobs>,
) -> Answer<Json<ReplayedJobs>> {
    caller.allow(Permission::write(Area::Jobs))?;
    let mut tx = backbone.db.tenant(&caller).begin().await?;
    let replayed = queue::jobs_replay(&mut tx, &body.kind).await?;
    tx.commit().await?;
    Ok(Json(ReplayedJobs { replayed }))
}
