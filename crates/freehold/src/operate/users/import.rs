//! `freehold users import`.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, Read, stdin},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result, anyhow, bail};
use freehold_core::Secret;
use freehold_db::{AuthTable, Foreign};
use freehold_identity::{
    PeopleOf,
    import::{
        BATCH, Columns, Found, Report, Table,
        dump::{DumpProblem, DumpReader, NoDump, dump_open},
        rows_import,
    },
    signing::Keeper,
};
use serde_json::Value;
use tokio::sync::mpsc::{Receiver, channel};
use uuid::Uuid;

use crate::settings::Settings;

/// The exit code where some rows were refused and the others imported.
const SOME_REFUSED: u8 = 3;

/// How many lines with the same error are printed one by one.
const ONE_BY_ONE: usize = 20;

/// A part of a dump, as it is read.
enum Step {
    Row(Found),
    /// A line that cannot be read, with the reason.
    Strange(DumpProblem),
    /// Why nothing can be imported.
    NoDump(io::Error),
    /// The end of the dump; with a description of the file if it had no user.
    End(NoDump),
}

/// A running import, and the outcome of its rows.
struct Importing<'a> {
    keeper: &'a Keeper,
    people: PeopleOf,
    report: Report,
}

/// Imports users from a dump or a database, and prints the outcome. The exit code tells a script whether rows were
/// refused.
pub(super) async fn import(
    settings: &Settings,
    keeper: &Keeper,
    dump: Option<PathBuf>,
    database: Option<String>,
) -> Result<ExitCode> {
    let people = settings.auth.identity;
    let (report, strange) = match (dump, database) {
        (Some(dump), _) => people_from_dump(keeper, people, &dump).await?,
        (None, Some(url)) => (people_from_database(keeper, people, Secret::new(url)).await?, Vec::new()),
        (None, None) => bail!("name a dump, or the project's database with --database or SUPABASE_DB_URL"),
    };
    Ok(print(&report, &strange))
}

impl Importing<'_> {
    async fn take(&mut self, table: Table, rows: &mut Vec<Found>) -> Result<()> {
        let rows = std::mem::take(rows);
        rows_import(self.keeper, self.people, table, rows, &mut self.report).await?;
        Ok(())
    }
}

/// Imports users from a dump; `-` is the standard input. Returns the outcome of the rows, and the lines that could not
/// be read.
///
/// # Errors
/// The file is no dump, or has no user: the error says what it is and what to do.
pub async fn people_from_dump(keeper: &Keeper, people: PeopleOf, dump: &Path) -> Result<(Report, Vec<String>)> {
    let mut importing = Importing { keeper, people, report: Report::default() };
    let mut steps = reading(dump)?;
    // Identities and factors can precede their user in the dump, so they are imported after all users.
    let (mut users, mut others, mut strange) = (Vec::new(), Vec::new(), Vec::new());
    let (mut found_users, mut without_users) = (false, None);
    while let Some(step) = steps.recv().await {
        match step {
            Step::Row(found) if found.table == Table::Users => {
                found_users = true;
                users.push(found);
            }
            Step::Row(found) => others.push(found),
            Step::Strange(problem) => strange.push(problem.to_string()),
            Step::NoDump(error) => return Err(no_dump(dump, error)),
            Step::End(what) => without_users = Some(what),
        }
        if users.len() >= BATCH {
            importing.take(Table::Users, &mut users).await?;
        }
    }
    if !found_users && others.is_empty() {
        if let Some(what) = without_users.filter(|_| strange.is_empty()) {
            return Err(anyhow!(what).context(nothing(dump)));
        }
        // The dump has only lines of users that could not be read: the first says why.
        let first = strange.first().cloned().unwrap_or_default();
        return Err(anyhow!("{first} ({} such lines)", strange.len()).context(nothing(dump)));
    }
    importing.take(Table::Users, &mut users).await?;
    for table in [Table::Identities, Table::Factors] {
        let (mut rows, rest) = others.into_iter().partition(|found: &Found| found.table == table);
        others = rest;
        importing.take(table, &mut rows).await?;
    }
    Ok((importing.report, strange))
}

fn nothing(dump: &Path) -> String {
    format!("nothing was imported from {}", dump.display())
}

fn no_dump(dump: &Path, error: io::Error) -> anyhow::Error {
    match error.downcast::<NoDump>() {
        Ok(what) => anyhow!(what).context(nothing(dump)),
        Err(error) => anyhow!(error).context("it could not be read to its end").context(nothing(dump)),
    }
}

