//! The database is away for 20 seconds under load: every client is asked to try again, none waits until the server's
//! time limit, no user is signed out, and afterwards everything works again without a restart.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

use crate::{
    client::{Answer, Tenant},
    link::{Link, State},
    pgbouncer::PgBouncer,
    postgres::{Postgres, connect, waiting},
    server::{Home, Program, Server, eventually},
};

const CLIENTS: usize = 8;
const OUTAGE: Duration = Duration::from_secs(20);
/// How long the clients run before the outage, and after the time that is allowed for the recovery.
const AROUND: Duration = Duration::from_secs(2);
/// This many successful responses in a row show that a client is served again; all clients together use every
/// connection.
const IN_A_ROW: usize = 10;
/// How much the server's memory may grow during the outage, in KiB.
const GROWTH: u64 = 48 * 1024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_that_is_stopped_is_an_outage_and_no_more() {
    let home = Home::new();
    let postgres = Postgres::start(&home).await;
    let migration = postgres.database("freehold").await;
    let (program, server) = server(&home, &postgres.url("freehold_server", "freehold"), &migration).await;
    let crowd = Crowd::gather(&program, &server).await;
    let cut = Instant::now();
    postgres.stop().await;
    let away = Instant::now();
    crowd.works(&server, OUTAGE).await;
    let returning = Instant::now();
    let _postgres = Postgres::start(&home).await;
    println!("stopped: {}", crowd.settle(&server, Outage { cut, away, returning }).await);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_that_is_stopped_behind_a_pooler_is_an_outage_and_no_more() {
    let home = Home::new();
    let postgres = Postgres::start(&home).await;
    let migration = postgres.database("freehold").await;
    let pooler = PgBouncer::before(&postgres).await;
    let (program, server) = server(&home, &pooler.url("freehold_server", "freehold"), &migration).await;
    let crowd = Crowd::gather(&program, &server).await;
    let cut = Instant::now();
    postgres.stop().await;
    let away = Instant::now();
    crowd.works(&server, OUTAGE).await;
    let returning = Instant::now();
    let _postgres = Postgres::start(&home).await;
    println!("stopped behind PgBouncer: {}", crowd.settle(&server, Outage { cut, away, returning }).await);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_refuses_is_an_outage_and_no_more() {
    outage_of_the_link(State::Refusing).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_swallows_everything_is_an_outage_and_no_more() {
    outage_of_the_link(State::Swallowing).await;
}

/// The server's own queries do not wait for a connection that is dead, neither while it serves nor when it stops.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_server_survives_a_network_that_drops_packets_and_stops_in_order() {
    let home = Home::new();
    let postgres = Postgres::start(&home).await;
    let link = Link::to(&postgres.socket()).await;
    let migration = postgres.database("freehold").await;
    let (_, server) = server(&home, &link.url("freehold_server", "freehold"), &migration).await;
    let holder = connect(&migration).await;
    let clock = "select from pg_stat_activity where usename = 'freehold_server' and query like '%clock_timestamp%'";
    let heard =
        async || holder.query(&format!("{clock} and query_start > clock_timestamp() - interval '1 s'"), &[]).await;
    eventually("its clock follows the database's", async || !heard().await.unwrap().is_empty()).await;
    link.set(State::Swallowing).await;
    tokio::time::sleep(OUTAGE / 2).await;
    link.set(State::Open).await;
    eventually("its clock follows the database's again", async || !heard().await.unwrap().is_empty()).await;
    link.set(State::Swallowing).await;
    tokio::time::sleep(OUTAGE / 4).await;
    server.stop().await;
}

/// Postgres does not notice that a client is cut off, and keeps the client's locks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_cut_off_in_the_midst_does_not_hold_up_its_tenant() {
    let home = Home::new();
    let postgres = Postgres::start(&home).await;
    let link = Link::to(&postgres.socket()).await;
    let migration = postgres.database("freehold").await;
    let (_, server) = server(&home, &link.url("freehold_server", "freehold"), &migration).await;
    let tenant = Tenant::sign_up(&server.site, "orphan").await;
    tenant.run(&server.site, "before", &tenant.sample).await.unwrap().expect(201);

    // It waits for the lock on the total while it is cut off, and gets it afterwards.
    let holder = connect(&migration).await;
    holder.batch_execute("begin; select from freehold.usage_totals for update").await.unwrap();
    let (client, site) = (tenant.clone(), server.site.clone());
    let orphan = tokio::spawn(async move { client.run(&site, "orphan", &client.sample).await });
    eventually("the run waits", async || waiting(&holder).await).await;
    link.set(State::Swallowing).await;
    holder.batch_execute("rollback").await.unwrap();
    let answer = orphan.await.unwrap().unwrap();
    assert!(answer.is_unavailable(), "{answer:?}");

    link.set(State::Open).await;
    let restored = Instant::now();
    eventually("it is tried again, and done", async || {
        let answer = tenant.run(&server.site, "orphan", &tenant.sample).await.unwrap();
        assert!(answer.status == 201 || answer.is_unavailable(), "{answer:?}");
        answer.status == 201
    })
    .await;
    println!("a run cut off in the midst held up its tenant for {:.1?} after the return", restored.elapsed());
    assert_eq!(tenant.calls(&server.site).await, (2, 0));
    server.stop().await;
}

async fn outage_of_the_link(state: State) {
    let home = Home::new();
    let postgres = Postgres::start(&home).await;
    let link = Link::to(&postgres.socket()).await;
    let migration = postgres.database("freehold").await;
    let (program, server) = server(&home, &link.url("freehold_server", "freehold"), &migration).await;
    let crowd = Crowd::gather(&program, &server).await;
    let cut = Instant::now();
    link.set(state).await;
    let away = Instant::now();
    crowd.works(&server, OUTAGE).await;
    let returning = Instant::now();
    link.set(State::Open).await;
    println!("{state:?}: {}", crowd.settle(&server, Outage { cut, away, returning }).await);
    server.stop().await;
}

pub(crate) async fn server(home: &Home, requests: &str, migration: &str) -> (Program, Server) {
    let program = Program::at(home).with("DATABASE_URL", requests).with("DATABASE_MIGRATION_URL", migration);
    let server = program.start().await;
    (program, server)
}

/// The kinds of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Run,
    Usage,
    Refresh,
    Readyz,
    Healthz,
}

