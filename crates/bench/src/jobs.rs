//! Background jobs: empty jobs per second compared with the same statements sent by `pgbench`, and how long a job waits
//! behind a tenant with a hundred thousand jobs.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use freehold_core::{Clock, Ids, Random, Secret};
use freehold_db::{Db, PoolSettings, Settings, StatementCache};
use freehold_jobs::{Done, Handler, Job, JobKind, Worker, WorkerSettings};
use tokio::sync::{mpsc, watch};

use crate::{
    home::Home,
    pgbench::{self, Protocol},
    programs::Programs,
    report::Report,
};

/// A job whose handler does nothing.
const EMPTY: JobKind = JobKind::named("bench.empty");
/// A job that takes as long as a typical small job.
const SMALL: JobKind = JobKind::named("bench.small");
const SMALL_TAKES: Duration = Duration::from_millis(5);
const ROUNDS: usize = 3;
/// Jobs of one round, for a hundred tenants.
const JOBS: i32 = 50_000;
/// Jobs that are claimed at once when this many slots are free.
const SLOTS: usize = 256;
/// How many jobs of the noisy tenant wait.
const NOISE: i32 = 100_000;
/// How many jobs of the quiet tenant are timed.
const QUIET: usize = 100;
const PATIENCE: Duration = Duration::from_mins(2);
/// How often the database is polled for the end of the round.
const POLL: Duration = Duration::from_millis(5);

/// Measures empty jobs per second.
pub(crate) async fn throughput(programs: &Programs, home: &Home, report: &mut Report) -> Result<()> {
    let claims = JOBS / i32::try_from(SLOTS).unwrap_or(1);
    let script = home.script("jobs.sql", &claim_and_end())?;
    let (mut ours, mut bare): (f64, f64) = (0.0, 0.0);
    for _ in 0..ROUNDS {
        ours = ours.max(drain(home).await?);
        enqueue(home, EMPTY.name, JOBS, 100).await?;
        home.execute("insert into freehold.workers values ('00000000-0000-0000-0000-00000000be4c', 'infinity') on conflict do nothing").await?;
        let transactions = pgbench::run_times(programs, home, &script, Protocol::Prepared, claims).await?;
        bare = bare.max(transactions * f64::from(u32::try_from(SLOTS).unwrap_or(1)));
        forget(home).await?;
    }
    report.line("the queue's statements sent by pgbench, 256 jobs each", format!("{bare:.0} jobs/s"));
    report.line("empty jobs, claimed, run and ended by one worker", format!("{ours:.0} jobs/s"));
    report.line("  of what its statements do", format!("{:.2}", ours / bare));
    Ok(())
}

/// Measures how long a quiet tenant's job waits, alone and behind a noisy tenant.
pub(crate) async fn fairness(home: &Home, report: &mut Report) -> Result<()> {
    let (alone, _) = waits(home, 0).await?;
    let (p50, most) = waits(home, NOISE).await?;
    report.line("a job starts after its commit, the queue being empty (p50)", format!("{alone:.1?}"));
    report.line(
        &format!("  with {NOISE} jobs of another tenant before it (p50, max)"),
        format!("{p50:.1?}, {most:.1?}; first come, first served would be {:.0?}", first_come()),
    );
    Ok(())
}

/// How long the last job would wait without turns between tenants.
fn first_come() -> Duration {
    let slots = WorkerSettings::default().slots;
    SMALL_TAKES * u32::try_from(NOISE).unwrap_or(1) / u32::try_from(slots).unwrap_or(1)
}

/// SQL with which one worker claims jobs and ends them, in one transaction.
fn claim_and_end() -> String {
    format!(
        "begin;\n\
         set local role freehold_system;\n\
         with claimed as materialized (\n\
           select * from freehold.jobs_claim('00000000-0000-0000-0000-00000000be4c', array['{}'], array[2147483647],\n\
             '00000000-0000-0000-0000-000000000000', 0, {SLOTS}, now(), '{{}}', '{{}}', '{{}}', '{{}}', '{{}}')\n\
         ) select freehold.jobs_done(array_agg(tenant_id), array_agg(id), array_agg(claim)) from claimed;\n\
         commit;\n",
        EMPTY.name
    )
}

