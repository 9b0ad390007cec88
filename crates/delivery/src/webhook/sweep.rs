//! Deletes old events and deliveries every hour.

mod store;

use std::time::Duration;

use freehold_core::Result;
use freehold_db::Db;
use freehold_jobs::{Done, Handler, JobKind, Schedule, outbox};

pub use store::STATEMENTS;

/// Deletes events and deliveries older than 30 days, and the deliveries of deleted endpoints.
pub const SWEEP: JobKind =
    JobKind { at_once: Some(1), time_limit: Duration::from_mins(10), ..JobKind::named("webhooks.sweep") };

/// The sweep runs every hour.
pub const SCHEDULE: Schedule = Schedule { name: "webhooks.sweep", every: Duration::from_hours(1), kind: &SWEEP };

/// Most rows deleted by one statement.
const PORTION: i64 = 5_000;

/// The job handler of [`SWEEP`].
pub fn handler(db: Db) -> Handler {
    Handler::with(&SWEEP, db, |db, _| async move {
        sweep(&db).await?;
        Ok(Done::Done)
    })
}

/// Deletes old rows in small batches.
pub async fn sweep(db: &Db) -> Result<()> {
    let now = db.clock().now();
    outbox::event_forget_old(db).await?;
    let before = now - outbox::KEPT;
    while db.system("delete old deliveries").execute(store::deliveries_forget(before, PORTION)).await? > 0 {}
    while db.system("delete deliveries of deleted endpoints").execute(store::deliveries_sweep(PORTION)).await? > 0 {}
    db.system("delete rows of deleted endpoints").execute(store::endpoints_sweep()).await?;
    let woken = db.system("repair lanes that miss their work").execute(store::lanes_wake()).await?;
    if woken > 0 {
        tracing::warn!(woken, "webhooks had been forgotten; they go on now");
    }
    Ok(())
}
