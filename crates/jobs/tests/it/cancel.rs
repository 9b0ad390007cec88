//! Cancelling jobs, and reporting progress.

use std::sync::Arc;

use freehold_core::{Caller, codes};
use freehold_jobs::{Done, JobId, JobRecord, job_cancel};
use tokio::sync::Notify;

use super::{KEPT, counted, enqueue, get, nothing, quick, until_count, until_state, working};
use crate::harness::{TestDatabase, eventually};

async fn cancel(test: &TestDatabase, caller: &Caller, id: JobId) -> freehold_core::Result<JobRecord> {
    let mut tx = test.db.tenant(caller).begin().await.unwrap();
    let job = job_cancel(&mut tx, id).await?;
    tx.commit().await.unwrap();
    Ok(job)
}

#[tokio::test]
async fn a_job_that_waits_is_cancelled_at_once() {
    let test = TestDatabase::new().await;
    let (caller, stranger) = (test.caller(), test.caller());
    let id = enqueue(&test, &caller, &KEPT).await;
    assert!(cancel(&test, &stranger, id).await.unwrap_err().is(codes::NOT_FOUND));
    let job = cancel(&test, &caller, id).await.unwrap();
    assert_eq!((job.state.as_str(), job.finished_at), ("cancelled", Some(test.clock.now())));
    assert_eq!(cancel(&test, &caller, id).await.unwrap(), job, "twice");
    let (handler, done) = nothing(&KEPT);
    let worker = working(&test, test.db.clone(), vec![handler], quick());
    let after = enqueue(&test, &caller, &KEPT).await;
    until_state(&test, &caller, after, "done").await;
    assert_eq!(done.load(std::sync::atomic::Ordering::SeqCst), 1, "a cancelled job was run");
    assert!(cancel(&test, &caller, after).await.unwrap_err().is(codes::CONFLICT));
    worker.stop().await;
}

#[tokio::test]
async fn a_job_that_runs_is_stopped() {
    let test = TestDatabase::new().await;
    let caller = test.caller();
    let gone = Arc::new(Notify::new());
    let tell = Arc::clone(&gone);
    let (handler, begun) = counted(&KEPT, move |_| {
        struct Tell(Arc<Notify>);
        impl Drop for Tell {
            fn drop(&mut self) {
                self.0.notify_one();
            }
        }
        let guard = Tell(Arc::clone(&tell));
        async move {
            let _guard = guard;
            std::future::pending::<freehold_core::Result<Done>>().await
        }
    });
    let worker = working(&test, test.db.clone(), vec![handler], quick());
    let id = enqueue(&test, &caller, &KEPT).await;
    until_count("it runs", &begun, 1).await;
    let job = cancel(&test, &caller, id).await.unwrap();
    assert_eq!((job.state.as_str(), job.cancel_requested), ("running", true));
    gone.notified().await;
    assert_eq!(until_state(&test, &caller, id, "cancelled").await.finished_at, Some(test.clock.now()));
    worker.stop().await;
}

/// A worker notices the cancellation only when it next extends its lease; the attempt may fail before.
#[tokio::test]
async fn a_cancelled_job_whose_attempt_fails_is_not_tried_again() {
    let test = TestDatabase::new().await;
    let caller = test.caller();
    let go = Arc::new(Notify::new());
    let wait = Arc::clone(&go);
    let (handler, begun) = counted(&KEPT, move |_| {
        let wait = Arc::clone(&wait);
        async move {
            wait.notified().await;
            Err(freehold_core::Error::internal("it failed"))
        }
    });
    let deaf = freehold_jobs::WorkerSettings { beat: std::time::Duration::from_hours(1), ..quick() };
    let worker = working(&test, test.db.clone(), vec![handler], deaf);
    let id = enqueue(&test, &caller, &KEPT).await;
    until_count("it runs", &begun, 1).await;
    cancel(&test, &caller, id).await.unwrap();
    go.notify_one();
    until_state(&test, &caller, id, "cancelled").await;
    worker.stop().await;
}

#[tokio::test]
async fn a_handler_says_how_far_it_is() {
    let test = TestDatabase::new().await;
    let caller = test.caller();
    let go = Arc::new(Notify::new());
    let wait = Arc::clone(&go);
    let (handler, _) = counted(&KEPT, move |job| {
        let wait = Arc::clone(&wait);
        async move {
            job.progress(40, "reading row 400 of 1,000").await?;
            wait.notified().await;
            Ok(Done::Done)
        }
    });
    let worker = working(&test, test.db.clone(), vec![handler], quick());
    let id = enqueue(&test, &caller, &KEPT).await;
    eventually("it says so", async || get(&test, &caller, id).await.progress == 40).await;
    let job = get(&test, &caller, id).await;
    assert_eq!((job.state.as_str(), job.progress_words.as_str()), ("running", "reading row 400 of 1,000"));
    go.notify_one();
    assert_eq!(until_state(&test, &caller, id, "done").await.progress, 100);
    worker.stop().await;
}
