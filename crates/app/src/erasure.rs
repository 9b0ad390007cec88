//! Deletes organizations and users whose grace period is over, with everything that is theirs.
//!
//! A job runs every minute, and each of its steps may end anywhere: the next run repeats it. An organization goes in
//! this order:
//!
//! ```text
//! begin      one transaction: nothing cancels it any more, and its members and keys no longer find it
//! hooks      of all modules: objects, the customer at Stripe, mails
//! purge      the tables of the tenant plane, in batches, those first that refer to others
//! remove     one transaction: mails to the owners, the organization with all rows that refer to it
//! complete   a quarter of an hour later: hooks and purge once more, for what requests wrote that began before
//! ```
//!
//! A user is deleted in one transaction; the organizations that have no other member follow.

mod account;
mod organization;

use std::time::Duration;

use freehold_core::Result;
use freehold_db::SystemTx;
use freehold_jobs::{Done, Handler, JobKind, NewJob, Schedule, job_enqueue_system};
use freehold_privacy::erasure::{tenant_deletions_due, user_deletions_due};
use serde_json::json;

pub use account::{account_deletion_cancel, account_deletion_get, account_deletion_request};
pub use organization::{
    erasures_complete, organization_deletion_cancel, organization_deletion_get, organization_deletion_request,
};

use crate::App;

const ERASE: JobKind = JobKind { time_limit: Duration::from_hours(1), ..JobKind::maintenance("app.erase") };

pub(crate) const SCHEDULE: Schedule = Schedule { name: ERASE.name, every: Duration::from_mins(1), kind: &ERASE };

pub(crate) fn handler(app: &App) -> Handler {
    Handler::with(&ERASE, app.clone(), |app, _| async move { erasures_run(&app).await.map(|_| Done::Done) })
}

/// What a run deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Number of users.
    pub users: u64,
    /// Number of organizations.
    pub organizations: u64,
    /// Number of organizations of which nothing was found any more, some time after they were deleted.
    pub completed: u64,
}

/// Deletes every user and organization whose grace period is over, and completes earlier erasures. One that fails does
/// not keep the others from it.
///
/// # Errors
/// The first error, after the others.
pub async fn erasures_run(app: &App) -> Result<Erased> {
    let mut failed = organization::archived_request(app).await.err();
    let mut erased = Erased::default();
    for user in user_deletions_due(&app.db).await? {
        match account::account_erase(app, user).await {
            Ok(done) => erased.users += u64::from(done),
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    for tenant in tenant_deletions_due(&app.db).await? {
        match organization::organization_erase(app, tenant).await {
            Ok(done) => erased.organizations += u64::from(done),
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    match erasures_complete(app).await {
        Ok(completed) => erased.completed = completed,
        Err(error) => failed = failed.or(Some(error)),
    }
    failed.map_or(Ok(erased), Err)
}

/// Starts a run when this transaction is committed, where there is no grace period.
async fn run_soon(tx: &mut SystemTx) -> Result<()> {
    let job = NewJob::now(tx.id(), &ERASE, json!({}), tx.now());
    let job = NewJob { key: Some(SCHEDULE.name.to_owned()), ..job };
    job_enqueue_system(tx, None, job).await.map(drop)
}
