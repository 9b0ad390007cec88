//! Workers that die, or freeze and return: no job is lost, and an effect that is committed together with the end of its
//! job happens once.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use freehold_core::codes;
use freehold_db::Db;
use freehold_jobs::{Done, Handler, Job, JobKind, WorkerSettings};
use jiff::SignedDuration;
use tokio::sync::{Notify, mpsc};

use super::{
    KEPT, LEASE, Working, counted, effect::note_insert, enqueue, enqueue_many, nothing, quick, until_count,
    until_empty, until_state, working,
};
use crate::harness::{TestDatabase, eventually};

const ONCE: JobKind = JobKind { attempts: 1, ..JobKind::named("it.once") };
const NOTED: JobKind = JobKind::named("it.noted");

fn pass_the_lease(test: &TestDatabase) {
    test.clock.advance(SignedDuration::try_from(LEASE).unwrap());
}

/// Drops a worker, and waits until its statements in the database have ended: it may have been claiming.
async fn gone(test: &TestDatabase, worker: Working) {
    drop(worker);
    eventually("its last words were heard", async || {
        let query = "select count(*) from pg_stat_activity
            where datname = current_database() and state <> 'idle' and pid <> pg_backend_pid()";
        test.admin().await.query_one(query, &[]).await.unwrap().get::<_, i64>(0) == 0
    })
    .await;
}

/// Never ends.
fn stuck(kind: &'static JobKind) -> (Handler, Arc<std::sync::atomic::AtomicUsize>) {
    counted(kind, |_| std::future::pending())
}

#[tokio::test]
async fn what_a_dead_worker_was_doing_is_done_by_another() {
    let test = TestDatabase::new().await;
    let caller = test.caller();
    let (handler, begun) = stuck(&KEPT);
    let dying = working(&test, test.db.clone(), vec![handler], quick());
    let id = enqueue(&test, &caller, &KEPT).await;
    until_count("it runs", &begun, 1).await;
    gone(&test, dying).await;

    let (handler, done) = nothing(&KEPT);
    let heir = working(&test, test.db.clone(), vec![handler], quick());
    let other = enqueue(&test, &caller, &KEPT).await;
    until_state(&test, &caller, other, "done").await;
    assert_eq!(done.load(Ordering::SeqCst), 1, "taken over before the lease has passed");
    pass_the_lease(&test);
    assert_eq!(until_state(&test, &caller, id, "done").await.attempt, 2);
    heir.stop().await;
}

#[tokio::test]
async fn a_job_that_ends_its_worker_ends_as_a_dead_letter() {
    let test = TestDatabase::new().await;
    let caller = test.caller();
    let (handler, begun) = stuck(&ONCE);
    let dying = working(&test, test.db.clone(), vec![handler], quick());
    let id = enqueue(&test, &caller, &ONCE).await;
    until_count("it runs", &begun, 1).await;
    drop(dying);
    let (handler, done) = nothing(&ONCE);
    let heir = working(&test, test.db.clone(), vec![handler], quick());
    eventually("it is there", async || worker_count(&test).await == 2).await;
    pass_the_lease(&test);
    let job = until_state(&test, &caller, id, "dead").await;
    assert_eq!(job.error.as_deref(), Some("The worker that did it was lost."));
    assert_eq!(done.load(Ordering::SeqCst), 0);
    heir.stop().await;
}

async fn worker_count(test: &TestDatabase) -> i64 {
    test.admin().await.query_one("select count(*) from freehold.workers", &[]).await.unwrap().get(0)
}

/// Inserts a note and ends its job, both in one transaction, when it gets the signal.
fn noting(db: Db, caller: freehold_core::Caller, said: mpsc::UnboundedSender<i16>, go: Option<Arc<Notify>>) -> Handler {
    let work = async move |job: Job, db: Db, caller: freehold_core::Caller, go: Option<Arc<Notify>>| {
        let mut tx = db.tenant(&caller).begin().await?;
        tx.execute(note_insert(caller.tenant(), &format!("attempt {}", job.attempt))).await?;
        if let Some(go) = go {
            go.notified().await;
        }
        job.finish(&mut tx).await?;
        tx.commit().await?;
        Ok(Done::Done)
    };
    Handler::new(&NOTED, move |job| {
        let _ = said.send(job.attempt);
        work(job, db.clone(), caller.clone(), go.clone())
    })
}

#[tokio::test]
async fn a_worker_that_was_frozen_cannot_end_what_another_has_taken_over() {
    let test = TestDatabase::new().await;
    let caller = test.caller();
    let (said, mut heard) = mpsc::unbounded_channel();
    let go = Arc::new(Notify::new());
    // It extends its lease once, and does not notice that it was taken for dead.
    let deaf = WorkerSettings { beat: Duration::from_hours(1), ..quick() };
    let handler = noting(test.db.clone(), caller.clone(), said.clone(), Some(Arc::clone(&go)));
    let frozen = working(&test, test.db.clone(), vec![handler], deaf);
    enqueue(&test, &caller, &NOTED).await;
    assert_eq!(heard.recv().await, Some(1));

    let handler = noting(test.db.clone(), caller.clone(), said, None);
    let heir = working(&test, test.db.clone(), vec![handler], quick());
    eventually("it is there", async || worker_count(&test).await == 2).await;
    pass_the_lease(&test);
    assert_eq!(heard.recv().await, Some(2));
    until_empty(&test).await;
    // Now the frozen one continues: it has written its note, and is about to end the job.
    go.notify_one();
    eventually("it has given up", async || {
        test.db.connections().0 > 0 && notes(&test).await == ["attempt 2"] && idle(&test).await
    })
    .await;
    frozen.stop().await;
    heir.stop().await;
    assert_eq!(notes(&test).await, ["attempt 2"]);
}

