//! Shutdown: which signals stop the program, and in which order the server ends its work.
//!
//! On SIGTERM `/readyz` answers 503 at once, while requests are still accepted and answered with `Connection: close`,
//! so that a load balancer uses another server and no request is lost (the *drain*). Then the listener closes, and
//! running requests may end. Ctrl-C skips the drain: at a terminal there is no load balancer. A second signal ends the
//! program at once.

use std::time::Duration;

use anyhow::{Context, Result};
use freehold_web::Shutdown;
use tokio::{
    signal::unix::{Signal as Listener, SignalKind, signal},
    sync::watch,
    task::JoinHandle,
    time::{sleep, timeout},
};

/// A shutdown signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// SIGINT: Ctrl-C.
    Interrupt,
    /// SIGTERM: from a supervisor.
    Terminate,
}

/// The shutdown signals of this process.
pub(crate) struct Signals(Option<[Listener; 2]>);

impl Signals {
    /// Listens from now on, so that the program can be stopped as soon as it says that it runs.
    pub(crate) fn listen() -> Self {
        match [SignalKind::interrupt(), SignalKind::terminate()].map(signal) {
            [Ok(interrupt), Ok(terminate)] => Self(Some([interrupt, terminate])),
            [Err(error), _] | [_, Err(error)] => {
                tracing::warn!("signals will not stop the program in order: {error}");
                Self(None)
            }
        }
    }

    /// Waits for the next signal.
    pub(crate) async fn next(&mut self) -> Signal {
        let Some([interrupt, terminate]) = &mut self.0 else { return std::future::pending().await };
        tokio::select! {
            _ = interrupt.recv() => Signal::Interrupt,
            _ = terminate.recv() => Signal::Terminate,
        }
    }
}

/// Time limits of a shutdown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// The time from SIGTERM until the listener closes.
    pub(crate) drain: Duration,
    /// The time from then until running requests are cut off.
    pub(crate) finish: Duration,
}

/// How the server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Running requests had their time to end.
    Orderly,
    /// A second signal came: the program ends at once.
    AtOnce,
}

/// Runs the server until a shutdown signal comes, then stops it. `stop` becomes true when the listener closes.
pub(crate) async fn supervise(
    mut server: JoinHandle<()>,
    signals: &mut Signals,
    shutdown: &Shutdown,
    stop: &watch::Sender<bool>,
    pace: Pace,
) -> Result<End> {
    let told = tokio::select! {
        ended = &mut server => {
            stop.send_replace(true);
            ended.context("the server's task")?;
            return Ok(End::Orderly);
        }
        told = signals.next() => told,
    };
    shutdown.begin();
    let orderly = async {
        if told == Signal::Terminate && !pace.drain.is_zero() {
            tracing::info!("shutting down: /readyz answers 503, requests are accepted for {:?} more", pace.drain);
            sleep(pace.drain).await;
        }
        tracing::info!("stopping: requests under way have {:?} to end", pace.finish);
        stop.send_replace(true);
        if timeout(pace.finish, &mut server).await.is_err() {
            tracing::warn!("some requests had not ended after {:?}", pace.finish);
        }
    };
    let end = tokio::select! {
        () = orderly => End::Orderly,
        _ = signals.next() => {
            tracing::warn!("stopping at once: a second signal came");
            End::AtOnce
        }
    };
    stop.send_replace(true);
    server.abort();
    Ok(end)
}
