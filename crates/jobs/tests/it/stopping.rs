//! Graceful shutdown.

use std::{sync::Arc, time::Duration};

use freehold_jobs::{Done, WorkerSettings};
use tokio::sync::Notify;

use super::{KEPT, counted, enqueue, enqueue_many, get, nothing, quick, until_count, working};
use crate::harness::{CEILING, TestDatabase};

#[tokio::test]
async fn jobs_under_way_may_end_and_nothing_new_is_begun() {
    let test = TestDatabase::new().await;
    let caller = test.caller();
    let go = Arc::new(Notify::new());
    let wait = Arc::clone(&go);
    let (handler, begun) = counted(&KEPT, move |_| {
        let wait = Arc::clone(&wait);
        async move {
            wait.notified().await;
            Ok(Done::Done)
        }
    });
    let worker = working(&test, test.db.clone(), vec![handler], WorkerSettings { slots: 1, ..quick() });
    let first = enqueue(&test, &caller, &KEPT).await;
    until_count("it runs", &begun, 1).await;
    let second = enqueue(&test, &caller, &KEPT).await;
    worker.stop.send_replace(true);
    go.notify_one();
    worker.stop().await;
    assert_eq!(get(&test, &caller, first).await.state, "done");
    assert_eq!(get(&test, &caller, second).await.state, "waiting");
}

#[tokio::test]
async fn what_does_not_end_in_time_goes_back_without_an_attempt() {
    let test = TestDatabase::new().await;
    let caller = test.caller();
    let (handler, begun) = counted(&KEPT, |_| std::future::pending());
    let hurried = WorkerSettings { drain: Duration::from_millis(50), ..quick() };
    let worker = working(&test, test.db.clone(), vec![handler], hurried);
    enqueue_many(&test, &caller, &KEPT, 1, 5).await;
    let id = enqueue(&test, &caller, &KEPT).await;
    until_count("all run", &begun, 6).await;
    worker.stop().await;
    let job = get(&test, &caller, id).await;
    assert_eq!((job.state.as_str(), job.attempt), ("waiting", 0));
    let left = "select (select count(*) from freehold.jobs where state = 'waiting' and attempt = 0 and worker is null),
        (select count(*) from freehold.workers)";
    let row = test.admin().await.query_one(left, &[]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (6, 0));

    let (handler, done) = nothing(&KEPT);
    let next = working(&test, test.db.clone(), vec![handler], quick());
    until_count("another goes on at once", &done, 6).await;
    next.stop().await;
}

#[tokio::test]
async fn a_worker_without_a_database_can_be_stopped() {
    let test = TestDatabase::new().await;
    let nowhere = crate::harness::settings("postgres://nobody@127.0.0.1:1/nothing".to_owned(), 2);
    let (handler, _) = nothing(&KEPT);
    let worker = working(&test, freehold_db::Db::new(&nowhere, test.ids.clone()).unwrap(), vec![handler], quick());
    tokio::time::timeout(CEILING, worker.stop()).await.unwrap();
}
