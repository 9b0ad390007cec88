//! SQL of a worker. The functions are in `migrations/0002_job_functions.sql`.

use freehold_db::{JsonText, params, row, statements};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::JobId;

row! {
    pub(super) struct BeatRow {
        pub(super) lost: bool,
        pub(super) cancelled: Option<Vec<Uuid>>,
    }
}

row! {
    pub(super) struct BuriedRow {
        pub(super) tenant_id: Uuid,
        pub(super) id: Uuid,
        pub(super) kind: String,
        pub(super) state: String,
    }
}

row! {
    pub(super) struct ClaimedRow {
        pub(super) tenant_id: Uuid,
        pub(super) id: JobId,
        pub(super) kind: String,
        pub(super) payload: JsonText<Box<RawValue>>,
        pub(super) attempt: i16,
        pub(super) claim: i32,
        pub(super) weight: i16,
        pub(super) urgency: i16,
        pub(super) run_at: Timestamp,
        pub(super) place: i32,
        pub(super) turns: i32,
    }
}

/// An outcome, as it is sent to the database.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Settled {
    pub(super) tenant_id: Uuid,
    pub(super) id: JobId,
    pub(super) claim: i32,
    pub(super) state: &'static str,
    pub(super) run_at: Option<Timestamp>,
    /// Whether the attempt counts.
    pub(super) counted: bool,
    pub(super) error: Option<String>,
    pub(super) forget_at: Option<Timestamp>,
}

params! {
    /// What a worker may claim, and what it has seen of the queue.
    pub(super) struct JobsClaim {
        pub(super) worker: Uuid,
        pub(super) kinds: Vec<String>,
        pub(super) at_once: Vec<i32>,
        pub(super) after: Uuid,
        pub(super) taken: i32,
        pub(super) slots: i32,
        pub(super) seen_tenants: Vec<Uuid>,
        pub(super) seen_kinds: Vec<String>,
        pub(super) seen_weights: Vec<i16>,
        pub(super) seen_urgencies: Vec<i16>,
        pub(super) seen_run_at: Vec<Timestamp>,
    }
}

statements! {
    /// Claims jobs.
    fn jobs_claim(claim: JobsClaim; now) -> ClaimedRow =
        "select tenant_id, id, kind, payload, attempt, claim, weight, urgency, run_at, place, turns
         from freehold.jobs_claim($1, $2, $3, $4, $5, $6, $12, $7, $8, $9, $10, $11)";

    /// Deletes jobs that succeeded and are not kept. Returns how many.
    fn jobs_done(tenants: Vec<Uuid>, ids: Vec<Uuid>, claims: Vec<i32>) -> (i32,) =
        "select freehold.jobs_done($1, $2, $3)";

    /// Records all other outcomes. Returns how many.
    fn jobs_settle(outcomes: JsonText<Vec<Settled>>, cancelled_until: Timestamp; now) -> (i32,) =
        "select freehold.jobs_settle($1, $2, $3)";

    /// Registers a worker.
    fn worker_insert(worker: Uuid, until: Timestamp) -> () =
        "insert into freehold.workers (id, lease_until) values ($1, $2)";

    /// Renews a worker's lease.
    fn worker_beat(worker: Uuid, known: Vec<Uuid>, until: Timestamp) -> BeatRow =
        "select lost, cancelled from freehold.worker_beat($1, $2, $3)";

    /// Deletes a worker.
    fn worker_delete(worker: Uuid) -> () = "delete from freehold.workers where id = $1";

    /// Takes over the jobs of workers whose lease has expired.
    fn workers_bury(cancelled_until: Timestamp, dead_until: Timestamp; now) -> BuriedRow =
        "select tenant_id, id, kind, state from freehold.workers_bury($1, $2, $3)";

    /// Deletes old jobs, in batches.
    fn jobs_forget(; now) -> () =
        "delete from freehold.jobs as j
         using (select tenant_id, id from freehold.jobs where forget_at <= $1 limit 1000) as old
         where j.tenant_id = old.tenant_id and j.id = old.id";
}
