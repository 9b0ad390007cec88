//! Whether a session has ended: the one rule for refresh tokens, access tokens, the pages' cookie and the list of
//! sessions.

use freehold_db::row;
use jiff::{SignedDuration, Timestamp};

use crate::SessionSettings;

row! {
    /// The times that decide whether a session has ended.
    #[derive(Clone, Copy, Debug)]
    pub(super) struct Times {
        /// When the session was opened.
        pub(super) created_at: Option<Timestamp>,
        /// When the session was last used: refreshed, stepped up, or used with a token or cookie.
        pub(super) updated_at: Option<Timestamp>,
        /// When the session was set to end; null: it was not.
        pub(super) not_after: Option<Timestamp>,
    }
}

/// Whether a session has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    /// It has not ended.
    Alive,
    /// Its lifetime is over.
    Over,
    /// It was idle for too long.
    Idle,
}

impl Times {
    /// Whether the session has ended at `now`, under these settings.
    pub(super) fn life(self, limits: SessionSettings, now: Timestamp) -> Life {
        let longer = |since: Option<Timestamp>, hours: i64| match (since, lifetime(hours)) {
            (Some(since), Some(limit)) => now.duration_since(since) > limit,
            _ => false,
        };
        if self.not_after.is_some_and(|end| end <= now) || longer(self.created_at, limits.lifetime_hours) {
            Life::Over
        } else if longer(self.updated_at.or(self.created_at), limits.idle_hours) {
            Life::Idle
        } else {
            Life::Alive
        }
    }
}

/// A lifetime of this many hours; none for 0: unlimited.
pub(super) fn lifetime(hours: i64) -> Option<SignedDuration> {
    (hours > 0).then(|| SignedDuration::from_hours(hours))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH.checked_add(SignedDuration::from_hours(hours)).unwrap()
    }

    #[test]
    fn a_session_ends_by_its_age_by_being_idle_or_when_it_was_set_to() {
        let limits = SessionSettings { lifetime_hours: 100, idle_hours: 10, ..SessionSettings::default() };
        let times = |updated, end: Option<i64>| Times {
            created_at: Some(at(0)),
            updated_at: Some(at(updated)),
            not_after: end.map(at),
        };
        assert_eq!(times(90, None).life(limits, at(100)), Life::Alive);
        assert_eq!(times(91, None).life(limits, at(101)), Life::Over);
        assert_eq!(times(0, None).life(limits, at(10)), Life::Alive);
        assert_eq!(times(0, None).life(limits, at(11)), Life::Idle);
        assert_eq!(times(5, Some(6)).life(limits, at(6)), Life::Over);
        let none = SessionSettings { lifetime_hours: 0, idle_hours: 0, ..limits };
        assert_eq!(times(0, None).life(none, at(100_000)), Life::Alive);
    }
}
