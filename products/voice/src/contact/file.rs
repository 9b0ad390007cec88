//! Reading the rows of a contact list for a workflow.

use std::collections::HashMap;

use freehold_core::{HiddenCharacter, Result, visible_line};
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    columns::{COUNTRY, ColumnOptions, Columns, PHONE, TIME_ZONE, shortened},
    table::{Table, TableRow, refused},
};
use crate::{
    country::Country,
    graph::{
        Graph, Variables,
        validate::{Problem, validate_inputs},
    },
    phone::Phone,
};

/// What spreadsheets show in place of a value that could not be computed.
const ERRORS: &[&str] = &[
    "#N/A", "#NV", "#REF!", "#BEZUG!", "#VALUE!", "#WERT!", "#NAME?", "#DIV/0!", "#NUM!", "#ZAHL!", "#NULL!",
    "#SPILL!", "#CALC!",
];

/// How a list is read.
#[derive(Clone, Debug, Default)]
pub(crate) struct ListOptions {
    pub(crate) columns: ColumnOptions,
    /// The country of numbers without a country code, for rows that name none.
    pub(crate) country: Option<Country>,
    /// Whether a contact needs a number, because it is called by an engine.
    pub(crate) calls: bool,
}

/// The content of a file.
#[derive(Debug, Default)]
pub(crate) struct ContactFile {
    /// The columns of the file.
    pub(crate) columns: Columns,
    /// The rows that can be called, in the order of the file.
    pub(crate) good: Vec<ContactRow>,
    /// The rows that cannot be called, in the order of the file.
    pub(crate) bad: Vec<BadRow>,
}

/// A row that can be called.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ContactRow {
    /// The line on which the row starts; the header is line 1.
    pub(crate) line: u64,
    /// The phone number, in E.164 form.
    pub(crate) phone: Option<String>,
    /// The IANA time zone of the contact, for calling hours; none: the campaign's.
    pub(crate) time_zone: Option<String>,
    /// The values of the workflow's inputs.
    pub(crate) inputs: Variables,
}

/// A refused row of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ContactRowProblem)]
pub struct BadRow {
    /// Line on which the row begins, or its row number in a sheet; the header is line 1.
    pub line: u64,
    /// Name of the invalid column, as in the file; absent when the row as a whole is invalid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// What is wrong with the row, and how to correct it.
    pub message: String,
    /// Whether the row is refused only because the file or the campaign has its number already.
    #[serde(skip)]
    #[schema(ignore)]
    pub(crate) duplicate: bool,
}

impl BadRow {
    pub(crate) fn new(line: u64, column: Option<&str>, message: impl Into<String>) -> Self {
        Self { line, column: column.map(shortened), message: message.into(), duplicate: false }
    }
}

/// Reads a list for the workflow of these graphs (the versions among which an experiment divides). Every row has to be
/// valid for all of them. A file that is not a contact list for these graphs is refused as a whole.
pub(crate) fn contact_file_read(table: &Table, graphs: &[Graph], options: &ListOptions) -> Result<ContactFile> {
    let columns = columns_of(table, graphs, options).map_err(refused)?;
    if let Some(problem) = list_problem(table, graphs, options, &columns) {
        return Err(refused(problem));
    }
    Ok(rows_read(table, graphs, options, columns))
}

/// Matches the columns of a table to fields.
///
/// # Errors
/// What is wrong, and what to do.
pub(crate) fn columns_of(table: &Table, graphs: &[Graph], options: &ListOptions) -> Result<Columns, String> {
    let header = table.rows.first().map(|row| row.cells.as_slice()).unwrap_or_default();
    Columns::of(header, graphs, &options.columns)
}

/// What is wrong with a list as a whole; none: its rows can be read.
pub(crate) fn list_problem(
    table: &Table,
    graphs: &[Graph],
    options: &ListOptions,
    columns: &Columns,
) -> Option<String> {
    let rows = table.rows.get(1..).unwrap_or_default();
    let holds = |row: &TableRow, place: usize| row.cells.get(place).is_some_and(|cell| !cell.trim().is_empty());
    let filled = |place: usize| rows.iter().find(|row| holds(row, place)).map(|row| row.line);
    if let Some(fault) = table.rows.first().and_then(|header| header.fault) {
        return Some(format!("the header cannot be read: {fault}"));
    }
    if let Some(problem) = columns.problem(graphs, &options.columns, filled) {
        return Some(problem);
    }
    if options.calls && columns.phone.is_empty() {
        return Some(format!(
            "no column for the phone number was found; the columns are: {}. Name it: mapping={{\"phone\": \"…\"}}",
            columns.shown()
        ));
    }
    rows.is_empty().then(|| "the file has a header and no contacts below it".to_owned())
}

