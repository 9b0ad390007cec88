//! Stopping in order: which signals stop the program, and how the server ends its work.
//!
//! On SIGTERM `/readyz` answers 503 at once, while requests are still accepted and answered with `Connection: close`, so that
//! a load balancer moves on and no request is lost (the *drain*). Then the listener closes, and requests under way may end.
//! Ctrl-C skips the drain: at a terminal no load balancer has to move on. A second signal ends the program at once.

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
    /// Listens from now on, so that whoever has read that the program runs can stop it.
    pub(crate) fn listen() -> Self {
        match [SignalKind::interrupt(), SignalKind::terminate()].map(signal) {
            [Ok(interrupt), Ok(terminate)] => Self(Some([interrupt, terminate])),
            [Err(error), _] | [_, Err(error)] => {
                tracing::warn!("signals will not stop the program in order: {error}");
                Self(None)
            }
        }
    }

    /// The next one.
    pub(crate) async fn next(&mut self) -> Signal {
        let Some([interrupt, terminate]) = &mut self.0 else { return std::future::pending().await };
        tokio::select! {
            _ = interrupt.recv() => Signal::Interrupt,
            _ = terminate.recv() => Signal::Terminate,
        }
    }
}

/// How long stopping may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// From SIGTERM until the listener closes.
    pub(crate) drain: Duration,
    /// From then on until requests under way are cut off.
    pub(crate) finish: Duration,
}

/// How the server came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// What was under way had its time to end.
    Orderly,
    /// A second signal came: nothing is waited for.
    AtOnce,
}

/// Lets the server run until a shutdown signal comes, then stops it. `stop` tells everything else when the listener closes.
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
