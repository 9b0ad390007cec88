//! Exports: how much memory the server needs for an archive of an organization with a gigabyte of files, and how its
//! speed compares with `zip -0` of the same files.

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use freehold_core::Random;
use jiff::Timestamp;
use reqwest::{Method, StatusCode, header};
use serde_json::Value;
use tokio::process::Command;

use crate::{
    home::Home,
    memory::resident,
    programs::Programs,
    report::Report,
    scene::{Owner, ask, text},
    server::Server,
};

/// The files of the organization: a gigabyte that nothing compresses.
const FILES: u32 = 100;
const SIZE: usize = 10_000_000;
/// How long the server is left idle before its memory is read.
const IDLE: Duration = Duration::from_secs(5);
/// How often its memory is read while it writes the archive.
const SAMPLED: Duration = Duration::from_millis(20);
/// How long an export may take before the run fails.
const PATIENCE: Duration = Duration::from_mins(10);

const MEMORY_GOAL_MIB: f64 = 64.0;
const SPEED_GOAL: f64 = 0.5;

/// Measures an export and `zip -0` of the same files.
pub(crate) async fn measure(programs: &Programs, home: &Home, report: &mut Report) -> Result<()> {
    let settings = [("FREEHOLD_FILES_ORGANIZATION_MEGABYTES", "0")];
    let server = Server::start_with(programs, home, &settings).await?;
    let owner = Owner::sign_up(programs, home, &server, "export").await?;
    upload(&server, &owner).await?;
    server.stop().await?;

    let server = Server::start_with(programs, home, &settings).await?;
    tokio::time::sleep(IDLE).await;
    let idle = resident(server.process()?)?;
    let (most, took, size) = export(&server, &owner).await?;
    let folder = home.data().join("files").join("tenants").join(&owner.tenant);
    let zipped = zip(home, &folder).await?;
    server.stop().await?;

    let above = most - idle;
    let found = format!("{above:.1} MiB above {idle:.1} MiB");
    report.goal("memory of an export of 1 GB, at most (resident)", found, "<= 64 MiB", above <= MEMORY_GOAL_MIB);
    let speed = zipped.as_secs_f64() / took.as_secs_f64();
    report.goal("  speed, relative to zip -0", format!("{speed:.2}"), ">= 0.5", speed >= SPEED_GOAL);
    report.line("  an export of 1 GB", format!("{took:.2?}, {size} bytes"));
    report.line("  zip -0 of the same files, without fsync", format!("{zipped:.2?}"));
    Ok(())
}

async fn upload(server: &Server<'_>, owner: &Owner) -> Result<()> {
    let random = Random::system();
    for number in 0..FILES {
        // A block of random bytes, repeated: it is not compressed, and filling the files takes no time.
        let block = random.bytes::<4096>();
        let content: Vec<u8> = block.iter().copied().cycle().take(SIZE).collect();
        let url = server.url(&format!("/api/v1/files?name={number}.bin"));
        let sent = server.client.post(url).header(header::AUTHORIZATION, &owner.key).body(content).send().await?;
        if sent.status() != StatusCode::CREATED {
            bail!("uploading: {}", sent.text().await?);
        }
    }
    Ok(())
}

/// Requests an export; returns the most memory until it was ready in MiB, how long writing it took, and its size.
async fn export(server: &Server<'_>, owner: &Owner) -> Result<(f64, Duration, i64)> {
    let begun = Instant::now();
    let requested = server.client.request(Method::POST, server.url("/api/v1/export"));
    let requested = requested.header(header::AUTHORIZATION, &owner.key).send().await?;
    if requested.status() != StatusCode::ACCEPTED {
        bail!("requesting an export: {}", requested.text().await?);
    }
    let path = format!("/api/v1/export/{}", text(&requested.json::<Value>().await?, "/id")?);
    let mut most = 0.0_f64;
    loop {
        for _ in 0..10 {
            most = most.max(resident(server.process()?)?);
            tokio::time::sleep(SAMPLED).await;
        }
        let export = ask(server, Method::GET, &path, Some(&owner.key), None).await?;
        match export["state"].as_str() {
            Some("ready") => {
                let time = |name: &str| -> Result<Timestamp> { Ok(text(&export, name)?.parse()?) };
                let (started, ended) = (time("/started_at")?, time("/ended_at")?);
                let took =
                    Duration::try_from(ended.duration_since(started)).context("an export ended before it began")?;
                return Ok((most, took, export["size"].as_i64().context("an archive without a size")?));
            }
            Some("waiting" | "running") if begun.elapsed() < PATIENCE => {}
            _ => bail!("the export did not become ready: {export}"),
        }
    }
}

/// How long `zip -0` takes for the files of this folder, without the archive of the export.
async fn zip(home: &Home, folder: &std::path::Path) -> Result<Duration> {
    let archive = home.data().join("zip-0.zip");
    let size = format!("-size -{}c", SIZE + 1);
    let line = format!("find . -type f {size} -print | zip -0 -q \"$0\" -@");
    let begun = Instant::now();
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &line]).arg(&archive).current_dir(folder).stdin(Stdio::null()).kill_on_drop(true);
    let status = command.status().await.context("running zip (Debian: apt-get install zip)")?;
    let took = begun.elapsed();
    if !status.success() {
        bail!("zip ended with {status} (Debian: apt-get install zip)");
    }
    let expected = u64::from(FILES) * u64::try_from(SIZE)?;
    if std::fs::metadata(&archive)?.len() < expected {
        bail!("zip archived too little");
    }
    std::fs::remove_file(&archive)?;
    Ok(took)
}
