//! SQL of the queue. The functions are in `migrations/0002_job_functions.sql`.

use freehold_db::{JsonText, statements};
use jiff::Timestamp;
use uuid::Uuid;

use super::{EnqueuedRow, Wanted};

statements! {
    /// Enqueues them, in their order; no row when there is no room.
    fn jobs_enqueue(
        tenant: Uuid, jobs: JsonText<Vec<Wanted>>, weight: i16, room: Option<i64>, now: Timestamp
    ) -> EnqueuedRow = "select id, made from freehold.jobs_enqueue($1, $2, $3, $4, $5)";
}
