//! `make bench`: how much of the throughput of bare Postgres on this machine Freehold reaches.
//!
//! Everything is measured in one run with one server: a release build of `freehold` with a Postgres of its own, in a
//! folder below `target/` that is deleted afterwards. Absolute numbers depend on the machine and on its other load, so
//! the ratios are what counts. A slow result is not a failure; only a broken program is.
//!
//! With the argument `sign-in`, `fairness` or `export` it runs only that measurement.
//!
//! It expects the program `freehold` in its own folder, so both have to be built:
//! `cargo build --release -p freehold -p freehold-bench`.

mod billing;
mod connections;
mod cpu;
mod deliveries;
mod enumeration;
mod export;
mod home;
mod jobs;
mod memory;
mod neighbour;
mod pgbench;
mod programs;
mod report;
mod scene;
mod server;
mod sign_in;
mod sink;
mod start;
mod throughput;
mod wrk;

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::{home::Home, programs::Programs, report::Report, scene::Scene, server::Server};

#[tokio::main]
async fn main() -> ExitCode {
    // After an interrupt, everything that was started is ended as it is after an error: by being dropped.
    let measured = tokio::select! {
        measured = measure() => measured,
        _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted")),
    };
    match measured {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report::fail(&error),
    }
}

async fn measure() -> Result<()> {
    if cfg!(debug_assertions) {
        bail!("a debug build says nothing about speed: cargo build --release -p freehold -p freehold-bench");
    }
    let only_sign_in = match std::env::args().nth(1).as_deref() {
        Some("sign-in") => true,
        None | Some("fairness" | "export") => false,
        Some(_) => bail!(
            "freehold-bench measures everything, `freehold-bench sign-in` only what signing in costs, \
             `freehold-bench fairness` only noisy neighbours and idle connections, `freehold-bench export` only exports"
        ),
    };
    let only_fairness = std::env::args().nth(1).as_deref() == Some("fairness");
    let programs = Programs::find()?;
    let home = Home::new()?;
    let mut report = Report::begin();
    if std::env::args().nth(1).as_deref() == Some("export") {
        export::measure(&programs, &home, &mut report).await?;
        report.end();
        return Ok(());
    }

    let mut server = Server::start(&programs, &home).await?;
    let scene = Scene::set(&programs, &home, &server).await?;
    server.stop().await?;

    if only_sign_in {
        sign_in::measure(&programs, &home, &scene, &mut report).await?;
        report.end();
        return Ok(());
    }
    if only_fairness {
        server = Server::start(&programs, &home).await?;
        neighbour::measure(&programs, &home, &scene, &server, &mut report).await?;
        connections::measure(&programs, &scene, &server, &mut report).await?;
        server.stop().await?;
        report.end();
        return Ok(());
    }
    start::measure(&programs, &home, &scene, &mut report).await?;

    server = Server::start(&programs, &home).await?;
    memory::measure(&server, &mut report).await?;
    throughput::read(&programs, &home, &scene, &server, &mut report).await?;
    throughput::isolation(&programs, &home, &scene, &mut report).await?;
    throughput::write(&programs, &home, &scene, &server, &mut report).await?;
    memory::after_load(&server, &mut report)?;
    jobs::throughput(&programs, &home, &mut report).await?;
    jobs::fairness(&home, &mut report).await?;
    deliveries::measure(&programs, &home, &scene, &server, &mut report).await?;
    neighbour::measure(&programs, &home, &scene, &server, &mut report).await?;
    connections::measure(&programs, &scene, &server, &mut report).await?;
    let event = billing::entitlement(&home, &server, &mut report).await?;
    server.stop().await?;
    billing::accepted(&programs, &home, &scene, &event, &mut report).await?;
    sign_in::measure(&programs, &home, &scene, &mut report).await?;
    export::measure(&programs, &home, &mut report).await?;
    report.end();
    Ok(())
}
