//! Reading a dump: what `pg_dump` and `supabase db dump --data-only` write as plain SQL, with `COPY` or with `INSERT`.
//!
//! A dump may hold everything else, too, and among it texts that look like statements. So statements are told from
//! texts as Postgres does it, and only rows of `auth.users`, `auth.identities` and `auth.mfa_factors` are given out.

mod statement;

use std::{
    collections::VecDeque,
    io::{self, BufRead},
};

use super::{Columns, Found, Table};
use statement::{Scanner, Statement, copy_row};

/// Reads a dump row by row.
pub struct DumpReader<R> {
    lines: R,
    line: u64,
    scanner: Scanner,
    /// Rows of statements that were read.
    waiting: VecDeque<Found>,
    copying: Option<Copying>,
}

/// Data that follow a `COPY`.
struct Copying {
    /// Whose rows are wanted, with the names of the columns; none: they are passed by.
    wanted: Option<(Table, Vec<String>)>,
}

/// Why a dump cannot be read on.
#[derive(Debug)]
pub enum DumpProblem {
    /// Reading failed.
    Io(io::Error),
    /// A row or statement of a table that is wanted is not as `pg_dump` writes it.
    Line {
        /// Which line.
        line: u64,
        /// What is wrong.
        reason: &'static str,
    },
}

impl std::fmt::Display for DumpProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(error) => write!(f, "reading the dump: {error}"),
            Self::Line { line, reason } => write!(f, "line {line} of the dump: {reason}"),
        }
    }
}

impl std::error::Error for DumpProblem {}

impl<R: BufRead> DumpReader<R> {
    /// A reader of this dump.
    pub fn new(lines: R) -> Self {
        Self { lines, line: 0, scanner: Scanner::default(), waiting: VecDeque::new(), copying: None }
    }

    /// The next row that is wanted; none: the dump is over.
    ///
    /// # Errors
    /// See [`DumpProblem`]. It can be asked for the next row all the same, but for [`DumpProblem::Io`].
    pub fn next_row(&mut self) -> Result<Option<Found>, DumpProblem> {
        let mut bytes = Vec::new();
        loop {
            if let Some(found) = self.waiting.pop_front() {
                return Ok(Some(found));
            }
            bytes.clear();
            if self.lines.read_until(b'\n', &mut bytes).map_err(DumpProblem::Io)? == 0 {
                let open = self.copying.take().is_some() || self.scanner.forget();
                let broken = DumpProblem::Line { line: self.line, reason: "it ends in the middle of something" };
                return if open { Err(broken) } else { Ok(None) };
            }
            self.line += 1;
            // One end of a line, so that a text that ends in a carriage return keeps it.
            for end in [b'\n', b'\r'] {
                bytes.pop_if(|byte| *byte == end);
            }
            let line = String::from_utf8_lossy(&bytes);
            match self.copying.take() {
                Some(copying) if line == "\\." => drop(copying),
                Some(copying) => {
                    let found = copying.wanted.as_ref().map(|(table, names)| copied(*table, names, &line, self.line));
                    self.copying = Some(copying);
                    if let Some(found) = found {
                        return found.map(Some);
                    }
                }
                None => self.statements(&line)?,
            }
        }
    }

    /// Takes a line of statements.
    fn statements(&mut self, line: &str) -> Result<(), DumpProblem> {
        let at = self.line;
        for (first, statement) in self.scanner.line(line, at) {
            let problem = |reason| DumpProblem::Line { line: first, reason };
            match Statement::read(&statement).map_err(problem)? {
                Statement::Other => {}
                Statement::Copy(wanted) => self.copying = Some(Copying { wanted }),
                Statement::StrangeCopy => {
                    self.copying = Some(Copying { wanted: None });
                    return Err(problem("the COPY is not as pg_dump writes one, so its rows are passed by"));
                }
                Statement::Insert(table, names, rows) => {
                    self.waiting.extend(rows.into_iter().map(|values| {
                        let columns: Columns = names.iter().cloned().zip(values).collect();
                        Found { table, line: Some(first), columns }
                    }));
                }
            }
        }
        Ok(())
    }
}

fn copied(table: Table, names: &[String], line: &str, at: u64) -> Result<Found, DumpProblem> {
    let problem = |reason| DumpProblem::Line { line: at, reason };
    let values = copy_row(line).map_err(problem)?;
    if values.len() != names.len() {
        return Err(problem("the row has another number of columns than its COPY names"));
    }
    Ok(Found { table, line: Some(at), columns: names.iter().cloned().zip(values).collect() })
}

#[cfg(test)]
mod tests;
