//! SQL of an attempt.

use freehold_db::statements;
use jiff::Timestamp;
use uuid::Uuid;

use super::JobId;

statements! {
    /// Records a job's progress. The state is compared as in `migrations/0002_job_functions.sql`, so that Postgres can
    /// use the primary key.
    fn job_progress(tenant: Uuid, id: JobId, claim: i32, percent: i16, words: &str) -> () =
        "update freehold.jobs set progress = $4, progress_words = $5
         where tenant_id = $1 and id = $2 and claim = $3 and state = (select 'running')";

    /// Marks a job as done. Returns false when another claim holds the job.
    fn job_finish(tenant: Uuid, id: JobId, claim: i32, kept_until: Option<Timestamp>; now) -> (bool,) =
        "select freehold.job_finish($1, $2, $3, $4, $5)";
}