/// Reads all rows.
pub(crate) fn rows_read(table: &Table, graphs: &[Graph], options: &ListOptions, columns: Columns) -> ContactFile {
    let mut list =
        List { columns: &columns, graphs, options, good: Vec::new(), bad: Vec::new(), phones: HashMap::new() };
    for row in table.rows.iter().skip(1) {
        match list.contact(row) {
            Ok(contact) => list.good.push(contact),
            Err(bad) => list.bad.push(bad),
        }
    }
    let List { good, bad, .. } = list;
    ContactFile { columns, good, bad }
}

/// A list that is being read.
struct List<'a> {
    columns: &'a Columns,
    graphs: &'a [Graph],
    options: &'a ListOptions,
    good: Vec<ContactRow>,
    bad: Vec<BadRow>,
    /// The line on which each number was found.
    phones: HashMap<String, u64>,
}

impl List<'_> {
    fn contact(&mut self, row: &TableRow) -> Result<ContactRow, BadRow> {
        let whole = |message: String| BadRow::new(row.line, None, message);
        if let Some(fault) = row.fault {
            return Err(whole(fault.to_owned()));
        }
        let (found, expected) = (row.cells.len(), self.columns.names.len());
        let count = || whole(format!("the row has {found} cells, the header {expected}"));
        if row.cells.iter().skip(expected).any(|cell| !cell.trim().is_empty()) {
            return Err(count());
        }
        // Spreadsheets leave out empty cells at the end of a row. If a used column is missing, the row is incomplete.
        let misses = (found..expected).any(|place| self.columns.uses(place));
        let contact = self.values(row).map_err(|bad| if misses { count() } else { bad })?;
        if let Some(phone) = &contact.phone {
            if let Some(first) = self.phones.get(phone) {
                let message = format!("repeats the number of line {first}");
                return Err(BadRow { duplicate: true, ..BadRow::new(row.line, Some(self.column(PHONE)), message) });
            }
            self.phones.insert(phone.clone(), row.line);
        }
        Ok(contact)
    }

    fn values(&self, row: &TableRow) -> Result<ContactRow, BadRow> {
        for (place, cell) in row.cells.iter().enumerate().filter(|(place, _)| self.columns.uses(*place)) {
            if let Some(fault) = cell_fault(cell) {
                return Err(BadRow::new(row.line, Some(self.columns.name(place)), fault));
            }
        }
        let phone = self.phone(row)?;
        let zone = phone.as_ref().and_then(|(_, phone)| phone.time_zone());
        let time_zone = self.time_zone(row)?.or_else(|| zone.map(str::to_owned));
        let mut inputs: Variables =
            self.columns.inputs.iter().map(|(name, places)| (name.clone(), joined(row, places))).collect();
        if let Some((place, phone)) = &phone {
            // A workflow with an input for the phone number gets the normalized number.
            let asked = self.graphs.iter().any(|graph| graph.input(PHONE).is_some()).then_some(PHONE);
            let others = self.columns.inputs.iter().filter(|(_, places)| places[..] == [*place]);
            for name in asked.into_iter().chain(others.map(|(name, _)| name.as_str())) {
                inputs.insert(name.to_owned(), phone.to_string());
            }
        }
        let phone = phone.map(|(_, phone)| phone.to_string());
        if let Some(problem) = self.problem(&inputs) {
            let name = problem.pointer.strip_prefix("/inputs/").unwrap_or_default();
            return Err(BadRow::new(row.line, Some(self.column(name)), problem.message));
        }
        Ok(ContactRow { line: row.line, phone, time_zone, inputs })
    }

    /// The number and the position of its column, if the row has any.
    fn phone(&self, row: &TableRow) -> Result<Option<(usize, Phone)>, BadRow> {
        let Some((place, cell)) = first(row, &self.columns.phone) else {
            let missing = self.options.calls || !self.columns.phone.is_empty();
            return if missing { Err(BadRow::new(row.line, Some(self.column(PHONE)), "is missing")) } else { Ok(None) };
        };
        let country = first(row, &self.columns.country);
        let named = country.and_then(|(_, cell)| Country::find(cell));
        let read = Phone::read(cell, named.or(self.options.country));
        read.map(|phone| Some((place, phone))).map_err(|reason| match country {
            Some((place, cell)) if named.is_none() && reason.starts_with("expected") => {
                let message = format!(
                    "'{}' is no country that is known; write its code (ISO 3166-1), such as DE, or the number with + and its \
                     country code",
                    shortened(cell)
                );
                BadRow::new(row.line, Some(self.columns.name(place)), message)
            }
            _ => BadRow::new(row.line, Some(self.columns.name(place)), reason),
        })
    }

    /// The time zone that the row names.
    fn time_zone(&self, row: &TableRow) -> Result<Option<String>, BadRow> {
        let Some((place, cell)) = first(row, &self.columns.time_zone) else { return Ok(None) };
        zone_named(cell).map(Some).ok_or_else(|| {
            let message = format!(
                "'{}' is no time zone; expected an IANA name, such as Europe/Berlin or America/New_York",
                shortened(cell)
            );
            BadRow::new(row.line, Some(self.columns.name(place)), message)
        })
    }

    /// The first problem with the values. A version does not get values for columns that it does not know.
    fn problem(&self, inputs: &Variables) -> Option<Problem> {
        self.graphs.iter().find_map(|graph| validate_inputs(graph, &inputs_of(graph, inputs)).into_iter().next())
    }

    /// The name of the column that holds a field; without one, the name of the field.
    fn column<'n>(&'n self, field: &'n str) -> &'n str {
        let places = match field {
            PHONE => Some(&self.columns.phone),
            COUNTRY => Some(&self.columns.country),
            TIME_ZONE => Some(&self.columns.time_zone),
            _ => None,
        };
        let inputs = self.columns.inputs.iter().find(|(name, _)| name == field).map(|(_, places)| places);
        let first = places.filter(|places| !places.is_empty()).or(inputs).and_then(|places| places.first());
        first.map_or(field, |place| self.columns.name(*place))
    }
}

