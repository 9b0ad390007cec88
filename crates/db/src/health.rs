//! What is known about the health of the database: what its errors said about the server, and how far its clock differs
//! from this machine's. Each change is logged once.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use freehold_core::{Error, Result};
use jiff::Timestamp;
use tokio::time::Instant;

use crate::error::Trouble;

/// How long an error that a request met makes the server unready.
const REMEMBERED: Duration = Duration::from_secs(5);
/// The largest allowed difference between the machine's clock and the database's, in microseconds.
const APART: i64 = 5_000_000;

/// The recorded health of the database.
#[derive(Default)]
pub(crate) struct Health {
    /// One caller runs the test at a time; the others use its result.
    pub(crate) asked: tokio::sync::Mutex<Option<Asked>>,
    seen: Mutex<Seen>,
}

/// When the database was tested last, and the result.
pub(crate) struct Asked {
    pub(crate) at: Instant,
    pub(crate) answer: Result<(), Arc<Error>>,
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
                "the database's disk is full: nothing can be written until it has space ({})",
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
    pub(crate) fn trouble(&self) -> Option<Trouble> {
        self.seen().trouble.filter(|(_, at)| at.elapsed() < REMEMBERED).map(|(trouble, _)| trouble)
    }

    /// Records that the whole test succeeded.
    pub(crate) fn well(&self) {
        let mut seen = self.seen();
        if seen.trouble.is_none_or(|(_, at)| at.elapsed() >= REMEMBERED) && seen.told.take().is_some() {
            drop(seen);
            tracing::info!("the database can be written again");
        }
    }

    /// Records how far the machine's clock is ahead, and logs it once.
    pub(crate) fn clock(&self, ahead: i64) {
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

pub(crate) fn is_apart(ahead: i64) -> bool {
    ahead.saturating_abs() > APART
}

/// For example `the machine's clock is 86400 s ahead of the database's`.
pub(crate) fn clocks(ahead: i64) -> String {
    let side = if ahead > 0 { "ahead of" } else { "behind" };
    format!("the machine's clock is {} s {side} the database's", ahead.saturating_abs() / 1_000_000)
}

/// How far the time `there` lies outside of the span in which it was requested, in microseconds: positive when the
/// requesting clock is ahead.
pub(crate) fn ahead(before: Timestamp, there: Timestamp, after: Timestamp) -> i64 {
    let (before, there, after) = (before.as_microsecond(), there.as_microsecond(), after.as_microsecond());
    if there < before { before.saturating_sub(there) } else { after.saturating_sub(there).min(0) }
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
