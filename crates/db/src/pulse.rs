//! Waiting for an answer only as long as the database is reachable.
//!
//! When a network drops packets, or a pooler has lost its server, the client hears nothing and cannot distinguish that
//! from a slow statement. So after a while the client tests over a new connection whether the database answers, and
//! continues to wait only if it does.

use std::{pin::Pin, time::Duration};

use deadpool_postgres::Pool;
use freehold_core::{Error, Result};
use tokio::{
    sync::Mutex,
    time::{Instant, sleep, timeout},
};

use crate::{
    Settings,
    error::{DriverResult, database_error, from_driver, unanswered},
    health::Health,
};

/// How long an answer may take before the database is tested.
const QUIET: Duration = Duration::from_secs(2);
/// How long that test may take.
const ASKED: Duration = Duration::from_secs(2);
/// How long all waiting clients reuse the result of a test.
const BELIEVED: Duration = Duration::from_secs(1);
/// How long the client waits beyond the statement timeout, which the server applies. After that the connection counts
/// as dead.
const BEYOND: Duration = Duration::from_secs(2);

/// Tests whether the database answers.
pub(crate) struct Pulse {
    settings: Settings,
    pool: Pool,
    /// One client runs the test at a time; the others wait for its result.
    felt: Mutex<Felt>,
    /// The health that the errors of the database reveal.
    pub(crate) health: Health,
}

/// The results of the tests.
#[derive(Default)]
struct Felt {
    /// When the last test ended, and whether the database answered.
    last: Option<(Instant, bool)>,
    /// When the database last failed to answer.
    missed: Option<Instant>,
}

impl Pulse {
    pub(crate) fn new(settings: Settings, pool: Pool) -> Self {
        Self { settings, pool, felt: Mutex::default(), health: Health::default() }
    }

    /// Turns the driver's error into ours, and records what it says about the server.
    #[track_caller]
    pub(crate) fn failed(&self, error: tokio_postgres::Error) -> Error {
        self.health.note(&error);
        from_driver(error)
    }

    /// The settings of the database.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The answer; `unavailable` when the database does not answer, was away meanwhile, or this one connection is dead.
    pub(crate) async fn answer<T>(&self, mut answer: Pin<&mut impl Future<Output = T>>) -> Result<T> {
        let limit = self.settings.pool.statement_timeout + BEYOND;
        let begun = Instant::now();
        loop {
            let lost = async {
                sleep(QUIET).await;
                // Boxed, because it is large and rarely runs, and every request would have to hold it.
                Box::pin(self.lost_since(begun)).await
            };
            tokio::select! {
                biased;
                answer = &mut answer => return Ok(answer),
                lost = lost => if lost || begun.elapsed() > limit {
                    return Err(unanswered(begun.elapsed()));
                }
            }
        }
    }

    /// Whether a test since then found the database away.
    async fn lost_since(&self, begun: Instant) -> bool {
        let mut felt = self.felt.lock().await;
        if felt.last.is_none_or(|(at, _)| at.elapsed() >= BELIEVED) {
            let beats = matches!(timeout(ASKED, self.ask()).await, Ok(true));
            let now = Instant::now();
            felt.last = Some((now, beats));
            if !beats {
                felt.missed = Some(now);
                // Connections from before the outage may never learn that they are dead.
                self.pool.retain(|_, _| false);
            }
        }
        felt.missed.is_some_and(|missed| missed >= begun)
    }

    /// Runs a statement too, because a pooler admits clients even when its server is gone.
    async fn ask(&self) -> bool {
        let asked = async { self.settings.connect(ASKED).await?.batch_execute("").await.or_error() };
        match asked.await {
            Ok(()) => true,
            // A server that is too busy or refuses the login is reachable, except when it is shutting down, or when a
            // pooler reports that it cannot reach the server.
            Err(error) => database_error(&error).is_some_and(|said| !matches!(&said.code().code()[..2], "08" | "57")),
        }
    }
}
