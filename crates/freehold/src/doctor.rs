//! `freehold doctor`: looks at everything that has to be right, changes nothing, and says what to do.

mod billing;
mod configuration;
mod database;
mod disk;
mod finding;
mod isolation;
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

use crate::{
    demo::paint::Paint,
    settings::{Options, Settings},
};

/// Checks everything. Fails when a finding does.
pub async fn doctor(options: Options) -> Result<ExitCode> {
    let findings = match options.resolve() {
        Ok(settings) => examine(&settings).await,
        Err(error) => vec![Finding::fail(
            format!("the settings cannot be read: {error:#}"),
            "correct them; every other check waits for them",
        )],
    };
    print(&findings);
    Ok(if findings.iter().any(Finding::failed) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn examine(settings: &Settings) -> Vec<Finding> {
    let mut findings = configuration::examine(settings);
    findings.extend(mail::examine(settings).await);
    findings.extend(project::examine(settings).await);
    findings.extend(billing::examine(settings).await);
    findings.extend(secret_key::examine(settings));
    findings.extend(disk::examine(&settings.data).await);
    findings.extend(database::examine(settings).await);
    findings
}

/// What cannot be printed (the reader closed the pipe) is still in the exit code.
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

/// Why something failed, for an operator: what the caller of an API would read is left out where there is a cause.
fn reason(error: &freehold_core::Error) -> String {
    let mut texts: Vec<String> = Vec::new();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        let text = next.to_string();
        // Some libraries repeat their cause in their own text; the driver's "db error" says less than its cause.
        if text != "db error" && !texts.last().is_some_and(|last| last.ends_with(&text)) {
            texts.push(text);
        }
        cause = next.source();
    }
    if texts.is_empty() { error.message().to_owned() } else { texts.join(": ") }
}
