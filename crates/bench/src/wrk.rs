//! Load on the server: HTTP over some connections, usually 16, with `wrk`.

use std::path::Path;

use anyhow::{Context, Result, bail};
use tokio::process::Command;

use crate::{programs::Programs, scene::Scene};

/// The start of a script whose requests post JSON.
pub(crate) const POSTING_JSON: &str = "wrk.method = \"POST\"\nwrk.headers[\"Content-Type\"] = \"application/json\"\n";

/// The results of `wrk`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Load {
    /// Responses per second.
    pub(crate) rate: f64,
    /// The median response time, such as `1.23ms`.
    pub(crate) p50: String,
    /// The 99th percentile of the response times.
    pub(crate) p99: String,
}

/// Requests `url` with the scene's API key as fast as possible. `script` creates requests other than `GET`.
pub(crate) async fn run(
    programs: &Programs,
    scene: &Scene,
    url: &str,
    script: Option<&Path>,
    seconds: u32,
) -> Result<Load> {
    run_with(programs, scene, url, script, 16, seconds).await
}

/// The same with this many connections, for this many seconds.
pub(crate) async fn run_with(
    programs: &Programs,
    scene: &Scene,
    url: &str,
    script: Option<&Path>,
    connections: u32,
    seconds: u32,
) -> Result<Load> {
    let text = output(programs, scene, url, script, connections, seconds).await?;
    read(&text).with_context(|| format!("wrk: an answer was no success:\n{text}"))
}

/// The same for responses that may be refusals, with their number.
pub(crate) async fn run_refused(
    programs: &Programs,
    scene: &Scene,
    url: &str,
    script: Option<&Path>,
    connections: u32,
    seconds: u32,
) -> Result<(Load, u64)> {
    let text = output(programs, scene, url, script, connections, seconds).await?;
    let load = load(&text).with_context(|| format!("wrk: no latencies:\n{text}"))?;
    Ok((load, refused(&text)))
}

async fn output(
    programs: &Programs,
    scene: &Scene,
    url: &str,
    script: Option<&Path>,
    connections: u32,
    seconds: u32,
) -> Result<String> {
    let mut command = Command::new(&programs.wrk);
    // One thread is enough for `wrk`, and leaves the rest of the machine to the server.
    command.args(["--threads", "1", "--connections", &connections.to_string()]);
    command.args(["--latency", "--duration", &format!("{seconds}s")]);
    command.args(["--header", &format!("Authorization: Bearer {}", scene.key)]);
    if let Some(script) = script {
        command.arg("--script").arg(script);
    }
    let output = command.arg(url).kill_on_drop(true).output().await.context("running wrk")?;
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        bail!("wrk: {}\n{text}{}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    Ok(text.into_owned())
}

/// None when a response was not successful or a connection broke, because the numbers mean nothing then.
fn read(text: &str) -> Option<Load> {
    if text.contains("Non-2xx") || text.contains("Socket errors") {
        return None;
    }
    load(text)
}

/// How many responses were not successful.
fn refused(text: &str) -> u64 {
    let line = text.lines().find_map(|line| line.trim().strip_prefix("Non-2xx or 3xx responses:"));
    line.and_then(|count| count.trim().parse().ok()).unwrap_or_default()
}

/// Converts a latency of `wrk` to milliseconds.
pub(crate) fn milliseconds(text: &str) -> Option<f64> {
    let (number, factor) = if let Some(number) = text.strip_suffix("us") {
        (number, 0.001)
    } else if let Some(number) = text.strip_suffix("ms") {
        (number, 1.0)
    } else {
        (text.strip_suffix('s')?, 1000.0)
    };
    Some(number.parse::<f64>().ok()? * factor)
}

fn load(text: &str) -> Option<Load> {
    let after = |start: &str| text.lines().find_map(|line| Some(line.trim().strip_prefix(start)?.trim().to_owned()));
    Some(Load { rate: after("Requests/sec:")?.parse().ok()?, p50: after("50%")?, p99: after("99%")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Running 1s test @ http://127.0.0.1:8080/\n  1 threads and 16 connections\n  Thread Stats   Avg      \
                        Stdev     Max   +/- Stdev\n  Latency Distribution\n     50%    1.88ms\n     75%    2.10ms\n     \
                        90%    2.90ms\n     99%    4.64ms\n  8171 requests in 1.00s, 47.1MB read\nRequests/sec:   8171.50\n";

    #[test]
    fn the_numbers_are_found() {
        let load = Load { rate: 8171.5, p50: "1.88ms".to_owned(), p99: "4.64ms".to_owned() };
        assert_eq!(read(TEXT), Some(load));
    }

    #[test]
    fn a_load_with_refused_requests_says_nothing() {
        let text = format!("{TEXT}  Non-2xx or 3xx responses: 3\n");
        assert_eq!((read(&text), refused(&text), refused(TEXT)), (None, 3, 0));
    }

    #[test]
    fn latencies_are_read_in_every_unit() {
        assert_eq!(["480.00us", "4.64ms", "1.20s"].map(milliseconds), [Some(0.48), Some(4.64), Some(1200.0)]);
        assert_eq!(milliseconds("4.64"), None);
    }
}
