//! Reading a dump: what `pg_dump` and `supabase db dump --data-only` write as plain SQL, with `COPY` or with `INSERT`.
//!
//! A dump may hold everything else, too, including texts that look like statements. So statements are told from texts
//! by the rules of Postgres, and only rows of `auth.users`, `auth.identities` and `auth.mfa_factors` are returned.

mod reader;
mod source;
mod statement;

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    io::{self, BufRead},
};

use encoding_rs::Encoding;

use super::{Columns, Found, Table};
pub use source::{NoDump, dump_open};
use statement::{Scanner, Statement, copy_row};

/// Number of other tables' names that are remembered, to report what a dump has instead of users.
const NAMED: usize = 5;

/// Reads a dump row by row.
pub struct DumpReader<R> {
    lines: R,
    line: u64,
    scanner: Scanner,
    /// Rows of statements that were read and not returned yet.
    waiting: VecDeque<Found>,
    copying: Option<Copying>,
    /// The columns of tables that the dump creates, for rows that do not name theirs.
    created: HashMap<Table, Vec<String>>,
    /// Encoding of the lines that are not UTF-8.
    encoding: Option<&'static Encoding>,
    /// Whether bytes of the statement that is being read were replaced.
    replaced: bool,
    statements: u64,
    /// Other tables that have rows.
    others: BTreeSet<String>,
}

/// The data that follow a `COPY`.
struct Copying {
    /// Table and column names of rows to return; none: the rows are skipped.
    wanted: Option<(Table, Vec<String>)>,
}

