//! Excel workbooks (XLSX), read within limits, because a small file may expand to a very large one.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    io::{Cursor, Read},
};

use calamine::{DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Xlsx};
use freehold_core::{Error, Result};
use zip::{ZipArchive, result::ZipError};

use crate::contact::columns::shortened;

use super::{
    CELLS_MAX, COLUMNS_MAX, ContactListFormat, ContactListKind, Kind, ROWS_MAX, Table, TableRow, TextRoom, refused,
    too_many_cells, too_many_columns, too_many_rows,
};

/// Most bytes of all parts of a workbook together, decompressed.
const UNPACKED_MAX: u64 = 32 * 1024 * 1024;
/// Most parts of a workbook.
const PARTS_MAX: usize = 1_000;

pub(super) type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

/// The parts of a workbook.
pub(super) fn archive(bytes: &[u8]) -> Result<Archive<'_>> {
    ZipArchive::new(Cursor::new(bytes)).map_err(|_| damaged())
}

/// Which kind of workbook this ZIP archive is, if it can be read.
///
/// # Errors
/// `validation_failed` with what the file is instead, and what to do.
pub(super) fn kind_of(bytes: &[u8]) -> Result<Kind> {
    let mut archive = archive(bytes)?;
    if archive.len() > PARTS_MAX {
        return Err(too_large());
    }
    let names = archive.file_names().filter_map(|name| name.ok().map(Cow::into_owned));
    let names: Vec<String> = names.collect();
    let kind = named(&names, &media_type(&mut archive)).map_err(refused)?;
    unpacked_check(&mut archive)?;
    Ok(kind)
}

/// The media type that an OpenDocument file declares.
fn media_type(archive: &mut Archive<'_>) -> String {
    let mut kind = String::new();
    let read = archive.by_name("mimetype").ok().and_then(|part| part.take(100).read_to_string(&mut kind).ok());
    if read.is_some() { kind } else { String::new() }
}

/// Which kind of workbook an archive with these parts is, or the message that says what it is instead, and what to do.
fn named(names: &[String], media_type: &str) -> Result<Kind, String> {
    let holds = |begin: &str| names.iter().any(|name| name.to_ascii_lowercase().starts_with(begin));
    let copy = "Copy its table into a spreadsheet program, and save it there as CSV";
    if holds("xl/workbook.bin") {
        Err("the file is a binary Excel workbook (.xlsb). Open it in Excel, and save it as CSV or as an Excel workbook (.xlsx)"
            .to_owned())
    } else if holds("xl/") {
        Ok(Kind::Xlsx)
    } else if media_type.starts_with("application/vnd.oasis.opendocument.spreadsheet") {
        Ok(Kind::OpenDocument)
    } else if media_type.starts_with("application/vnd.oasis.opendocument") || holds("word/") {
        Err(format!("the file is a text document. {copy}"))
    } else if holds("ppt/") {
        Err(format!("the file is a PowerPoint document. {copy}"))
    } else if holds("index/") || holds("index.zip") {
        Err("the file is a Numbers document. Export it from Numbers as CSV or as an Excel workbook (.xlsx)".to_owned())
    } else {
        let inside = names.iter().find(|name| !name.ends_with('/') && !name.starts_with("__MACOSX"));
        Err(match inside {
            Some(name) => {
                format!("the file is a ZIP archive with '{}'. Unpack it, and send the list inside", shortened(name))
            }
            None => "the file is an empty ZIP archive. Send a CSV file or an Excel workbook (.xlsx)".to_owned(),
        })
    }
}

/// Decompresses every part without storing it, because the sizes that an archive declares may be wrong.
fn unpacked_check(archive: &mut Archive<'_>) -> Result<()> {
    let mut left = UNPACKED_MAX;
    let mut buffer = vec![0; 64 * 1024];
    for index in 0..archive.len() {
        let mut part = match archive.by_index(index) {
            Ok(part) => part,
            Err(ZipError::UnsupportedArchive(_) | ZipError::InvalidPassword) => {
                return Err(refused("the file is protected by a password. Save it without one, and send that"));
            }
            Err(_) => return Err(damaged()),
        };
        loop {
            let count = part.read(&mut buffer).map_err(|_| damaged())?;
            if count == 0 {
                break;
            }
            left = left.checked_sub(u64::try_from(count).unwrap_or(u64::MAX)).ok_or_else(too_large)?;
        }
    }
    Ok(())
}

