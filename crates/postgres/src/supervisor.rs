//! Restarts the server when it ends.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{sync::oneshot, time::sleep};

use crate::{
    Error,
    postmaster::{Event, Plan, Postmaster},
    process,
    programs::{self, Programs},
};

/// The pause before a crashed server is started again: doubled from the first to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LAST_PAUSE: Duration = Duration::from_secs(5);

/// A server that ran for this long did not crash because of how it was started.
const HEALTHY: Duration = Duration::from_secs(30);

/// Failed starts in a row that are only warnings; further ones are errors.
const TOLERATED: u32 = 5;

/// The shared memory of a dead server is freed when its last backend ends.
const SHARED_MEMORY_RETRIES: u32 = 40;
const SHARED_MEMORY_PAUSE: Duration = Duration::from_millis(250);

/// Starts the server once and waits until it accepts connections. When this fails, or the future is dropped, the
/// process may run a moment longer: [`clear`] waits for its end.
pub(crate) async fn bring_up(plan: &Plan) -> Result<Postmaster, Error> {
    let mut retries = 0;
    loop {
        let mut postmaster = Postmaster::launch(plan)?;
        match postmaster.ready(plan).await {
            Ok(()) => return Ok(postmaster),
            Err(Error::Exited { tail, .. })
                if tail.contains("pre-existing shared memory block") && retries < SHARED_MEMORY_RETRIES =>
            {
                postmaster.release().await;
                retries += 1;
                sleep(SHARED_MEMORY_PAUSE).await;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Ends every process that works in the cluster, on a thread that may block.
pub(crate) async fn clear(plan: &Arc<Plan>) -> Result<(), Error> {
    let plan = Arc::clone(plan);
    blocking(move || process::clear(&plan.place.cluster(), &plan.account)).await
}

/// Runs a blocking function on a thread for such functions.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(Error::io("finish")(std::io::Error::other(error))),
    }
}

/// Why watching a server ended.
enum Watched {
    /// The server has to stop.
    Stop,
    /// The server's process ended by itself.
    Ended,
    /// The server's programs were replaced.
    Replaced,
}

/// The state of the supervising task.
pub(crate) struct Supervisor {
    pub(crate) plan: Arc<Plan>,
    /// The id of the server's process; 0 while there is none.
    pub(crate) process: Arc<AtomicU32>,
    /// Resolves when the server has to stop, because that was requested or the [`Server`](crate::Server) was dropped.
    pub(crate) stop: oneshot::Receiver<()>,
}

impl Supervisor {
    /// Supervises the server until it has to stop.
    pub(crate) async fn run(mut self, mut postmaster: Postmaster) -> Result<(), Error> {
        let mut failures = 0;
        loop {
            let begun = Instant::now();
            let watched = self.watch(&mut postmaster).await;
            self.process.store(0, Ordering::Release);
            match watched {
                Watched::Stop => {
                    let stopped = postmaster.stop(&self.plan).await;
                    self.plan.socket.clean();
                    return stopped;
                }
                Watched::Ended => postmaster.release().await,
                // If this one does not stop, `clear` ends it before the next one is started.
                Watched::Replaced => {
                    if let Err(error) = postmaster.stop(&self.plan).await {
                        tracing::warn!(%error, "Postgres did not stop in order to start its new version");
                    }
                }
            }
            // A server that crashes as soon as it runs must not be restarted without a pause.
            if begun.elapsed() > HEALTHY {
                failures = 0;
            }
            if let Some(returned) = self.bring_back(&mut failures).await {
                postmaster = returned;
            } else {
                let cleared = clear(&self.plan).await;
                self.plan.socket.clean();
                return cleared;
            }
        }
    }

    /// Watches a running server until it ends, has to stop, or its programs are replaced.
    async fn watch(&mut self, postmaster: &mut Postmaster) -> Watched {
        self.process.store(postmaster.process, Ordering::Release);
        let plan = Arc::clone(&self.plan);
        let mut replaced = std::pin::pin!(replaced(plan));
        loop {
            let event = tokio::select! {
                biased;
                _ = &mut self.stop => return Watched::Stop,
                event = postmaster.event() => event,
                () = &mut replaced => return Watched::Replaced,
            };
            let process = postmaster.process;
            match event {
                Event::Ended(status) => {
                    tracing::warn!(process, status, "Postgres ended unasked; starting it again");
                    return Watched::Ended;
                }
                Event::Unwatched => {
                    tracing::warn!(process, "the watcher of Postgres ended; starting another");
                    // Another program may be killing watchers; the pause keeps this from becoming a tight loop.
                    sleep(FIRST_PAUSE).await;
                    postmaster.watch(&self.plan);
                }
            }
        }
    }

    /// Starts the server again, as often as it takes; `None` when it has to stop.
    async fn bring_back(&mut self, failures: &mut u32) -> Option<Postmaster> {
        loop {
            let pause = FIRST_PAUSE.saturating_mul(1 << (*failures).min(16)).min(LAST_PAUSE);
            *failures += 1;
            let attempt = async {
                sleep(pause).await;
                clear(&self.plan).await?;
                bring_up(&self.plan).await
            };
            let error = tokio::select! {
                _ = &mut self.stop => return None,
                result = attempt => match result {
                    Ok(postmaster) => {
                        tracing::info!(process = postmaster.process, "Postgres serves again");
                        return Some(postmaster);
                    }
                    Err(error) => error,
                },
            };
            if *failures > TOLERATED {
                tracing::error!(failures, %error, "Postgres does not start; trying on");
            } else {
                tracing::warn!(failures, %error, "Postgres did not start; trying again");
            }
        }
    }
}

/// Returns when the server's programs have been replaced by others that can use its data.
async fn replaced(plan: Arc<Plan>) {
    let shared = Arc::clone(&plan);
    let Ok(mut known) = blocking(move || Ok(Programs::look(shared.binaries.folder()))).await else {
        return std::future::pending().await;
    };
    // The state at the last check: the package manager has finished when two checks in a row see the same.
    let mut last = known.clone();
    loop {
        sleep(programs::LOOKED_EVERY).await;
        let before = last.clone();
        let Ok(now) = blocking(move || Ok(before.again())).await else { continue };
        let settled = now == last;
        last = now;
        if !settled || last == known || !last.whole() {
            continue;
        }
        let shared = Arc::clone(&plan);
        let Ok(found) = blocking(move || Ok(shared.binaries.version_now(&shared.account))).await else { continue };
        match found {
            Ok((version, major)) if major == plan.binaries.major => {
                tracing::warn!(
                    "the programs of Postgres were replaced while it runs ({} before, {version} now); restarting it",
                    plan.binaries.version()
                );
                return;
            }
            Ok((version, _)) => tracing::error!(
                "the programs of Postgres were replaced by those of {version}, which cannot use the data of {}: it goes on \
                 until it is stopped; bring the programs of before back, or move the data",
                plan.binaries.version()
            ),
            Err(error) => tracing::error!("the programs of Postgres were replaced and do not run: {error}"),
        }
        known = last.clone();
    }
}
