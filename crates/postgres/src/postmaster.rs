//! One server process, from its start to its end.

use std::{
    ffi::{OsStr, OsString},
    future::pending,
    os::unix::ffi::OsStrExt,
    process::Stdio,
    time::{Duration, Instant},
};

use tokio::{
    process::{Child, Command},
    time::{sleep, timeout},
};

use crate::{
    Durability, Error,
    account::Account,
    binaries::Binaries,
    lock::Lock,
    log::Log,
    place::Place,
    probe::{self, Answer},
    process,
    socket::Socket,
    watcher::Watcher,
};

/// How long a start may take: for a server that does not answer, and for one that reports that it replays its log. The
/// latter gets far more time, because stopping it would make the next start begin again.
const SILENT_LIMIT: Duration = Duration::from_mins(1);
const STARTING_LIMIT: Duration = Duration::from_mins(15);

/// How long each way of stopping may take: with a rollback and a checkpoint; without a checkpoint; killed.
const FAST_LIMIT: Duration = Duration::from_secs(30);
const IMMEDIATE_LIMIT: Duration = Duration::from_secs(10);
const KILL_LIMIT: Duration = Duration::from_secs(5);

/// Everything that is needed to run the server on one data folder, including the lock on that folder.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) account: Account,
    pub(crate) binaries: Binaries,
    pub(crate) place: Place,
    pub(crate) socket: Socket,
    pub(crate) log: Log,
    pub(crate) durability: Durability,
    pub(crate) max_connections: u16,
    pub(crate) tcp: bool,
    pub(crate) _lock: Lock,
}

impl Plan {
    /// The command line. Settings are given here and not in `postgresql.conf`, so that the settings of a newer Freehold
    /// also apply to older data.
    fn arguments(&self) -> Vec<OsString> {
        let safe = match self.durability {
            Durability::Durable => "on",
            Durability::Volatile => "off",
        };
        let mut arguments = vec!["-D".into(), self.place.cluster().into_os_string()];
        let settings = [
            ("listen_addresses", if self.tcp { "127.0.0.1" } else { "" }.to_owned()),
            ("port", self.socket.port.to_string()),
            ("unix_socket_permissions", "0700".into()),
            ("max_connections", self.max_connections.max(10).to_string()),
            ("cluster_name", "freehold".into()),
            // Postgres shares the machine with Freehold itself.
            ("shared_buffers", "64MB".into()),
            ("shared_preload_libraries", String::new()),
            ("fsync", safe.into()),
            ("synchronous_commit", safe.into()),
            ("full_page_writes", safe.into()),
            ("password_encryption", "scram-sha-256".into()),
            ("timezone", "UTC".into()),
            ("log_timezone", "UTC".into()),
            // The log goes to our file, in English, so that we recognize its messages.
            ("lc_messages", "C".into()),
            ("log_destination", "stderr".into()),
            ("logging_collector", "off".into()),
            ("log_min_messages", "warning".into()),
            ("log_checkpoints", "off".into()),
            ("log_line_prefix", "%m [%p] ".into()),
        ];
        for (name, value) in settings {
            arguments.push("-c".into());
            arguments.push(format!("{name}={value}").into());
        }
        // The setting is a list of folders: the quotes keep a folder with a comma in its name in one piece.
        let mut folders = OsString::from("unix_socket_directories=\"");
        for (index, part) in self.socket.folder.as_os_str().as_bytes().split(|&b| b == b'"').enumerate() {
            if index > 0 {
                folders.push("\"\"");
            }
            folders.push(OsStr::from_bytes(part));
        }
        folders.push("\"");
        arguments.extend(["-c".into(), folders]);
        arguments
    }
}

/// What can happen to a running server.
#[derive(Debug)]
pub(crate) enum Event {
    /// The process ended, with this status.
    Ended(String),
    /// The watcher ended, which happens only when it is killed.
    Unwatched,
}

