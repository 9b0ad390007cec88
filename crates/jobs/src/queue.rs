//! Enqueuing jobs, in the transaction of the change that causes them.

mod store;

use std::time::Duration;

use freehold_core::{Context, Error, Result, TenantId, codes};
use freehold_db::{JsonText, SystemTx, TenantTx, Transaction, row};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

pub(crate) use store::STATEMENTS;

use crate::{JobId, JobKind, job::owner};

/// How long a caller whose queue is full should wait before a retry.
const TRY_AGAIN: Duration = Duration::from_secs(10);

/// A job to be enqueued.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// The job's id.
    pub id: JobId,
    /// The job's kind.
    pub kind: &'static JobKind,
    /// What the handler needs to know. It holds ids rather than objects, because an object may change before the job
    /// runs.
    pub payload: Value,
    /// The earliest time at which the job runs.
    pub run_at: Timestamp,
    /// The job's key; none: no key. Of the unfinished jobs of one tenant and kind, only one may have a given key.
    pub key: Option<String>,
    /// The priority among the jobs of the same tenant: a higher value runs first. Usually 0.
    pub urgency: i16,
}

impl NewJob {
    /// A job that runs as soon as possible.
    pub fn now(id: JobId, kind: &'static JobKind, payload: Value, now: Timestamp) -> Self {
        Self { id, kind, payload, run_at: now, key: None, urgency: 0 }
    }
}

/// The result of enqueuing a [`NewJob`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enqueued {
    /// The job was enqueued.
    New(JobId),
    /// This unfinished job has the same key, so no job was enqueued.
    Already(JobId),
}

impl Enqueued {
    /// The id of the job that is now in the queue.
    pub fn id(self) -> JobId {
        match self {
            Self::New(id) | Self::Already(id) => id,
        }
    }
}

/// A plan's limits for its tenants' jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueTerms {
    /// The tenant's turns in each round, 1 to 100. A tenant with 2 gets twice as many as one with 1.
    pub weight: i16,
    /// Most jobs that may wait; none: no limit.
    pub room: Option<i64>,
}

impl QueueTerms {
    /// No limit, and one turn in each round.
    pub const OPEN: Self = Self { weight: 1, room: None };
}

/// A job as it is sent to the database.
#[derive(Debug, Serialize)]
struct Wanted {
    id: JobId,
    kind: &'static str,
    payload: Value,
    run_at: Timestamp,
    key: Option<String>,
    urgency: i16,
    attempts: i16,
}

row! {
    struct EnqueuedRow {
        id: JobId,
        made: bool,
    }
}

/// Enqueues a job of the caller's tenant. Returns 429 `queue_full` when the plan's limit of waiting jobs is reached;
/// the transaction can continue then.
pub async fn job_enqueue(tx: &mut TenantTx, terms: &QueueTerms, new: NewJob) -> Result<Enqueued> {
    let tenant = tx.caller().tenant().uuid();
    one(enqueue(tx, tenant, *terms, vec![new]).await?)
}

/// Enqueues several jobs of the caller's tenant at a fraction of the cost: all of them or, when they exceed the plan's
/// limit, none.
pub async fn jobs_enqueue(tx: &mut TenantTx, terms: &QueueTerms, new: Vec<NewJob>) -> Result<Vec<Enqueued>> {
    let tenant = tx.caller().tenant().uuid();
    enqueue(tx, tenant, *terms, new).await
}

/// Enqueues a job from a system transaction, for a tenant or for none. No limit applies.
pub async fn job_enqueue_system(tx: &mut SystemTx, tenant: Option<TenantId>, new: NewJob) -> Result<Enqueued> {
    one(enqueue(tx, owner(tenant), QueueTerms::OPEN, vec![new]).await?)
}

async fn enqueue(tx: &mut Transaction, tenant: Uuid, terms: QueueTerms, new: Vec<NewJob>) -> Result<Vec<Enqueued>> {
    if new.is_empty() {
        return Ok(Vec::new());
    }
    let wanted: Vec<Wanted> = new.into_iter().map(Wanted::from).collect();
    let rows = tx.fetch_all(store::jobs_enqueue(tenant, JsonText(wanted), terms.weight, terms.room)).await?;
    if rows.is_empty() {
        return Err(full(terms));
    }
    let enqueued = |row: EnqueuedRow| if row.made { Enqueued::New(row.id) } else { Enqueued::Already(row.id) };
    Ok(rows.into_iter().map(enqueued).collect())
}

impl From<NewJob> for Wanted {
    fn from(new: NewJob) -> Self {
        let NewJob { id, kind, payload, run_at, key, urgency } = new;
        Self { id, kind: kind.name, payload, run_at, key, urgency, attempts: kind.attempts }
    }
}

fn one(enqueued: Vec<Enqueued>) -> Result<Enqueued> {
    enqueued.into_iter().next().ok_or("no answer").context("enqueuing a job")
}

fn full(terms: QueueTerms) -> Error {
    let room = terms.room.unwrap_or_default();
    Error::new(
        codes::QUEUE_FULL,
        format!("The plan allows {room} waiting jobs, and as many wait. Try again when some have ended."),
    )
    .with_retry_after(TRY_AGAIN)
}
