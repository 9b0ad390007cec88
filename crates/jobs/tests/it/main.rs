//! The job queue: no job is lost, no effect happens twice, and no tenant waits for another tenant's jobs.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests too, which clippy sees in a #[test] only")]

mod api;
mod at_once;
mod cancel;
mod claims;
mod effect;
mod failures;
mod keys;
mod outage;
mod schedules;
mod stopping;
mod suspended;
mod takeover;

use freehold_testing as harness;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use freehold_core::Caller;
use freehold_db::Db;
use freehold_jobs::{
    Done, Enqueued, Handler, Job, JobId, JobKind, JobRecord, NewJob, QueueTerms, Schedule, Worker, WorkerSettings,
    job_enqueue, job_get, jobs_enqueue,
};
use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinHandle};

use crate::harness::{TestDatabase, eventually};

/// A job kind with defaults.
const PLAIN: JobKind = JobKind::named("it.plain");
/// A job kind whose jobs are kept after they have ended.
const KEPT: JobKind = JobKind { kept: Duration::from_hours(1), ..JobKind::named("it.kept") };

/// Settings with short waits, and a lease that the test's clock decides.
fn quick() -> WorkerSettings {
    let (poll, beat) = (Duration::from_millis(10), Duration::from_millis(20));
    WorkerSettings { poll, beat, lease: LEASE, ..WorkerSettings::default() }
}

const LEASE: Duration = Duration::from_mins(1);

/// A running worker. Dropping it is like a power cut: its work stays unfinished.
struct Working {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Working {
    /// Signals shutdown, and waits until it has stopped.
    async fn stop(mut self) {
        self.stop.send_replace(true);
        (&mut self.task).await.unwrap();
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn working(test: &TestDatabase, db: Db, handlers: Vec<Handler>, settings: WorkerSettings) -> Working {
    scheduled(test, db, handlers, Vec::new(), settings)
}

fn scheduled(
    test: &TestDatabase,
    db: Db,
    handlers: Vec<Handler>,
    schedules: Vec<Schedule>,
    settings: WorkerSettings,
) -> Working {
    let worker = Worker::new(db, test.random.clone(), handlers, schedules, settings);
    let (stop, stopping) = watch::channel(false);
    Working { stop, task: tokio::spawn(worker.run(stopping)) }
}

/// A handler that counts its calls, and runs this.
fn counted<F>(kind: &'static JobKind, run: impl Fn(Job) -> F + Send + Sync + 'static) -> (Handler, Arc<AtomicUsize>)
where
    F: Future<Output = freehold_core::Result<Done>> + Send + 'static,
{
    let count = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&count);
    let handler = Handler::new(kind, move |job| {
        counting.fetch_add(1, Ordering::SeqCst);
        run(job)
    });
    (handler, count)
}

/// Succeeds at once.
fn nothing(kind: &'static JobKind) -> (Handler, Arc<AtomicUsize>) {
    counted(kind, |_| async { Ok(Done::Done) })
}

async fn enqueue_as(test: &TestDatabase, caller: &Caller, new: NewJob) -> Enqueued {
    let mut tx = test.db.tenant(caller).begin().await.unwrap();
    let enqueued = job_enqueue(&mut tx, &QueueTerms::OPEN, new).await.unwrap();
    tx.commit().await.unwrap();
    enqueued
}

fn new(test: &TestDatabase, kind: &'static JobKind) -> NewJob {
    NewJob::now(test.ids.next(), kind, json!({}), test.clock.now())
}

async fn enqueue(test: &TestDatabase, caller: &Caller, kind: &'static JobKind) -> JobId {
    enqueue_as(test, caller, new(test, kind)).await.id()
}

/// Enqueues this many jobs at once, with this weight.
async fn enqueue_many(test: &TestDatabase, caller: &Caller, kind: &'static JobKind, weight: i16, count: usize) {
    let jobs: Vec<NewJob> = (0..count).map(|_| new(test, kind)).collect();
    let mut tx = test.db.tenant(caller).begin().await.unwrap();
    let terms = QueueTerms { weight, room: None };
    jobs_enqueue(&mut tx, &terms, jobs).await.unwrap();
    tx.commit().await.unwrap();
}

async fn get(test: &TestDatabase, caller: &Caller, id: JobId) -> JobRecord {
    job_get(&test.db, caller, id).await.unwrap()
}

/// Waits until the job is in this state, and returns it.
async fn until_state(test: &TestDatabase, caller: &Caller, id: JobId, state: &str) -> JobRecord {
    eventually(&format!("the job is {state}"), async || get(test, caller, id).await.state == state).await;
    get(test, caller, id).await
}

/// Waits until all jobs have ended.
async fn until_empty(test: &TestDatabase) {
    eventually("every job has ended", async || unfinished(test).await == 0).await;
}

async fn unfinished(test: &TestDatabase) -> i64 {
    let query = "select count(*) from freehold.jobs where state in ('scheduled', 'waiting', 'running')";
    test.admin().await.query_one(query, &[]).await.unwrap().get(0)
}

async fn until_count(what: &str, count: &AtomicUsize, least: usize) {
    eventually(what, async || count.load(Ordering::SeqCst) >= least).await;
}

/// The value that a payload names.
fn named(payload: &Value) -> String {
    payload["name"].as_str().unwrap_or_default().to_owned()
}
