//! The Unix socket that clients connect to.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    io,
    net::{Ipv4Addr, TcpListener},
    os::unix::{ffi::OsStrExt, fs::PermissionsExt},
    path::{Path, PathBuf},
};

use crate::{
    Error,
    account::Account,
    place::{self, Place},
};

/// The longest path of a socket: 108 bytes on Linux and 104 on macOS, both including a final zero byte.
const LONGEST: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

/// Without TCP the port is only a part of the socket's name, which the folder makes unique.
const PORT: u16 = 5432;

/// The folder of the socket, and the port in the socket's name.
#[derive(Clone, Debug)]
pub(crate) struct Socket {
    pub(crate) folder: PathBuf,
    pub(crate) port: u16,
    /// Whether the folder is in the system's temporary folder and is deleted when the server stops.
    temporary: bool,
}

impl Socket {
    /// Creates a private folder for the socket: in the data folder or, if that makes the socket's path too long, in the
    /// system's temporary folder.
    pub(crate) fn prepare(place: &Place, account: &Account, tcp: bool) -> Result<Self, Error> {
        let port = if tcp { free_port()? } else { PORT };
        let folder = place.socket();
        let temporary = too_long(&folder);
        let folder = if temporary {
            temporary_folder(place, account)?
        } else {
            place::make(&folder, 0o700)?;
            account.give(&folder)?;
            folder
        };
        // We hold the lock of the data, so an existing socket belongs to a dead server. Its lock file would prevent the
        // next start if its process id were in use again.
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(".s.PGSQL.") {
                let doing = format!("remove {}", entry.path().display());
                fs::remove_file(entry.path()).map_err(Error::io(doing))?;
            }
        }
        Ok(Self { folder, port, temporary })
    }

    /// The path of the socket.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.join(format!(".s.PGSQL.{}", self.port))
    }

    /// Takes another free port, when another program has taken this one.
    pub(crate) fn another_port(&mut self) -> Result<(), Error> {
        self.port = free_port()?;
        Ok(())
    }

    /// Cleans up after the server has stopped.
    pub(crate) fn clean(&self) {
        if self.temporary {
            let _ = fs::remove_dir(&self.folder);
        }
    }

    /// A URL as libpq and tokio-postgres read it, with the encoded folder in place of the host.
    pub(crate) fn url(&self, user: &str, database: &str) -> String {
        url(&self.folder, self.port, user, database)
    }
}

fn url(folder: &Path, port: u16, user: &str, database: &str) -> String {
    format!(
        "postgres://{}@{}:{port}/{}",
        encoded(user.as_bytes()),
        encoded(folder.as_os_str().as_bytes()),
        encoded(database.as_bytes())
    )
}

/// A server that another process started for a data folder.
///
/// The location of its socket is read from a file of Postgres and not computed again, because the socket's folder
/// depends on the length of the data folder's path and on the environment of the process that started the server.
#[derive(Clone, Debug)]
pub struct Running {
    folder: PathBuf,
    port: u16,
}

impl Running {
    /// Finds the running server of the data in this folder. Only the user who started it and root may read that.
    pub fn find(data: &Path) -> Option<Self> {
        // Process, cluster, start, port, folder of the socket, …: <https://www.postgresql.org/docs/current/storage-file-layout.html>
        let text = fs::read_to_string(data.join("cluster/postmaster.pid")).ok()?;
        let mut lines = text.lines().skip(3);
        let (port, folder) = (lines.next()?.trim().parse().ok()?, PathBuf::from(lines.next()?.trim()));
        let running = Self { folder, port };
        running.folder.join(format!(".s.PGSQL.{port}")).exists().then_some(running)
    }

    /// The URL of a database over the socket, as [`Server::url`](crate::Server::url) returns it.
    pub fn url(&self, user: &str, database: &str) -> String {
        url(&self.folder, self.port, user, database)
    }
}

fn too_long(folder: &Path) -> bool {
    folder.join(".s.PGSQL.65535").as_os_str().len() > LONGEST
}

fn free_port() -> Result<u16, Error> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(Error::io("find a free port on 127.0.0.1"))
}

/// Always the same folder for the same data, so that a Freehold that is killed leaves one folder and not one per start.
fn temporary_folder(place: &Place, account: &Account) -> Result<PathBuf, Error> {
    let mut hasher = DefaultHasher::new();
    place.folder().hash(&mut hasher);
    let name = format!("freehold-{:016x}", hasher.finish());
    let asked = std::env::temp_dir();
    let parent = if too_long(&asked.join(&name)) || !account.can_enter(&asked) { PathBuf::from("/tmp") } else { asked };
    let folder = parent.join(name);
    place::make(&folder, 0o700)?;
    // Every user may write to the temporary folder, so a folder that we did not create may belong to another user, who
    // would then control the way to our database. A new folder belongs to us and is given to the server's user.
    let doing = || format!("use {}", folder.display());
    let metadata = fs::symlink_metadata(&folder).map_err(Error::io(doing()))?;
    let ours = Account::own().owns(&metadata)? || account.owns(&metadata)?;
    if !metadata.is_dir() || !ours || metadata.permissions().mode() & 0o077 != 0 {
        let reason = io::Error::other("it is not a private folder of ours: remove it");
        return Err(Error::io(doing())(reason));
    }
    account.give(&folder)?;
    Ok(folder)
}

/// Percent-encodes everything except letters, digits and `-._~`.
fn encoded(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|&byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::Socket;

    #[test]
    fn a_url_encodes_the_folder_the_user_and_the_database() {
        let socket = Socket { folder: "/a b/ü".into(), port: 5432, temporary: false };
        let url = socket.url("app@x", "my/db");
        assert_eq!(url, "postgres://app%40x@%2Fa%20b%2F%C3%BC:5432/my%2Fdb");
    }
}
