//! Load on bare Postgres: `pgbench` sends the transaction that Freehold would send.

use std::path::Path;

use anyhow::{Context, Result, bail};
use tokio::process::Command;

use crate::{home::Home, programs::Programs, scene::Scene};

/// The transaction that `freehold_db` sends for a statement, here for `select`, in one pipeline and so in one round
/// trip. The settings are those of `tenant_opening` in `crates/db/src/database.rs`. They are all in one `select`,
/// because that is cheaper than one `set local` for each when every statement is parsed, planned and executed by
/// messages of its own.
pub(crate) fn transaction(scene: &Scene, select: &str) -> String {
    let Scene { tenant, key_id, .. } = scene;
    let claims =
        format!(r#"{{"role":"authenticated","tenant_id":"{tenant}","tenant_role":"owner","key_id":"{key_id}"}}"#);
    format!(
        "\\startpipeline\n\
         begin;\n\
         select set_config('role', 'freehold_app', true), set_config('freehold.tenant_id', '{tenant}', true), \
         set_config('request.jwt.claims', '{claims}', true), set_config('statement_timeout', '15000', true);\n\
         {select};\n\
         commit;\n\
         \\endpipeline\n"
    )
}

/// Whether Postgres parses and plans each statement again.
#[derive(Clone, Copy)]
pub(crate) enum Protocol {
    /// Every time, as behind a pooler.
    Extended,
    /// Once per connection.
    Prepared,
}

/// Returns transactions per second with 16 clients over the Unix socket, with the login of requests.
pub(crate) async fn run(
    programs: &Programs,
    home: &Home,
    script: &Path,
    protocol: Protocol,
    seconds: u32,
) -> Result<f64> {
    let seconds = seconds.to_string();
    load(programs, home, script, protocol, &["--client", "16", "--jobs", "2", "--time", &seconds]).await
}

/// Returns transactions per second with one client that sends this many.
pub(crate) async fn run_times(
    programs: &Programs,
    home: &Home,
    script: &Path,
    protocol: Protocol,
    times: i32,
) -> Result<f64> {
    load(programs, home, script, protocol, &["--client", "1", "--transactions", &times.to_string()]).await
}

async fn load(programs: &Programs, home: &Home, script: &Path, protocol: Protocol, much: &[&str]) -> Result<f64> {
    let protocol = match protocol {
        Protocol::Extended => "extended",
        Protocol::Prepared => "prepared",
    };
    let mut command = Command::new(&programs.pgbench);
    command.arg("--host").arg(home.socket()?).args(["--username", "freehold_server", "--no-vacuum"]);
    command.args(["--protocol", protocol]).args(much);
    command.arg("--file").arg(script).arg("freehold").kill_on_drop(true);
    let output = command.output().await.context("running pgbench")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let failed = text.lines().find(|line| line.starts_with("number of failed transactions: "));
    let rate = text.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
    match rate {
        Some(rate) if output.status.success() && failed.is_none_or(|line| line.contains(": 0 ")) => Ok(rate),
        _ => {
            // Each of the sixteen clients prints the same.
            let said = String::from_utf8_lossy(&output.stderr);
            let said: Vec<&str> = said.lines().take(4).collect();
            bail!("pgbench: {}\n{text}{}", output.status, said.join("\n"))
        }
    }
}
