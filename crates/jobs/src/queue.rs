//! Putting work into the queue, in the transaction of the change that causes it.

mod store;

use std::time::Duration;

use freehold_core::{Caller, Context, Error, Result, TenantId, codes};
use freehold_db::{JsonText, SystemTx, TenantTx, Transaction, row};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

pub(crate) use store::STATEMENTS;

use crate::{JobId, JobKind, job::owner};

/// How soon somebody whose queue is full may try again.
const TRY_AGAIN: Duration = Duration::from_secs(10);

/// A job to be done.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// Its id.
    pub id: JobId,
    /// Which kind.
    pub kind: &'static JobKind,
    /// What its handler needs to know. Ids, not things: what they name may change until then.
    pub payload: Value,
    /// Not before then.
    pub run_at: Timestamp,
    /// Of the jobs of a tenant and kind that have not ended, only one has a key.
    pub key: Option<String>,
    /// The higher goes first, within its tenant; usually 0.
    pub urgency: i16,
}

impl NewJob {
    /// A job to be done as soon as possible.
    pub fn now(id: JobId, kind: &'static JobKind, payload: Value, now: Timestamp) -> Self {
        Self { id, kind, payload, run_at: now, key: None, urgency: 0 }
    }
}

/// What became of a [`NewJob`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enqueued {
    /// It is in the queue.
    New(JobId),
    /// One with its key, this one, is there already and has not ended.
    Already(JobId),
}

impl Enqueued {
    /// The job that is there now.
    pub fn id(self) -> JobId {
        match self {
            Self::New(id) | Self::Already(id) => id,
        }
    }
}

/// What a plan gives its tenants of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueTerms {
    /// Turns for each turn of a tenant with 1; 1 to 100.
    pub weight: i16,
    /// Most jobs that may wait; none: any number.
    pub room: Option<i64>,
}

impl QueueTerms {
    /// No limit, and one turn in each round.
    pub const OPEN: Self = Self { weight: 1, room: None };
}

/// How a job is handed to the database.
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

/// Enqueues a job of the caller's tenant. 429 `queue_full` when as many wait as the plan has room for; the transaction
/// can go on then.
pub async fn job_enqueue(
    tx: &mut TenantTx,
    caller: &Caller,
    terms: &QueueTerms,
    new: NewJob,
    now: Timestamp,
) -> Result<Enqueued> {
    one(enqueue(tx, caller.tenant().uuid(), *terms, vec![new], now).await?)
}

/// Enqueues several jobs of the caller's tenant at a fraction of the cost, all of them or, when there is no room, none.
pub async fn jobs_enqueue(
    tx: &mut TenantTx,
    caller: &Caller,
    terms: &QueueTerms,
    new: Vec<NewJob>,
    now: Timestamp,
) -> Result<Vec<Enqueued>> {
    enqueue(tx, caller.tenant().uuid(), *terms, new, now).await
}

/// Enqueues a job for a tenant from work across tenants, or one that is nobody's in particular. There is always room.
pub async fn job_enqueue_system(
    tx: &mut SystemTx,
    tenant: Option<TenantId>,
    new: NewJob,
    now: Timestamp,
) -> Result<Enqueued> {
    one(enqueue(tx, owner(tenant), QueueTerms::OPEN, vec![new], now).await?)
}

async fn enqueue(
    tx: &mut Transaction,
    tenant: Uuid,
    terms: QueueTerms,
    new: Vec<NewJob>,
    now: Timestamp,
) -> Result<Vec<Enqueued>> {
    if new.is_empty() {
        return Ok(Vec::new());
    }
    let wanted: Vec<Wanted> = new.into_iter().map(Wanted::from).collect();
    let rows = tx.fetch_all(store::jobs_enqueue(tenant, JsonText(wanted), terms.weight, terms.room, now)).await?;
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
    Error::new(codes::QUEUE_FULL, format!("The plan has room for {room} waiting jobs, and they are there."))
        .with_retry_after(TRY_AGAIN)
}
