//! Keeps the server running.

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
};

/// Between attempts to start a server that crashed: doubled from the first to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LAST_PAUSE: Duration = Duration::from_secs(5);

/// A server that lived this long did not crash because of how it was started.
const HEALTHY: Duration = Duration::from_secs(30);

/// Starts to make before a failure is worth more than a warning.
const TOLERATED: u32 = 5;

/// The shared memory of a dead server goes when its last backend does.
const SHARED_MEMORY_RETRIES: u32 = 40;
const SHARED_MEMORY_PAUSE: Duration = Duration::from_millis(250);

/// Starts the server once and waits until it serves. When this fails, or the future is dropped, the
/// process may live for a moment: [`clear`] waits for its end.
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

/// Ends all that works in the cluster, on a thread that may block.
pub(crate) async fn clear(plan: &Arc<Plan>) -> Result<(), Error> {
    let plan = Arc::clone(plan);
    blocking(move || process::clear(&plan.place.cluster(), &plan.account)).await
}

/// Runs what blocks on a thread for it.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(Error::io("finish")(std::io::Error::other(error))),
    }
}

/// What the supervising task holds.
pub(crate) struct Supervisor {
    pub(crate) plan: Arc<Plan>,
    /// The server's process, 0 while there is none.
    pub(crate) process: Arc<AtomicU32>,
    /// Resolves when the server is to stop: asked, or dropped.
    pub(crate) stop: oneshot::Receiver<()>,
}

impl Supervisor {
    /// Until asked to stop.
    pub(crate) async fn run(mut self, mut postmaster: Postmaster) -> Result<(), Error> {
        let mut failures = 0;
        loop {
            let begun = Instant::now();
            let stopping = self.watch(&mut postmaster).await;
            self.process.store(0, Ordering::Release);
            if stopping {
                let stopped = postmaster.stop(&self.plan).await;
                self.plan.socket.clean();
                return stopped;
            }
            postmaster.release().await;
            // One that crashes as soon as it is up must not be started in a tight loop.
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

    /// Watches a server that serves until it ends (false) or is to be stopped (true).
    async fn watch(&mut self, postmaster: &mut Postmaster) -> bool {
        self.process.store(postmaster.process, Ordering::Release);
        loop {
            let event = tokio::select! {
                biased;
                _ = &mut self.stop => return true,
                event = postmaster.event() => event,
            };
            let process = postmaster.process;
            match event {
                Event::Ended(status) => {
                    tracing::warn!(process, status, "Postgres ended unasked; starting it again");
                    return false;
                }
                Event::Unwatched => {
                    tracing::warn!(process, "the watcher of Postgres ended; starting another");
                    // Somebody kills watchers: not in a tight loop with us.
                    sleep(FIRST_PAUSE).await;
                    postmaster.watch(&self.plan);
                }
            }
        }
    }

    /// Starts the server again, however often it takes; `None` when it is to be stopped.
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
