//! What happens regularly, once over all workers.

mod store;

use std::time::Duration;

use freehold_core::{Ids, Result};
use freehold_db::Db;
use jiff::Timestamp;
use serde_json::json;

pub(crate) use store::STATEMENTS;

use crate::{JobKind, NewJob, job_enqueue_system};

/// A job that is nobody's in particular, enqueued at the beginning of each period. A period that passes while no worker
/// runs is made up for once, however many passed; while the job of the last period has not ended, there is no other.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    /// Names it for good: what is known of it is found by this.
    pub name: &'static str,
    /// The period's length, from a second. Periods are counted from 1970, so that a day begins at midnight UTC.
    pub every: Duration,
    /// The kind of job.
    pub kind: &'static JobKind,
}

impl Schedule {
    /// When the next period begins.
    pub fn next(&self, now: Timestamp) -> Timestamp {
        let every = i64::try_from(self.every.as_secs()).unwrap_or(i64::MAX).max(1);
        let begun = now.as_second() - now.as_second().rem_euclid(every);
        Timestamp::from_second(begun.saturating_add(every)).unwrap_or(Timestamp::MAX)
    }
}

/// Enqueues what is due. Any number of workers may ask at once.
pub(crate) async fn schedules_run(db: &Db, ids: &Ids, schedules: &[Schedule], now: Timestamp) -> Result<()> {
    if schedules.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = schedules.iter().map(|schedule| schedule.name.to_owned()).collect();
    let next: Vec<Timestamp> = schedules.iter().map(|schedule| schedule.next(now)).collect();
    let mut tx = db.system("begin what happens regularly").begin().await?;
    for (due,) in tx.fetch_all(store::schedules_due(names, next, now)).await? {
        for schedule in schedules.iter().filter(|schedule| schedule.name == due) {
            let job = NewJob::now(ids.next(), schedule.kind, json!({}), now);
            let job = NewJob { key: Some(due.clone()), ..job };
            job_enqueue_system(&mut tx, None, job, now).await?;
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
