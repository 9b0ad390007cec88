//! Waiting for answers, but not for those of the dead.
//!
//! A network that swallows packets, or a pooler whose server is gone, says nothing: who waits for an answer cannot tell
//! it from a statement that takes its time. So whoever has waited for a while asks over a new connection whether the
//! database is there, and only if it is waits on.

use std::{pin::pin, time::Duration};

use freehold_core::Result;
use tokio::{
    sync::Mutex,
    time::{Instant, sleep, timeout},
};

use crate::{
    Settings,
    error::{database_error, from_driver, unanswered},
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
    /// When it was last felt, and whether it was there. One asks at a time, the others wait for what he hears.
    last: Mutex<Option<(Instant, bool)>>,
}

impl Pulse {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { settings, last: Mutex::new(None) }
    }

    /// The answer; `unavailable` when the database is not there, or this one connection is dead.
    pub(crate) async fn answer<T>(&self, answer: impl Future<Output = T>) -> Result<T> {
        let limit = self.settings.pool.statement_timeout + BEYOND;
        let begun = Instant::now();
        let mut answer = pin!(answer);
        loop {
            let gone = async {
                sleep(QUIET).await;
                !self.beats().await
            };
            tokio::select! {
                biased;
                answer = &mut answer => return Ok(answer),
                gone = gone => if gone || begun.elapsed() > limit {
                    return Err(unanswered(begun.elapsed()));
                }
            }
        }
    }

    async fn beats(&self) -> bool {
        let mut last = self.last.lock().await;
        if let Some((at, beats)) = *last
            && at.elapsed() < BELIEVED
        {
            return beats;
        }
        let beats = matches!(timeout(ASKED, self.ask()).await, Ok(true));
        *last = Some((Instant::now(), beats));
        beats
    }

    /// A statement, too, because a pooler lets people in whose server is gone.
    async fn ask(&self) -> bool {
        let asked = async { self.settings.connect(ASKED).await?.batch_execute("").await.map_err(from_driver) };
        match asked.await {
            Ok(()) => true,
            // Whoever says that he is too busy, or that we may not come in, is there; unless he is just leaving, or speaks
            // for somebody else whom he cannot reach.
            Err(error) => database_error(&error).is_some_and(|said| !matches!(&said.code().code()[..2], "08" | "57")),
        }
    }
}
