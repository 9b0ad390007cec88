//! Schedules: jobs that run regularly, once for all workers.

mod store;

use std::time::Duration;

use freehold_core::Result;
use freehold_db::Db;
use jiff::Timestamp;
use serde_json::json;

pub(crate) use store::STATEMENTS;

use crate::{JobKind, NewJob, job_enqueue_system};

/// A job of the system that is enqueued at the start of each period. Periods that pass while no worker runs are made up
/// for by one job, however many they are. While the job of the last period has not ended, no other job is enqueued.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    /// The schedule's name, which never changes: its row in the database is found by it.
    pub name: &'static str,
    /// The length of a period, at least a second. Periods are counted from 1970, so that a day starts at midnight UTC.
    pub every: Duration,
    /// The kind of the job that is enqueued.
    pub kind: &'static JobKind,
}

impl Schedule {
    /// When the next period starts.
    pub fn next(&self, now: Timestamp) -> Timestamp {
        let every = i64::try_from(self.every.as_secs()).unwrap_or(i64::MAX).max(1);
        let begun = now.as_second() - now.as_second().rem_euclid(every);
        Timestamp::from_second(begun.saturating_add(every)).unwrap_or(Timestamp::MAX)
    }
}

/// Enqueues the jobs of all schedules that are due. Any number of workers may call this at once.
pub(crate) async fn schedules_run(db: &Db, schedules: &[Schedule]) -> Result<()> {
    if schedules.is_empty() {
        return Ok(());
    }
    let mut tx = db.system("start scheduled jobs").begin().await?;
    let now = tx.now();
    let names: Vec<String> = schedules.iter().map(|schedule| schedule.name.to_owned()).collect();
    let next: Vec<Timestamp> = schedules.iter().map(|schedule| schedule.next(now)).collect();
    for (due,) in tx.fetch_all(store::schedules_due(names, next)).await? {
        for schedule in schedules.iter().filter(|schedule| schedule.name == due) {
            let job = NewJob::now(tx.id(), schedule.kind, json!({}), now);
            let job = NewJob { key: Some(due.clone()), ..job };
            job_enqueue_system(&mut tx, None, job).await?;
        }
    }
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: JobKind = JobKind::named("test");

    #[test]
    fn periods_are_counted_from_1970() {
        let schedule = |every| Schedule { name: "test", every, kind: &KIND };
        let now: Timestamp = "2026-03-15T12:34:56.5Z".parse().unwrap();
        for (every, next) in [
            (Duration::from_mins(10), "2026-03-15T12:40:00Z"),
            (Duration::from_hours(24), "2026-03-16T00:00:00Z"),
            (Duration::from_secs(1), "2026-03-15T12:34:57Z"),
            (Duration::ZERO, "2026-03-15T12:34:57Z"),
        ] {
            assert_eq!(schedule(every).next(now).to_string(), next);
        }
        let on_time: Timestamp = "2026-03-15T12:40:00Z".parse().unwrap();
        assert_eq!(schedule(Duration::from_mins(10)).next(on_time).to_string(), "2026-03-15T12:50:00Z");
    }
}
