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

/// What spreadsheets show in the place of a value.
const ERRORS: &[&str] = &[
    "#N/A", "#NV", "#REF!", "#BEZUG!", "#VALUE!", "#WERT!", "#NAME?", "#DIV/0!", "#NUM!", "#ZAHL!", "#NULL!",
    "#SPILL!", "#CALC!",
];

/// How a list is read.
#[derive(Clone, Debug, Default)]
pub(crate) struct ListOptions {
    pub(crate) columns: ColumnOptions,
    /// The country of numbers without a country code, where their row names none.
    pub(crate) country: Option<Country>,
    /// Whether a contact needs a number, because it is really called.
    pub(crate) calls: bool,
}

/// What a file holds.
#[derive(Debug, Default)]
pub(crate) struct ContactFile {
    /// Its columns.
    pub(crate) columns: Columns,
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
    /// The zone whose clock says when the contact may be called: an IANA name.
    pub(crate) time_zone: Option<String>,
    /// The values of the workflow's inputs.
    pub(crate) inputs: Variables,
}

/// A row that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BadRow {
    /// The line on which it begins, or its number in a sheet; the header is line 1.
    pub line: u64,
    /// The column at fault, if one is, as the file calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// What is wrong with it, and what to do.
    pub message: String,
    /// Whether it is refused only because the file or the campaign has its number already.
    #[serde(skip)]
    #[schema(ignore)]
    pub(crate) duplicate: bool,
}

impl BadRow {
    pub(crate) fn new(line: u64, column: Option<&str>, message: impl Into<String>) -> Self {
        Self { line, column: column.map(shortened), message: message.into(), duplicate: false }
    }
}

/// Reads a list for the workflow of these graphs (the versions among which a split divides): every row has to be good for
/// all of them. Refused as a whole is what is no list of contacts for them.
pub(crate) fn contact_file_read(table: &Table, graphs: &[Graph], options: &ListOptions) -> Result<ContactFile> {
    let columns = columns_of(table, graphs, options).map_err(refused)?;
    if let Some(problem) = list_problem(table, graphs, options, &columns) {
        return Err(refused(problem));
    }
    Ok(rows_read(table, graphs, options, columns))
}

/// Which column is which.
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
            "no column holds the telephone number; the columns are: {}. Say which one does: mapping={{\"phone\": \"…\"}}",
            columns.shown()
        ));
    }
    rows.is_empty().then(|| "the file names its columns, and holds no contact below them".to_owned())
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
    /// On which line a number was.
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
        // Spreadsheets leave out empty cells at the end of a row. Where a value is missed, the row was cut or torn.
        let misses = (found..expected).any(|place| self.columns.uses(place));
        let contact = self.values(row).map_err(|bad| if misses { count() } else { bad })?;
        if let Some(phone) = &contact.phone {
            if let Some(first) = self.phones.get(phone) {
                let message = format!("the number of line {first} once more");
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
            // A workflow that asks for the number gets it as it is dialled.
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

    /// The number and the place of its column, if the list has any.
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

    /// The zone that the row names.
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

    /// The first thing wrong with the values. A version that does not know a column is not given it.
    fn problem(&self, inputs: &Variables) -> Option<Problem> {
        self.graphs.iter().find_map(|graph| validate_inputs(graph, &inputs_of(graph, inputs)).into_iter().next())
    }

    /// The name of the column that holds a field, or that of the field.
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

/// What no value may be.
fn cell_fault(cell: &str) -> Option<String> {
    // Postgres keeps no NUL in a text.
    if cell.contains('\0') {
        return Some("holds the character NUL".to_owned());
    }
    if cell.contains('\u{fffd}') {
        return Some("holds bytes that are no letters in the file's encoding; save the file as UTF-8".to_owned());
    }
    let cell = cell.trim();
    let hashes = cell.len() > 2 && cell.bytes().all(|byte| byte == b'#');
    (hashes || ERRORS.contains(&cell.to_ascii_uppercase().as_str()))
        .then(|| format!("holds '{}', which a spreadsheet shows in the place of a value", shortened(cell)))
}

/// The first of these cells that holds something visible.
fn first<'r>(row: &'r TableRow, places: &[usize]) -> Option<(usize, &'r str)> {
    let cells = places.iter().filter_map(|place| Some((*place, row.cells.get(*place)?.as_str())));
    cells.into_iter().find(|(_, cell)| !visible_line(cell).is_empty())
}

/// These cells with a space between those that hold something.
fn joined(row: &TableRow, places: &[usize]) -> String {
    let cells = places.iter().filter_map(|place| row.cells.get(*place)).map(|cell| visible(cell));
    cells.filter(|cell| !cell.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The text without characters that cannot be seen, which nobody could say; lines stay lines.
fn visible(cell: &str) -> String {
    let lines = cell.trim().lines().map(|line| match HiddenCharacter::in_name(line) {
        Some(_) => visible_line(line),
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The zone that this text names: `Europe/Berlin`, in any case, with a space for `_`, or as HubSpot writes it.
fn zone_named(text: &str) -> Option<String> {
    let text = visible_line(text).replace("_slash_", "/").replace(' ', "_");
    let zone = TimeZone::get(&text).ok()?;
    zone.iana_name().filter(|name| *name != "Etc/Unknown").map(str::to_owned)
}

/// Those of the values that the graph has inputs for.
pub(crate) fn inputs_of(graph: &Graph, inputs: &Variables) -> Variables {
    let known = inputs.iter().filter(|(name, _)| graph.input(name).is_some());
    known.map(|(name, value)| (name.clone(), value.clone())).collect()
}

#[cfg(test)]
mod tests;
