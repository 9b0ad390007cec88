//! Signing in: how many passwords per second are checked, compared with what argon2id alone reaches on this machine,
//! and how much other requests are delayed by it; and how many requests per second are answered with a known token, and
//! with one that is new to the server.

use std::{
    fmt::Write,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use freehold_core::{Random, Secret};
use freehold_identity::password::{Cost, Passwords, at_once};
use reqwest::Method;
use serde_json::json;

use crate::{
    enumeration,
    home::Home,
    programs::Programs,
    report::Report,
    scene::{Scene, ask, text},
    server::Server,
    wrk,
};

const PASSWORD: &str = "as long as it is a secret";
/// Users who sign in.
const PEOPLE: usize = 8;
/// Argon2id alone and sign-ins alternate, for equally long times, because the speed of this machine changes from second
/// to second.
const ROUNDS: usize = 7;
const SECONDS: u32 = 4;
/// Tokens that are new to the server; more than can be sent during the measurement.
const TOKENS: usize = 12_000;
const COLD_SECONDS: u32 = 2;
/// How often another client sends a request in the meantime.
const PROBE: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_millis(50);
/// All requests come from this machine, so limits by network address are switched off. Limits by account apply.
const SETTINGS: &str = "[auth.limits]\ntokens = 0\nmails = 0\nverifications = 0\nuser_requests = 0\n";

/// Runs both measurements, on a server of their own.
pub(crate) async fn measure(programs: &Programs, home: &Home, scene: &Scene, report: &mut Report) -> Result<()> {
    let settings = home.script("sign_in.toml", SETTINGS)?;
    let settings = settings.to_str().context("a folder whose name is no text")?;
    let server = Server::start_with(programs, home, &[("FREEHOLD_CONFIG", settings)]).await?;
    for number in 0..PEOPLE {
        let person = json!({ "email": email(number), "password": PASSWORD });
        ask(&server, Method::POST, "/auth/v1/signup", None, Some(&person)).await?;
    }
    passwords(programs, home, scene, &server, report).await?;
    enumeration::measure(&server, report).await?;
    tokens(programs, home, scene, &server, report).await?;
    server.stop().await
}

fn email(number: usize) -> String {
    format!("signs-in-{number}@freehold.test")
}

async fn passwords(
    programs: &Programs,
    home: &Home,
    scene: &Scene,
    server: &Server<'_>,
    report: &mut Report,
) -> Result<()> {
    let mut script = String::from(wrk::POSTING_JSON);
    // Writing to a String cannot fail.
    let _ = writeln!(script, "local n = 0\nfunction request()\n  n = (n + 1) % {PEOPLE}");
    let _ = writeln!(
        script,
        "  return wrk.format(nil, nil, nil, '{{\"email\":\"signs-in-' .. n .. '@freehold.test\",\"password\":\"{PASSWORD}\"}}')\nend"
    );
    let script = home.script("sign_in.lua", &script)?;
    let url = server.url("/auth/v1/token?grant_type=password");
    let (mut rounds, mut waits) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let bare = hashes().await?;
        let stop = Arc::new(AtomicBool::new(false));
        let (load, others) = tokio::join!(
            async {
                let load = wrk::run_with(programs, scene, &url, Some(&script), 8, SECONDS).await;
                stop.store(true, Ordering::Relaxed);
                load
            },
            probe(server, scene, &stop)
        );
        rounds.push((bare, load?.rate));
        waits.extend(others?);
    }
    waits.sort_unstable();
    let p99 = waits.get(waits.len() * 99 / 100).copied().context("nobody else asked")?;
    rounds.sort_by(|(bare, rate), (other_bare, other_rate)| (rate / bare).total_cmp(&(other_rate / other_bare)));
    let share = |round: usize| rounds.get(round).map_or(0.0, |(bare, rate)| rate / bare);
    let (bare, rate) = rounds.get(ROUNDS / 2).copied().context("there was no round")?;
    report.line("argon2id, checked and nothing else", format!("{bare:.0}/s"));
    report.line("POST /auth/v1/token with a password", format!("{rate:.0}/s"));
    let middle = share(ROUNDS / 2);
    let found = format!("{middle:.2} ({:.2} to {:.2})", share(0), share(ROUNDS - 1));
    report.goal(&format!("  of what argon2id alone does, in the middle of {ROUNDS}"), found, ">= 0.90", middle >= 0.9);
    report.goal("  everybody else's p99 meanwhile", format!("{p99:.1?}"), "< 50ms", p99 < PATIENCE);
    Ok(())
}

