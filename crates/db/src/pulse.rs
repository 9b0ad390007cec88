//! Waiting for answers, but not for those of the dead.
//!
//! A network that swallows packets, or a pooler whose server is gone, says nothing: who waits for an answer cannot tell
//! it from a statement that takes its time. So whoever has waited for a while asks over a new connection whether the
//! database is there, and only if it is waits on.

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

/// How long an answer may take before the question whether anybody is there.
const QUIET: Duration = Duration::from_secs(2);
/// How long the answer to that question may take.
const ASKED: Duration = Duration::from_secs(2);
/// How long that answer is good for all others who wonder.
const BELIEVED: Duration = Duration::from_secs(1);
/// What a statement may take beyond its own limit, which the server keeps: if it did not, its connection is dead.
const BEYOND: Duration = Duration::from_secs(2);

/// Knows whether the database is there.
pub(crate) struct Pulse {
    settings: Settings,
    pool: Pool,
    /// One asks at a time, the others wait for what he hears.
    felt: Mutex<Felt>,
    /// What its errors tell.
    pub(crate) health: Health,
}

/// What is known of the pulse.
#[derive(Default)]
struct Felt {
    /// When it was last felt, and whether it was there.
    last: Option<(Instant, bool)>,
    /// When it was last missed.
    missed: Option<Instant>,
}

impl Pulse {
    pub(crate) fn new(settings: Settings, pool: Pool) -> Self {
        Self { settings, pool, felt: Mutex::default(), health: Health::default() }
    }

    /// The driver's error as ours, after a look at what it tells of the server.
    #[track_caller]
    pub(crate) fn failed(&self, error: tokio_postgres::Error) -> Error {
        self.health.note(&error);
        from_driver(error)
    }

    /// How the database is reached.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The answer; `unavailable` when the database is not there, was away meanwhile, or this one connection is dead.
    pub(crate) async fn answer<T>(&self, mut answer: Pin<&mut impl Future<Output = T>>) -> Result<T> {
        let limit = self.settings.pool.statement_timeout + BEYOND;
        let begun = Instant::now();
        loop {
            let lost = async {
                sleep(QUIET).await;
                // Boxed, because it is large and hardly ever happens, and every request carries the place for it.
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

    /// Whether the database was away at any time since then, as far as anybody noticed.
    async fn lost_since(&self, begun: Instant) -> bool {
        let mut felt = self.felt.lock().await;
        if felt.last.is_none_or(|(at, _)| at.elapsed() >= BELIEVED) {
            let beats = matches!(timeout(ASKED, self.ask()).await, Ok(true));
            let now = Instant::now();
            felt.last = Some((now, beats));
            if !beats {
                felt.missed = Some(now);
                // What was connected before may never hear of the end of it.
                self.pool.retain(|_, _| false);
            }
        }
        felt.missed.is_some_and(|missed| missed >= begun)
    }

    /// A statement, too, because a pooler lets people in whose server is gone.
    async fn ask(&self) -> bool {
        let asked = async { self.settings.connect(ASKED).await?.batch_execute("").await.or_error() };
        match asked.await {
            Ok(()) => true,
            // Whoever says that he is too busy, or that we may not come in, is there; unless he is just leaving, or speaks
            // for somebody else whom he cannot reach.
            Err(error) => database_error(&error).is_some_and(|said| !matches!(&said.code().code()[..2], "08" | "57")),
        }
    }
}
