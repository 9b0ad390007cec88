//! Reading a contact list: a CSV file (RFC 4180) whose first line names the columns.

use std::collections::HashMap;

use csv::{ByteRecord, ReaderBuilder};
use freehold_core::{Context, Error, Result};
use serde::Serialize;
use utoipa::ToSchema;

use crate::graph::{
    Graph, Variables,
    destination::dialled,
    validate::{Problem, validate_inputs},
};

/// Most contacts of one file.
pub const ROWS_MAX: usize = 10_000;
/// The column with the number that is called.
const PHONE: &str = "phone";
/// What spreadsheets put between cells.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// What a file holds.
#[derive(Debug, Default)]
pub(crate) struct ContactFile {
    /// What can be called, in the file's order.
    pub(crate) good: Vec<ContactRow>,
    /// What cannot, in the file's order.
    pub(crate) bad: Vec<BadRow>,
}

/// A row that can be called.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ContactRow {
    /// The line on which it begins; the header is line 1.
    pub(crate) line: u64,
    /// The number as it is dialled: E.164.
    pub(crate) phone: Option<String>,
    /// The values of the workflow's inputs.
    pub(crate) inputs: Variables,
}

/// A row that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BadRow {
    /// The line on which it begins; the header is line 1.
    pub line: u64,
    /// The column at fault, if one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// What is wrong with it.
    pub message: String,
}

impl BadRow {
    pub(crate) fn new(line: u64, column: Option<&str>, message: impl Into<String>) -> Self {
        Self { line, column: column.map(str::to_owned), message: message.into() }
    }
}

/// Reads a file for the workflow of these graphs (the versions among which a split divides): every row has to be good for
/// all of them. Refused as a whole is what is no list of contacts for them: not UTF-8 from its beginning, without a
/// header that fits, with more than 10,000 rows.
pub(crate) fn contact_file_read(bytes: &[u8], graphs: &[Graph]) -> Result<ContactFile> {
    let text = decoded(bytes)?;
    let mut reader =
        ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter(text)).from_reader(text);
    let mut record = ByteRecord::new();
    if !next(&mut reader, &mut record)? {
        return Err(refused("the file is empty; its first line has to name the columns".to_owned()));
    }
    let columns = header(&record, graphs)?;
    let mut list = List { columns: &columns, graphs, file: ContactFile::default(), phones: HashMap::new() };
    let (mut rows, mut lines) = (0, Lines { text, at: 0, number: 1 });
    while next(&mut reader, &mut record)? {
        if record.iter().all(|cell| cell.trim_ascii().is_empty()) {
            continue;
        }
        rows += 1;
        if rows > ROWS_MAX {
            return Err(refused(format!("the file holds more than {ROWS_MAX} contacts; send them in several files")));
        }
        let begin = record.position().and_then(|place| usize::try_from(place.byte()).ok()).unwrap_or_default();
        let end = usize::try_from(reader.position().byte()).unwrap_or(text.len()).min(text.len());
        // The reader takes the end of the file for the end of a quote.
        let unclosed = end == text.len() && !quotes_are_even(&text[begin.min(end)..end]);
        list.take(lines.of(begin), &record, unclosed);
    }
    Ok(list.file)
}

fn next(reader: &mut csv::Reader<&[u8]>, record: &mut ByteRecord) -> Result<bool> {
    // From memory, and with rows of any length, nothing is left that could fail.
    reader.read_byte_record(record).context("reading a row of a contact list")
}

/// Counts lines, whichever way they end. The reader's own count leaves out some.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    /// Of the line at `at`, from 1.
    number: u64,
}

impl Lines<'_> {
    /// The line of a row that the reader began to read there, after what empty lines there are.
    fn of(&mut self, place: usize) -> u64 {
        let rest = &self.text[place.min(self.text.len())..];
        let empty = rest.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
        let begin = place.min(self.text.len()) + empty;
        while self.at < begin {
            let ends = match self.text[self.at] {
                b'\n' => true,
                b'\r' => self.text.get(self.at + 1) != Some(&b'\n'),
                _ => false,
            };
            self.number += u64::from(ends);
            self.at += 1;
        }
        self.number
    }
}

/// Without the mark that some spreadsheets write first.
fn decoded(bytes: &[u8]) -> Result<&[u8]> {
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err(refused("the file is UTF-16; save it as CSV in UTF-8".to_owned()));
    }
    Ok(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes))
}

/// The one of the three that the header holds most of.
fn delimiter(text: &[u8]) -> u8 {
    let header = text.split(|byte| matches!(byte, b'\n' | b'\r')).find(|line| !line.trim_ascii().is_empty());
    let header = header.unwrap_or_default();
    // The first of equals.
    DELIMITERS.into_iter().rev().max_by_key(|delimiter| pieces(header, *delimiter)).unwrap_or(b',')
}

fn quotes_are_even(text: &[u8]) -> bool {
    pieces(text, b'"') % 2 == 1
}

/// One more than there are separators.
fn pieces(text: &[u8], separator: u8) -> usize {
    text.split(|byte| *byte == separator).count()
}

