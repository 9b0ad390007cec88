//! The server's log file.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use crate::{Error, place::Place};

/// Enough lines to show why the server failed, and few enough for a terminal.
const TAIL_LINES: usize = 20;
const TAIL_BYTES: u64 = 16 * 1024;

/// The file that receives the server's standard error.
#[derive(Clone, Debug)]
pub(crate) struct Log(PathBuf);

impl Log {
    /// Renames the log of the previous start and begins a new one, so that the logs of at most two starts are kept.
    pub(crate) fn rotate(place: &Place) -> Result<Self, Error> {
        let path = place.log();
        match fs::rename(&path, place.previous_log()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Error::io(format!("put {} aside", path.display()))(error))
            }
            _ => Ok(Self(path)),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Opens the file for appending, as the standard error of a process.
    pub(crate) fn open(&self) -> Result<File, Error> {
        OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&self.0)
            .map_err(Error::io(format!("write {}", self.0.display())))
    }

    /// The length of the log in bytes.
    pub(crate) fn length(&self) -> u64 {
        fs::metadata(&self.0).map_or(0, |metadata| metadata.len())
    }

    /// The last lines that were written after the log was `since` bytes long.
    pub(crate) fn tail(&self, since: u64) -> String {
        let from = since.max(self.length().saturating_sub(TAIL_BYTES));
        let mut bytes = Vec::new();
        let read = File::open(&self.0).and_then(|mut file| {
            file.seek(SeekFrom::Start(from))?;
            file.take(TAIL_BYTES).read_to_end(&mut bytes)
        });
        if let Err(error) = read {
            return format!("(unreadable: {error})");
        }
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
    }
}
