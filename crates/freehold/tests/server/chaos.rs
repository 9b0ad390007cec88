//! `kill -9` of servers and workers at random moments, and a database that goes away: every event is delivered,
//! every job takes effect once, and nothing gets stuck.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use freehold_core::Random;
use freehold_testing::{
    sink::{Heard, Reply, Sink},
    size,
};
use reqwest::{Method, header};
use serde_json::json;
use tokio_postgres::Client;

use crate::{
    campaign::Owner,
    client::Tenant,
    load::Load,
    postgres::{Postgres, connect},
    server::{Home, Program, Server, eventually},
};

/// How often a process is killed in `make test`, and in `make soak`.
const KILLS: [u32; 2] = [30, 100];
/// After this many kills, the next one waits until the jobs of the killed processes were taken over.
const REST_EVERY: u32 = 12;
const WORKERS: usize = 3;
/// The number of contacts for each kill of the campaign that runs during the kills.
const FOR_A_KILL: u32 = 30;
/// The number of contacts of the campaign that runs while the database is away.
const CONTACTS_AWAY: i64 = 1_000;
const AWAY: Duration = Duration::from_secs(20);

/// All running processes.
struct House {
    program: Program,
    server: Server,
    workers: Vec<Server>,
}

impl House {
    async fn open(program: Program) -> Self {
        let server = program.start().await;
        let workers = (0..WORKERS).map(|_| program.begin_as(&["work"])).collect();
        Self { program, server, workers }
    }

    /// Kills a random one of them and starts another in its place.
    async fn kill(&mut self, random: &Random) {
        let victim = usize::try_from(random.below(u32::try_from(WORKERS).unwrap() + 1)).unwrap();
        if victim == WORKERS {
            let server = std::mem::replace(&mut self.server, self.program.begin());
            server.unharmed();
            server.kill();
            self.server.ready().await;
        } else {
            let worker = std::mem::replace(&mut self.workers[victim], self.program.begin_as(&["work"]));
            worker.unharmed();
            worker.kill();
        }
    }

    /// Waits until all of them work. A process that starts without a database reports that and ends.
    async fn ready(&mut self) {
        self.server.ready().await;
        for worker in &self.workers {
            worker.output.holding("Freehold works for").await;
        }
    }

