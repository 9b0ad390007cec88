//! Scheduled jobs run once, however many workers there are.

use std::{sync::atomic::Ordering, time::Duration};

use freehold_jobs::{JobKind, Schedule};
use jiff::SignedDuration;

use super::{nothing, quick, scheduled, until_count, until_empty};
use crate::harness::{TestDatabase, app::TestApp, eventually};

const SWEEP: JobKind = JobKind::named("it.sweep");
const HOURLY: Schedule = Schedule { name: "it.hourly", every: Duration::from_hours(1), kind: &SWEEP };

async fn next(test: &TestDatabase) -> Option<jiff::Timestamp> {
    let query = "select next_at from freehold.schedules where name = 'it.hourly'";
    test.admin().await.query_opt(query, &[]).await.unwrap().map(|row| row.get(0))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_workers_run_each_period_once_and_missed_ones_once_altogether() {
    let test = TestDatabase::new().await;
    let (handler, run) = nothing(&SWEEP);
    let worker = || {
        let db = test.pool(4);
        scheduled(&test, db, vec![handler.clone()], vec![HOURLY], quick())
    };
    let (first, second) = (worker(), worker());
    // It is noon, so the first new period begins at one o'clock.
    eventually("they know it", async || next(&test).await.is_some()).await;
    assert_eq!(run.load(Ordering::SeqCst), 0);
    for times in 1..=3 {
        test.clock.advance(SignedDuration::from_hours(1));
        until_count("the next period", &run, times).await;
        // A job that is not settled yet stands for the next period too.
        until_empty(&test).await;
    }
    first.stop().await;
    second.stop().await;
    assert_eq!(run.load(Ordering::SeqCst), 3);

    test.clock.advance(SignedDuration::from_hours(10) + SignedDuration::from_mins(30));
    let third = worker();
    until_count("what was missed", &run, 4).await;
    let two_o_clock_at_night = Some("2026-03-16T02:00:00Z".parse().unwrap());
    assert_eq!(next(&test).await, two_o_clock_at_night);
    until_empty(&test).await;
    third.stop().await;
    assert_eq!(run.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn every_kind_and_every_schedule_of_the_house_has_a_name_of_its_own() {
    let app = TestApp::new().await;
    let mut names: Vec<&str> =
        freehold_compose::schedules(&app.backbone).iter().map(|schedule| schedule.name).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    // A schedule whose job has no handler would be left out.
    let declared: usize = app.backbone.modules.iter().map(|module| module.schedules.len()).sum();
    assert_eq!(count, declared);
}
