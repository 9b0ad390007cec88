//! The tested program as a process, which is ended in every case.

use std::{
    fs::File,
    net::{SocketAddr, TcpListener},
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use reqwest::Client;
use tokio::process::{Child, Command};

use crate::{home::Home, programs::Programs};

/// How long a start or a stop may take before the run fails.
const PATIENCE: Duration = Duration::from_mins(1);

/// `freehold` with a Postgres of its own.
pub(crate) struct Server<'a> {
    child: Child,
    address: SocketAddr,
    begun: Instant,
    home: &'a Home,
    pub(crate) client: Client,
}

impl<'a> Server<'a> {
    /// Starts the server and waits for its first response.
    pub(crate) async fn start(programs: &Programs, home: &'a Home) -> Result<Self> {
        let mut server = Self::begin(programs, home)?;
        server.first_answer().await?;
        Ok(server)
    }

    /// The same with further settings, given as environment variables.
    pub(crate) async fn start_with(programs: &Programs, home: &'a Home, settings: &[(&str, &str)]) -> Result<Self> {
        let mut server = Self::begin_with(programs, home, settings)?;
        server.first_answer().await?;
        Ok(server)
    }

    /// Starts the server without waiting.
    pub(crate) fn begin(programs: &Programs, home: &'a Home) -> Result<Self> {
        Self::begin_with(programs, home, &[])
    }

    fn begin_with(programs: &Programs, home: &'a Home, settings: &[(&str, &str)]) -> Result<Self> {
        let address = free_address()?;
        let log = home.script("freehold.log", "").and_then(|file| Ok(File::create(file)?))?;
        let mut command = Command::new(&programs.freehold);
        command.env_clear();
        for name in ["PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "FREEHOLD_POSTGRES_BIN"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        command
            .env("FREEHOLD_AUTH_AUTOCONFIRM", "true")
            .env("FREEHOLD_CONFIG", "/dev/null")
            .env("FREEHOLD_LISTEN", address.to_string())
            .env("FREEHOLD_DATA", home.data())
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true);
        let begun = Instant::now();
        let child = command.spawn().with_context(|| format!("starting {}", programs.freehold.display()))?;
        Ok(Self { child, address, begun, home, client: Client::builder().no_proxy().build()? })
    }

    /// Waits until `/healthz` responds. Returns how long after the start that was.
    pub(crate) async fn first_answer(&mut self) -> Result<Duration> {
        let url = self.url("/healthz");
        loop {
            if let Ok(answer) = self.client.get(&url).send().await
                && answer.status().is_success()
            {
                return Ok(self.begun.elapsed());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("freehold ended with {status}:\n{}", self.log());
            }
            if self.begun.elapsed() > PATIENCE {
                bail!("freehold does not answer:\n{}", self.log());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// How long ago the server was started.
    pub(crate) fn age(&self) -> Duration {
        self.begun.elapsed()
    }

    /// The URL of a path on the server.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The address on which the server listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The id of the server's process.
    pub(crate) fn process(&self) -> Result<u32> {
        self.child.id().context("freehold has ended")
    }

    /// The id of its Postgres' process.
    pub(crate) fn postmaster(&self) -> Result<u32> {
        self.home.postmaster().context("Postgres has ended")
    }

    /// Stops the server in order, with its Postgres.
    pub(crate) async fn stop(mut self) -> Result<()> {
        let line = format!("kill -s TERM {}", self.process()?);
        Command::new("/bin/sh").args(["-c", &line]).status().await.context("sending a signal")?;
        let status = tokio::time::timeout(PATIENCE, self.child.wait()).await.context("freehold does not stop")??;
        if !status.success() {
            bail!("freehold ended with {status}:\n{}", self.log());
        }
        Ok(())
    }

    fn log(&self) -> String {
        let file = self.home.data().with_file_name("freehold.log");
        std::fs::read_to_string(file).unwrap_or_default()
    }
}

impl Drop for Server<'_> {
    /// Its Postgres ends by itself after Freehold; the folder must not be deleted before that.
    fn drop(&mut self) {
        // This fails only when the process has already ended.
        let _ = self.child.start_kill();
        let since = Instant::now();
        while self.home.postmaster().is_some() && since.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(10));
        }
    }
}

/// A port that is free now. If another program takes it first, the server reports that.
fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").context("looking for a free port")?;
    Ok(listener.local_addr()?)
}
