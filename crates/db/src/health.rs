//! Whether the database can do all that Freehold needs: read, write, run functions, and keep the same time as this
//! machine.
//!
//! [`Db::ready`] tests that, at most once a second however often it is called. Errors that requests meet in between
//! count too: a disk may be full for them and still have space for the small row of the test.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use freehold_core::{Clock, Error, Result, codes};
use jiff::Timestamp;
use tokio::{sync::watch, time::Instant};

use crate::{Db, error::Trouble, statements};

/// How long a result is reused: a good one, and a bad one.
const GOOD_FOR: Duration = Duration::from_secs(1);
const BAD_FOR: Duration = Duration::from_millis(200);
/// How long an error that a request met makes the server unready.
const REMEMBERED: Duration = Duration::from_secs(5);
/// The largest allowed difference between the machine's clock and the database's, in microseconds.
const APART: i64 = 5_000_000;
/// How often a server sets its clock by the database's.
const FOLLOWED_EVERY: Duration = Duration::from_secs(2);

statements! {
    /// Writes a row, spills to the disk, and returns the database's time.
    fn heartbeat() -> (Timestamp,) = "select freehold.heartbeat()";
}

/// The recorded health of the database.
#[derive(Default)]
pub(crate) struct Health {
    /// One caller runs the test at a time; the others use its result.
    asked: tokio::sync::Mutex<Option<Asked>>,
    seen: Mutex<Seen>,
}

/// When the database was tested last, and the result.
struct Asked {
    at: Instant,
    answer: Result<(), Arc<Error>>,
}

#[derive(Default)]
struct Seen {
    /// The last trouble, and when a request last met it.
    trouble: Option<(Trouble, Instant)>,
    /// The trouble that was logged and whose end has not been logged yet.
    told: Option<Trouble>,
    /// How far the machine's clock is ahead of the database's, in microseconds; negative when it is behind.
    ahead: i64,
    /// Whether the difference of the clocks was logged.
    told_clock: bool,
}

impl Health {
    /// Records what an error says about the server, and logs it once.
    pub(crate) fn note(&self, error: &tokio_postgres::Error) {
        let Some(trouble) = Trouble::of(error) else { return };
        let mut seen = self.seen();
        seen.trouble = Some((trouble, Instant::now()));
        if seen.told == Some(trouble) {
            return;
        }
        seen.told = Some(trouble);
        drop(seen);
        match trouble {
            Trouble::StorageFull => tracing::error!(
                "the database's disk is full: nothing can be written until there is room ({})",
                cause(error)
            ),
            Trouble::ProgramsReplaced => tracing::error!(
                "Postgres' programs were replaced while it runs, and it cannot load its libraries: restart it ({})",
                cause(error)
            ),
            Trouble::ReadOnly => tracing::error!(
                "the database accepts no changes: it is a standby, or its provider stopped writing, as some do when the disk \
                 is nearly full ({})",
                cause(error)
            ),
        }
    }

    /// The trouble that was met in the last seconds.
    fn trouble(&self) -> Option<Trouble> {
        self.seen().trouble.filter(|(_, at)| at.elapsed() < REMEMBERED).map(|(trouble, _)| trouble)
    }

    /// Records that the whole test succeeded.
    fn well(&self) {
        let mut seen = self.seen();
        if seen.trouble.is_none_or(|(_, at)| at.elapsed() >= REMEMBERED) && seen.told.take().is_some() {
            drop(seen);
            tracing::info!("the database can be written again");
        }
    }

