//! Looking at jobs, and what a tenant may do to them.

mod store;

use freehold_core::{Caller, Error, OptionExt, Page, PageRequest, Result, codes};
use freehold_db::{Db, OnConstraint, TenantTx, row};
use jiff::{SignedDuration, Timestamp};

pub(crate) use store::STATEMENTS;

use crate::JobId;

/// How long a dead letter can be replayed.
pub(crate) const DEAD_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How long a cancelled job can be looked at.
pub(crate) const CANCELLED_KEPT: SignedDuration = SignedDuration::from_hours(24);

row! {
    /// A job as its tenant sees it.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct JobRecord {
        /// Which.
        pub id: JobId,
        /// Its kind's name.
        pub kind: String,
        /// `waiting`, `running`, `done`, `cancelled` or `dead`.
        pub state: String,
        /// The higher goes first.
        pub urgency: i16,
        /// How many attempts were begun.
        pub attempt: i16,
        /// Most attempts.
        pub attempts: i16,
        /// Not before then.
        pub run_at: Timestamp,
        /// How far it is, 0 to 100.
        pub progress: i16,
        /// What it is doing.
        pub progress_words: String,
        /// Whether somebody asked a running job to stop.
        pub cancel_requested: bool,
        /// Why the last attempt failed.
        pub error: Option<String>,
        /// When it was enqueued.
        pub created_at: Timestamp,
        /// When it ended.
        pub finished_at: Option<Timestamp>,
    }
}

/// Which jobs of a list.
#[derive(Clone, Debug, Default)]
pub struct JobFilter {
    /// Only those in this state.
    pub state: Option<String>,
    /// Only those of this kind.
    pub kind: Option<String>,
}

/// The tenant's jobs, the newest first.
pub async fn job_list(db: &Db, caller: &Caller, filter: JobFilter, page: PageRequest) -> Result<Page<JobRecord>> {
    let (before, rows) = (page.before(), page.rows());
    // Dead letters are few among many, and have an index of their own.
    let query = match filter.state.as_deref() {
        Some("dead") => store::dead_list(before, rows, filter.kind),
        _ => store::job_list(before, rows, filter.state, filter.kind),
    };
    Ok(page.page(db.tenant(caller).fetch_all(query).await?, |job| job.id))
}

/// One of the tenant's jobs.
pub async fn job_get(db: &Db, caller: &Caller, id: JobId) -> Result<JobRecord> {
    db.tenant(caller).fetch_optional(store::job_find(id)).await?.or_not_found("job")
}

/// Cancels a job: one that waits is cancelled at once, one that runs is stopped within seconds. Cancelling twice is no
/// error; `conflict` when the job has ended.
pub async fn job_cancel(tx: &mut TenantTx, id: JobId, now: Timestamp) -> Result<JobRecord> {
    let forget_at = now.checked_add(CANCELLED_KEPT).unwrap_or(Timestamp::MAX);
    if let Some(job) = tx.fetch_optional(store::job_cancel(id, now, forget_at)).await? {
        return Ok(job);
    }
    let job = tx.fetch_optional(store::job_find(id)).await?.or_not_found("job")?;
    match job.state.as_str() {
        "cancelled" => Ok(job),
        state => Err(Error::new(codes::CONFLICT, format!("The job is {state}, so there is nothing to cancel."))),
    }
}

/// Runs a dead letter once more, with all its attempts. `conflict` when the job is none.
pub async fn job_replay(tx: &mut TenantTx, id: JobId, now: Timestamp) -> Result<JobRecord> {
    let replayed = tx
        .fetch_optional(store::job_replay(id, now))
        .await
        .on_constraint("jobs_key", || Error::new(codes::CONFLICT, "Another job with the same key is under way."))?;
    if let Some(job) = replayed {
        return Ok(job);
    }
    let job = tx.fetch_optional(store::job_find(id)).await?.or_not_found("job")?;
    Err(Error::new(codes::CONFLICT, format!("The job is {}, and only dead letters are replayed.", job.state)))
}

/// Runs all dead letters of a kind once more, 1,000 at most; how many. Those whose key another job has meanwhile stay.
pub async fn jobs_replay(tx: &mut TenantTx, kind: &str, now: Timestamp) -> Result<u64> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'.' || byte == b'_';
    if !(1..=100).contains(&kind.len()) || !kind.bytes().all(plain) {
        return Err(Error::invalid("/kind", "expected the name of a kind, such as voice.campaign_call"));
    }
    tx.execute(store::jobs_replay(kind, now)).await
}