    async fn close(self) {
        for process in self.workers.into_iter().chain([self.server]) {
            process.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_and_a_lost_database_leave_every_event_told_and_every_job_done_once() {
    let kills = size("FREEHOLD_CHAOS_KILLS", KILLS[0], KILLS[1]);
    let contacts = i64::from(kills * FOR_A_KILL);
    let (home, random, sink) = (Home::new(), Random::system(), Sink::answering(Reply::status(204)).await);
    let postgres = Postgres::start(&home).await;
    let url = postgres.database("chaos").await;
    let settings = "[outbound]\nallow = [\"127.0.0.0/8\"]\n[work]\nlease_seconds = 2\n";
    std::fs::write(home.path().join("freehold.toml"), settings).unwrap();
    let program = Program::at(&home).with("DATABASE_URL", &url);
    let mut house = House::open(program.clone()).await;

    let mut owner = Owner::new(&house.server, &program, "campaign", contacts).await;
    let caller = Tenant::sign_up(&house.server.site, "caller").await;
    assert_eq!(program.run(&["plan", &caller.slug, "enterprise"]).await.code, Some(0));
    for tenant in [&owner.tenant, &caller] {
        webhook(tenant, &house.server.site, &sink).await;
    }
    owner.start().await;
    let load = Load::start(&caller, &house.server.site);
    let (begun, database) = (Instant::now(), connect(&url).await);
    for number in 1..=kills {
        if number % REST_EVERY == 0 {
            taken_over(&database).await;
        }
        tokio::time::sleep(Duration::from_millis(u64::from(50 + random.below(500)))).await;
        house.kill(&random).await;
        load.moved(&house.server.site);
        owner.moved(&house.server.site);
    }
    println!("{kills} kills of a server and {WORKERS} workers in {:.1?}", begun.elapsed());
    owner.done(contacts).await;

    drop(database);
    owner.again(CONTACTS_AWAY).await;
    house.ready().await;
    owner.start().await;
    postgres.stop().await;
    tokio::time::sleep(AWAY).await;
    let postgres = Postgres::start(&home).await;
    let back = Instant::now();
    owner.done(CONTACTS_AWAY).await;
    println!("the second campaign was over {:.1?} after the database came back", back.elapsed());
    let told = load.settle(&url).await;
    let (events, messages) = assert_settled(&url, &sink).await;
    println!("{told}; {events} events, told in {messages} messages");
    assert_eq!(owner.tenant.calls(&house.server.site).await, (contacts + CONTACTS_AWAY, 0));
    house.close().await;
    postgres.stop().await;
}

/// Waits until every job that is running now has ended or was taken over by another worker.
async fn taken_over(database: &Client) {
    let jobs = "select id::text || '/' || claim from freehold.jobs where state = 'running'";
    let running = async || -> BTreeSet<String> {
        database.query(jobs, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
    };
    let before = running().await;
    eventually("what the dead did was taken over", async || running().await.is_disjoint(&before)).await;
}

/// Creates a webhook endpoint that delivers every event of the tenant to the sink.
async fn webhook(tenant: &Tenant, site: &str, sink: &Sink) {
    let request = tenant.client.request(Method::POST, format!("{site}/api/v1/webhooks"));
    let request = request.header(header::AUTHORIZATION, &tenant.key).json(&json!({ "url": sink.url }));
    tenant.client.send(request).await.unwrap().expect(201);
}

/// Waits until all work is done, and checks everything that is counted. Returns how many events there were, and how
/// many messages delivered them.
async fn assert_settled(url: &str, sink: &Sink) -> (usize, usize) {
    let database = connect(url).await;
    let count = async |sql: &str| database.query_one(sql, &[]).await.unwrap().get::<_, i64>(0);
    eventually("nothing is left to do", async || {
        let jobs = "select count(*) from freehold.jobs
                    where state in ('waiting', 'running') and tenant_id <> '00000000-0000-0000-0000-000000000000'";
        let deliveries = "select count(*) from freehold.webhook_deliveries where state = 'waiting'";
        let events = "select count(*) from freehold.events where position is null";
        let calls = "select count(*) from voice.contacts where status not in ('reached', 'unreached', 'failed')";
        count(jobs).await + count(deliveries).await + count(events).await + count(calls).await == 0
    })
    .await;
    for (what, sql) in [
        ("jobs that nobody could do", "select count(*) from freehold.jobs where state = 'dead'"),
        ("deliveries that failed", "select count(*) from freehold.webhook_deliveries where state = 'failed'"),
        ("totals that differ from their ledger", "select count(*) from freehold.usage_drift"),
        (
            "calls of campaigns more than contacts who were reached",
            "select (select count(*) from voice.runs where campaign_id is not null and status = 'completed')
                  - (select count(*) from voice.contacts where status = 'reached')",
        ),
        (
            "calls that were told twice, or never",
            "select count(*) from voice.runs as r where status = 'completed' and 1 <> (
               select count(*) from freehold.events as e
               where e.tenant_id = r.tenant_id and e.type = 'call.completed' and e.data->>'run_id' = r.id::text)",
        ),
        (
            "ended runs that were not metered once",
            "select count(*) from voice.runs as r where status = 'completed' and 1 <> (
               select count(*) from freehold.usage_events as u
               where u.tenant_id = r.tenant_id and u.meter = 'calls' and u.event_id = r.id)",
        ),
    ] {
        assert_eq!(count(sql).await, 0, "{what}");
    }
    let events = told(&database).await;
    let messages = sink.heard();
    let heard: BTreeSet<String> = messages.iter().map(Heard::id).collect();
    for event in &events {
        assert!(heard.contains(event), "no message delivered event {event}");
    }
    (events.len(), messages.len())
}

/// The ids of the events for which there is a webhook endpoint.
async fn told(database: &Client) -> Vec<String> {
    let sql =
        "select e.id::text from freehold.events as e join freehold.webhook_endpoints as w on w.tenant_id = e.tenant_id
               where e.occurred_at > w.created_at";
    database.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}
