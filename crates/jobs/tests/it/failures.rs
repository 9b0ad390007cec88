//! Attempts that fail: how often, how long they wait, and what happens after the last.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use freehold_core::{Error, codes};
use freehold_jobs::{Backoff, Done, JobKind, job_replay, jobs_replay};
use jiff::SignedDuration;

use super::{counted, enqueue, enqueue_many, get, quick, unfinished, until_count, until_state, working};
use crate::harness::{TestDatabase, eventually};

const BACKOFF: Backoff = Backoff { first: Duration::from_secs(10), factor: 3, most: Duration::from_mins(1) };
const FAILING: JobKind = JobKind { attempts: 4, backoff: BACKOFF, ..JobKind::named("it.failing") };
const HASTY: JobKind = JobKind { attempts: 1, time_limit: Duration::from_millis(50), ..JobKind::named("it.hasty") };
const AGAIN: JobKind = JobKind { attempts: 1, ..JobKind::named("it.again") };

fn failure() -> Error {
    Error::new(codes::CONFLICT, "The other side said no.").caused_by("a secret of the other side")
}

#[tokio::test]
async fn a_failed_attempt_waits_by_chance_and_ever_longer_and_the_last_makes_a_dead_letter() {
    let test = TestDatabase::new().await;
    let caller = test.caller();
    let (handler, tried) = counted(&FAILING, |_| async { Err(failure()) });
    let worker = working(&test, test.db.clone(), vec![handler], quick());
    let id = enqueue(&test, &caller, &FAILING).await;
    for (attempt, longest) in [(1, 10), (2, 30), (3, 60)] {
        until_count("the next attempt", &tried, usize::try_from(attempt).unwrap()).await;
        let job = until_state(&test, &caller, id, "waiting").await;
        let wait = job.run_at.duration_since(test.clock.now());
        assert!((0..=longest).contains(&wait.as_secs()), "attempt {attempt} waits {wait:?}");
        assert_eq!((job.attempt, job.error.as_deref()), (attempt, Some("The other side said no.")));
        test.clock.advance(SignedDuration::from_secs(longest));
    }
    let job = until_state(&test, &caller, id, "dead").await;
    assert_eq!((job.attempt, job.attempts, job.error.as_deref()), (4, 4, Some("The other side said no.")));
    assert_eq!(job.finished_at, Some(test.clock.now()));
    assert_eq!(tried.load(Ordering::SeqCst), 4);
    worker.stop().await;
}

#[tokio::test]
async fn what_failed_together_does_not_come_back_together() {
    let test = TestDatabase::new().await;
    let (handler, tried) = counted(&FAILING, |_| async { Err(failure()) });
    let worker = working(&test, test.db.clone(), vec![handler], quick());
    enqueue_many(&test, &test.caller(), &FAILING, 1, 200).await;
    until_count("everything failed once", &tried, 200).await;
    worker.stop().await;
    let spread = "select count(*) filter (where run_at < $1::timestamptz + interval '2 seconds'),
        count(*) filter (where run_at > $1::timestamptz + interval '8 seconds'), count(distinct run_at)
        from freehold.jobs where state = 'scheduled'";
    let row = test.admin().await.query_one(spread, &[&test.clock.now()]).await.unwrap();
    let (soon, late, different): (i64, i64, i64) = (row.get(0), row.get(1), row.get(2));
    assert!((20..70).contains(&soon) && (20..70).contains(&late) && different > 150, "{soon} {late} {different}");
}

#[tokio::test]
async fn an_attempt_that_takes_too_long_is_dropped_and_has_failed() {
    static DROPPED: AtomicBool = AtomicBool::new(false);
    struct Guard;
    impl Drop for Guard {
        fn drop(&mut self) {
            DROPPED.store(true, Ordering::SeqCst);
        }
    }
    let test = TestDatabase::new().await;
    let caller = test.caller();
    let (handler, _) = counted(&HASTY, |_| async {
        let _guard = Guard;
        std::future::pending().await
    });
    let worker = working(&test, test.db.clone(), vec![handler], quick());
    let id = enqueue(&test, &caller, &HASTY).await;
    let job = until_state(&test, &caller, id, "dead").await;
    assert_eq!(job.error.as_deref(), Some("The attempt took longer than 0.05 s."));
    assert!(DROPPED.load(Ordering::SeqCst));
    worker.stop().await;
}

#[tokio::test]
async fn a_panic_is_a_failed_attempt_and_not_a_dead_worker() {
    const PANICKING: JobKind = JobKind { attempts: 1, ..JobKind::named("it.panicking") };
    const LATE: JobKind = JobKind { attempts: 1, ..JobKind::named("it.panicking_late") };
    let test = TestDatabase::new().await;
    let caller = test.caller();
    let (early, _) = counted(&PANICKING, |job| {
        assert_ne!(job.payload, job.payload, "before the first wait");
        async { Ok(Done::Done) }
    });
    let (late, _) = counted(&LATE, |_| async {
        tokio::task::yield_now().await;
        panic!("after the first wait, with a secret");
    });
    let (plain, done) = super::nothing(&super::PLAIN);
    let worker = working(&test, test.db.clone(), vec![early, late, plain], quick());
    for kind in [&PANICKING, &LATE] {
        let id = enqueue(&test, &caller, kind).await;
        let error = until_state(&test, &caller, id, "dead").await.error.unwrap();
        assert!(error.starts_with("An internal error occurred."), "{error}");
    }
    enqueue(&test, &caller, &super::PLAIN).await;
    until_count("the worker goes on", &done, 1).await;
    worker.stop().await;
}

