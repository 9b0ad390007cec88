//! Writes the ZIP archive of an export as a stream, in constant memory but for some hundred bytes for each file in it,
//! which the table at its end needs.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use aws_lc_rs::digest::{Context as Digest, SHA256};
use bytes::Bytes;
use data_encoding::HEXLOWER;
use freehold_core::{Caller, Context, Error, Result};
use freehold_db::Db;
use freehold_module::{ExportFile, ExportRow};
use futures_util::TryStreamExt;
use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Map, Value};
use tokio::sync::mpsc::Sender;
use zip::{
    CompressionMethod, DateTime, ZipWriter,
    write::{SimpleFileOptions, StreamWriter},
};

use super::{
    manifest::{self, Entry, Manifest},
    section::{Section, Table},
};

/// How many bytes of the archive are passed on at once.
const PIECE: usize = 1 << 18;
/// How many bytes of rows one query should read.
const PAGE: usize = 1 << 20;
/// How many rows the first query of a table reads, and the most of any.
const ROWS: [i64; 2] = [16, 1000];
/// From this size on, a file in the archive needs the format's large fields. Some bytes below 4 GiB, for compression
/// that makes a file larger.
const LARGE: u64 = (1 << 32) - (1 << 24);

/// The pieces of an archive, or the error that ends it.
pub(super) type Piece = io::Result<Bytes>;

/// What an archive contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Archived {
    /// Number of files, with the manifest.
    pub entries: i64,
    /// Number of rows.
    pub rows: i64,
}

/// The bytes that were written and not passed on yet.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    fn take(&self, least: usize) -> Option<Bytes> {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (written.len() >= least.max(1)).then(|| std::mem::take(&mut *written).into())
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An archive that is being written.
pub(super) struct Archive {
    zip: ZipWriter<StreamWriter<Written>>,
    written: Written,
    pieces: Sender<Piece>,
    manifest: Manifest,
    modified: Option<DateTime>,
    /// The file that is being written.
    size: u64,
    hash: Digest,
}

impl Archive {
    /// An archive whose pieces are sent to `pieces`, with these fields at the beginning of its manifest.
    pub(super) fn new(pieces: Sender<Piece>, head: Map<String, Value>, now: Timestamp) -> Self {
        let written = Written::default();
        Self {
            // Rows, whose size is not known before, may turn out large.
            zip: ZipWriter::new_stream(written.clone()).set_auto_large_file(),
            written,
            pieces,
            manifest: Manifest::new(head),
            modified: date_time(now),
            size: 0,
            hash: Digest::new(&SHA256),
        }
    }

    /// Writes the part of a module.
    pub(super) async fn section(&mut self, db: &Db, caller: &Caller, section: Section) -> Result<()> {
        let Section { folder, tables, files } = section;
        for table in tables {
            self.table(db, caller, folder, &table).await?;
        }
        let Some(mut files) = files else { return Ok(()) };
        while let Some(file) = files.try_next().await? {
            self.file(folder, file).await?;
        }
        Ok(())
    }

    /// Writes rows, a JSON object on each line.
    async fn table(&mut self, db: &Db, caller: &Caller, folder: &str, table: &Table) -> Result<()> {
        let path = format!("{folder}/{}.jsonl", table.name);
        self.begin(&path, true, true)?;
        let (mut after, mut wanted, mut rows) = (table.first.to_owned(), ROWS[0], 0_u64);
        loop {
            let page = table.page(db, caller, &after, wanted).await?;
            let (read, bytes) = (page.len(), page.iter().map(|row| row.line.len()).sum::<usize>());
            for ExportRow { key, line } in page {
                self.write(&on_one_line(line))?;
                after = key;
                rows += 1;
                pass_on(&self.written, &self.pieces, PIECE).await?;
            }
            if i64::try_from(read).unwrap_or(i64::MAX) < wanted {
                return self.end(&path, Some(rows)).await;
            }
            let fitting = i64::try_from(PAGE / (bytes / read.max(1)).max(1)).unwrap_or(ROWS[1]);
            wanted = fitting.clamp(1, (2 * wanted).min(ROWS[1]));
        }
    }

