//! SQL for a tenant's jobs. A job whose time has not come is shown as waiting.

use freehold_db::statements;
use jiff::Timestamp;
use uuid::Uuid;

use super::JobRecord;
use crate::JobId;

statements! {
    /// Lists a page of the tenant's jobs.
    fn job_list(before: Uuid, rows: i64, state: Option<String>, kind: Option<String>; tenant) -> JobRecord =
        "select id, kind, case state when 'scheduled' then 'waiting' else state end as state, urgency, attempt, attempts,
           run_at, progress, progress_words, cancel_requested, error, created_at, finished_at
         from freehold.jobs
         where tenant_id = $5 and id < $1
           and ($3::text is null or state = $3 or $3 = 'waiting' and state = 'scheduled')
           and ($4::text is null or kind = $4)
         order by id desc limit $2";

    /// Lists a page of the tenant's dead letters.
    fn dead_list(before: Uuid, rows: i64, kind: Option<String>; tenant) -> JobRecord =
        "select id, kind, state, urgency, attempt, attempts,
           run_at, progress, progress_words, cancel_requested, error, created_at, finished_at
         from freehold.jobs
         where tenant_id = $4 and id < $1 and state = 'dead' and ($3::text is null or kind = $3)
         order by id desc limit $2";

    /// Finds one job.
    fn job_find(id: JobId; tenant) -> JobRecord =
        "select id, kind, case state when 'scheduled' then 'waiting' else state end as state, urgency, attempt, attempts,
           run_at, progress, progress_words, cancel_requested, error, created_at, finished_at
         from freehold.jobs where tenant_id = $2 and id = $1";

    /// Cancels a waiting job, or asks a running one to stop. Returns no row when the job has ended.
    fn job_cancel(id: JobId, forget_at: Timestamp; now, tenant) -> JobRecord =
        "update freehold.jobs set
           state = case state when 'running' then state else 'cancelled' end,
           cancel_requested = true,
           finished_at = case state when 'running' then null else $3 end,
           forget_at = case state when 'running' then null else $2 end
         where tenant_id = $4 and id = $1 and state in ('scheduled', 'waiting', 'running')
         returning id, kind, state, urgency, attempt, attempts,
           run_at, progress, progress_words, cancel_requested, error, created_at, finished_at";

    /// Replays a dead letter.
    fn job_replay(id: JobId; now, tenant) -> JobRecord =
        "update freehold.jobs set
           state = 'waiting', run_at = $2, attempt = 0, cancel_requested = false, progress = 0, progress_words = '',
           finished_at = null, forget_at = null
         where tenant_id = $3 and id = $1 and state = 'dead'
         returning id, kind, state, urgency, attempt, attempts,
           run_at, progress, progress_words, cancel_requested, error, created_at, finished_at";

    /// Replays the dead letters of a kind: of each key only the latest, and only when no other job has that key.
    fn jobs_replay(kind: &str; now, tenant) -> () =
        "update freehold.jobs as j set
           state = 'waiting', run_at = $2, attempt = 0, cancel_requested = false, progress = 0, progress_words = '',
           finished_at = null, forget_at = null
         from (
           select distinct on (coalesce(d.key, d.id::text)) d.id from (
             select id, key from freehold.jobs
             where tenant_id = $3 and state = 'dead' and kind = $1
             order by id limit 1000
           ) as d
           where d.key is null or not exists (
             select from freehold.jobs as o
             where o.tenant_id = $3 and o.kind = $1 and o.key = d.key
               and o.state in ('scheduled', 'waiting', 'running')
           )
           order by coalesce(d.key, d.id::text), d.id desc
         ) as dead
         where j.tenant_id = $3 and j.id = dead.id and j.state = 'dead'";
}
