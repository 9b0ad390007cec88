//! The running server as commands beside it see it: its process, the address it listens on, and its URL.
//!
//! The server writes a file in the data folder and holds its lock, which the kernel releases however the server ends.
//! So the content of the file is valid exactly while the lock is held.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    net::SocketAddr,
    path::Path,
    thread::sleep,
    time::Duration,
};

use serde::{Deserialize, Serialize};

use crate::settings::Settings;

const NAME: &str = "server.json";
/// Attempts to take the lock, since a command that reads the file holds it for a moment.
const TRIES: usize = 5;
const PAUSE: Duration = Duration::from_millis(20);

/// A running server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// Its process id.
    pub process: u32,
    /// The address it listens on.
    pub listen: SocketAddr,
    /// The URL at which users reach it, without a slash at the end.
    pub site_url: String,
}

/// The lock on the file, held as long as the server runs.
pub struct Mark(#[expect(dead_code, reason = "it is held, not used")] File);

/// Lets commands beside this server find it. None if there is no data folder, or another server is recorded there.
pub fn mark(settings: &Settings, listen: SocketAddr, site_url: &str) -> Option<Mark> {
    if !settings.data.is_dir() {
        return None;
    }
    let running = Running { process: std::process::id(), listen, site_url: site_url.to_owned() };
    let marked = write(&settings.data.join(NAME), &running);
    marked.inspect_err(|error| tracing::debug!("commands beside the server will not find it: {error}")).ok().flatten()
}

fn write(path: &Path, running: &Running) -> std::io::Result<Option<Mark>> {
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    let mut tries = 0;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) if tries < TRIES => {
                tries += 1;
                sleep(PAUSE);
            }
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(serde_json::to_string(running)?.as_bytes())?;
    Ok(Some(Mark(file)))
}

/// The running server of this data folder; none: no server runs.
pub fn find(settings: &Settings) -> Option<Running> {
    read(&settings.data.join(NAME))
}

fn read(path: &Path) -> Option<Running> {
    let mut file = File::open(path).ok()?;
    if !matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)) {
        return None;
    }
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

/// The URL at which users reach the server: from the settings, or of the server beside this command, or of the
/// listening address.
pub fn site_url(settings: &Settings) -> String {
    let named = settings.site_url.clone();
    named.or_else(|| find(settings).map(|running| running.site_url)).unwrap_or_else(|| settings.listen.site())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_found_while_it_holds_its_mark_and_no_longer() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(NAME);
        assert_eq!(read(&path), None);
        let one = Running { process: 7, listen: ([127, 0, 0, 1], 1).into(), site_url: "http://127.0.0.1:1".to_owned() };
        let mark = write(&path, &one).unwrap().unwrap();
        assert_eq!(read(&path), Some(one.clone()));
        assert!(write(&path, &Running { process: 8, ..one.clone() }).unwrap().is_none(), "the first one stays marked");
        assert_eq!(read(&path), Some(one.clone()));
        drop(mark);
        assert_eq!(read(&path), None);
        let short = Running { site_url: "x".to_owned(), ..one };
        let _mark = write(&path, &short).unwrap().unwrap();
        assert_eq!(read(&path), Some(short), "nothing of the longer text before it is left");
    }
}
