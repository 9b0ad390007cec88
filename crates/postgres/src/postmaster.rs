//! One run of the server's process.

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

/// How long a server that says nothing may take, and one that says that it replays its log. Stopping
/// the latter would make the next start begin again, so it gets all the time it can use.
const SILENT_LIMIT: Duration = Duration::from_mins(1);
const STARTING_LIMIT: Duration = Duration::from_mins(15);

/// How long each way of stopping may take: roll back and write a checkpoint; just end; be killed.
const FAST_LIMIT: Duration = Duration::from_secs(30);
const IMMEDIATE_LIMIT: Duration = Duration::from_secs(10);
const KILL_LIMIT: Duration = Duration::from_secs(5);

/// Everything it takes to run the server on one data folder, the lock on that folder included.
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
    /// The command line. Settings are given here and not in `postgresql.conf`, so that those of a newer
    /// Freehold hold for older data.
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
            // The machine is shared with Freehold itself.
            ("shared_buffers", "64MB".into()),
            ("shared_preload_libraries", String::new()),
            ("fsync", safe.into()),
            ("synchronous_commit", safe.into()),
            ("full_page_writes", safe.into()),
            ("password_encryption", "scram-sha-256".into()),
            ("timezone", "UTC".into()),
            ("log_timezone", "UTC".into()),
            // To our file, in words that we recognise.
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
        // A list of folders: the quotes keep one with a comma in its name whole.
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

/// What can happen to a server that serves.
#[derive(Debug)]
pub(crate) enum Event {
    /// The process ended, and how.
    Ended(String),
    /// The watcher ended, which it does only when somebody kills it.
    Unwatched,
}

/// A running server process and its watcher. Dropping it makes the watcher stop the server.
#[derive(Debug)]
pub(crate) struct Postmaster {
    child: Child,
    watcher: Option<Watcher>,
    pub(crate) process: u32,
    /// The length of the log at the start.
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
            // Postgres goes there anyway; being there from the start is how we tell it from others.
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

    /// Waits until the server serves.
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
                    // After a crash it replays its log, which may take minutes.
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

    /// Waits until something happens to the server or to its watcher.
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

    /// Puts a new watcher in place of one that ended.
    pub(crate) fn watch(&mut self, plan: &Plan) {
        let watcher = Watcher::start(&plan.account, self.process, &plan.place.cluster());
        self.watcher = watcher.inspect_err(|error| tracing::error!(%error, "no watcher")).ok();
    }

    /// Ends the server as kindly as it lets us.
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

    /// After the process has ended: the watcher has nothing to do any more.
    pub(crate) async fn release(self) {
        if let Some(watcher) = self.watcher {
            watcher.release().await;
        }
    }
}

/// Waits until the process ends and says how it did.
async fn ended(child: &mut Child) -> String {
    match child.wait().await {
        Ok(status) => status.to_string(),
        Err(error) => error.to_string(),
    }
}
