//! A lock that allows only one Freehold per data folder.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use crate::Error;

/// The lock, held as long as this value lives. The kernel releases it when the process ends, however it ends, so a
/// stale lock cannot exist.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "it is held, not used")] File);

impl Lock {
    /// Takes the lock at `path`, for the data folder `data`.
    pub(crate) fn take(path: &Path, data: &Path) -> Result<Self, Error> {
        let doing = || format!("lock {}", path.display());
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            // The content belongs to the process that holds the lock, which may be another one.
            .truncate(false)
            .mode(0o600)
            .open(path)
            .map_err(Error::io(doing()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = file.read_to_string(&mut holder);
                return Err(Error::InUse { data: data.into(), process: holder.trim().parse().ok() });
            }
            Err(TryLockError::Error(error)) => return Err(Error::io(doing())(error)),
        }
        let written =
            file.set_len(0).and_then(|()| file.rewind()).and_then(|()| writeln!(file, "{}", std::process::id()));
        written.map_err(Error::io(doing()))?;
        Ok(Self(file))
    }
}