/// Returns how many passwords this machine checks in a second when it does nothing else.
#[expect(clippy::cast_precision_loss, reason = "some hundreds")]
async fn hashes() -> Result<f64> {
    let passwords = Passwords::new(Cost::OWASP, at_once(), Random::system())?;
    let password = Secret::new(PASSWORD.to_owned());
    let stored = passwords.hash(&password).await?;
    let begun = Instant::now();
    let mut checked: u64 = 0;
    while begun.elapsed() < Duration::from_secs(SECONDS.into()) {
        let each = (0..at_once() * 4).map(|_| passwords.verify(&password, Some(&stored)));
        for right in futures_util::future::join_all(each).await {
            if !right? {
                bail!("a right password was not right");
            }
            checked += 1;
        }
    }
    Ok(checked as f64 / begun.elapsed().as_secs_f64())
}

/// Measures at intervals how long another client waits for a read.
async fn probe(server: &Server<'_>, scene: &Scene, stop: &AtomicBool) -> Result<Vec<Duration>> {
    let mut waits = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let begun = Instant::now();
        scene.read(server).await?;
        waits.push(begun.elapsed());
        tokio::time::sleep(PROBE).await;
    }
    Ok(waits)
}

async fn tokens(
    programs: &Programs,
    home: &Home,
    scene: &Scene,
    server: &Server<'_>,
    report: &mut Report,
) -> Result<()> {
    let person = json!({ "email": email(0), "password": PASSWORD });
    let mut session = ask(server, Method::POST, "/auth/v1/token?grant_type=password", None, Some(&person)).await?;
    let organizations = ask(server, Method::GET, "/api/v1/me", Some(&text(&session, "/access_token")?), None).await?;
    text(&organizations, "/organizations/0/id")?;
    let mut fresh = Vec::with_capacity(TOKENS);
    while fresh.len() < TOKENS {
        let next = json!({ "refresh_token": text(&session, "/refresh_token")? });
        session = ask(server, Method::POST, "/auth/v1/token?grant_type=refresh_token", None, Some(&next)).await?;
        fresh.push(text(&session, "/access_token")?);
    }
    let known = home.script("known.lua", &showing(&fresh[..1]))?;
    let unseen = home.script("unseen.lua", &showing(&fresh))?;
    let url = server.url("/api/v1/usage");
    let cold = wrk::run_with(programs, scene, &url, Some(&unseen), 16, COLD_SECONDS).await?;
    let warm = wrk::run_with(programs, scene, &url, Some(&known), 16, SECONDS).await?;
    report.line("GET /api/v1/usage, a token seen before", format!("{:.0}/s, p99 {}", warm.rate, warm.p99));
    let name = "GET /api/v1/usage, a token nobody has seen before";
    report.line(name, format!("{:.0}/s, p99 {}", cold.rate, cold.p99));
    report.line("  of the others", format!("{:.2}", cold.rate / warm.rate));
    Ok(())
}

/// A script that sends one token after the other.
fn showing(tokens: &[String]) -> String {
    let mut script = String::from("local tokens = {\n");
    for token in tokens {
        // Writing to a String cannot fail.
        let _ = writeln!(script, "  \"{token}\",");
    }
    script.push_str("}\nlocal n = 0\nfunction request()\n  n = n % #tokens + 1\n");
    script.push_str("  return wrk.format(nil, nil, { Authorization = \"Bearer \" .. tokens[n] })\nend\n");
    script
}