/// A request, when it was sent, and its response.
#[derive(Debug)]
struct Asked {
    /// The number of the client.
    client: usize,
    what: What,
    at: Instant,
    answer: Answer,
}

impl Asked {
    fn end(&self) -> Instant {
        self.at + self.answer.took
    }

    fn is_good(&self) -> bool {
        matches!(self.answer.status, 200 | 201)
    }

    /// Whether the response asks the client to try again, in the form of the API that it uses.
    fn is_unavailable(&self) -> bool {
        match self.what {
            What::Refresh => self.answer.status == 503 && self.answer.retry_after.is_some(),
            _ => self.answer.is_unavailable(),
        }
    }
}

/// Clients that read and write all the time, one that refreshes its session, and two that check the server's health.
struct Crowd {
    tenant: Tenant,
    tasks: JoinSet<()>,
    asked: Arc<Mutex<Vec<Asked>>>,
    stop: Arc<AtomicBool>,
    /// The server's memory before the outage, in KiB.
    memory: u64,
}

impl Crowd {
    async fn gather(program: &Program, server: &Server) -> Self {
        let tenant = Tenant::sign_up(&server.site, "crowd").await;
        let plan = program.run(&["plan", &tenant.slug, "enterprise"]).await;
        assert_eq!(plan.code, Some(0), "{}", plan.output);
        let (asked, stop) = Default::default();
        let mut crowd = Self { tenant, tasks: JoinSet::new(), asked, stop, memory: 0 };
        for number in 0..CLIENTS {
            crowd.send(server, if number % 2 == 0 { What::Run } else { What::Usage }, number);
        }
        for (number, what) in (CLIENTS..).zip([What::Refresh, What::Readyz, What::Healthz]) {
            crowd.send(server, what, number);
        }
        crowd.works(server, AROUND).await;
        crowd.memory = server.memory();
        crowd
    }

