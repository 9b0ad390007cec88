//! OpenDocument spreadsheets (ODS), as LibreOffice writes them. Repeated cells and rows are counted before they are
//! created, so that a small file cannot expand to a very large table.

use std::{collections::BTreeSet, io::Read};

use freehold_core::Result;
use quick_xml::{
    Reader, XmlVersion,
    events::{BytesStart, Event},
};

use super::{
    CELLS_MAX, COLUMNS_MAX, ContactListFormat, ContactListKind, ROWS_MAX, Table, TableRow, TextRoom, refused,
    too_many_cells, too_many_columns, too_many_rows, workbook::Archive,
};

/// Reads the first visible sheet that is not empty.
pub(super) fn read(mut archive: Archive<'_>) -> Result<Table> {
    let mut manifest = String::new();
    let part = archive.by_name("META-INF/manifest.xml");
    if part.is_ok_and(|mut part| part.read_to_string(&mut manifest).is_ok()) && manifest.contains("encryption-data") {
        return Err(refused("the file is protected by a password. Save it without one, and send that"));
    }
    let mut content = String::new();
    let part = archive.by_name("content.xml");
    if !part.is_ok_and(|mut part| part.read_to_string(&mut content).is_ok()) {
        return Err(damaged());
    }
    let mut reader = Reader::from_str(&content);
    reader.config_mut().expand_empty_elements = true;
    let mut document = Document::default();
    loop {
        let event = reader.read_event().map_err(|_| damaged())?;
        match event {
            Event::Start(element) => document.start(&element),
            Event::End(element) => {
                if let Some(table) = document.end(element.name().as_ref())? {
                    return Ok(table);
                }
            }
            Event::Text(text) => document.text(&text.xml_content(XmlVersion::Implicit1_0)),
            Event::CData(text) => document.text(&text.xml_content(XmlVersion::Implicit1_0)),
            Event::GeneralRef(reference) => match reference.resolve_char_ref() {
                Ok(Some(letter)) => document.text(letter.encode_utf8(&mut [0; 4])),
                _ => document.text(quick_xml::escape::resolve_predefined_entity(&reference).unwrap_or_default()),
            },
            Event::Eof => return Ok(Table::default()),
            _ => {}
        }
    }
}

fn damaged() -> freehold_core::Error {
    refused("the file is a damaged OpenDocument spreadsheet. Save it again, and send that")
}

/// A document that is being read.
#[derive(Default)]
struct Document {
    /// The style that is being read, and the styles of hidden sheets.
    style: String,
    hidden: BTreeSet<String>,
    sheet: Option<Sheet>,
}

/// A sheet that is being read.
#[derive(Default)]
struct Sheet {
    name: String,
    visible: bool,
    rows: Vec<TableRow>,
    /// The number of rows and cells so far.
    line: u64,
    cells: usize,
    room: TextRoom,
    row: Vec<String>,
    row_repeats: u64,
    /// The position of the next cell.
    column: usize,
    cell: Option<Cell>,
    /// How many comments on cells are open.
    remarks: usize,
}

/// A cell that is being read.
#[derive(Default)]
struct Cell {
    repeats: usize,
    /// The value of the cell, if it differs from the text that is shown.
    value: Option<String>,
    paragraphs: usize,
    text: String,
}

impl Document {
    fn start(&mut self, element: &BytesStart<'_>) {
        let name = element.name();
        match (name.as_ref(), &mut self.sheet) {
            ("style:style", _) => self.style = attribute(element, "style:name").unwrap_or_default(),
            ("style:table-properties", _) if attribute(element, "table:display").as_deref() == Some("false") => {
                self.hidden.insert(self.style.clone());
            }
            ("table:table", None) => {
                let style = attribute(element, "table:style-name").unwrap_or_default();
                let name = attribute(element, "table:name").unwrap_or_default();
                self.sheet = Some(Sheet { name, visible: !self.hidden.contains(&style), ..Sheet::default() });
            }
            (name, Some(sheet)) => sheet.start(name, element),
            _ => {}
        }
    }

