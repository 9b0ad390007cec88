//! SQL of jobs of all tenants.

use freehold_core::TenantId;
use freehold_db::statements;
use uuid::Uuid;

use super::TenantJob;

statements! {
    /// A page of jobs.
    fn job_search(
        tenant: Option<TenantId>, state: Option<String>, kind: Option<String>, before: Uuid, rows: i64
    ) -> TenantJob =
        "select tenant_id, id, kind, case state when 'scheduled' then 'waiting' else state end as state, attempt, attempts,
           run_at, error, created_at, finished_at
         from freehold.jobs
         where ($1 is null or tenant_id = $1) and id < $4
           and ($2 is null or state = $2 or $2 = 'waiting' and state = 'scheduled') and ($3 is null or kind = $3)
         order by id desc limit $5";
}