    /// Starts a client that sends this request again and again.
    fn send(&mut self, server: &Server, what: What, client: usize) {
        let (asked, stop) = (Arc::clone(&self.asked), Arc::clone(&self.stop));
        let (mut tenant, site) = (self.tenant.clone(), server.site.clone());
        let pause = Duration::from_millis(if matches!(what, What::Run | What::Usage) { 20 } else { 200 });
        self.tasks.spawn(async move {
            let mut runs = 0;
            while !stop.load(Ordering::Relaxed) {
                let at = Instant::now();
                let answer = match what {
                    What::Run => {
                        let sample = tenant.sample.clone();
                        tenant.run(&site, &format!("client-{client}-run-{runs}"), &sample).await
                    }
                    What::Usage => tenant.get(&site, "/api/v1/usage").await,
                    What::Refresh => tenant.refresh(&site).await,
                    What::Readyz => tenant.client.get(format!("{site}/readyz")).await,
                    What::Healthz => tenant.client.get(format!("{site}/healthz")).await,
                };
                // The server runs all the time, so every request gets a response.
                let answer = answer.unwrap();
                runs += u32::from(answer.status == 201);
                asked.lock().unwrap().push(Asked { client, what, at, answer });
                tokio::time::sleep(pause).await;
            }
        });
    }

    /// Lets the clients run for a while, and checks the server's memory in the meantime.
    async fn works(&self, server: &Server, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            let memory = server.memory();
            assert!(self.memory == 0 || memory < self.memory + GROWTH, "{} KiB before, {memory} now", self.memory);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Waits until each client is served again.
    async fn recovered(&self, restored: Instant) {
        eventually("every client is served again", async || {
            let asked = self.asked.lock().unwrap();
            (0..self.tasks.len()).all(|client| {
                let since = asked.iter().rev().filter(|one| one.client == client && one.at > restored);
                since.take_while(|one| one.is_good()).take(IN_A_ROW).count() == IN_A_ROW
            })
        })
        .await;
    }

    /// When the database is back: lets the clients run for a while longer, and checks every response. Returns a summary
    /// in words.
    async fn settle(mut self, server: &Server, outage: Outage) -> String {
        let restored = Instant::now();
        self.recovered(restored).await;
        let well = Instant::now();
        self.works(server, AROUND).await;
        self.stop.store(true, Ordering::Relaxed);
        while let Some(ended) = self.tasks.join_next().await {
            ended.unwrap();
        }
        let asked = std::mem::take(&mut *self.asked.lock().unwrap());
        for one in &asked {
            judge(one, &outage, well);
        }
        let runs = asked.iter().filter(|one| one.what == What::Run && one.is_good()).count();
        assert_eq!(self.tenant.calls(&server.site).await, (i64::try_from(runs).unwrap(), 0), "usage and promises");
        server.unharmed();
        let grown = server.memory().saturating_sub(self.memory);
        format!("{}, {runs} runs, {grown} KiB more memory", summary(&asked, &outage, restored))
    }
}

/// When the database began to go away, when it was gone, and when it began to come back.
struct Outage {
    cut: Instant,
    away: Instant,
    returning: Instant,
}

/// Asserts that a client may get this response at that time; `well` is when every client was served again.
fn judge(one: &Asked, outage: &Outage, well: Instant) {
    let Asked { what, at, answer, .. } = one;
    let when = at.saturating_duration_since(outage.cut);
    assert!(one.is_good() || one.is_unavailable(), "{what:?} {when:?} after the cut: {answer:?}");
    let certainly_there = one.end() < outage.cut || *at > well;
    // For a second the server still uses what it last knew about its database.
    let certainly_away = *at > outage.away + Duration::from_secs(1) && one.end() < outage.returning;
    match what {
        // This endpoint reports only on the process.
        What::Healthz => assert!(one.is_good(), "{when:?} after the cut: {answer:?}"),
        _ if certainly_there => assert!(one.is_good(), "{what:?} {when:?} after the cut: {answer:?}"),
        _ if certainly_away => assert!(!one.is_good(), "{what:?} {when:?} after the cut: {answer:?}"),
        _ => {}
    }
}

fn summary(asked: &[Asked], outage: &Outage, restored: Instant) -> String {
    let mut counts: BTreeMap<(&str, u16), usize> = BTreeMap::new();
    for one in asked.iter().filter(|one| one.what != What::Healthz) {
        let phase = match one.end() {
            end if end < outage.cut => "before",
            end if end < outage.returning => "during",
            _ => "after",
        };
        *counts.entry((phase, one.answer.status)).or_default() += 1;
    }
    let longest = asked.iter().map(|one| one.answer.took).max().unwrap_or_default();
    let last_failure = asked.iter().filter(|one| !one.is_good()).map(Asked::end).max().unwrap_or(restored);
    let recovered = last_failure.saturating_duration_since(restored);
    format!("answers {counts:?}, longest {longest:.1?}, all well {recovered:.1?} after the return")
}