    /// Records how far the machine's clock is ahead, and logs it once.
    fn clock(&self, ahead: i64) {
        let mut seen = self.seen();
        seen.ahead = ahead;
        let off = is_apart(ahead);
        if seen.told_clock == off {
            return;
        }
        seen.told_clock = off;
        drop(seen);
        if off {
            tracing::error!("{}; this server works by the database's clock: set both by NTP", clocks(ahead));
        } else {
            tracing::info!("the machine's clock agrees with the database's again");
        }
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn cause(error: &tokio_postgres::Error) -> &str {
    error.as_db_error().map_or("", |cause| cause.message())
}

fn is_apart(ahead: i64) -> bool {
    ahead.saturating_abs() > APART
}

/// For example `the machine's clock is 86400 s ahead of the database's`.
fn clocks(ahead: i64) -> String {
    let side = if ahead > 0 { "ahead of" } else { "behind" };
    format!("the machine's clock is {} s {side} the database's", ahead.saturating_abs() / 1_000_000)
}

/// How far the time `there` lies outside of the span in which it was requested, in microseconds: positive when the
/// requesting clock is ahead.
fn ahead(before: Timestamp, there: Timestamp, after: Timestamp) -> i64 {
    let (before, there, after) = (before.as_microsecond(), there.as_microsecond(), after.as_microsecond());
    if there < before { before.saturating_sub(there) } else { after.saturating_sub(there).min(0) }
}

impl Db {
    /// Succeeds when the database can be read and written and its clock agrees with this machine's.
    ///
    /// # Errors
    /// `storage_full` when nothing can be written, `unavailable` when the database is away, accepts no changes, or its
    /// clock differs from the machine's by more than 5 s.
    pub async fn ready(&self) -> Result<()> {
        let health = self.health();
        let mut asked = health.asked.lock().await;
        if let Some(Asked { at, answer }) = &*asked
            && at.elapsed() < if answer.is_ok() { GOOD_FOR } else { BAD_FOR }
        {
            return answer.clone().map_err(|error| error.shared());
        }
        let answer = self.heartbeat().await.map_err(Arc::new);
        *asked = Some(Asked { at: Instant::now(), answer: answer.clone() });
        answer.map_err(|error| error.shared())
    }

    async fn heartbeat(&self) -> Result<()> {
        let machine = Clock::system();
        let before = machine.now();
        let beat = self.system("check whether the database accepts writes").fetch_optional(heartbeat()).await?;
        let Some((there,)) = beat else { return Err(Error::internal("the heartbeat answered no row")) };
        let ahead = ahead(before, there, machine.now());
        let health = self.health();
        health.clock(ahead);
        if let Some(trouble) = health.trouble() {
            return Err(trouble.error());
        }
        health.well();
        if is_apart(ahead) {
            let message = format!("Not ready: {}. Set both by NTP.", clocks(ahead));
            return Err(Error::new(codes::UNAVAILABLE, message).with_retry_after(FOLLOWED_EVERY));
        }
        Ok(())
    }

    /// Sets the clock by the database's, and records how far the machine's own clock differs.
    pub async fn clock_follow(&self) -> Result<()> {
        let (machine, clock) = (Clock::system(), self.clock());
        let (from, before) = (machine.now(), clock.now());
        let there = crate::clock_inspect(self).await?;
        let (until, after) = (machine.now(), clock.now());
        clock.follow(before, there, after);
        self.health().clock(ahead(from, there, until));
        Ok(())
    }

    /// Keeps the clock set by the database's until `stop` is true. While the database is away the clock continues by
    /// itself.
    pub async fn clock_keep(&self, mut stop: watch::Receiver<bool>) {
        let keep = async {
            loop {
                // An error is ignored here: requests report that the database is away.
                let _ = self.clock_follow().await;
                tokio::time::sleep(FOLLOWED_EVERY).await;
            }
        };
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => {}
            () = keep => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_ahead_or_behind_only_by_what_asking_does_not_explain() {
        let at = |second: i64| Timestamp::from_second(second).unwrap();
        assert_eq!(ahead(at(10), at(12), at(14)), 0);
        assert_eq!(ahead(at(10), at(4), at(14)), 6_000_000);
        assert_eq!(ahead(at(10), at(20), at(14)), -6_000_000);
        assert_eq!(clocks(86_400_000_000), "the machine's clock is 86400 s ahead of the database's");
        assert!(is_apart(-5_000_001) && !is_apart(5_000_000));
    }
}