fn damaged() -> Error {
    refused("the file is a damaged Excel workbook or ZIP archive. Save it again, and send that")
}

fn too_large() -> Error {
    let most = UNPACKED_MAX / 1024 / 1024;
    refused(format!(
        "the workbook is larger than {most} MB when it is unpacked. Copy the list into a new workbook, or save it as CSV"
    ))
}

/// Reads the first visible sheet that is not empty.
pub(super) fn read(bytes: &[u8]) -> Result<Table> {
    let mut workbook = Xlsx::new(Cursor::new(bytes)).map_err(|_| damaged())?;
    let sheets = workbook.sheets_metadata().iter();
    let sheets = sheets.filter(|sheet| sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible);
    let names: Vec<String> = sheets.map(|sheet| sheet.name.clone()).collect();
    for name in names {
        let rows = rows_of(&mut workbook, &name)?;
        if !rows.is_empty() {
            let format =
                ContactListFormat { kind: ContactListKind::Xlsx, sheet: Some(name), ..ContactListFormat::default() };
            return Ok(Table { format, rows });
        }
    }
    Ok(Table::default())
}

/// The rows of a sheet that are not empty. Cells are read one by one, so a single cell far away costs no more than
/// others.
fn rows_of(workbook: &mut Xlsx<Cursor<&[u8]>>, sheet: &str) -> Result<Vec<TableRow>> {
    let mut reader = workbook.worksheet_cells_reader(sheet).map_err(|_| damaged())?;
    let mut found: BTreeMap<u32, BTreeMap<usize, String>> = BTreeMap::new();
    let (mut cells, mut room) = (0, TextRoom::default());
    while let Some(cell) = reader.next_cell().map_err(|_| damaged())? {
        let (row, column) = cell.get_position();
        room.take(length_of(cell.get_value()), 1)?;
        let text = text_of(cell.get_value());
        if text.trim().is_empty() {
            continue;
        }
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        if column >= COLUMNS_MAX {
            return Err(too_many_columns(u64::from(row) + 1));
        }
        let columns = found.entry(row).or_default();
        // The empty cells before it count too.
        cells += (column + 1).saturating_sub(columns.last_key_value().map_or(0, |(last, _)| last + 1));
        columns.insert(column, text);
        if found.len() > ROWS_MAX + 1 {
            return Err(too_many_rows());
        }
        if cells > CELLS_MAX {
            return Err(too_many_cells());
        }
    }
    let row = |(row, mut columns): (u32, BTreeMap<usize, String>)| {
        let width = columns.last_key_value().map_or(0, |(last, _)| last + 1);
        let cells = (0..width).map(|column| columns.remove(&column).unwrap_or_default()).collect();
        TableRow { line: u64::from(row) + 1, cells, fault: None }
    };
    Ok(found.into_iter().map(row).collect())
}

/// The length of a text, in bytes.
fn length_of(value: &DataRef<'_>) -> usize {
    match value {
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.len(),
        DataRef::SharedString(text) => text.len(),
        _ => 0,
    }
}

/// The text of a cell as users see it, as far as the workbook contains that.
fn text_of(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Empty => String::new(),
        DataRef::Int(number) => number.to_string(),
        // A phone number is an integer, and is written without an exponent.
        DataRef::Float(number) => number.to_string(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(value) => if *value { "TRUE" } else { "FALSE" }.to_owned(),
        DataRef::DateTime(time) => time_text(*time),
        DataRef::Error(error) => error.to_string(),
    }
}

/// `2026-03-15`, `2026-03-15 09:30`, or `09:30` for a time of day.
fn time_text(time: ExcelDateTime) -> String {
    let (year, month, day, hour, minute, ..) = time.to_ymd_hms_milli();
    if time.is_duration() || time.as_f64() < 1.0 {
        let minutes = (time.as_f64() * 24.0 * 60.0).round();
        return format!("{:02}:{:02}", (minutes / 60.0).floor(), minutes % 60.0);
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    if time.as_f64().fract() == 0.0 { date } else { format!("{date} {hour:02}:{minute:02}") }
}
