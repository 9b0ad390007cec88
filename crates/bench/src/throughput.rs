//! Requests and transactions per second. The two that are compared always alternate, so that both run under the same
//! conditions.

use std::fmt::Write;

use anyhow::Result;

use crate::{
    cpu,
    home::Home,
    pgbench::{self, Protocol},
    programs::Programs,
    report::Report,
    scene::{Scene, TEMPLATE},
    server::Server,
    wrk::{self, Load},
};

const ROUNDS: usize = 3;
const SECONDS: u32 = 5;
const COLUMNS: &str = "id, name, version, graph, created_at, updated_at";
/// Requests per second of other backbones for the same read on a machine with two cores, from earlier measurements.
const PEERS: [(&str, f64); 2] = [("Node with better-auth", 885.0), ("FastAPI with its usual stack", 174.0)];

/// Compares the authenticated read over HTTP with the same transaction of bare Postgres.
pub(crate) async fn read(
    programs: &Programs,
    home: &Home,
    scene: &Scene,
    server: &Server<'_>,
    report: &mut Report,
) -> Result<()> {
    let select =
        format!("select {COLUMNS} from voice.workflows where id = '{}' and deleted_at is null", scene.workflow);
    let script = home.script("protected.sql", &pgbench::transaction(scene, &select))?;
    let url = server.url(&scene.path());
    let postmaster = server.postmaster()?;
    wrk::run(programs, scene, &url, None, 1).await?;
    let (mut best, mut bare): (Option<Load>, f64) = (None, 0.0);
    let mut prepared: f64 = 0.0;
    let (mut own, mut below, mut generator) = (Cost::default(), Cost::default(), Cost::default());
    for _ in 0..ROUNDS {
        let before = (cpu::single(server.process()?), cpu::tree(postmaster).await);
        let load = wrk::run(programs, scene, &url, None, SECONDS).await?;
        let answers = load.rate * f64::from(SECONDS);
        own.add(before.0, cpu::single(server.process()?), answers);
        below.add(before.1, cpu::tree(postmaster).await, answers);
        let before = cpu::tree(postmaster).await;
        let transactions = pgbench::run(programs, home, &script, Protocol::Extended, SECONDS).await?;
        generator.add(before, cpu::tree(postmaster).await, transactions * f64::from(SECONDS));
        bare = bare.max(transactions);
        prepared = prepared.max(pgbench::run(programs, home, &script, Protocol::Prepared, SECONDS - 2).await?);
        if best.as_ref().is_none_or(|best| load.rate > best.rate) {
            best = Some(load);
        }
    }
    let Some(Load { rate, p50, p99 }) = best else { return Ok(()) };
    report.line("bare Postgres, pgbench, same transaction", format!("{bare:.0}/s"));
    report.line("GET /api/v1/workflows/{id} with an API key", format!("{rate:.0}/s, p50 {p50}, p99 {p99}"));
    report.goal("  of what bare Postgres does", format!("{:.2}", rate / bare), ">= 0.60", rate / bare >= 0.6);
    report.line("  of what it does with prepared statements", format!("{:.2} ({prepared:.0}/s)", rate / prepared));
    for (name, peer) in PEERS {
        report.line(&format!("  {name} ({peer:.0}/s)"), format!("{:.0} times ahead", rate / peer));
    }
    report.line("processor time a request, freehold", own.to_string());
    report.line("processor time a request, Postgres below it", below.to_string());
    report.line("processor time a transaction, Postgres below pgbench", generator.to_string());
    Ok(())
}

/// Measures the cost of row-level security: the transaction on the table and on a copy without it. Once with prepared
/// statements, as the measured server sends them, and once planned every time, as behind a pooler, where the cost of
/// planning the policy is added.
pub(crate) async fn isolation(programs: &Programs, home: &Home, scene: &Scene, report: &mut Report) -> Result<()> {
    let Scene { tenant, workflow, .. } = scene;
    let protected = format!("select {COLUMNS} from voice.workflows where id = '{workflow}' and deleted_at is null");
    let open = format!(
        "select {COLUMNS} from bench.workflows where tenant_id = '{tenant}' and id = '{workflow}' and deleted_at is null"
    );
    let protected = home.script("protected.sql", &pgbench::transaction(scene, &protected))?;
    let open = home.script("open.sql", &pgbench::transaction(scene, &open))?;
    for (protocol, name) in [(Protocol::Prepared, "prepared"), (Protocol::Extended, "planned each time")] {
        let (mut with, mut without): (f64, f64) = (0.0, 0.0);
        for _ in 0..ROUNDS {
            without = without.max(pgbench::run(programs, home, &open, protocol, SECONDS).await?);
            with = with.max(pgbench::run(programs, home, &protected, protocol, SECONDS).await?);
        }
        let ratio = without / with;
        report.line(
            &format!("pgbench without / with row-level security, {name}"),
            format!("{without:.0}/s / {with:.0}/s"),
        );
        match protocol {
            Protocol::Prepared => {
                report.goal("  time with it, of that without", format!("{ratio:.2}"), "<= 1.10", ratio <= 1.1);
            }
            Protocol::Extended => report.line("  time with it, of that without", format!("{ratio:.2}")),
        }
    }
    Ok(())
}

/// Measures the metered write: a workflow, its version, the quota and the ledger in one durable transaction, all for
/// one tenant.
pub(crate) async fn write(
    programs: &Programs,
    home: &Home,
    scene: &Scene,
    server: &Server<'_>,
    report: &mut Report,
) -> Result<()> {
    let mut script = String::from(wrk::POSTING_JSON);
    // Writing to a String cannot fail.
    let _ = writeln!(script, "wrk.body = '{{\"template\":\"{TEMPLATE}\"}}'");
    let script = home.script("write.lua", &script)?;
    let Load { rate, p50, p99 } =
        wrk::run(programs, scene, &server.url("/api/v1/workflows"), Some(&script), SECONDS).await?;
    report.line("POST /api/v1/workflows, metered, durable, one tenant", format!("{rate:.0}/s, p50 {p50}, p99 {p99}"));
    Ok(())
}

/// The processor time of several rounds.
#[derive(Default)]
struct Cost {
    microseconds: u64,
    times: f64,
}

impl Cost {
    fn add(&mut self, before: u64, after: u64, times: f64) {
        self.microseconds += after.saturating_sub(before);
        self.times += times;
    }
}

impl std::fmt::Display for Cost {
    #[expect(clippy::cast_precision_loss, reason = "for people to read")]
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.0} us", self.microseconds as f64 / self.times)
    }
}