/// Why reading a dump fails.
#[derive(Debug)]
pub enum DumpProblem {
    /// Reading failed.
    Io(io::Error),
    /// A row or statement of an imported table is not in the form that `pg_dump` writes.
    Line {
        /// Number of the line.
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
    /// Creates a reader of this dump.
    pub fn new(lines: R) -> Self {
        Self {
            lines,
            line: 0,
            scanner: Scanner::default(),
            waiting: VecDeque::new(),
            copying: None,
            created: HashMap::new(),
            encoding: None,
            replaced: false,
            statements: 0,
            others: BTreeSet::new(),
        }
    }

    /// What a dump is that was read to its end and contained no user.
    pub fn without_users(&self) -> NoDump {
        let found = match (self.statements, self.created.contains_key(&Table::Users), self.others.is_empty()) {
            (0, _, _) => "a text without any SQL statement".to_owned(),
            (_, true, _) => "an SQL dump that has the table auth.users and none of its rows".to_owned(),
            (_, _, true) => "an SQL dump without rows of auth.users".to_owned(),
            _ => {
                let names: Vec<&str> = self.others.iter().map(String::as_str).collect();
                format!("an SQL dump without rows of auth.users; it has rows of {}", names.join(", "))
            }
        };
        NoDump::new(found, NoDump::advice_for_sql())
    }

    /// Returns the next row to import; none: the dump has ended.
    ///
    /// # Errors
    /// See [`DumpProblem`]. After an error, the reader can still return the next row, except after [`DumpProblem::Io`].
    pub fn next_row(&mut self) -> Result<Option<Found>, DumpProblem> {
        let mut bytes = Vec::new();
        loop {
            if let Some(found) = self.waiting.pop_front() {
                return Ok(Some(found));
            }
            bytes.clear();
            if self.lines.read_until(b'\n', &mut bytes).map_err(DumpProblem::Io)? == 0 {
                // A text that is not SQL never ends a statement.
                let open =
                    self.copying.take().is_some() || self.scanner.forget().is_some_and(|text| Statement::is_sql(&text));
                let broken = DumpProblem::Line { line: self.line, reason: "it ends in the middle of something" };
                return if open { Err(broken) } else { Ok(None) };
            }
            self.line += 1;
            // Removes a single line end, so that a text that ends in a carriage return keeps it.
            for end in [b'\n', b'\r'] {
                bytes.pop_if(|byte| *byte == end);
            }
            let (line, replaced) = decoded(&bytes, self.encoding);
            self.replaced |= replaced;
            match self.copying.take() {
                Some(copying) if line == "\\." => drop(copying),
                Some(copying) => {
                    let found = copying.wanted.as_ref().map(|(table, names)| copied(*table, names, &line, self.line));
                    let found = found.map(|found| found.map(|found| Found { replaced, ..found }));
                    self.copying = Some(copying);
                    self.replaced = false;
                    if let Some(found) = found {
                        return found.map(Some);
                    }
                }
                None => self.statements_read(&line)?,
            }
        }
    }

    /// Reads a line of statements.
    fn statements_read(&mut self, line: &str) -> Result<(), DumpProblem> {
        let at = self.line;
        for (first, statement) in self.scanner.line(line, at) {
            self.statements += u64::from(Statement::is_sql(&statement));
            let replaced = std::mem::take(&mut self.replaced);
            let problem = |reason| DumpProblem::Line { line: first, reason };
            match Statement::read(&statement, &self.created).map_err(problem)? {
                Statement::Nothing => {}
                Statement::Encoding(name) => self.encoding = encoding(&name).map_err(problem)?,
                Statement::Create(table, names) => drop(self.created.insert(table, names)),
                Statement::Copy(wanted) => self.copying = Some(Copying { wanted: Some(wanted) }),
                Statement::CopyOther(name) => {
                    self.copying = Some(Copying { wanted: None });
                    self.note(name);
                }
                Statement::InsertOther(name) => self.note(name),
                Statement::StrangeCopy => {
                    self.copying = Some(Copying { wanted: None });
                    return Err(problem("the COPY is not as pg_dump writes one, so its rows are skipped"));
                }
                Statement::Insert(table, names, rows) => {
                    self.waiting.extend(rows.into_iter().map(|values| {
                        let columns: Columns = names.iter().cloned().zip(values).collect();
                        Found { table, line: Some(first), columns, replaced }
                    }));
                }
            }
        }
        Ok(())
    }

    fn note(&mut self, name: String) {
        if !name.is_empty() && self.others.len() < NAMED {
            self.others.insert(name);
        }
    }
}

/// The decoded line, and whether invalid bytes were replaced.
fn decoded(bytes: &[u8], encoding: Option<&'static Encoding>) -> (String, bool) {
    match (std::str::from_utf8(bytes), encoding) {
        (Ok(text), _) => (text.to_owned(), false),
        (Err(_), Some(encoding)) => {
            let (text, replaced) = encoding.decode_without_bom_handling(bytes);
            (text.into_owned(), replaced)
        }
        (Err(_), None) => (String::from_utf8_lossy(bytes).into_owned(), true),
    }
}

/// The encoding with this Postgres name; none: UTF-8.
fn encoding(name: &str) -> Result<Option<&'static Encoding>, &'static str> {
    let name = name.to_uppercase();
    let label = match name.as_str() {
        "UTF8" | "UTF-8" | "UNICODE" | "SQL_ASCII" => return Ok(None),
        "LATIN1" => "iso-8859-1".to_owned(),
        "LATIN9" => "iso-8859-15".to_owned(),
        "SJIS" => "shift_jis".to_owned(),
        "UHC" => "euc-kr".to_owned(),
        "EUC_CN" => "gb2312".to_owned(),
        "KOI8R" => "koi8-r".to_owned(),
        "KOI8U" => "koi8-u".to_owned(),
        other => match (other.strip_prefix("LATIN"), other.strip_prefix("WIN")) {
            (Some(number), _) => format!("iso-8859-{number}"),
            (_, Some(page)) => format!("windows-{page}"),
            _ => other.replace('_', "-"),
        },
    };
    let known = Encoding::for_label(label.as_bytes());
    known.map(Some).ok_or("the encoding of the dump is not known here; dump with --encoding=UTF8")
}

fn copied(table: Table, names: &[String], line: &str, at: u64) -> Result<Found, DumpProblem> {
    let problem = |reason| DumpProblem::Line { line: at, reason };
    let values = copy_row(line).map_err(problem)?;
    if values.len() != names.len() {
        return Err(problem("the row has another number of columns than its COPY names"));
    }
    Ok(Found { table, line: Some(at), columns: names.iter().cloned().zip(values).collect(), replaced: false })
}

#[cfg(test)]
mod tests;
