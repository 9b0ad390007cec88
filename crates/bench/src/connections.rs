//! Ten thousand idle connections, and how long `/healthz` takes in the meantime.

use anyhow::{Context, Result, ensure};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    memory,
    programs::Programs,
    report::Report,
    scene::Scene,
    server::Server,
    wrk::{self, milliseconds},
};

const IDLE: usize = 10_000;
const SECONDS: u32 = 5;
const GOAL_MS: f64 = 50.0;
const REQUEST: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: bench\r\n\r\n";

/// Opens connections, uses each once, and keeps them open.
pub(crate) async fn measure(
    programs: &Programs,
    scene: &Scene,
    server: &Server<'_>,
    report: &mut Report,
) -> Result<()> {
    let maximum = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).context("raising the limit of open files")?;
    let before = memory::resident(server.process()?)?;
    let mut idle = Vec::with_capacity(IDLE);
    for number in 0..IDLE {
        let used = used_once(server).await;
        idle.push(used.with_context(|| format!("opening connection {number} of {IDLE}"))?);
    }
    let load = wrk::run_with(programs, scene, &server.url("/healthz"), None, 1, SECONDS).await?;
    let p99 = milliseconds(&load.p99).with_context(|| format!("{} is no latency of wrk", load.p99))?;
    let held = idle.iter().filter(|stream| is_open(stream)).count();
    let memory = memory::resident(server.process()?)?;
    report.goal("idle connections held", held.to_string(), "10000", held == IDLE);
    report.goal("  p99 of /healthz meanwhile", format!("{p99:.2} ms"), "< 50 ms", p99 < GOAL_MS);
    report.line("  memory of the server, before and with them", format!("{before:.1} MiB, {memory:.1} MiB"));
    Ok(())
}

async fn used_once(server: &Server<'_>) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(server.address()).await?;
    stream.write_all(REQUEST).await?;
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\nok\n") {
        let mut part = [0; 1024];
        let read = stream.read(&mut part).await?;
        ensure!(read > 0, "closed after {}", String::from_utf8_lossy(&answer));
        answer.extend_from_slice(&part[..read]);
    }
    Ok(stream)
}

/// Whether the connection is open: then there is nothing to read from it.
fn is_open(stream: &TcpStream) -> bool {
    stream.try_read(&mut [0]).is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
}
