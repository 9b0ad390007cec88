//! Text with separators between the cells: RFC 4180, and the variants of spreadsheet programs.

use csv::{ReaderBuilder, StringRecord};
use freehold_core::{Context, Result};

use super::{
    CELLS_MAX, COLUMNS_MAX, ContactListFormat, ContactListKind, ROWS_MAX, Table, TableRow, text::Text, too_many_cells,
    too_many_columns, too_many_rows,
};

/// The separators that programs use.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// How many rows are used to detect the separator.
const LOOKED_AT: usize = 20;

/// Reads the rows that are not empty.
pub(super) fn read(text: &Text<'_>) -> Result<Table> {
    let whole = text.text.as_ref();
    let (begin, named) = separator_line(whole);
    let separator = named.unwrap_or_else(|| separator_of(&whole[begin..]));
    let format = ContactListFormat {
        kind: ContactListKind::Csv,
        encoding: Some(text.encoding.name()),
        separator: Some(char::from(separator)),
        sheet: None,
    };
    let mut table = Table { format, rows: Vec::new() };
    let body = &whole[begin..];
    let mut reader = reader(body, separator);
    let (mut record, mut lines, mut cells) =
        (StringRecord::new(), Lines { text: whole.as_bytes(), at: 0, number: 1 }, 0);
    while reader.read_record(&mut record).context("reading a row of a contact list")? {
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let start = record.position().and_then(|place| usize::try_from(place.byte()).ok()).unwrap_or_default();
        let end = usize::try_from(reader.position().byte()).unwrap_or(body.len()).min(body.len());
        let line = lines.of(begin + start);
        if table.rows.len() > ROWS_MAX {
            return Err(too_many_rows());
        }
        let used = record
            .iter()
            .enumerate()
            .filter(|(_, cell)| !cell.trim().is_empty())
            .last()
            .map_or(0, |(last, _)| last + 1);
        if used > COLUMNS_MAX {
            return Err(too_many_columns(line));
        }
        cells += record.len().min(COLUMNS_MAX);
        if cells > CELLS_MAX {
            return Err(too_many_cells());
        }
        // The reader treats the end of the file as the end of a quote.
        let quotes = body.get(start.min(end)..end).unwrap_or_default().matches('"').count();
        let unclosed = end == body.len() && quotes % 2 == 1;
        table.rows.push(TableRow {
            line,
            cells: record.iter().take(COLUMNS_MAX).map(str::to_owned).collect(),
            fault: unclosed.then_some("a quotation mark opens a cell, and none closes it"),
        });
    }
    Ok(table)
}

fn reader(text: &str, separator: u8) -> csv::Reader<&[u8]> {
    ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator).from_reader(text.as_bytes())
}

/// Where the list starts, and the separator that a first line such as `sep=;` names, as Excel reads and writes it.
fn separator_line(text: &str) -> (usize, Option<u8>) {
    let end = text.find(['\n', '\r']).unwrap_or(text.len());
    let line = text[..end].trim_matches(['"', ' ', '\t', ',', ';']);
    let named = match text[..end].trim_start_matches('"').as_bytes() {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', separator, ..] if line.len() <= 5 => Some(*separator),
        _ => None,
    };
    let named =
        named.filter(|separator| SEPARATORS.contains(separator) || matches!(separator, b':' | b'^' | b'~' | b' '));
    match named {
        Some(separator) => (end, Some(separator)),
        None => (0, None),
    }
}

/// The separator for which most of the first rows have as many cells as the header, and more than one. If several are
/// equal, the one with the most cells.
fn separator_of(text: &str) -> u8 {
    let score = |separator: u8| {
        let mut reader = reader(text, separator);
        let mut record = StringRecord::new();
        let (mut header, mut alike) = (0, 0);
        for _ in 0..LOOKED_AT {
            if !reader.read_record(&mut record).unwrap_or(false) {
                break;
            }
            if record.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            match header {
                0 => header = record.len(),
                _ => alike += usize::from(record.len() == header),
            }
        }
        if header > 1 { (alike + 1, header) } else { (0, 0) }
    };
    // The first one, if several are equal.
    SEPARATORS.into_iter().rev().max_by_key(|separator| score(*separator)).unwrap_or(b',')
}

/// Counts lines, with any line ending. The reader's own count skips some.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    /// The number of the line at `at`, from 1.
    number: u64,
}

impl Lines<'_> {
    /// The line of a row that the reader started to read at this position, after any empty lines.
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