    /// Ends the sheet and returns its table.
    fn end(&mut self, name: &str) -> Result<Option<Table>> {
        let Some(sheet) = &mut self.sheet else { return Ok(None) };
        if name != "table:table" {
            sheet.end(name)?;
            return Ok(None);
        }
        let sheet = self.sheet.take().filter(|sheet| sheet.visible && !sheet.rows.is_empty());
        Ok(sheet.map(|sheet| {
            let format = ContactListFormat {
                kind: ContactListKind::Ods,
                sheet: Some(sheet.name),
                ..ContactListFormat::default()
            };
            Table { format, rows: sheet.rows }
        }))
    }

    fn text(&mut self, text: &str) {
        if let Some(sheet) = &mut self.sheet
            && sheet.remarks == 0
            && let Some(cell) = sheet.cell.as_mut().filter(|cell| cell.paragraphs > 0)
        {
            cell.text.push_str(text);
        }
    }
}

impl Sheet {
    fn start(&mut self, name: &str, element: &BytesStart<'_>) {
        let repeats =
            |name: &str| attribute(element, name).and_then(|text| text.parse::<u32>().ok()).map_or(1, u64::from);
        match (name, &mut self.cell) {
            ("table:table-row", _) => {
                self.row = Vec::new();
                self.column = 0;
                self.row_repeats = repeats("table:number-rows-repeated");
            }
            ("table:table-cell" | "table:covered-table-cell", _) => {
                let repeats = usize::try_from(repeats("table:number-columns-repeated")).unwrap_or(usize::MAX);
                self.cell = Some(Cell { repeats, value: value_of(element), ..Cell::default() });
            }
            ("office:annotation", _) => self.remarks += 1,
            ("text:p", Some(cell)) if self.remarks == 0 => {
                if cell.paragraphs > 0 {
                    cell.text.push('\n');
                }
                cell.paragraphs += 1;
            }
            ("text:s" | "text:tab", Some(cell)) if self.remarks == 0 => cell.text.push(' '),
            ("text:line-break", Some(cell)) if self.remarks == 0 => cell.text.push('\n'),
            _ => {}
        }
    }

    fn end(&mut self, name: &str) -> Result<()> {
        match name {
            "office:annotation" => self.remarks = self.remarks.saturating_sub(1),
            "table:table-cell" | "table:covered-table-cell" => {
                let Some(cell) = self.cell.take() else { return Ok(()) };
                let text = cell.value.unwrap_or(cell.text);
                let next = self.column.saturating_add(cell.repeats);
                if !text.trim().is_empty() {
                    if next > COLUMNS_MAX {
                        return Err(too_many_columns(self.line + 1));
                    }
                    self.room.take(text.len(), cell.repeats)?;
                    self.row.resize(self.column, String::new());
                    self.row.resize(next, text);
                }
                self.column = next;
            }
            "table:table-row" => {
                let row = std::mem::take(&mut self.row);
                let made = if row.is_empty() { 0 } else { self.row_repeats };
                let text: usize = row.iter().map(String::len).sum();
                for repeated in 0..made {
                    self.room.take(text, 1)?;
                    self.cells += row.len();
                    self.rows.push(TableRow { line: self.line + repeated + 1, cells: row.clone(), fault: None });
                    if self.rows.len() > ROWS_MAX + 1 {
                        return Err(too_many_rows());
                    }
                    if self.cells > CELLS_MAX {
                        return Err(too_many_cells());
                    }
                }
                self.line = self.line.saturating_add(self.row_repeats);
            }
            _ => {}
        }
        Ok(())
    }
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = element.try_get_attribute(name).ok().flatten()?;
    attribute.normalized_value(XmlVersion::Implicit1_0).ok().map(std::borrow::Cow::into_owned)
}

/// The value of a cell with a number, a date or a boolean, independent of its format.
fn value_of(element: &BytesStart<'_>) -> Option<String> {
    match attribute(element, "office:value-type")?.as_str() {
        "float" | "currency" | "percentage" => {
            // A phone number is an integer, and is written without an exponent.
            attribute(element, "office:value")?.parse::<f64>().ok().map(|number| number.to_string())
        }
        "date" => {
            let date = attribute(element, "office:date-value")?;
            let (day, time) = date.split_once('T').unwrap_or((&date, ""));
            let time: String = time.chars().take(5).collect();
            Some(if time.is_empty() || time == "00:00" { day.to_owned() } else { format!("{day} {time}") })
        }
        "boolean" => attribute(element, "office:boolean-value").map(|value| value.to_uppercase()),
        _ => None,
    }
}
