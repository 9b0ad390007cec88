//! People who move here from Supabase: their rows, from a dump of the project's database or from the database itself, become
//! people here under the same ids, with their passwords, ways in and authenticator apps.
//!
//! Read in this order: [`dump`] reads a dump, [`people_bring`] takes the rows. Bringing the same rows twice changes nothing;
//! nobody who is here already is changed by what is brought. What cannot be brought is refused, each row with its reason,
//! and the rest is brought all the same.
//!
//! Not brought: sessions (people sign in once more), links and codes that were sent, and when somebody last signed in,
//! because the first sign-in here is what gives a person an organization.

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
use record::{Brought, factor_read, identity_read, person_read};

/// Rows that are brought at once.
pub const BATCH: usize = 500;

/// A row of a table: the columns' names and texts; none: null.
pub type Columns = HashMap<String, Option<String>>;

/// Which table a row is from.
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
    /// All, in the order in which they are to be brought.
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
            Self::Users => "person",
            Self::Identities => "way in",
            Self::Factors => "second factor",
        }
    }
}

/// A row to be brought.
#[derive(Clone, Debug)]
pub struct Found {
    /// Of which table.
    pub table: Table,
    /// In which line of the dump; none: from a database.
    pub line: Option<u64>,
    /// What it holds.
    pub columns: Columns,
}

/// What became of the rows of one table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Brought just now.
    pub added: u64,
    /// Were here already.
    pub known: u64,
    /// Refused; [`Report::refused`] says why.
    pub refused: u64,
}

/// What became of rows that were brought.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// `auth.users`.
    pub users: Counts,
    /// `auth.identities`.
    pub identities: Counts,
    /// `auth.mfa_factors`.
    pub factors: Counts,
    /// Rows that were not brought, with the reason.
    pub refused: Vec<Remark>,
    /// Rows that were brought, and lack something here.
    pub lacking: Vec<Remark>,
}

/// What is to be said of one row. It holds ids and reasons, and no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Of which table.
    pub table: Table,
    /// In which line of the dump.
    pub line: Option<u64>,
    /// The row's id, as it stands there; empty: none.
    pub id: String,
    /// What is to be said.
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
    /// What became of the rows of this table.
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

/// Brings rows of one table, in portions, each in a transaction of its own. People have to come before what is theirs.
pub async fn people_bring(
    keeper: &Keeper,
    people: PeopleOf,
    table: Table,
    rows: Vec<Found>,
    report: &mut Report,
) -> Result<()> {
    let now = keeper.clock.now();
    let mut good: Vec<(Option<u64>, Brought)> = Vec::with_capacity(rows.len());
    let mut seen = HashSet::new();
    for Found { line, columns, .. } in rows {
        let read = match table {
            Table::Users => person_read(&columns, people, now),
            Table::Identities => identity_read(&columns, now),
            Table::Factors => factor_read(keeper, &columns, now),
        };
        match read {
            Ok(brought) if !seen.insert(brought.id) => {
                report.refuse(table, line, brought.id.to_string(), "its id is there twice");
            }
            Ok(brought) => good.push((line, brought)),
            Err(reason) => {
                let id = columns.get("id").cloned().flatten().unwrap_or_default();
                report.refuse(table, line, id.chars().take(64).collect(), reason);
            }
        }
    }
    for portion in good.chunks(BATCH) {
        portion_bring(&keeper.db, table, portion, report).await?;
    }
    Ok(())
}

async fn portion_bring(db: &Db, table: Table, portion: &[(Option<u64>, Brought)], report: &mut Report) -> Result<()> {
    let records = || Value::Array(portion.iter().map(|(_, brought)| brought.record.clone()).collect());
    let mut tx = db.system("bring people from elsewhere").begin().await?;
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
    for (line, brought) in portion {
        if added.contains(&brought.id) {
            report.of_mut(table).added += 1;
            for lack in &brought.lacking {
                let id = brought.id.to_string();
                report.lacking.push(Remark { table, line: *line, id, reason: lack.clone() });
            }
            continue;
        }
        match clashes.get(&brought.id) {
            Some(clash) if clash.known => report.of_mut(table).known += 1,
            clash => {
                let why = clash.and_then(|clash| clash.reason.clone());
                let why = why.unwrap_or_else(|| "it is at odds with another row".to_owned());
                report.refuse(table, *line, brought.id.to_string(), why);
            }
        }
    }
    Ok(())
}