/// The names of the columns, when all of them mean something and none is missing.
fn header(record: &ByteRecord, graphs: &[Graph]) -> Result<Vec<String>> {
    let mut columns: Vec<String> = Vec::new();
    let known = |name: &str| name == PHONE || graphs.iter().any(|graph| graph.input(name).is_some());
    for (at, cell) in record.iter().enumerate() {
        let shown = std::str::from_utf8(cell).map_err(|_| refused("the header is not UTF-8".to_owned()))?.trim();
        // As people write headings: `First name` is the input first_name.
        let name = shown.to_lowercase().replace([' ', '-'], "_");
        if name.is_empty() {
            return Err(refused(format!("column {} of the header has no name", at + 1)));
        }
        if columns.contains(&name) {
            return Err(refused(format!("two columns are called '{name}'")));
        }
        if !known(&name) {
            let shown: String = shown.chars().take(64).filter(|letter| !letter.is_control()).collect();
            return Err(refused(format!("the workflow has no input '{shown}'; the columns can be: {}", names(graphs))));
        }
        columns.push(name);
    }
    let required = graphs.iter().flat_map(|graph| &graph.inputs);
    let mut required = required.filter(|input| input.required && input.default.is_none());
    if let Some(missing) = required.find(|input| !columns.contains(&input.name)) {
        return Err(refused(format!("there is no column for the input '{}', which is required", missing.name)));
    }
    Ok(columns)
}

fn names(graphs: &[Graph]) -> String {
    let mut names: Vec<&str> = vec![PHONE];
    for input in graphs.iter().flat_map(|graph| &graph.inputs) {
        if !names.contains(&input.name.as_str()) {
            names.push(&input.name);
        }
    }
    names.join(", ")
}

fn refused(message: String) -> Error {
    Error::invalid("", message)
}

/// A list that is being read.
struct List<'a> {
    columns: &'a [String],
    graphs: &'a [Graph],
    file: ContactFile,
    /// On which line a number was.
    phones: HashMap<String, u64>,
}

impl List<'_> {
    fn take(&mut self, line: u64, record: &ByteRecord, unclosed: bool) {
        if unclosed {
            self.bad(line, None, "a quotation mark opens a cell, and none closes it");
        } else if record.len() != self.columns.len() {
            let (found, expected) = (record.len(), self.columns.len());
            self.bad(line, None, format!("the row has {found} cells, the header {expected}"));
        } else if let Some(inputs) = self.cells(line, record) {
            self.contact(line, inputs);
        }
    }

    fn bad(&mut self, line: u64, column: Option<&str>, message: impl Into<String>) {
        self.file.bad.push(BadRow::new(line, column, message));
    }

    fn cells(&mut self, line: u64, record: &ByteRecord) -> Option<Variables> {
        let columns = self.columns;
        let mut cells = Variables::new();
        for (name, cell) in columns.iter().zip(record) {
            match std::str::from_utf8(cell) {
                Err(_) => {
                    self.bad(line, Some(name), "is not UTF-8");
                    return None;
                }
                // Postgres keeps no NUL in a text.
                Ok(text) if text.contains('\0') => {
                    self.bad(line, Some(name), "holds the character NUL");
                    return None;
                }
                Ok(text) => _ = cells.insert(name.clone(), text.trim().to_owned()),
            }
        }
        Some(cells)
    }

    fn contact(&mut self, line: u64, mut inputs: Variables) {
        let phone = match inputs.get(PHONE).map(|phone| (phone.is_empty(), dialled(phone))) {
            None | Some((true, _)) => None,
            Some((false, Some(phone))) if phone.starts_with('+') => Some(phone),
            Some((false, _)) => {
                let message = "expected a number with + and its country code (E.164), such as +4930901820";
                return self.bad(line, Some(PHONE), message);
            }
        };
        let missing = phone.is_none() && self.columns.iter().any(|column| column == PHONE);
        if missing {
            return self.bad(line, Some(PHONE), "is missing");
        }
        match &phone {
            Some(phone) if self.graphs.iter().any(|graph| graph.input(PHONE).is_some()) => {
                inputs.insert(PHONE.to_owned(), phone.clone());
            }
            _ => _ = inputs.remove(PHONE),
        }
        if let Some(problem) = self.problem(&inputs) {
            let column = problem.pointer.strip_prefix("/inputs/").unwrap_or_default().to_owned();
            return self.bad(line, Some(&column), problem.message);
        }
        if let Some(phone) = &phone {
            if let Some(first) = self.phones.get(phone) {
                let message = format!("the number of line {first} once more");
                return self.bad(line, Some(PHONE), message);
            }
            self.phones.insert(phone.clone(), line);
        }
        self.file.good.push(ContactRow { line, phone, inputs });
    }

    /// The first thing wrong with the values. A version that does not know a column is not given it.
    fn problem(&self, inputs: &Variables) -> Option<Problem> {
        self.graphs.iter().find_map(|graph| validate_inputs(graph, &inputs_of(graph, inputs)).into_iter().next())
    }
}

/// Those of the values that the graph has inputs for.
pub(crate) fn inputs_of(graph: &Graph, inputs: &Variables) -> Variables {
    let known = inputs.iter().filter(|(name, _)| graph.input(name).is_some());
    known.map(|(name, value)| (name.clone(), value.clone())).collect()
}

#[cfg(test)]
mod tests;
