//! Importing users from Supabase: their rows, from a dump of the project's database or from the database itself, become
//! users here with the same ids, passwords, sign-in methods and authenticator apps.
//!
//! Read in this order: [`dump`] reads a dump, [`rows_import`] imports the rows. Importing the same rows twice changes
//! nothing; users who are here already are not changed. A row that cannot be imported is refused with its reason; a
//! field that cannot be kept is left out and reported; all other rows are imported.
//!
//! Not imported: sessions (users sign in again), links and codes that were sent, and the time of the last sign-in,
//! because the first sign-in here is what gives a user an organization.

pub mod dump;
mod record;
mod store;

use std::{
    collections::{HashMap, HashSet},
    fmt,
};

use freehold_core::Result;
use freehold_db::{Db, row};
use serde_json::Value;
use uuid::Uuid;

pub use store::STATEMENTS;

use crate::{PeopleOf, signing::Keeper};
use record::{Record, factor_read, identity_read, user_read};

/// Rows imported per transaction.
pub const BATCH: usize = 500;

/// A row of a table: the columns' names and values as text; none: null.
pub type Columns = HashMap<String, Option<String>>;

/// The table that a row belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Table {
    /// `auth.users`.
    Users,
    /// `auth.identities`.
    Identities,
    /// `auth.mfa_factors`.
    Factors,
}

impl Table {
    /// All tables, in the order in which they must be imported.
    pub const ALL: [Self; 3] = [Self::Users, Self::Identities, Self::Factors];

    /// Its name in the schema `auth`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Identities => "identities",
            Self::Factors => "mfa_factors",
        }
    }

    const fn thing(self) -> &'static str {
        match self {
            Self::Users => "user",
            Self::Identities => "identity",
            Self::Factors => "second factor",
        }
    }
}

/// A row to import.
#[derive(Clone, Debug)]
pub struct Found {
    /// Table of the row.
    pub table: Table,
    /// Line of the dump; none: the row comes from a database.
    pub line: Option<u64>,
    /// Columns of the row.
    pub columns: Columns,
    /// Whether bytes that were not valid text were replaced.
    pub replaced: bool,
}

/// Results for the rows of one table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Number of rows imported just now.
    pub added: u64,
    /// Number of rows that were here already.
    pub known: u64,
    /// Number of rows refused; [`Report::refused`] has the reasons.
    pub refused: u64,
}

/// Results of an import.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Rows of `auth.users`.
    pub users: Counts,
    /// Rows of `auth.identities`.
    pub identities: Counts,
    /// Rows of `auth.mfa_factors`.
    pub factors: Counts,
    /// Rows that were not imported, with the reason.
    pub refused: Vec<Remark>,
    /// Rows that were imported with a field left out or changed.
    pub changed: Vec<Remark>,
}

/// A remark about one row: ids and reasons, no secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Table of the row.
    pub table: Table,
    /// Line of the dump; none: the row comes from a database.
    pub line: Option<u64>,
    /// Id of the row as the dump has it; empty: none.
    pub id: String,
    /// What an operator should know about the row, as a sentence.
    pub reason: String,
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        write!(
            f,
            "{} {}: {}",
            self.table.thing(),
            if self.id.is_empty() { "without an id" } else { &self.id },
            self.reason
        )
    }
}

impl Report {
    /// The results for this table.
    pub const fn of(&self, table: Table) -> &Counts {
        match table {
            Table::Users => &self.users,
            Table::Identities => &self.identities,
            Table::Factors => &self.factors,
        }
    }

    fn of_mut(&mut self, table: Table) -> &mut Counts {
        match table {
            Table::Users => &mut self.users,
            Table::Identities => &mut self.identities,
            Table::Factors => &mut self.factors,
        }
    }

    fn refuse(&mut self, table: Table, line: Option<u64>, id: String, reason: impl Into<String>) {
        self.of_mut(table).refused += 1;
        self.refused.push(Remark { table, line, id, reason: reason.into() });
    }
}

row! {
    pub(crate) struct Clash {
        id: Uuid,
        known: bool,
        reason: Option<String>,
    }
}

/// Imports rows of one table in batches, each in a transaction of its own. Users must be imported before their other
/// rows.
pub async fn rows_import(
    keeper: &Keeper,
    people: PeopleOf,
    table: Table,
    rows: Vec<Found>,
    report: &mut Report,
) -> Result<()> {
    let now = keeper.clock.now();
    let mut good: Vec<(Option<u64>, Record)> = Vec::with_capacity(rows.len());
    let mut seen = HashSet::new();
    for Found { line, columns, replaced, .. } in rows {
        let read = match table {
            Table::Users => user_read(&columns, people, now),
            Table::Identities => identity_read(&columns, now),
            Table::Factors => factor_read(keeper, &columns, now),
        };
        match read {
            Ok(record) if !seen.insert(record.id) => {
                report.refuse(table, line, record.id.to_string(), "its id is there twice");
            }
            Ok(mut record) => {
                if replaced {
                    record.remarks.push("bytes of it are not UTF-8 and were replaced by \u{fffd}".to_owned());
                }
                good.push((line, record));
            }
            Err(reason) => {
                let id = columns.get("id").cloned().flatten().unwrap_or_default();
                report.refuse(table, line, id.chars().take(64).collect(), reason);
            }
        }
    }
    for portion in good.chunks(BATCH) {
        portion_import(&keeper.db, table, portion, report).await?;
    }
    Ok(())
}

async fn portion_import(db: &Db, table: Table, portion: &[(Option<u64>, Record)], report: &mut Report) -> Result<()> {
    let records = || Value::Array(portion.iter().map(|(_, record)| record.kept.clone()).collect());
    let mut tx = db.system("import users").begin().await?;
    let insert = match table {
        Table::Users => store::users_insert(records()),
        Table::Identities => store::identities_insert(records()),
        Table::Factors => store::factors_insert(records()),
    };
    let added: HashSet<Uuid> = tx.fetch_all(insert).await?.into_iter().map(|(id,)| id).collect();
    let clashes = match table {
        Table::Users => store::users_clash(records()),
        Table::Identities => store::identities_clash(records()),
        Table::Factors => store::factors_clash(records()),
    };
    let clashes: HashMap<Uuid, Clash> =
        tx.fetch_all(clashes).await?.into_iter().map(|clash| (clash.id, clash)).collect();
    tx.commit().await?;
    for (line, record) in portion {
        if added.contains(&record.id) {
            report.of_mut(table).added += 1;
            for remark in &record.remarks {
                let id = record.id.to_string();
                report.changed.push(Remark { table, line: *line, id, reason: remark.clone() });
            }
            continue;
        }
        match clashes.get(&record.id) {
            Some(clash) if clash.known => report.of_mut(table).known += 1,
            clash => {
                let why = clash.and_then(|clash| clash.reason.clone());
                let why = why.unwrap_or_else(|| "it is at odds with another row".to_owned());
                report.refuse(table, *line, record.id.to_string(), why);
            }
        }
    }
    Ok(())
}
