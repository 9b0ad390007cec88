//! The server's memory.

use std::{fs, time::Duration};

use anyhow::{Context, Result};

use crate::{cpu::family, report::Report, server::Server};

/// How long the server is left idle before its memory is read.
const IDLE: Duration = Duration::from_secs(3);
const GOAL_MIB: f64 = 64.0;

/// Memory of a server that has not received any request yet.
pub(crate) async fn measure(server: &Server<'_>, report: &mut Report) -> Result<()> {
    tokio::time::sleep(IDLE).await;
    let freehold = resident(server.process()?)?;
    report.goal("memory of the idle server (resident)", format!("{freehold:.1} MiB"), "< 64 MiB", freehold < GOAL_MIB);
    report.line("  its Postgres, all processes (proportional)", format!("{:.1} MiB", postgres(server)?));
    Ok(())
}

/// Memory of a server that has just been under load.
pub(crate) fn after_load(server: &Server<'_>, report: &mut Report) -> Result<()> {
    report.line("memory after the load (resident)", format!("{:.1} MiB", resident(server.process()?)?));
    report.line("  its Postgres, all processes (proportional)", format!("{:.1} MiB", postgres(server)?));
    Ok(())
}

pub(crate) fn resident(process: u32) -> Result<f64> {
    field(&format!("/proc/{process}/status"), "VmRSS:").context("reading the memory of freehold")
}

/// Memory of Postgres. Pages that its processes share are counted once.
fn postgres(server: &Server<'_>) -> Result<f64> {
    let family = family(server.postmaster()?);
    Ok(family.iter().filter_map(|process| field(&format!("/proc/{process}/smaps_rollup"), "Pss:")).sum())
}

#[expect(clippy::cast_precision_loss, reason = "for people to read")]
fn field(file: &str, name: &str) -> Option<f64> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kibibytes as f64 / 1024.0)
}
