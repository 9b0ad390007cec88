//! `freehold users import`.

use std::{
    fs::File,
    io::{BufRead, BufReader, stdin},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, bail};
use freehold_core::Secret;
use freehold_db::{AuthTable, Foreign};
use freehold_identity::{
    PeopleOf,
    import::{
        BATCH, Columns, Found, Report, Table,
        dump::{DumpProblem, DumpReader},
        people_bring,
    },
    signing::Keeper,
};
use serde_json::Value;
use tokio::sync::mpsc::{Receiver, channel};
use uuid::Uuid;

use crate::settings::Settings;

/// What a dump is read to.
enum Read {
    Row(Found),
    /// What is wrong with a line.
    Strange(String),
}

/// Who are being brought, and what is said of it.
struct Bringing<'a> {
    keeper: &'a Keeper,
    people: PeopleOf,
    report: Report,
}

/// Brings people from a dump or a database, and prints what became of them. An error where something was refused, so that a
/// script learns of it.
pub(super) async fn bring(
    settings: &Settings,
    keeper: &Keeper,
    dump: Option<PathBuf>,
    database: Option<String>,
) -> Result<()> {
    let people = settings.auth.identity;
    let (report, strange) = match (dump, database) {
        (Some(dump), _) => people_from_dump(keeper, people, &dump).await?,
        (None, Some(url)) => (people_from_database(keeper, people, Secret::new(url)).await?, Vec::new()),
        (None, None) => bail!("name a dump, or the project's database with --database or SUPABASE_DB_URL"),
    };
    told(&report, &strange)
}

impl Bringing<'_> {
    async fn take(&mut self, table: Table, rows: &mut Vec<Found>) -> Result<()> {
        let rows = std::mem::take(rows);
        people_bring(self.keeper, self.people, table, rows, &mut self.report).await?;
        Ok(())
    }
}

/// Brings people from a dump; `-` is the standard input. What became of the rows, and which lines could not be read.
pub async fn people_from_dump(keeper: &Keeper, people: PeopleOf, dump: &Path) -> Result<(Report, Vec<String>)> {
    let mut bringing = Bringing { keeper, people, report: Report::default() };
    let mut read = reading(dump)?;
    // What is somebody's may stand in the dump before him, so it is brought when all people are.
    let (mut users, mut others, mut strange) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(found) = read.recv().await {
        match found {
            Read::Row(found) if found.table == Table::Users => users.push(found),
            Read::Row(found) => others.push(found),
            Read::Strange(what) => strange.push(what),
        }
        if users.len() >= BATCH {
            bringing.take(Table::Users, &mut users).await?;
        }
    }
    bringing.take(Table::Users, &mut users).await?;
    for table in [Table::Identities, Table::Factors] {
        let (mut rows, rest) = others.into_iter().partition(|found: &Found| found.table == table);
        others = rest;
        bringing.take(table, &mut rows).await?;
    }
    Ok((bringing.report, strange))
}

/// Reads the dump on a thread of its own.
fn reading(dump: &Path) -> Result<Receiver<Read>> {
    let lines: Box<dyn BufRead + Send> = if dump == Path::new("-") {
        Box::new(BufReader::new(stdin()))
    } else {
        Box::new(BufReader::new(File::open(dump).with_context(|| format!("opening {}", dump.display()))?))
    };
    let (sender, receiver) = channel(BATCH);
    tokio::task::spawn_blocking(move || {
        let mut reader = DumpReader::new(lines);
        loop {
            let (read, over) = match reader.next_row() {
                Ok(None) => return,
                Ok(Some(found)) => (Read::Row(found), false),
                Err(problem) => (Read::Strange(problem.to_string()), matches!(problem, DumpProblem::Io(_))),
            };
            // Nobody listens any more when bringing failed.
            if sender.blocking_send(read).is_err() || over {
                return;
            }
        }
    });
    Ok(receiver)
}

/// Brings people from a project's database. What became of the rows.
pub async fn people_from_database(keeper: &Keeper, people: PeopleOf, url: Secret) -> Result<Report> {
    let mut bringing = Bringing { keeper, people, report: Report::default() };
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
            let found = |row| Found { table, line: None, columns: columns(row) };
            bringing.take(table, &mut page.into_iter().map(found).collect()).await?;
        }
    }
    Ok(bringing.report)
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

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
fn told(report: &Report, strange: &[String]) -> Result<()> {
    for what in strange {
        println!("not read: {what}");
    }
    for remark in &report.refused {
        println!("refused: {remark}");
    }
    for remark in &report.lacking {
        println!("brought: {remark}");
    }
    for (table, name) in [(Table::Users, "people"), (Table::Identities, "ways in"), (Table::Factors, "second factors")]
    {
        let counts = report.of(table);
        println!("{name}: {} brought, {} here before, {} refused", counts.added, counts.known, counts.refused);
    }
    if report.refused.is_empty() && strange.is_empty() {
        return Ok(());
    }
    bail!("{} refused, {} not read", report.refused.len(), strange.len())
}
