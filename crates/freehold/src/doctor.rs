//! `freehold doctor`: checks a deployment without changing it, and says what to do about each problem.

mod addresses;
mod audit;
mod billing;
mod configuration;
mod database;
mod disk;
mod files;
mod finding;
mod isolation;
mod listening;
mod mail;
mod project;
mod schema;
mod secret_key;
mod server;

use std::{
    io::{IsTerminal, Write},
    process::ExitCode,
};

use anyhow::Result;
use finding::{Finding, Level};
use freehold_core::Error;
use freehold_web::demo::Paint;

use crate::{
    data_folder,
    settings::{Mistakes, Settings},
    terminal::{self, reason},
};

/// Runs all checks. Fails if a finding is a failure.
pub async fn doctor(settings: Result<Settings>) -> Result<ExitCode> {
    let findings = match settings {
        Ok(settings) => examine(&settings).await,
        Err(error) => mistakes(&error),
    };
    print(&findings);
    Ok(if findings.iter().any(Finding::failed) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// One finding for each mistake in the settings.
fn mistakes(error: &anyhow::Error) -> Vec<Finding> {
    let advice = "correct this; every other check waits for it";
    match error.downcast_ref::<Mistakes>() {
        Some(Mistakes(all)) => all.iter().map(|one| Finding::fail(one.trim_end_matches('.'), advice)).collect(),
        None => vec![Finding::fail(format!("the settings cannot be read: {}", terminal::line(error)), advice)],
    }
}

async fn examine(settings: &Settings) -> Vec<Finding> {
    let mut findings = configuration::examine(settings);
    findings.extend(listening::examine(settings).await);
    if settings.database_url.is_none() || settings.secret_key.is_none() {
        let problem = data_folder::check(settings).err();
        findings.extend(problem.map(|problem| Finding::fail_sentences(&problem.to_string())));
    }
    findings.extend(mail::examine(settings).await);
    findings.extend(project::examine(settings).await);
    findings.extend(billing::examine(settings).await);
    findings.extend(secret_key::examine(settings));
    findings.extend(disk::examine(&settings.data).await);
    findings.extend(files::examine(settings).await);
    findings.extend(database::examine(settings).await);
    findings
}

/// Prints a line. If the reader closed the pipe, the exit code still has the result.
fn print(findings: &[Finding]) {
    let mut out = std::io::stdout();
    let paint = Paint::for_output(out.is_terminal());
    for finding in findings {
        let _ = writeln!(out, "{}", finding.line(paint));
    }
    let count = |level: Level| findings.iter().filter(|finding| finding.level == level).count();
    let (ok, warnings, failures) = (count(Level::Ok), count(Level::Warn), count(Level::Fail));
    let plural = |number: usize, word: &str| format!("{number} {word}{}", if number == 1 { "" } else { "s" });
    let _ = writeln!(out, "\n{ok} ok, {}, {}", plural(warnings, "warning"), plural(failures, "failure"));
}

/// The advice for an error that the database reports.
fn restart_advice(error: &Error) -> &'static str {
    if error.message().contains("programs were replaced") {
        "restart Postgres: its programs were upgraded while it runs; the local one is restarted by its server within seconds"
    } else if error.message().contains("accepts no changes") {
        "look whether DATABASE_URL names a standby, or whether the provider has stopped writing because the disk is nearly full"
    } else {
        "look into the log of the database, then look again"
    }
}