/// Lets a worker run all jobs of a round. Returns how many per second.
async fn drain(home: &Home) -> Result<f64> {
    enqueue(home, EMPTY.name, JOBS, 100).await?;
    let begins = Arc::new(AtomicUsize::new(0));
    let counted = begins.clone();
    let handler = Handler::new(&EMPTY, move |_: Job| {
        counted.fetch_add(1, Ordering::Relaxed);
        async { Ok(Done::Done) }
    });
    let settings = WorkerSettings { slots: SLOTS, ..WorkerSettings::default() };
    let (stop, working) = work(home, handler, settings)?;
    let begun = Instant::now();
    // Polling takes a connection and reads every job that has ended, so it starts only when the last job has started.
    while begins.load(Ordering::Relaxed) < usize::try_from(JOBS)? && begun.elapsed() < PATIENCE {
        tokio::time::sleep(POLL).await;
    }
    // A job that has started has not necessarily ended: the database knows that.
    while home
        .count("select count(*) from (select from freehold.jobs where kind like 'bench.%' limit 1) as left_over")
        .await?
        > 0
    {
        if begun.elapsed() > PATIENCE {
            bail!("{} of {JOBS} jobs begun within {PATIENCE:?}, and not all ended", begins.load(Ordering::Relaxed));
        }
        tokio::time::sleep(POLL).await;
    }
    let took = begun.elapsed();
    stop.send_replace(true);
    working.await.context("stopping the worker")?;
    Ok(f64::from(JOBS) / took.as_secs_f64())
}

/// The median and the longest wait of a quiet tenant's jobs, from their commit to their start.
async fn waits(home: &Home, noise: i32) -> Result<(Duration, Duration)> {
    enqueue(home, SMALL.name, noise, 1).await?;
    let (started, mut starts) = mpsc::unbounded_channel();
    let handler = Handler::new(&SMALL, move |job: Job| {
        if job.payload::<bool>().unwrap_or_default() {
            // The measurement may have been abandoned.
            let _ = started.send(Instant::now());
        }
        async {
            tokio::time::sleep(SMALL_TAKES).await;
            Ok(Done::Done)
        }
    });
    let settings = WorkerSettings::default();
    let nudge = settings.nudge.clone();
    let (stop, working) = work(home, handler, settings)?;
    let mut waits = Vec::new();
    for _ in 0..QUIET {
        home.execute(&insert(SMALL.name, 1, 1, "gen_random_uuid()", "true")).await?;
        let committed = Instant::now();
        // As the server does after a request that changed something.
        nudge.nudge();
        let start = tokio::time::timeout(PATIENCE, starts.recv()).await.context("a quiet tenant's job never starts")?;
        waits.push(start.context("the worker is gone")?.saturating_duration_since(committed));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stop.send_replace(true);
    working.await.context("stopping the worker")?;
    forget(home).await?;
    waits.sort_unstable();
    Ok((waits[waits.len() / 2], waits[waits.len() - 1]))
}

fn work(
    home: &Home,
    handler: Handler,
    settings: WorkerSettings,
) -> Result<(watch::Sender<bool>, tokio::task::JoinHandle<()>)> {
    let host = home.socket()?.display().to_string().replace('/', "%2F");
    let url = Secret::new(format!("postgres://freehold_server@{host}/freehold"));
    let pool = PoolSettings { statement_cache: StatementCache::On, ..PoolSettings::default() };
    let random = Random::system();
    let db = Db::new(&Settings::from_url(&url)?.with_pool(pool), Ids::new(Clock::system(), random.clone()))?;
    let worker = Worker::new(db, random, vec![handler], Vec::new(), settings);
    let (stop, stopping) = watch::channel(false);
    Ok((stop, tokio::spawn(worker.run(stopping))))
}

async fn enqueue(home: &Home, kind: &str, jobs: i32, tenants: i32) -> Result<()> {
    let tenant = "('00000000-0000-4000-8000-' || lpad((number % tenants)::text, 12, '0'))::uuid";
    home.execute(&insert(kind, jobs, tenants, tenant, "false")).await?;
    home.execute("vacuum analyze freehold.jobs").await
}

fn insert(kind: &str, jobs: i32, tenants: i32, tenant: &str, payload: &str) -> String {
    format!(
        "insert into freehold.jobs (tenant_id, id, kind, state, run_at, urgency, weight, attempts, created_at, payload)
         select {tenant}, gen_random_uuid(), '{kind}', 'waiting', now(), 0, 1, 5, now(), '{payload}'
         from generate_series(1, {jobs}) as number cross join (values ({tenants})) as t (tenants)"
    )
}

async fn forget(home: &Home) -> Result<()> {
    home.execute("delete from freehold.jobs where kind like 'bench.%'").await?;
    home.execute("delete from freehold.workers where id = '00000000-0000-0000-0000-00000000be4c'").await?;
    home.execute("vacuum freehold.jobs").await
}
