//! One temporary Postgres for the process.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak, mpsc},
    thread::JoinHandle,
};

use freehold_postgres::{Durability, Server, Settings};
use tokio::{runtime::Handle, sync::oneshot};

use super::{folder::scratch, url_of};

/// A server that runs as long as it is used. It lives on a thread of its own, so that it outlives the runtime of the
/// test that started it, and so that dropping it can wait until it has stopped.
pub struct Cluster {
    socket: PathBuf,
    port: u16,
    runtime: Handle,
    stop: Option<oneshot::Sender<()>>,
    ending: Ending,
}

/// The server's thread, until one caller has waited for its end. Other callers wait for that one.
type Ending = Arc<Mutex<Option<JoinHandle<()>>>>;

struct Shared {
    cluster: Weak<Cluster>,
    /// Ending of the last server that was started.
    ending: Ending,
}

impl Cluster {
    /// The server that all tests share. The last user stops it; a later one starts it again on the same data, which
    /// takes 40 ms.
    pub fn shared() -> Arc<Self> {
        static SHARED: Mutex<Option<Shared>> = Mutex::new(None);
        let mut shared = held(&SHARED);
        if let Some(last) = &*shared {
            if let Some(cluster) = last.cluster.upgrade() {
                return cluster;
            }
            wait(&last.ending);
        }
        let cluster = Arc::new(Self::start("shared"));
        *shared = Some(Shared { cluster: Arc::downgrade(&cluster), ending: Arc::clone(&cluster.ending) });
        cluster
    }

    /// A server for one test that would disturb others. `name` names its data: a second call with the name, after the
    /// first server was dropped, starts it again on the same data.
    pub fn private(name: &str) -> Arc<Self> {
        Arc::new(Self::start(name))
    }

    fn start(name: &str) -> Self {
        let data = scratch().join(name);
        let (ready, started) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
            runtime.block_on(async {
                let settings =
                    Settings { durability: Durability::Volatile, max_connections: 200, ..Settings::new(data) };
                let server = Server::start(settings).await.unwrap();
                let place = (server.socket_dir().to_owned(), server.port(), Handle::current());
                ready.send(place).unwrap();
                // Dropping the sender also stops it.
                let _ = stopped.await;
                server.stop().await.unwrap();
            });
        });
        let (socket, port, runtime) = started.recv().expect("Postgres did not start; see above");
        Self { socket, port, runtime, stop: Some(stop), ending: Arc::new(Mutex::new(Some(thread))) }
    }

    /// The URL of a database here, for all users and without a password.
    pub fn url(&self, user: &str, database: &str) -> String {
        url_of(&self.socket, self.port, user, database)
    }

    /// The folder of the server's socket.
    pub fn socket(&self) -> &std::path::Path {
        &self.socket
    }

    /// The number in the socket's name.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Runtime for work that must not depend on a test's runtime.
    pub fn runtime(&self) -> &Handle {
        &self.runtime
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.stop.take());
        wait(&self.ending);
    }
}

fn wait(ending: &Ending) {
    if let Some(thread) = held(ending).take()
        && thread.join().is_err()
        && !std::thread::panicking()
    {
        panic!("Postgres did not stop in order; see above");
    }
}

/// Locks the mutex even after a panic: a test that panicked while it held the lock left nothing half-done.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
