//! The clock is injected; no code asks the machine for the time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Instant,
};

use jiff::{SignedDuration, Timestamp};

/// The source of the time: the machine and the database in production, set by hand in tests.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System(Arc<Running>),
    /// Microseconds since 1970, the precision of Postgres.
    Fixed(Arc<AtomicI64>),
}

/// A time that advances with the machine's monotonic clock, unaffected by changes of its calendar clock.
#[derive(Debug)]
struct Running {
    since: Instant,
    /// The time at `since`, in microseconds since 1970.
    start: AtomicI64,
}

impl Clock {
    /// A clock that starts with the machine's time and advances by itself. [`follow`](Self::follow) aligns it with the
    /// database.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the machine")]
    pub fn system() -> Self {
        let start = AtomicI64::new(Timestamp::now().as_microsecond());
        Self(Source::System(Arc::new(Running { since: Instant::now(), start })))
    }

    /// A clock fixed at `start` until [`advance`](Self::advance) moves it.
    pub fn fixed(start: Timestamp) -> Self {
        Self(Source::Fixed(Arc::new(AtomicI64::new(start.as_microsecond()))))
    }

    /// The current time in whole microseconds, so that a time read back from Postgres equals the written one.
    pub fn now(&self) -> Timestamp {
        let micros = match &self.0 {
            Source::System(running) => {
                let gone = i64::try_from(running.since.elapsed().as_micros()).unwrap_or(i64::MAX);
                running.start.load(Ordering::SeqCst).saturating_add(gone)
            }
            Source::Fixed(micros) => micros.load(Ordering::SeqCst),
        };
        Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MAX)
    }

    /// Aligns the clock with another one that showed `there` at a moment between `before` and `after` of this one. All
    /// clones follow. A time within that span changes nothing, so a slow reading causes no jump. Servers that share a
    /// database follow its clock, so all times in shared rows come from one clock.
    pub fn follow(&self, before: Timestamp, there: Timestamp, after: Timestamp) {
        let Source::System(running) = &self.0 else { return };
        let (before, there, after) = (before.as_microsecond(), there.as_microsecond(), after.as_microsecond());
        let by = if there < before { there.saturating_sub(before) } else { there.saturating_sub(after).max(0) };
        running.start.fetch_add(by, Ordering::SeqCst);
    }

    /// Moves a fixed clock; has no effect on the machine's clock.
    pub fn advance(&self, by: SignedDuration) {
        if let Source::Fixed(micros) = &self.0 {
            let by = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
            micros.fetch_add(by, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_follows_another_one_and_ignores_how_long_asking_takes() {
        let clock = Clock::system();
        let clone = clock.clone();
        let (before, hour) = (clock.now(), SignedDuration::from_hours(1));
        let after = before + SignedDuration::from_secs(2);
        clock.follow(before, before + SignedDuration::from_secs(1), after);
        assert!(clock.now() < before + SignedDuration::from_mins(30), "within the span nothing is set");
        clock.follow(before, after + hour, after);
        assert!(clone.now() >= before + hour && clone.now() < before + hour * 2);
        let now = clock.now();
        clock.follow(now, now - hour * 24, now);
        assert!(clone.now() < before, "it follows backwards too");
    }

    #[test]
    fn a_clock_in_the_hand_of_a_test_follows_nobody() {
        let start: Timestamp = "2026-03-15T12:00:00Z".parse().unwrap();
        let clock = Clock::fixed(start);
        clock.follow(start, Timestamp::MAX, start);
        assert_eq!(clock.now(), start);
    }
}
