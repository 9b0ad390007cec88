//! Enqueueing: with the change or not at all, once for a key, and only below the limit.

use freehold_core::codes;
use freehold_jobs::{Enqueued, NewJob, QueueTerms, job_enqueue, job_enqueue_system, jobs_enqueue};
use jiff::SignedDuration;

use super::{KEPT, PLAIN, enqueue_as, new, nothing, quick, unfinished, until_empty, until_state, working};
use crate::harness::TestDatabase;

fn keyed(test: &TestDatabase, key: &str) -> NewJob {
    NewJob { key: Some(key.to_owned()), ..new(test, &KEPT) }
}

#[tokio::test]
async fn a_job_is_there_when_its_change_is_and_not_otherwise() {
    let test = TestDatabase::new().await;
    let caller = test.caller();
    let mut tx = test.db.tenant(&caller).begin().await.unwrap();
    let terms = QueueTerms::OPEN;
    job_enqueue(&mut tx, &terms, new(&test, &PLAIN)).await.unwrap();
    drop(tx);
    assert_eq!(unfinished(&test).await, 0);
}

#[tokio::test]
async fn of_a_key_there_is_one_until_it_has_ended() {
    let test = TestDatabase::new().await;
    let (caller, other) = (test.caller(), test.caller());
    let first = enqueue_as(&test, &caller, keyed(&test, "import")).await;
    assert!(matches!(first, Enqueued::New(_)));
    assert_eq!(enqueue_as(&test, &caller, keyed(&test, "import")).await, Enqueued::Already(first.id()));
    assert!(matches!(enqueue_as(&test, &caller, keyed(&test, "export")).await, Enqueued::New(_)));
    assert!(matches!(enqueue_as(&test, &other, keyed(&test, "import")).await, Enqueued::New(_)));
    let elsewhere = NewJob { key: Some("import".to_owned()), ..new(&test, &PLAIN) };
    assert!(matches!(enqueue_as(&test, &caller, elsewhere).await, Enqueued::New(_)), "another kind");

    let (kept, _) = nothing(&KEPT);
    let (plain, _) = nothing(&PLAIN);
    let worker = working(&test, test.db.clone(), vec![kept, plain], quick());
    until_state(&test, &caller, first.id(), "done").await;
    assert!(matches!(enqueue_as(&test, &caller, keyed(&test, "import")).await, Enqueued::New(_)));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_who_enqueue_one_key_at_the_same_moment_make_one_job() {
    let test = TestDatabase::new().await;
    let caller = test.caller();
    let jobs: Vec<NewJob> = (0..8).map(|_| keyed(&test, "import")).collect();
    let attempts = jobs.into_iter().map(|job| enqueue_as(&test, &caller, job));
    let enqueued = futures_util::future::join_all(attempts).await;
    let made = enqueued.iter().filter(|enqueued| matches!(enqueued, Enqueued::New(_))).count();
    assert_eq!((made, unfinished(&test).await), (1, 1), "{enqueued:?}");
    assert!(enqueued.windows(2).all(|pair| pair[0].id() == pair[1].id()));
}

#[tokio::test]
async fn the_same_job_enqueued_again_is_there_already() {
    let test = TestDatabase::new().await;
    let caller = test.caller();
    let job = new(&test, &PLAIN);
    assert_eq!(enqueue_as(&test, &caller, job.clone()).await, Enqueued::New(job.id));
    assert_eq!(enqueue_as(&test, &caller, job.clone()).await, Enqueued::Already(job.id));
}

#[tokio::test]
async fn a_queue_without_room_refuses_and_the_transaction_can_go_on() {
    let test = TestDatabase::new().await;
    let (caller, other) = (test.caller(), test.caller());
    let terms = QueueTerms { weight: 1, room: Some(3) };
    let now = test.clock.now();
    let mut tx = test.db.tenant(&caller).begin().await.unwrap();
    job_enqueue(&mut tx, &terms, new(&test, &PLAIN)).await.unwrap();
    let later = NewJob { run_at: now + SignedDuration::from_hours(1), ..new(&test, &PLAIN) };
    job_enqueue(&mut tx, &terms, later).await.unwrap();
    let two = vec![new(&test, &PLAIN), new(&test, &PLAIN)];
    let refused = jobs_enqueue(&mut tx, &terms, two).await.unwrap_err();
    assert!(refused.is(codes::QUEUE_FULL) && refused.retry_after().is_some(), "{refused:?}");
    assert_eq!(refused.code().status, 429);
    job_enqueue(&mut tx, &terms, new(&test, &PLAIN)).await.unwrap();
    assert!(job_enqueue(&mut tx, &terms, new(&test, &PLAIN)).await.is_err());
    tx.commit().await.unwrap();
    assert_eq!(unfinished(&test).await, 3);

    let mut tx = test.db.tenant(&other).begin().await.unwrap();
    job_enqueue(&mut tx, &terms, new(&test, &PLAIN)).await.unwrap();
    tx.commit().await.unwrap();

    let (plain, _) = nothing(&PLAIN);
    let worker = working(&test, test.db.clone(), vec![plain], quick());
    super::eventually("there is room again", async || unfinished(&test).await == 1).await;
    let mut tx = test.db.tenant(&caller).begin().await.unwrap();
    job_enqueue(&mut tx, &terms, new(&test, &PLAIN)).await.unwrap();
    drop(tx);
    worker.stop().await;
}

#[tokio::test]
async fn work_across_tenants_enqueues_for_a_tenant_or_for_none() {
    let test = TestDatabase::new().await;
    let caller = test.caller();
    let (handler, done) = super::counted(&PLAIN, |job| async move {
        assert_eq!(job.tenant.is_some(), job.payload["of"] == "tenant");
        Ok(freehold_jobs::Done::Done)
    });
    let mut tx = test.db.system("test").begin().await.unwrap();
    for (tenant, of) in [(Some(caller.tenant()), "tenant"), (None, "nobody")] {
        let job = NewJob { payload: serde_json::json!({ "of": of }), ..new(&test, &PLAIN) };
        job_enqueue_system(&mut tx, tenant, job).await.unwrap();
    }
    tx.commit().await.unwrap();
    let worker = working(&test, test.db.clone(), vec![handler], quick());
    until_empty(&test).await;
    assert_eq!(done.load(std::sync::atomic::Ordering::SeqCst), 2);
    worker.stop().await;
}
