//! Webhooks without a valid signature, counted, so that many of them do not fill the log.

use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// Shortest time between two warnings.
const QUIET: SignedDuration = SignedDuration::from_mins(1);

/// Number of such webhooks since the last warning.
#[derive(Debug, Default)]
pub(crate) struct Unsigned(Mutex<(Option<Timestamp>, u64)>);

impl Unsigned {
    /// Counts one. If a warning is due, returns the number since the last warning, including this one.
    pub(crate) fn count(&self, now: Timestamp) -> Option<u64> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (warned, count) = &mut *held;
        *count = count.saturating_add(1);
        // A clock that was set back must not suppress warnings.
        if warned.is_some_and(|warned| now.duration_since(warned).abs() < QUIET) {
            return None;
        }
        *warned = Some(now);
        Some(std::mem::take(count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_warning_a_minute_says_how_many_there_were() {
        let at = |second: i64| Timestamp::from_second(1_773_576_000 + second).unwrap();
        let unsigned = Unsigned::default();
        let told: Vec<Option<u64>> = [0, 1, 30, 59, 60, 61, 119, 120].map(|second| unsigned.count(at(second))).to_vec();
        assert_eq!(told, [Some(1), None, None, None, Some(4), None, None, Some(3)]);
        assert_eq!(unsigned.count(at(-600)), Some(1));
    }
}
