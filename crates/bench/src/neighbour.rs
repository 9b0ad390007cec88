//! A noisy neighbour: how long one tenant's reads take while another tenant has 400 concurrent writes of one row.

use std::fmt::Write;

use anyhow::{Context, Result};

use crate::{
    home::Home,
    programs::Programs,
    report::Report,
    scene::Scene,
    server::Server,
    wrk::{self, milliseconds},
};

/// Concurrent writes at any time.
const WRITES: u32 = 400;
const ROUNDS: usize = 3;
const SECONDS: u32 = 5;
/// The writes start before the measurement and end after it.
const NOISE_SECONDS: u32 = SECONDS + 4;
const BEGUN: std::time::Duration = std::time::Duration::from_secs(2);
const GOAL: f64 = 3.0;

/// Measures reads over one connection, alternately alone and beside the writes.
pub(crate) async fn measure(
    programs: &Programs,
    home: &Home,
    scene: &Scene,
    server: &Server<'_>,
    report: &mut Report,
) -> Result<()> {
    let noisy = Scene::of(programs, home, server, "noisy").await?;
    let mut script = String::from(wrk::POSTING_JSON);
    // Writing to a String cannot fail.
    let _ = writeln!(script, "wrk.method = \"PATCH\"\nwrk.body = '{{\"name\":\"Contended\"}}'");
    let script = home.script("patch.lua", &script)?;
    let (read, write) = (server.url(&scene.path()), server.url(&noisy.path()));
    wrk::run_with(programs, scene, &read, None, 1, 1).await?;

    let (mut rounds, mut refused) = (Vec::new(), 0);
    let mut noise = None;
    for _ in 0..ROUNDS {
        let quiet = wrk::run_with(programs, scene, &read, None, 1, SECONDS).await?;
        let writes = wrk::run_refused(programs, &noisy, &write, Some(&script), WRITES, NOISE_SECONDS);
        let reads = async {
            tokio::time::sleep(BEGUN).await;
            wrk::run_refused(programs, scene, &read, None, 1, SECONDS).await
        };
        let (writes, reads) = tokio::join!(writes, reads);
        let (loud, count) = reads?;
        refused += count;
        noise = Some(writes?);
        let p99 = |text: &str| milliseconds(text).with_context(|| format!("{text} is no latency of wrk"));
        let (quiet, loud) = (p99(&quiet.p99)?, p99(&loud.p99)?);
        rounds.push((loud / quiet, quiet, loud));
    }
    rounds.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (ratio, alone, beside) = rounds[ROUNDS / 2];
    report.line("noisy neighbour: p99 of a read, alone", format!("{alone:.2} ms"));
    if let Some((load, of_noisy)) = noise {
        let found = format!("{:.0}/s, p50 {}, {of_noisy} refused", load.rate, load.p50);
        report.line(&format!("  {WRITES} writes of one row by another tenant"), found);
    }
    report.line("  p99 of the read beside them", format!("{beside:.2} ms"));
    report.goal("  of that alone, median of three rounds", format!("{ratio:.2}"), "<= 3", ratio <= GOAL);
    report.goal("  reads refused in all rounds", refused.to_string(), "0", refused == 0);
    Ok(())
}
