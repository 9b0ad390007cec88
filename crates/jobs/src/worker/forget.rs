//! Deleting jobs that ended long ago.

use std::time::Duration;

use freehold_db::Db;

use super::store;
use crate::{Done, Handler, JobKind, Schedule};

/// The kind of job that deletes old jobs.
pub const FORGET: JobKind =
    JobKind { at_once: Some(1), time_limit: Duration::from_mins(5), ..JobKind::named("jobs.forget") };

/// The schedule of [`FORGET`].
pub const FORGETTING: Schedule = Schedule { name: "jobs.forget", every: Duration::from_mins(1), kind: &FORGET };

/// The handler of [`FORGET`].
pub fn forget_handler(db: Db) -> Handler {
    Handler::with(&FORGET, db, |db, _| async move {
        while db.system("delete old jobs").execute(store::jobs_forget()).await? > 0 {}
        Ok(Done::Done)
    })
}