/// Reads the dump on a thread of its own.
fn reading(dump: &Path) -> Result<Receiver<Step>> {
    let file: Box<dyn Read + Send> = if dump == Path::new("-") {
        Box::new(stdin())
    } else {
        if dump.is_dir() {
            return Err(anyhow!(folder(dump)).context(nothing(dump)));
        }
        Box::new(File::open(dump).with_context(|| format!("opening {}", dump.display()))?)
    };
    let (sender, receiver) = channel(BATCH);
    tokio::task::spawn_blocking(move || {
        let mut reader = match dump_open(file) {
            Ok(lines) => DumpReader::new(lines),
            // Sending fails only if the import was cancelled.
            Err(error) => return drop(sender.blocking_send(Step::NoDump(error))),
        };
        loop {
            let (step, over) = match reader.next_row() {
                Ok(Some(found)) => (Step::Row(found), false),
                Ok(None) => (Step::End(reader.without_users()), true),
                Err(DumpProblem::Io(error)) => (Step::Strange(DumpProblem::Io(error)), true),
                Err(problem) => (Step::Strange(problem), false),
            };
            if sender.blocking_send(step).is_err() || over {
                return;
            }
        }
    });
    Ok(receiver)
}

/// Describes a folder that was given in place of a dump.
fn folder(dump: &Path) -> NoDump {
    if dump.join("toc.dat").exists() {
        let advice =
            "Turn it into SQL: pg_restore --data-only --schema auth -f people.sql FOLDER, and import people.sql";
        return NoDump::new("a dump in pg_dump's directory format (-Fd)", advice);
    }
    NoDump::new("a folder", "Name the SQL dump inside")
}

/// Imports users from a project's database. Returns the outcome of the rows.
pub async fn people_from_database(keeper: &Keeper, people: PeopleOf, url: Secret) -> Result<Report> {
    let mut importing = Importing { keeper, people, report: Report::default() };
    let foreign = freehold_db::Settings::from_variable("--database (SUPABASE_DB_URL)", &url)?;
    let place = foreign.place();
    let foreign = Foreign::connect(&foreign).await.with_context(|| format!("connecting to {place}"))?;
    for (table, of) in [
        (Table::Users, AuthTable::Users),
        (Table::Identities, AuthTable::Identities),
        (Table::Factors, AuthTable::Factors),
    ] {
        let mut after = Uuid::nil();
        loop {
            let page = foreign.page(of, after, i64::try_from(BATCH)?).await;
            let page = page.with_context(|| format!("reading auth.{} at {place}", table.name()))?;
            let Some(last) = page.last().and_then(|row| row["id"].as_str()) else { break };
            after = last.parse().with_context(|| format!("reading the ids of auth.{}", table.name()))?;
            let found = |row| Found { table, line: None, columns: columns(row), replaced: false };
            importing.take(table, &mut page.into_iter().map(found).collect()).await?;
        }
    }
    Ok(importing.report)
}

fn columns(row: Value) -> Columns {
    let Value::Object(fields) = row else { return Columns::new() };
    let text = |value| match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    };
    fields.into_iter().map(|(name, value)| (name, text(value))).collect()
}

/// Prints the outcome of the rows, and returns the exit code.
#[expect(clippy::print_stdout, reason = "this is what the command is for")]
fn print(report: &Report, strange: &[String]) -> ExitCode {
    for line in shortened(strange) {
        println!("not read: {line}");
    }
    for remark in &report.refused {
        println!("refused: {remark}");
    }
    for remark in &report.changed {
        println!("imported with a change: {remark}");
    }
    for (table, name) in
        [(Table::Users, "users"), (Table::Identities, "identities"), (Table::Factors, "second factors")]
    {
        let counts = report.of(table);
        println!("{name}: {} imported, {} already there, {} refused", counts.added, counts.known, counts.refused);
    }
    if report.refused.is_empty() && strange.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!("{} refused, {} not read; the lines above say why", report.refused.len(), strange.len());
    ExitCode::from(SOME_REFUSED)
}

/// The lines to print: of many with the same reason only the first ones.
fn shortened(strange: &[String]) -> Vec<String> {
    let reason = |line: &str| line.split_once(": ").map_or_else(|| line.to_owned(), |(_, reason)| reason.to_owned());
    let mut counts: HashMap<String, usize> = HashMap::new();
    let mut lines = Vec::new();
    for line in strange {
        let count = counts.entry(reason(line)).or_default();
        *count += 1;
        if *count <= ONE_BY_ONE {
            lines.push(line.clone());
        }
    }
    let mut more: Vec<_> = counts.into_iter().filter(|(_, count)| *count > ONE_BY_ONE).collect();
    more.sort();
    lines.extend(more.into_iter().map(|(reason, count)| format!("{} more lines: {reason}", count - ONE_BY_ONE)));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_lines_with_the_same_reason_the_first_are_printed() {
        let strange: Vec<String> = (0..1_000).map(|line| format!("line {line} of the dump: it is odd")).collect();
        let lines = shortened(&strange);
        assert_eq!((lines.len(), lines[20].as_str()), (21, "980 more lines: it is odd"));
        assert_eq!(shortened(&strange[..3]), strange[..3]);
    }
}