/// A running server process and its watcher. Dropping this makes the watcher stop the server.
#[derive(Debug)]
pub(crate) struct Postmaster {
    child: Child,
    watcher: Option<Watcher>,
    pub(crate) process: u32,
    /// The length of the log at the start, in bytes.
    since: u64,
}

impl Postmaster {
    /// Starts the process.
    pub(crate) fn launch(plan: &Plan) -> Result<Self, Error> {
        let since = plan.log.length();
        let program = plan.binaries.postgres();
        let cluster = plan.place.cluster();
        let mut command = plan.account.command(&program);
        command
            .args(plan.arguments())
            // Postgres changes to this folder anyway; starting in it lets us recognize the process from its first
            // moment.
            .current_dir(&cluster)
            .stdout(Stdio::null())
            .stderr(plan.log.open()?);
        let doing = format!("run {}", program.display());
        let mut child = Command::from(command).spawn().map_err(Error::io(doing))?;
        let process = child.id().unwrap_or_default();
        match Watcher::start(&plan.account, process, &cluster) {
            Ok(watcher) => Ok(Self { child, watcher: Some(watcher), process, since }),
            Err(error) => {
                let _ = child.start_kill();
                Err(error)
            }
        }
    }

    /// Waits until the server accepts connections.
    pub(crate) async fn ready(&mut self, plan: &Plan) -> Result<(), Error> {
        let socket = plan.socket.path();
        let begun = Instant::now();
        let mut limit = SILENT_LIMIT;
        loop {
            let answer = tokio::select! {
                status = ended(&mut self.child) => return Err(Error::Exited {
                    status,
                    log: plan.log.path().into(),
                    tail: plan.log.tail(self.since),
                }),
                answer = probe::ask(&socket) => answer,
            };
            match answer {
                Answer::Serving => return Ok(()),
                Answer::Starting if limit == SILENT_LIMIT => {
                    // After a crash the server replays its log, which may take minutes.
                    tracing::debug!("Postgres is starting up");
                    limit = STARTING_LIMIT;
                }
                Answer::Starting | Answer::Silent => {}
            }
            if begun.elapsed() > limit {
                return Err(Error::Unanswered {
                    seconds: limit.as_secs(),
                    log: plan.log.path().into(),
                    tail: plan.log.tail(self.since),
                });
            }
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until the server or its watcher ends.
    pub(crate) async fn event(&mut self) -> Event {
        let unwatched = async {
            match &mut self.watcher {
                Some(watcher) => watcher.ended().await,
                None => pending().await,
            }
        };
        tokio::select! {
            biased;
            status = ended(&mut self.child) => Event::Ended(status),
            () = unwatched => Event::Unwatched,
        }
    }

    /// Starts a new watcher in place of one that ended.
    pub(crate) fn watch(&mut self, plan: &Plan) {
        let watcher = Watcher::start(&plan.account, self.process, &plan.place.cluster());
        self.watcher = watcher.inspect_err(|error| tracing::error!(%error, "no watcher")).ok();
    }

    /// Stops the server, as gently as it permits.
    pub(crate) async fn stop(mut self, plan: &Plan) -> Result<(), Error> {
        let ways = [("INT", FAST_LIMIT), ("QUIT", IMMEDIATE_LIMIT), ("KILL", KILL_LIMIT)];
        for (signal, limit) in ways {
            let command = process::signal_command(&plan.account, signal, self.process);
            let _ = Command::from(command).status().await;
            if timeout(limit, self.child.wait()).await.is_ok() {
                self.release().await;
                return Ok(());
            }
            tracing::warn!(signal, seconds = limit.as_secs(), "Postgres did not stop in time");
        }
        Err(Error::Unstoppable { process: self.process })
    }

    /// Ends the watcher after the server's process has ended.
    pub(crate) async fn release(self) {
        if let Some(watcher) = self.watcher {
            watcher.release().await;
        }
    }
}

/// Waits until the process ends and returns its status.
async fn ended(child: &mut Child) -> String {
    match child.wait().await {
        Ok(status) => status.to_string(),
        Err(error) => error.to_string(),
    }
}