#[tokio::test]
async fn giving_up_makes_a_dead_letter_at_once() {
    let test = TestDatabase::new().await;
    let caller = test.caller();
    let (handler, tried) = counted(&FAILING, |_| async { Ok(Done::GiveUp(failure())) });
    let worker = working(&test, test.db.clone(), vec![handler], quick());
    let id = enqueue(&test, &caller, &FAILING).await;
    assert_eq!(until_state(&test, &caller, id, "dead").await.attempt, 1);
    assert_eq!(tried.load(Ordering::SeqCst), 1);
    worker.stop().await;
}

/// Postgres stores JSON that is nested deeper than the parser accepts; such a job must not block others.
#[tokio::test]
async fn a_payload_that_cannot_be_read_is_a_dead_letter_and_blocks_no_other_job() {
    let test = TestDatabase::new().await;
    let caller = test.caller();
    let id = enqueue(&test, &caller, &FAILING).await;
    let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
    let change = "update freehold.jobs set payload = $1::text::json where id = $2";
    test.admin().await.execute(change, &[&deep, &id.uuid()]).await.unwrap();
    let (failing, tried) = super::nothing(&FAILING);
    let (plain, done) = super::nothing(&super::PLAIN);
    enqueue(&test, &caller, &super::PLAIN).await;
    let worker = working(&test, test.db.clone(), vec![failing, plain], quick());
    until_state(&test, &caller, id, "dead").await;
    until_count("the other is done", &done, 1).await;
    assert_eq!(tried.load(Ordering::SeqCst), 0);
    worker.stop().await;
}

#[tokio::test]
async fn running_once_more_is_no_attempt() {
    let test = TestDatabase::new().await;
    let caller = test.caller();
    let clock = test.clock.clone();
    let (handler, tried) = counted(&AGAIN, move |_| {
        let then = clock.now() + SignedDuration::from_secs(5);
        async move { Ok(Done::Again(then)) }
    });
    let worker = working(&test, test.db.clone(), vec![handler], quick());
    let id = enqueue(&test, &caller, &AGAIN).await;
    for times in 1..=3 {
        until_count("it was run", &tried, times).await;
        let job = until_state(&test, &caller, id, "waiting").await;
        assert_eq!((job.attempt, job.error), (0, None));
        assert_eq!(job.run_at, test.clock.now() + SignedDuration::from_secs(5));
        test.clock.advance(SignedDuration::from_secs(5));
    }
    worker.stop().await;
}

#[tokio::test]
async fn dead_letters_are_replayed_one_or_all_of_a_kind() {
    let test = TestDatabase::new().await;
    let (caller, other) = (test.caller(), test.caller());
    let mended = std::sync::Arc::new(AtomicBool::new(false));
    let works = std::sync::Arc::clone(&mended);
    let (handler, tried) = counted(&HASTY, move |_| {
        let works = works.load(Ordering::SeqCst);
        async move { if works { Ok(Done::Done) } else { Err(failure()) } }
    });
    let worker = working(&test, test.db.clone(), vec![handler], quick());
    let id = enqueue(&test, &caller, &HASTY).await;
    enqueue_many(&test, &caller, &HASTY, 1, 9).await;
    enqueue(&test, &other, &HASTY).await;
    eventually("all are dead", async || unfinished(&test).await == 0).await;
    mended.store(true, Ordering::SeqCst);

    let mut tx = test.db.tenant(&caller).begin().await.unwrap();
    let replayed = job_replay(&mut tx, id).await.unwrap();
    assert_eq!((replayed.state.as_str(), replayed.attempt), ("waiting", 0));
    tx.commit().await.unwrap();
    eventually("it is done and gone", async || {
        freehold_jobs::job_get(&test.db, &caller, id).await.is_err_and(|error| error.is(codes::NOT_FOUND))
    })
    .await;
    let mut tx = test.db.tenant(&caller).begin().await.unwrap();
    assert_eq!(jobs_replay(&mut tx, HASTY.name).await.unwrap(), 9);
    tx.commit().await.unwrap();
    until_count("the others, too", &tried, 21).await;
    eventually("only the other tenant's is left", async || {
        let left = test.admin().await.query_one("select count(*) from freehold.jobs", &[]).await.unwrap();
        left.get::<_, i64>(0) == 1
    })
    .await;
    worker.stop().await;
}

#[tokio::test]
async fn what_ended_can_be_looked_at_for_a_while_and_is_forgotten_then() {
    let test = TestDatabase::new().await;
    let caller = test.caller();
    let (kept, _) = super::nothing(&super::KEPT);
    let forget = freehold_jobs::forget_handler(test.db.clone());
    let schedules = vec![freehold_jobs::FORGETTING];
    let worker = super::scheduled(&test, test.db.clone(), vec![kept, forget], schedules, quick());
    let id = enqueue(&test, &caller, &super::KEPT).await;
    let job = until_state(&test, &caller, id, "done").await;
    assert_eq!((job.progress, job.finished_at), (100, Some(test.clock.now())));
    test.clock.advance(SignedDuration::from_mins(59));
    assert_eq!(get(&test, &caller, id).await.state, "done");
    test.clock.advance(SignedDuration::from_mins(2));
    eventually("it is forgotten", async || freehold_jobs::job_get(&test.db, &caller, id).await.is_err()).await;
    worker.stop().await;
}
