//! Servers behind a load balancer, restarted one after the other while clients work.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::Instant,
};

use freehold_testing::size;
use tokio::task::JoinSet;

use crate::{
    campaign::Owner,
    client::Tenant,
    nginx::{Nginx, free_address},
    postgres::{Postgres, connect},
    server::{Home, Program, Server, eventually},
};

/// How many clients send requests, each one after the other.
const CLIENTS: usize = 8;
/// The fewest requests that are answered between two restarts.
const BETWEEN: usize = 200;
/// How often both servers are restarted in `make test`, and in `make soak`.
const ROUNDS: [u32; 2] = [3, 10];
/// How many calls the campaign makes in the meantime.
const CALLS: i64 = 500;

/// Clients that send requests and never retry.
struct Traffic {
    answered: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    clients: JoinSet<(usize, Vec<String>)>,
}

impl Traffic {
    fn start(tenant: &Tenant, site: &str) -> Self {
        let (answered, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let mut clients = JoinSet::new();
        for number in 0..CLIENTS {
            let (tenant, site) = (tenant.clone(), site.to_owned());
            let (answered, stop) = (Arc::clone(&answered), Arc::clone(&stop));
            clients.spawn(async move {
                let (mut made, mut lost) = (0, Vec::new());
                for turn in 0.. {
                    if stop.load(Relaxed) {
                        break;
                    }
                    let writes = turn % 2 == 1;
                    let (answer, expected) = if writes {
                        (tenant.run(&site, &format!("{number}-{turn}"), &tenant.sample).await, 201)
                    } else {
                        (tenant.get(&site, "/api/v1/usage").await, 200)
                    };
                    match answer {
                        Ok(answer) if answer.status == expected => made += usize::from(writes),
                        other => lost.push(format!("{} after {turn}: {other:?}", if writes { "POST" } else { "GET" })),
                    }
                    answered.fetch_add(1, Relaxed);
                }
                (made, lost)
            });
        }
        Self { answered, stop, clients }
    }

    /// Waits until this many more requests were answered.
    async fn goes_on(&self) {
        let until = self.answered.load(Relaxed) + BETWEEN;
        eventually("clients are answered", async || self.answered.load(Relaxed) >= until).await;
    }

    /// Stops the clients. Returns how many requests there were, how many runs were acknowledged, and what was lost.
    async fn end(self) -> (usize, usize, Vec<String>) {
        self.stop.store(true, Relaxed);
        let (mut made, mut lost) = (0, Vec::new());
        for (own, own_lost) in self.clients.join_all().await {
            made += own;
            lost.extend(own_lost);
        }
        (self.answered.load(Relaxed), made, lost)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rolling_restarts_behind_nginx_lose_no_request_and_no_call_of_a_campaign() {
    let home = Home::new();
    let postgres = Postgres::start(&home).await;
    let database = postgres.database("freehold").await;
    let addresses: Vec<SocketAddr> = vec![free_address(), free_address()];
    let shared = Program::at(&home)
        .with("DATABASE_URL", &database)
        .with("FREEHOLD_SECRET_KEY", &"5eed".repeat(16))
        .with("FREEHOLD_SITE_URL", "http://one.test")
        .with("FREEHOLD_SHUTDOWN_DRAIN_SECONDS", "1");
    let programs: Vec<Program> =
        addresses.iter().map(|address| shared.clone().with("FREEHOLD_LISTEN", &address.to_string())).collect();
    let mut servers: Vec<Server> = Vec::new();
    for program in &programs {
        servers.push(program.start().await);
    }
    let nginx = Nginx::before(&addresses).await;
    let tenant = Tenant::sign_up(&servers[0].site, "rolling").await;
    let plan = shared.run(&["plan", &tenant.slug, "enterprise"]).await;
    assert_eq!(plan.code, Some(0), "{}", plan.output);
    let mut owner = Owner::new(&servers[0], &shared, "campaign", CALLS).await;
    owner.moved(&nginx.site);

    let begun = Instant::now();
    let traffic = Traffic::start(&tenant, &nginx.site);
    owner.start().await;
    let rounds = size("FREEHOLD_RESTARTS", ROUNDS[0], ROUNDS[1]);
    for _ in 0..rounds {
        for (at, program) in programs.iter().enumerate() {
            traffic.goes_on().await;
            servers.remove(at).stop().await;
            servers.insert(at, program.start().await);
        }
    }
    traffic.goes_on().await;
    let (requests, made, lost) = traffic.end().await;
    println!(
        "{requests} requests in {rounds} rolling restarts of two servers, {made} runs, {} lost; {:.1?}",
        lost.len(),
        begun.elapsed()
    );
    assert_eq!(lost, Vec::<String>::new(), "nginx: {}", nginx.errors());

    let runs = connect(&database).await;
    let sql = "select count(*) from voice.runs as r join freehold.tenants as t using (tenant_id) where t.slug = $1";
    let runs: i64 = runs.query_one(sql, &[&tenant.slug]).await.unwrap().get(0);
    assert_eq!(usize::try_from(runs).unwrap(), made, "each acknowledged run is there once");
    owner.completed().await;
    assert_eq!(owner.tenant.calls(&nginx.site).await, (CALLS, 0));
    for server in servers {
        server.stop().await;
    }
}