/// What is wrong with any cell of this content.
fn cell_fault(cell: &str) -> Option<String> {
    // Postgres cannot store NUL in a text.
    if cell.contains('\0') {
        return Some("contains the character NUL".to_owned());
    }
    if cell.contains('\u{fffd}') {
        return Some("contains bytes that are invalid in the file's encoding; save the file as UTF-8".to_owned());
    }
    let cell = cell.trim();
    let hashes = cell.len() > 2 && cell.bytes().all(|byte| byte == b'#');
    (hashes || ERRORS.contains(&cell.to_ascii_uppercase().as_str()))
        .then(|| format!("contains '{}', which is a spreadsheet's error value", shortened(cell)))
}

/// The first of these cells that holds visible text.
fn first<'r>(row: &'r TableRow, places: &[usize]) -> Option<(usize, &'r str)> {
    let cells = places.iter().filter_map(|place| Some((*place, row.cells.get(*place)?.as_str())));
    cells.into_iter().find(|(_, cell)| !visible_line(cell).is_empty())
}

/// The non-empty ones of these cells, joined with a space.
fn joined(row: &TableRow, places: &[usize]) -> String {
    let cells = places.iter().filter_map(|place| row.cells.get(*place)).map(|cell| visible(cell));
    cells.filter(|cell| !cell.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The text without invisible characters, which cannot be spoken; line breaks stay.
fn visible(cell: &str) -> String {
    let lines = cell.trim().lines().map(|line| match HiddenCharacter::in_name(line) {
        Some(_) => visible_line(line),
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The time zone with this name: `Europe/Berlin`, in any case, with a space for `_`, or in HubSpot's spelling.
fn zone_named(text: &str) -> Option<String> {
    let text = visible_line(text).replace("_slash_", "/").replace(' ', "_");
    let zone = TimeZone::get(&text).ok()?;
    zone.iana_name().filter(|name| *name != "Etc/Unknown").map(str::to_owned)
}

/// The values for which the graph has inputs.
pub(crate) fn inputs_of(graph: &Graph, inputs: &Variables) -> Variables {
    let known = inputs.iter().filter(|(name, _)| graph.input(name).is_some());
    known.map(|(name, value)| (name.clone(), value.clone())).collect()
}

#[cfg(test)]
mod tests;
