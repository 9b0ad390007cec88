//! The jobs of all tenants, for operators.

mod store;

use freehold_core::{Page, PageRequest, Result, TenantId};
use freehold_db::{Db, row};
use jiff::Timestamp;

pub(crate) use store::STATEMENTS;

use crate::JobId;

row! {
    /// A job of any tenant.
    #[derive(Clone, Debug)]
    pub struct TenantJob {
        /// The tenant of the job; the nil id for the server's own work.
        pub tenant_id: TenantId,
        /// The job's id.
        pub id: JobId,
        /// The name of the job's kind.
        pub kind: String,
        /// `waiting`, `running`, `done`, `cancelled` or `dead`.
        pub state: String,
        /// How many attempts have started.
        pub attempt: i16,
        /// Most attempts.
        pub attempts: i16,
        /// The earliest time of the next attempt, UTC.
        pub run_at: Timestamp,
        /// Why the last attempt failed; none: it did not fail.
        pub error: Option<String>,
        /// When the job was enqueued, UTC.
        pub created_at: Timestamp,
        /// When the job ended, UTC; none: it has not ended.
        pub finished_at: Option<Timestamp>,
    }
}

/// Which jobs to look for. None selects all.
#[derive(Clone, Debug, Default)]
pub struct JobSearch {
    /// Only jobs of this tenant; none: of all tenants.
    pub tenant: Option<TenantId>,
    /// Only jobs in this state; none: in all states.
    pub state: Option<String>,
    /// Only jobs of this kind; none: of all kinds.
    pub kind: Option<String>,
}

/// A page of the jobs that match, the newest first.
pub async fn job_search(db: &Db, wanted: JobSearch, page: PageRequest) -> Result<Page<TenantJob>> {
    let JobSearch { tenant, state, kind } = wanted;
    let search = store::job_search(tenant, state, kind, page.before(), page.rows());
    let rows = db.system("list jobs for an operator").fetch_all(search).await?;
    Ok(page.page(rows, |job| job.id))
}
