//! What the tests share: settings, time limits, and a Freehold in a process of its own.

use std::{
    fs,
    future::Future,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use freehold_postgres::{Durability, Error, Server, Settings};

const DATA: &str = "FREEHOLD_POSTGRES_TEST_DATA";

/// A folder that is deleted with the test. It is in `/tmp`, which every user may enter.
pub(crate) fn folder() -> tempfile::TempDir {
    let folder = tempfile::Builder::new().prefix("freehold-pg-").tempdir_in("/tmp").unwrap();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(folder.path(), open).unwrap();
    folder
}

/// A server that flushes nothing to the disk.
pub(crate) fn volatile(data: impl Into<PathBuf>) -> Settings {
    Settings { durability: Durability::Volatile, ..Settings::new(data) }
}

pub(crate) async fn start(data: impl Into<PathBuf>) -> Result<Server, Error> {
    bounded(Server::start(volatile(data))).await
}

/// How long a test waits for anything before it fails. It only ends tests that hang; no test measures the machine.
const CEILING: Duration = Duration::from_mins(10);

/// Limits how long a test waits.
pub(crate) async fn bounded<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(CEILING, work).await.expect("it hangs")
}

/// Polls until `done` returns true, for at most [`CEILING`].
pub(crate) async fn eventually(what: &str, mut done: impl AsyncFnMut() -> bool) {
    let since = Instant::now();
    while !done().await {
        assert!(since.elapsed() < CEILING, "never happened: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub(crate) fn signal(name: &str, process: u32) {
    let line = format!("kill -s {name} {process}");
    assert!(Command::new("/bin/sh").args(["-c", &line]).status().unwrap().success(), "{line}");
}

/// Whether the process runs. A process that has ended and waits for its parent does not count.
pub(crate) fn runs(process: u32) -> bool {
    let output = Command::new("ps").args(["-o", "stat=", "-p", &process.to_string()]).output();
    let state = output.unwrap().stdout;
    !state.is_empty() && !state.starts_with(b"Z")
}

/// A Freehold in a process of its own, which tests kill: this test program again, running only
/// [`a_freehold_of_its_own`].
pub(crate) struct Freehold {
    pub(crate) child: Child,
    pub(crate) postgres: u32,
}

impl Freehold {
    pub(crate) fn spawn(data: &Path) -> Self {
        let mut child = Self::begin(data);
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let postgres = lines
            .map_while(Result::ok)
            .find_map(|line| line.split_once("serves as ")?.1.trim().parse().ok())
            .expect("the other freehold did not start");
        Self { child, postgres }
    }

    /// Starts the process without waiting for its server.
    pub(crate) fn begin(data: &Path) -> Child {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "workshop::a_freehold_of_its_own", "--ignored", "--nocapture"])
            .env(DATA, data)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[tokio::test]
#[ignore = "run by other tests, in a process of its own"]
async fn a_freehold_of_its_own() {
    let Some(data) = std::env::var_os(DATA) else { return };
    let server = start(data).await.unwrap();
    println!("serves as {}", server.pid().unwrap());
    tokio::time::sleep(CEILING).await;
}