async fn notes(test: &TestDatabase) -> Vec<String> {
    let rows = test.admin().await.query("select body from it.notes order by body", &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// Whether no transaction is open.
async fn idle(test: &TestDatabase) -> bool {
    let query = "select count(*) from pg_stat_activity
        where datname = current_database() and state like 'idle in transaction%'";
    test.admin().await.query_one(query, &[]).await.unwrap().get::<_, i64>(0) == 0
}

#[tokio::test]
async fn a_worker_that_was_taken_for_dead_hears_it_stops_and_begins_anew() {
    let test = TestDatabase::new().await;
    let caller = test.caller();
    let (handler, begun) =
        counted(
            &KEPT,
            |job| async move { if job.attempt == 1 { std::future::pending().await } else { Ok(Done::Done) } },
        );
    let worker = working(&test, test.db.clone(), vec![handler], quick());
    let id = enqueue(&test, &caller, &KEPT).await;
    until_count("it runs", &begun, 1).await;
    test.admin().await.execute("delete from freehold.workers", &[]).await.unwrap();
    eventually("it has another name", async || worker_count(&test).await == 1).await;
    // The attempt of the old worker is over when its lease has expired.
    pass_the_lease(&test);
    assert_eq!(until_state(&test, &caller, id, "done").await.attempt, 2);
    worker.stop().await;
}

/// The answer of a claim may be lost: then the worker does not know which jobs it got.
#[tokio::test]
async fn what_a_worker_was_given_without_hearing_of_it_goes_back_without_an_attempt() {
    let test = TestDatabase::new().await;
    let caller = test.caller();
    let (handler, done) = nothing(&ONCE);
    let full = WorkerSettings { slots: 1, ..quick() };
    let (holding, begun) = stuck(&KEPT);
    let worker = working(&test, test.db.clone(), vec![handler, holding], full);
    enqueue(&test, &caller, &KEPT).await;
    until_count("its slot is taken", &begun, 1).await;
    let id = enqueue(&test, &caller, &ONCE).await;
    let steal =
        "update freehold.jobs set state = 'running', attempt = 1, claim = 1, worker = (select id from freehold.workers)
        where id = $1";
    test.admin().await.execute(steal, &[&id.uuid()]).await.unwrap();
    let job = until_state(&test, &caller, id, "waiting").await;
    assert_eq!((job.attempt, done.load(Ordering::SeqCst)), (0, 0));
    worker.stop().await;
}

#[tokio::test]
async fn finishing_twice_or_after_cancelling_is_refused() {
    let test = TestDatabase::new().await;
    let caller = test.caller();
    let (said, mut heard) = mpsc::unbounded_channel();
    let (db, who) = (test.db.clone(), caller.clone());
    let handler = Handler::new(&NOTED, move |job| {
        let (db, who, said) = (db.clone(), who.clone(), said.clone());
        async move {
            for _ in 0..2 {
                let mut tx = db.tenant(&who).begin().await?;
                let finished = job.finish(&mut tx).await;
                let _ = said.send(finished.as_ref().err().map(|error| error.code().name));
                if finished.is_ok() {
                    tx.commit().await?;
                }
            }
            let _ = said.send(job.progress(1, "too late").await.err().map(|error| error.code().name));
            Ok(Done::Done)
        }
    });
    let worker = working(&test, test.db.clone(), vec![handler], quick());
    enqueue(&test, &caller, &NOTED).await;
    assert_eq!(heard.recv().await, Some(None));
    assert_eq!(heard.recv().await, Some(Some(codes::CONFLICT.name)));
    assert_eq!(heard.recv().await, Some(Some(codes::CONFLICT.name)));
    until_empty(&test).await;
    worker.stop().await;
}

/// Workers die repeatedly in the middle of jobs; every note is written once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_hundred_jobs_under_dying_workers_each_takes_effect_once() {
    let test = TestDatabase::new().await;
    let caller = test.caller();
    enqueue_many(&test, &caller, &NOTED, 1, 200).await;
    let handler = || {
        let (db, who) = (test.db.clone(), caller.clone());
        Handler::new(&NOTED, move |job| {
            let (db, who) = (db.clone(), who.clone());
            async move {
                let mut tx = db.tenant(&who).begin().await?;
                tx.execute(note_insert(who.tenant(), &job.id.to_string())).await?;
                job.finish(&mut tx).await?;
                tx.commit().await?;
                Ok(Done::Done)
            }
        })
    };
    let settings = || WorkerSettings { slots: 8, ..quick() };
    let effects =
        async || test.admin().await.query_one("select count(*) from it.notes", &[]).await.unwrap().get::<_, i64>(0);
    for target in [20, 50, 90, 140] {
        let dying = working(&test, test.db.clone(), vec![handler()], settings());
        eventually("some are done", async || effects().await >= target).await;
        drop(dying);
        pass_the_lease(&test);
    }
    let last = working(&test, test.db.clone(), vec![handler()], settings());
    eventually("it is there", async || worker_count(&test).await > 0).await;
    pass_the_lease(&test);
    until_empty(&test).await;
    // A note is written once for each job; its unique text would have rejected a second one.
    let dead = "select count(*) from freehold.jobs";
    assert_eq!(test.admin().await.query_one(dead, &[]).await.unwrap().get::<_, i64>(0), 0);
    assert_eq!(effects().await, 200);
    last.stop().await;
}
