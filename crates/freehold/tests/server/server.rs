//! The program as a process, which is ended in every case.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

pub(crate) use freehold_testing::{CEILING, eventually, url_of};
use freehold_testing::{bucket::Bucket, scratch};
use tokio::sync::OnceCell;

/// A folder for everything of one test. The Postgres in it is stopped before the folder is deleted.
pub(crate) struct Home(tempfile::TempDir);

impl Home {
    /// An empty folder, which the user of Postgres may enter.
    pub(crate) fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("freehold-server-").tempdir_in(scratch()).unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        Self(folder)
    }

    /// A folder where a server has run and was stopped: the next start finds a migrated database. The server runs once
    /// for all tests, and each of them gets a copy of its data folder.
    pub(crate) async fn begun() -> Self {
        static BEGUN: OnceCell<PathBuf> = OnceCell::const_new();
        let data = BEGUN.get_or_init(async || {
            let home = Self::new();
            Program::at(&home).start().await.stop().await;
            let kept = scratch().join("begun");
            copy(&home.data(), &kept);
            kept
        });
        let data = data.await;
        let home = Self::new();
        copy(data, &home.data());
        home
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// The data folder of a server.
    pub(crate) fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    /// The id of the process of the local Postgres in the data folder, if one runs there.
    pub(crate) fn postmaster(&self) -> Option<u32> {
        postmaster_of(&self.data().join("postgres"))
    }

    /// The URL of the local database.
    pub(crate) fn url(&self) -> String {
        let socket = fs::canonicalize(self.data().join("postgres/socket")).unwrap();
        url_of(&socket, 5432, "postgres", "freehold")
    }
}

/// Copies a folder with the owners of its files.
fn copy(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg("-a").args([from, to]).status().unwrap().success(), "{}", from.display());
}

impl Drop for Home {
    fn drop(&mut self) {
        let since = Instant::now();
        let gone =
            || ["data/postgres", "postgres"].iter().all(|place| postmaster_of(&self.path().join(place)).is_none());
        while !gone() && since.elapsed() < CEILING {
            thread::sleep(Duration::from_millis(20));
        }
        assert!(gone() || thread::panicking(), "a Postgres outlived its test in {}", self.path().display());
    }
}

/// The process id in `postmaster.pid`, if that process runs and works in this folder.
pub(crate) fn postmaster_of(place: &Path) -> Option<u32> {
    let cluster = fs::canonicalize(place.join("cluster")).ok()?;
    let text = fs::read_to_string(cluster.join("postmaster.pid")).ok()?;
    let process: u32 = text.lines().next()?.trim().parse().ok()?;
    let folder = fs::read_link(Path::new("/proc").join(process.to_string()).join("cwd")).ok()?;
    (folder == cluster).then_some(process)
}

/// Sends a signal to one process.
pub(crate) fn signal(name: &str, process: u32) {
    let line = format!("kill -s {name} {process}");
    assert!(Command::new("/bin/sh").args(["-c", &line]).status().unwrap().success(), "{line}");
}

/// The program with its settings, before it is started. It sees nothing of the tests' own environment that could
/// matter.
#[derive(Clone)]
pub(crate) struct Program {
    folder: PathBuf,
    settings: Vec<(String, String)>,
    /// Most open files; none: the limit of the tests.
    files: Option<u32>,
}

impl Program {
    /// A program that uses the home's data folder, with a Postgres of its own there.
    pub(crate) fn at(home: &Home) -> Self {
        let program = Self { folder: home.path().to_owned(), settings: Vec::new(), files: None };
        program
            .with("FREEHOLD_DATA", home.data().to_str().unwrap())
            .with("FREEHOLD_LISTEN", "127.0.0.1:0")
            .with("FREEHOLD_AUTH_AUTOCONFIRM", "true")
            .with("FREEHOLD_SHUTDOWN_DRAIN_SECONDS", "0")
    }

    /// Adds this environment variable.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.settings.retain(|(known, _)| known != name);
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with its files in this bucket.
    pub(crate) fn storing_in(self, bucket: &Bucket) -> Self {
        bucket.variables().iter().fold(self, |program, (name, value)| program.with(name, value))
    }

