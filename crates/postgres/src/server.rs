use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use tokio::{sync::oneshot, task::JoinHandle};

use crate::{
    Error, Settings,
    account::Account,
    binaries::Binaries,
    cluster,
    lock::Lock,
    log::Log,
    place::Place,
    postmaster::{Plan, Postmaster},
    process,
    socket::Socket,
    supervisor::{self, Supervisor},
};

/// How often another port is tried when another program took the free port before Postgres did.
const PORTS: u32 = 5;

/// A running Postgres server, which is restarted when it crashes.
///
/// Call [`stop`](Self::stop) to stop it. One that is dropped is stopped in the background by the runtime, or by its
/// watcher when the runtime has ended.
#[derive(Debug)]
pub struct Server {
    plan: Arc<Plan>,
    process: Arc<AtomicU32>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), Error>>,
}

impl Server {
    /// Creates the cluster if there is none, ends processes that an earlier Freehold left behind, starts the server,
    /// and returns when it accepts connections.
    ///
    /// The future may be dropped: the processes that it started then end by themselves.
    pub async fn start(settings: Settings) -> Result<Self, Error> {
        let mut plan = supervisor::blocking(move || prepare(&settings)).await?;
        let mut tries = 0;
        let (plan, postmaster) = loop {
            let shared = Arc::new(plan);
            let error = match supervisor::bring_up(&shared).await {
                Ok(postmaster) => break (shared, postmaster),
                Err(error) => error,
            };
            // No server of ours may continue to run without its lock.
            supervisor::clear(&shared).await?;
            tries += 1;
            plan = match Arc::try_unwrap(shared) {
                Ok(plan) if plan.tcp && tries < PORTS && port_taken(&error) => plan,
                _ => return Err(error),
            };
            plan.socket.another_port()?;
        };
        Ok(Self::supervised(plan, postmaster))
    }

    fn supervised(plan: Arc<Plan>, postmaster: Postmaster) -> Self {
        let process = Arc::new(AtomicU32::new(postmaster.process));
        let (stop, stopped) = oneshot::channel();
        let supervisor = Supervisor { plan: Arc::clone(&plan), process: Arc::clone(&process), stop: stopped };
        let task = tokio::spawn(supervisor.run(postmaster));
        Self { plan, process, stop, task }
    }

    /// The folder of the Unix socket, for clients that take a folder as the host.
    pub fn socket_dir(&self) -> &Path {
        &self.plan.socket.folder
    }

    /// The port: part of the socket's name and, with [`Settings::tcp`], the port on 127.0.0.1. It stays the same after
    /// a crash.
    pub fn port(&self) -> u16 {
        self.plan.socket.port
    }

    /// The URL of a database over the socket, such as `postgres://postgres@%2Fdata%2Fsocket:5432/app`, which
    /// tokio-postgres and libpq can read. Every role may log in without a password there.
    pub fn url(&self, user: &str, database: &str) -> String {
        self.plan.socket.url(user, database)
    }

    /// The id of the server's process; `None` from a crash until the restart.
    pub fn pid(&self) -> Option<u32> {
        Some(self.process.load(Ordering::Acquire)).filter(|&process| process != 0)
    }

    /// Stops the server: running transactions are rolled back and a checkpoint is written. After 30 seconds it is
    /// stopped without a checkpoint, and after 10 more it is killed; in both cases its data recovers at the next start.
    pub async fn stop(self) -> Result<(), Error> {
        // This fails only when the supervisor has ended, and then its task tells why.
        let _ = self.stop.send(());
        match self.task.await {
            Ok(result) => result,
            Err(error) => Err(Error::io("stop Postgres")(std::io::Error::other(error))),
        }
    }
}

/// Everything before the first process of the server is started. Blocks.
fn prepare(settings: &Settings) -> Result<Plan, Error> {
    let account = Account::choose(&settings.data.join("cluster"))?;
    let place = Place::prepare(&settings.data, &account)?;
    let lock = Lock::take(&place.lock(), &settings.data)?;
    process::clear(&place.cluster(), &account)?;
    let made_by = cluster::made_by(&place)?;
    let binaries = Binaries::find(settings, &account, place.folder(), made_by)?;
    cluster::ensure(&place, &binaries, &account, settings.durability)?;
    Ok(Plan {
        socket: Socket::prepare(&place, &account, settings.tcp)?,
        log: Log::rotate(&place)?,
        durability: settings.durability,
        max_connections: settings.max_connections,
        tcp: settings.tcp,
        account,
        binaries,
        place,
        _lock: lock,
    })
}

fn port_taken(error: &Error) -> bool {
    matches!(error, Error::Exited { tail, .. } if tail.contains("could not create any TCP/IP sockets"))
}
