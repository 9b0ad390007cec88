//! `freehold files`: an operator's commands for the file store.

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;
use freehold_files::check::{Checked, Finding, files_check};

use crate::{database::Database, settings::Settings};

/// The actions of `freehold files`.
#[derive(Subcommand)]
pub enum Action {
    /// Compare files with their objects in the file store, in both directions; the server may keep running
    Check {
        /// Delete the objects that belong to no file
        #[arg(long)]
        repair: bool,
    },
}

/// Runs the action. Fails if something is amiss and was not repaired.
pub async fn files(settings: &Settings, action: Action) -> Result<ExitCode> {
    let Action::Check { repair } = action;
    let database = Database::open_beside(settings).await?;
    let checked = check(settings, &database, repair).await;
    database.close().await?;
    let checked = checked?;
    print(&checked);
    Ok(code(&checked))
}

async fn check(settings: &Settings, database: &Database, repair: bool) -> Result<Checked> {
    let db = database.pool()?;
    db.clock_follow().await?;
    Ok(files_check(&db, &settings.files.open()?.storage, repair).await?)
}

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
fn print(checked: &Checked) {
    for finding in &checked.findings {
        println!("{finding}");
    }
    let Checked { objects, files, findings } = checked;
    let lost = findings.iter().filter(|finding| !finding.is_repaired()).count();
    println!("{files} files and {objects} objects compared, {} findings, {lost} left", findings.len());
}

/// The exit code: a failure when something is left.
fn code(checked: &Checked) -> ExitCode {
    if checked.findings.iter().all(Finding::is_repaired) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
