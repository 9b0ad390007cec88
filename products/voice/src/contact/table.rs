//! Contact lists as files: the kind of a file, and its rows, whichever program wrote it.

mod kind;
mod open_document;
mod separated;
mod text;
mod workbook;

use std::sync::Arc;

use encoding_rs::Encoding;
use freehold_core::{Context, Error, Result};
use serde::Serialize;
use tokio::sync::Semaphore;
use utoipa::ToSchema;

pub(crate) use text::encoding_named;

use crate::country::Country;

/// Most contacts of one file.
pub(crate) const ROWS_MAX: usize = 10_000;
/// Most columns of one file.
pub(crate) const COLUMNS_MAX: usize = 500;
/// Most cells of one file.
pub(crate) const CELLS_MAX: usize = 1_000_000;
/// Most bytes of text in all cells of one file: a small workbook may repeat one long text in every cell.
const TEXT_MAX: usize = 32 * 1024 * 1024;
/// How many files are read at the same time, because reading a file may take a hundred times its size in memory.
static READERS: Semaphore = Semaphore::const_new(2);

/// A kind of file that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Text with separators between the cells.
    Text,
    /// A workbook of Excel since 2007.
    Xlsx,
    /// A spreadsheet of LibreOffice and others (ODS).
    OpenDocument,
}

/// Kind of a contact list's file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ContactListKind {
    /// Text with separators between the cells.
    #[default]
    Csv,
    /// A workbook of Excel since 2007.
    Xlsx,
    /// A spreadsheet of LibreOffice and others.
    Ods,
}

/// The format of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ContactListFormat {
    /// Format of the file, detected from its content: `csv`, `xlsx` or `ods`.
    pub kind: ContactListKind,
    /// Encoding of the text, such as `UTF-8`, `UTF-16LE` or `windows-1252`; null for workbooks.
    pub encoding: Option<&'static str>,
    /// Separator of the cells: `,`, `;`, a tab or `|`; null for workbooks.
    pub separator: Option<char>,
    /// Name of the sheet that was read: the first visible one that is not empty; null for `csv`.
    pub sheet: Option<String>,
}

/// The rows of a file, as texts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) format: ContactListFormat,
    /// The rows that are not empty. The first one holds the names of the columns.
    pub(crate) rows: Vec<TableRow>,
}

/// A row of a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct TableRow {
    /// The line on which the row starts, or its number in a sheet; from 1.
    pub(crate) line: u64,
    pub(crate) cells: Vec<String>,
    /// What is wrong with the row as a whole; none: nothing.
    pub(crate) fault: Option<&'static str>,
}

/// What the caller says about a file.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Hints {
    /// The encoding that the caller named; none: it is detected.
    pub(crate) encoding: Option<&'static Encoding>,
    /// The country of the phone numbers, whose encodings are then more likely.
    pub(crate) country: Option<Country>,
}

/// Reads a file on a separate thread, so that it does not block the threads that answer requests.
///
/// # Errors
/// `validation_failed` with what the file is instead, and what to do.
pub(crate) async fn table_load(bytes: impl AsRef<[u8]> + Send + 'static, hints: Hints) -> Result<Arc<Table>> {
    let place = READERS.acquire().await.context("waiting for a turn to read a contact list")?;
    let read = tokio::task::spawn_blocking(move || {
        // Held until the file is read, even if the caller has disconnected.
        let _place = place;
        table_read(bytes.as_ref(), hints)
    })
    .await;
    // The libraries for spreadsheets may panic on a file that was made for that purpose.
    read.unwrap_or_else(|_| Err(refused("the file cannot be read. Save it as CSV in UTF-8, and send that")))
        .map(Arc::new)
}

/// Reads a file.
pub(crate) fn table_read(bytes: &[u8], hints: Hints) -> Result<Table> {
    let table = match kind::kind_of(bytes)? {
        Kind::Text => separated::read(&text::decode(bytes, hints)?)?,
        Kind::Xlsx => workbook::read(bytes)?,
        Kind::OpenDocument => open_document::read(workbook::archive(bytes)?)?,
    };
    match table.rows.len() {
        0 => Err(refused("the file is empty; its first line must name the columns")),
        rows if rows > ROWS_MAX + 1 => Err(too_many_rows()),
        _ => Ok(table),
    }
}

/// How many bytes of text a file may still hold.
struct TextRoom(usize);

impl Default for TextRoom {
    fn default() -> Self {
        Self(TEXT_MAX)
    }
}

impl TextRoom {
    /// Counts this many bytes, this many times, before they are copied. Fails when the limit is exceeded.
    fn take(&mut self, bytes: usize, times: usize) -> Result<()> {
        let left = bytes.checked_mul(times).and_then(|bytes| self.0.checked_sub(bytes));
        self.0 = left.ok_or_else(|| {
            let most = TEXT_MAX / 1024 / 1024;
            refused(format!(
                "the cells of the file hold more than {most} MB of text; delete the columns that are not needed"
            ))
        })?;
        Ok(())
    }
}

/// The error that refuses the file as a whole.
pub(crate) fn refused(message: impl Into<String>) -> Error {
    Error::invalid("", message)
}

fn too_many_rows() -> Error {
    refused(format!("the file holds more than {ROWS_MAX} contacts; send them in several files"))
}

fn too_many_columns(line: u64) -> Error {
    refused(format!("line {line} of the file has more than {COLUMNS_MAX} columns; delete those that are not needed"))
}

fn too_many_cells() -> Error {
    refused(format!("the file holds more than {CELLS_MAX} cells; delete the columns that are not needed"))
}

#[cfg(test)]
mod tests;
