//! A database whose connections break repeatedly.

use freehold_jobs::{Backoff, Done, Handler, JobKind, WorkerSettings};
use jiff::SignedDuration;
use std::time::Duration;

use super::{effect::note_insert, enqueue_many, quick, unfinished, working};
use crate::harness::{TestDatabase, eventually};

const AT_ONCE: Backoff = Backoff { first: Duration::ZERO, factor: 1, most: Duration::ZERO };
const NOTED: JobKind = JobKind { attempts: 100, backoff: AT_ONCE, ..JobKind::named("it.noted_in_a_storm") };

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_connections_lose_nothing_and_do_nothing_twice() {
    let test = TestDatabase::new().await;
    let caller = test.caller();
    enqueue_many(&test, &caller, &NOTED, 1, 500).await;
    let (db, who) = (test.db.clone(), caller.clone());
    let handler = Handler::new(&NOTED, move |job| {
        let (db, who) = (db.clone(), who.clone());
        async move {
            let mut tx = db.tenant(&who).begin().await?;
            tx.execute(note_insert(who.tenant(), &job.id.to_string())).await?;
            job.finish(&mut tx).await?;
            tx.commit().await?;
            Ok(Done::Done)
        }
    });
    let own = test.pool(8);
    let worker = working(&test, own, vec![handler], WorkerSettings { slots: 4, ..quick() });
    let admin = test.admin().await;
    let count = async |query: &str| admin.query_one(query, &[]).await.unwrap().get::<_, i64>(0);
    let kill = "select count(pg_terminate_backend(pid)) from pg_stat_activity
        where datname = current_database() and usename = 'freehold_server' and random() < 0.5";
    let mut killed = 0;
    eventually("everything is done", async || {
        if killed < 100 {
            killed += count(kill).await;
        }
        test.clock.advance(SignedDuration::from_secs(1));
        unfinished(&test).await == 0
    })
    .await;
    println!("{killed} connections were broken");
    assert!(killed > 20);
    assert_eq!(count("select count(*) from it.notes").await, 500);
    assert_eq!(count("select count(*) from freehold.jobs").await, 0, "dead letters");
    worker.stop().await;
}
