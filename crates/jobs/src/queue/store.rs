//! SQL of the queue. The functions are in `migrations/0002_job_functions.sql`.

use freehold_db::{JsonText, statements};
use uuid::Uuid;

use super::{EnqueuedRow, Wanted};

statements! {
    /// Enqueues jobs, in their order. Returns no row when they exceed the tenant's limit.
    fn jobs_enqueue(
        tenant: Uuid, jobs: JsonText<Vec<Wanted>>, weight: i16, room: Option<i64>; now
    ) -> EnqueuedRow = "select id, made from freehold.jobs_enqueue($1, $2, $3, $4, $5)";
}
