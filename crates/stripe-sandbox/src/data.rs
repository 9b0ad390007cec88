//! The data file, with which the sandbox's state survives a restart.
//!
//! After changes a new file is written beside the old one and then replaces it, so that a reader always finds a
//! complete file.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{BufWriter, Error, ErrorKind, Result, Write},
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use serde::{Deserialize, Serialize, Serializer, ser::SerializeStruct};
use tokio::{sync::watch, time::Instant};

use crate::{
    account::Account,
    world::{World, hold},
};

/// Increased when the file's format changes in a way that older programs, or this one, would misread.
const FORMAT: u32 = 1;
/// How often the sandbox checks for changes.
const PAUSE: Duration = Duration::from_millis(250);

/// The data file of a running sandbox, locked for this process.
#[derive(Debug)]
pub(crate) struct DataFile {
    path: PathBuf,
    /// The lock. The system releases it when the process ends, however it ends.
    _lock: File,
}

/// The content of an existing file.
#[derive(Deserialize)]
pub(crate) struct Found {
    pub(crate) accounts: Vec<Account>,
    /// How far the clock was ahead of its source, in milliseconds.
    pub(crate) ahead_ms: i64,
}

/// The part that is read first, because the rest depends on it.
#[derive(Deserialize)]
struct Head {
    format: u32,
    accounts: Vec<Base>,
}

#[derive(Deserialize)]
struct Base {
    base_url: String,
}

impl DataFile {
    /// Locks the file for this process and reads it; none if it does not exist yet. URLs of hosted pages start with
    /// `base_url` from now on.
    ///
    /// # Errors
    /// When another sandbox has locked it (`ResourceBusy`), or when it cannot be read; then it stays unchanged.
    pub(crate) fn open(path: &Path, base_url: Option<&str>) -> Result<(Self, Option<Found>)> {
        let lock = lock(path)?;
        let found = match std::fs::read_to_string(path) {
            Ok(text) => Some(read(text, base_url).map_err(|why| unreadable(path, &why))?),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(unreadable(path, &error.to_string())),
        };
        Ok((Self { path: path.to_owned(), _lock: lock }, found))
    }

    /// Writes the state to the file. Each account is locked only while it is copied.
    fn write(&self, world: &World) -> Result<()> {
        let new = beside(&self.path, ".new");
        let mut out = BufWriter::new(create(&new)?);
        serde_json::to_writer(&mut out, &Written(world))?;
        out.flush()?;
        out.get_ref().sync_data()?;
        std::fs::rename(new, &self.path)
    }
}

/// Writes changes until `stop` turns true, and a last time then.
pub(crate) async fn run(world: Arc<World>, file: DataFile, mut stop: watch::Receiver<bool>) {
    let file = Arc::new(file);
    let mut failing = false;
    loop {
        // Read before writing: a change during a write is written by the next one, and after the last write there is
        // none.
        let last = *stop.borrow();
        let begun = Instant::now();
        if world.is_unsaved() {
            let result = write(&world, &file).await;
            if let Err(error) = &result {
                world.unsaved.store(true, Ordering::SeqCst);
                if !failing {
                    tracing::error!("the sandbox cannot keep its data in {}: {error}", file.path.display());
                }
            }
            failing = result.is_err();
        }
        if last {
            return;
        }
        // A large state takes long to write; at least nine tenths of the time stay free for other work.
        let pause = PAUSE.max(begun.elapsed() * 9);
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            // Without a sender there is nothing that could ask for more.
            _ = stop.wait_for(|stop| *stop) => {}
        }
    }
}

async fn write(world: &Arc<World>, file: &Arc<DataFile>) -> Result<()> {
    let (world, file) = (Arc::clone(world), Arc::clone(file));
    tokio::task::spawn_blocking(move || file.write(&world)).await.map_err(Error::other)?
}

/// The form of the state in the file. The accounts are copied one after the other.
struct Written<'a>(&'a World);

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("World", 3)?;
        fields.serialize_field("format", &FORMAT)?;
        fields.serialize_field("accounts", &Accounts(self.0))?;
        // After the accounts, so that none of them has seen a later time than this.
        fields.serialize_field("ahead_ms", &self.0.clock.ahead_ms())?;
        fields.end()
    }
}

struct Accounts<'a>(&'a World);

impl Serialize for Accounts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.accounts().iter().map(|account| {
            let mut account = hold(account);
            account.unsaved = false;
            account.clone()
        }))
    }
}

fn read(mut text: String, base_url: Option<&str>) -> std::result::Result<Found, String> {
    let head: Head = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    if head.format != FORMAT {
        return Err(format!("it has the format {}, and this program knows {FORMAT}", head.format));
    }
    if let Some(new) = base_url {
        // Objects, events and stored responses contain whole URLs, which would lead to the address of the last run.
        let olds = head.accounts.iter().map(|account| account.base_url.as_str());
        let mut olds: Vec<&str> = olds.filter(|old| !old.is_empty() && *old != new).collect();
        olds.sort_unstable();
        olds.dedup();
        for old in olds {
            text = text.replace(&format!("\"{old}/"), &format!("\"{new}/"));
            text = text.replace(&format!("\"{old}\""), &format!("\"{new}\""));
        }
    }
    serde_json::from_str(&text).map_err(|error| error.to_string())
}

/// Creates a file that only this user can read, because it contains webhook secrets.
fn create(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn lock(path: &Path) -> Result<File> {
    let name = beside(path, ".lock");
    let explained = |error: &dyn std::fmt::Display| format!("cannot keep data at {}: {error}", path.display());
    let lock = create(&name).map_err(|error| Error::new(error.kind(), explained(&error)))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            Err(Error::new(ErrorKind::ResourceBusy, explained(&"another sandbox keeps its own there")))
        }
        Err(TryLockError::Error(error)) => Err(Error::new(error.kind(), explained(&error))),
    }
}

fn unreadable(path: &Path, why: &str) -> Error {
    let path = path.display();
    Error::new(
        ErrorKind::InvalidData,
        format!("cannot read {path}: {why}. It is left as it is; move it away to begin anew"),
    )
}

/// A path in the same folder, so that renaming never crosses file systems.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