    /// Writes a file that a module gave.
    async fn file(&mut self, folder: &str, file: ExportFile) -> Result<()> {
        let ExportFile { path, size, compressed, mut content } = file;
        let path = format!("{folder}/{path}");
        self.begin(&path, compressed, size.is_none_or(|size| size >= LARGE))?;
        while let Some(piece) = content.try_next().await? {
            // A piece of an S3 has 8 MiB, of which several would wait to be stored.
            for part in piece.chunks(PIECE) {
                self.write(part)?;
                pass_on(&self.written, &self.pieces, PIECE).await?;
            }
        }
        if size.is_some_and(|size| size != self.size) {
            return Err(Error::internal(format!("{path} has {} bytes and should have {size:?}", self.size)));
        }
        self.end(&path, None).await
    }

    /// Writes the manifest and the end of the archive.
    pub(super) async fn finish(mut self) -> Result<Archived> {
        let (files, rows) = self.manifest.counts();
        let manifest = std::mem::replace(&mut self.manifest, Manifest::new(Map::new())).into_json();
        self.begin(manifest::PATH, true, false)?;
        self.write(&manifest)?;
        let Self { zip, written, pieces, .. } = self;
        zip.finish().context("finishing an archive")?;
        pass_on(&written, &pieces, 1).await?;
        Ok(Archived { entries: files + 1, rows: i64::try_from(rows).unwrap_or(i64::MAX) })
    }

    fn begin(&mut self, path: &str, compressed: bool, large: bool) -> Result<()> {
        let method = if compressed { CompressionMethod::Deflated } else { CompressionMethod::Stored };
        let options = SimpleFileOptions::default().compression_method(method).large_file(large).unix_permissions(0o600);
        let options = match self.modified {
            Some(modified) => options.last_modified_time(modified),
            None => options,
        };
        (self.size, self.hash) = (0, Digest::new(&SHA256));
        self.zip.start_file(path, options).context("writing an archive")
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.size += u64::try_from(bytes.len()).unwrap_or_default();
        self.hash.update(bytes);
        self.zip.write_all(bytes).context("writing an archive")
    }

    async fn end(&mut self, path: &str, rows: Option<u64>) -> Result<()> {
        let hash = std::mem::replace(&mut self.hash, Digest::new(&SHA256)).finish();
        self.manifest.add(&Entry { path, size: self.size, sha256: &HEXLOWER.encode(hash.as_ref()), rows })?;
        pass_on(&self.written, &self.pieces, PIECE).await
    }
}

/// Passes on what was written, if it is at least so much.
async fn pass_on(written: &Written, pieces: &Sender<Piece>, least: usize) -> Result<()> {
    let Some(piece) = written.take(least) else { return Ok(()) };
    pieces.send(Ok(piece)).await.map_err(|_| Error::internal("the upload of the archive has ended"))
}

/// A JSON object as a line of its own. Columns of the type `json` have their line breaks between values, where they mean
/// nothing; inside of texts JSON escapes them.
fn on_one_line(line: String) -> Vec<u8> {
    let mut line = line.into_bytes();
    for byte in line.iter_mut().filter(|byte| matches!(byte, b'\n' | b'\r')) {
        *byte = b' ';
    }
    line.push(b'\n');
    line
}

/// A time in UTC as the format has it; none before 1980 and after 2107.
fn date_time(at: Timestamp) -> Option<DateTime> {
    let at = at.to_zoned(TimeZone::UTC);
    let part = |value: i8| u8::try_from(value).unwrap_or_default();
    let (year, month, day) = (u16::try_from(at.year()).ok()?, part(at.month()), part(at.day()));
    DateTime::from_date_and_time(year, month, day, part(at.hour()), part(at.minute()), part(at.second())).ok()
}
