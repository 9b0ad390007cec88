//! Listing, cancelling and replaying a tenant's jobs.

mod store;

use freehold_core::{Caller, Error, OptionExt, Page, PageRequest, Result, codes};
use freehold_db::{
    Db, OnConstraint, TenantTx,
    audit::{NewEntry, audit_append},
    row,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

pub(crate) use store::STATEMENTS;

use crate::JobId;

/// How long a dead letter can be replayed.
pub(crate) const DEAD_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How long a cancelled job stays visible.
pub(crate) const CANCELLED_KEPT: SignedDuration = SignedDuration::from_hours(24);

row! {
    /// A job as its tenant sees it.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct JobRecord {
        /// The job's id.
        pub id: JobId,
        /// The name of the job's kind.
        pub kind: String,
        /// `waiting`, `running`, `done`, `cancelled` or `dead`.
        pub state: String,
        /// The priority: a higher value runs first.
        pub urgency: i16,
        /// How many attempts have started.
        pub attempt: i16,
        /// Most attempts.
        pub attempts: i16,
        /// The earliest time of the next attempt, UTC.
        pub run_at: Timestamp,
        /// The progress in percent, 0 to 100.
        pub progress: i16,
        /// What the job is doing at the moment, in words.
        pub progress_words: String,
        /// Whether a member or an API key has asked to cancel the running job.
        pub cancel_requested: bool,
        /// Why the last attempt failed; none: it did not fail.
        pub error: Option<String>,
        /// When the job was enqueued, UTC.
        pub created_at: Timestamp,
        /// When the job ended, UTC; none: it has not ended.
        pub finished_at: Option<Timestamp>,
    }
}

/// A filter for a list of jobs.
#[derive(Clone, Debug, Default)]
pub struct JobFilter {
    /// Only jobs in this state; none: all states.
    pub state: Option<String>,
    /// Only jobs of this kind; none: all kinds.
    pub kind: Option<String>,
}

/// Lists the tenant's jobs, the newest first.
pub async fn job_list(db: &Db, caller: &Caller, filter: JobFilter, page: PageRequest) -> Result<Page<JobRecord>> {
    let (before, rows) = (page.before(), page.rows());
    // Dead letters are rare, so they have an index of their own.
    let query = match filter.state.as_deref() {
        Some("dead") => store::dead_list(before, rows, filter.kind),
        _ => store::job_list(before, rows, filter.state, filter.kind),
    };
    Ok(page.page(db.tenant(caller).fetch_all(query).await?, |job| job.id))
}

/// Returns one of the tenant's jobs.
pub async fn job_get(db: &Db, caller: &Caller, id: JobId) -> Result<JobRecord> {
    db.tenant(caller).fetch_optional(store::job_find(id)).await?.or_not_found("job")
}

/// Cancels a job: a waiting job is cancelled at once, a running one is stopped within seconds. Cancelling it again is
/// no error. Returns `conflict` when the job has ended.
pub async fn job_cancel(tx: &mut TenantTx, id: JobId) -> Result<JobRecord> {
    let now = tx.now();
    let forget_at = now.checked_add(CANCELLED_KEPT).unwrap_or(Timestamp::MAX);
    if let Some(job) = tx.fetch_optional(store::job_cancel(id, forget_at)).await? {
        audit_append(tx, NewEntry::new(tx.id(), "job.cancelled", id).detail(json!({ "kind": job.kind }))).await?;
        return Ok(job);
    }
    let job = tx.fetch_optional(store::job_find(id)).await?.or_not_found("job")?;
    match job.state.as_str() {
        "cancelled" => Ok(job),
        state => Err(Error::new(codes::CONFLICT, format!("The job is {state}, so there is nothing to cancel."))),
    }
}

/// Replays a dead letter, with all its attempts again. Returns `conflict` when the job is not a dead letter.
pub async fn job_replay(tx: &mut TenantTx, id: JobId) -> Result<JobRecord> {
    let replayed = tx
        .fetch_optional(store::job_replay(id))
        .await
        .on_constraint("jobs_key", || Error::new(codes::CONFLICT, "Another job with the same key is under way."))?;
    if let Some(job) = replayed {
        audit_append(tx, NewEntry::new(tx.id(), "job.replayed", id).detail(json!({ "kind": job.kind }))).await?;
        return Ok(job);
    }
    let job = tx.fetch_optional(store::job_find(id)).await?.or_not_found("job")?;
    Err(Error::new(codes::CONFLICT, format!("The job is {}, and only dead letters are replayed.", job.state)))
}

/// Replays all dead letters of a kind, at most 1,000, and returns how many. A dead letter whose key another unfinished
/// job has is skipped.
pub async fn jobs_replay(tx: &mut TenantTx, kind: &str) -> Result<u64> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'.' || byte == b'_';
    if !(1..=100).contains(&kind.len()) || !kind.bytes().all(plain) {
        return Err(Error::invalid("/kind", "expected the name of a kind, such as voice.campaign_call"));
    }
    let replayed = tx.execute(store::jobs_replay(kind)).await?;
    audit_append(tx, NewEntry::new(tx.id(), "jobs.replayed", kind).detail(json!({ "jobs": replayed }))).await?;
    Ok(replayed)
}