    /// Removes this environment variable.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.settings.retain(|(known, _)| known != name);
        self
    }

    /// Limits the number of open files.
    pub(crate) fn with_files(mut self, most: u32) -> Self {
        self.files = Some(most);
        self
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let program = env!("CARGO_BIN_EXE_freehold");
        let mut command = match self.files {
            None => Command::new(program),
            Some(most) => {
                let mut shell = Command::new("/bin/sh");
                shell.args(["-c", &format!("ulimit -n {most}; exec \"$0\" \"$@\""), program]);
                shell
            }
        };
        command.args(arguments).current_dir(&self.folder).env_clear();
        for name in ["PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "FREEHOLD_POSTGRES_BIN", "RUST_BACKTRACE"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Starts the server without waiting for it.
    pub(crate) fn begin(&self) -> Server {
        self.begin_as(&[])
    }

    /// Starts the program with these arguments without waiting for it.
    pub(crate) fn begin_as(&self, arguments: &[&str]) -> Server {
        let mut child = self.command(arguments).spawn().unwrap();
        let output = Output::default();
        output.follow(child.stdout.take().unwrap());
        output.follow(child.stderr.take().unwrap());
        Server { child, output, site: String::new() }
    }

    /// Starts the server and waits until it answers.
    pub(crate) async fn start(&self) -> Server {
        let mut server = self.begin();
        server.ready().await;
        server
    }

    /// Runs a command to its end.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Finished {
        let mut child = self.command(arguments).spawn().unwrap();
        let output = Output::default();
        let readers = [output.follow(child.stdout.take().unwrap()), output.follow(child.stderr.take().unwrap())];
        let mut server = Server { child, output, site: String::new() };
        let status = server.ended().await;
        for reader in readers {
            reader.join().unwrap();
        }
        Finished { code: status.code(), output: server.output.text() }
    }

    /// Runs the server, which is expected to refuse to start, to its end.
    pub(crate) async fn refused(&self) -> Finished {
        let finished = self.run(&[]).await;
        assert_eq!(finished.code, Some(1), "{}", finished.output);
        finished
    }
}

/// A command that has ended.
#[derive(Debug)]
pub(crate) struct Finished {
    /// The exit code; none when a signal ended the command.
    pub(crate) code: Option<i32>,
    /// Everything that the command printed.
    pub(crate) output: String,
}

/// The output of a process so far.
#[derive(Clone, Default)]
pub(crate) struct Output(Arc<Mutex<Vec<String>>>);

impl Output {
    fn follow(&self, stream: impl Read + Send + 'static) -> thread::JoinHandle<()> {
        let lines = Arc::clone(&self.0);
        thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            }
        })
    }

    /// The whole output.
    pub(crate) fn text(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).join("\n")
    }

    /// The whole output, once it contains this text: what a server writes can arrive after its answer.
    pub(crate) async fn holding(&self, what: &str) -> String {
        let since = Instant::now();
        loop {
            let text = self.text();
            if text.contains(what) {
                return text;
            }
            assert!(since.elapsed() < CEILING, "{what:?} is not written: {text}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The server's URL, once it reports that it runs: on the start-up screen, or in the log if the site has another
    /// address.
    fn site(&self) -> Option<String> {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let runs = lines.iter().find(|line| line.trim_start().starts_with("Freehold runs "))?;
        let listening = lines.iter().find_map(|line| line.split_once("listening on "));
        Some(match listening {
            Some((_, address)) => format!("http://{}", address.trim()),
            None => runs.rsplit_once(" at ")?.1.trim().to_owned(),
        })
    }
}

/// A running server. It is killed when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) output: Output,
    /// `http://127.0.0.1:PORT`, once it is ready.
    pub(crate) site: String,
}

impl Server {
    /// Waits until the server responds that it is ready.
    pub(crate) async fn ready(&mut self) {
        let since = Instant::now();
        let site = loop {
            if let Some(site) = self.output.site() {
                break site;
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the server ended with {status}:\n{}", self.output.text());
            }
            assert!(since.elapsed() < CEILING, "the server does not start:\n{}", self.output.text());
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        self.site = site;
        let ready = format!("{}/readyz", self.site);
        eventually("the server is ready", async || {
            reqwest::get(&ready).await.is_ok_and(|answer| answer.status().is_success())
        })
        .await;
    }

    /// Waits until the server has printed this text. Fails at once if it ends before that.
    pub(crate) async fn logged(&mut self, text: &str) {
        let output = self.output.clone();
        tokio::select! {
            _ = output.holding(text) => {}
            status = self.ended() => panic!("it ended with {status}, and {text:?} is not written: {}", output.text()),
        }
    }

    /// The id of its process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Whether it runs.
    pub(crate) fn lives(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until it ends.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let since = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(since.elapsed() < CEILING, "the program does not end:\n{}", self.output.text());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Asks the server to stop and waits until it has stopped in order.
    pub(crate) async fn stop(mut self) {
        signal("TERM", self.process());
        let status = self.ended().await;
        assert_eq!(status.code(), Some(0), "{}", self.output.text());
        self.unharmed();
    }

    /// Asserts that the server never panicked and never responded with an internal error.
    pub(crate) fn unharmed(&self) {
        let log = self.output.text();
        let bad = log.lines().find(|line| line.contains("panicked") || line.contains(" ERROR "));
        assert_eq!(bad, None, "in the log of the server");
    }

    /// The memory of its process, in KiB.
    pub(crate) fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            let log = self.output.text();
            let lines: Vec<&str> = log.lines().collect();
            println!("--- the last words of {} ---", self.process());
            for line in &lines[lines.len().saturating_sub(40)..] {
                println!("{line}");
            }
        }
    }
}
