//! The periods and windows of limits. All are in UTC, so that a tenant's month is the same in every database, log and
//! invoice.

use std::fmt;

use jiff::{SignedDuration, Timestamp, ToSpan, Zoned, civil, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::read::Words;

/// The period after which a counter restarts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// Midnight to midnight, UTC.
    Day,
    /// Monday to Sunday, as in ISO 8601.
    Week,
    /// The calendar month, not the month of the subscription.
    Month,
}

impl Period {
    /// The first instant of the period that contains `at`.
    pub fn start_of(self, at: Timestamp) -> Timestamp {
        // Outside of the years -9999 to 9999 the limits of time are used.
        instant(self.first_day(at)).unwrap_or(Timestamp::MIN)
    }

    /// The first instant after the period that contains `at`.
    pub fn end_of(self, at: Timestamp) -> Timestamp {
        let length = match self {
            Self::Day => 1.day(),
            Self::Week => 1.week(),
            Self::Month => 1.month(),
        };
        self.first_day(at).checked_add(length).ok().and_then(instant).unwrap_or(Timestamp::MAX)
    }

    fn first_day(self, at: Timestamp) -> civil::Date {
        let day = at.to_zoned(TimeZone::UTC).date();
        match self {
            Self::Day => day,
            Self::Week => {
                let since_monday = i64::from(day.weekday().to_monday_zero_offset());
                day.checked_sub(since_monday.days()).unwrap_or(civil::Date::MIN)
            }
            Self::Month => day.first_of_month(),
        }
    }

    /// The name of the period: `day`, `week` or `month`.
    pub fn name(self) -> &'static str {
        self.word()
    }
}

fn instant(day: civil::Date) -> Option<Timestamp> {
    day.to_zoned(TimeZone::UTC).ok().as_ref().map(Zoned::timestamp)
}

impl Words for Period {
    const WORDS: &'static [(&'static str, Self)] = &[("day", Self::Day), ("week", Self::Week), ("month", Self::Month)];
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The window of a rate limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// One second.
    Second,
    /// Sixty seconds.
    Minute,
    /// 3,600 seconds.
    Hour,
}

impl Window {
    /// Length in seconds: 1, 60 or 3,600.
    pub const fn seconds(self) -> u32 {
        match self {
            Self::Second => 1,
            Self::Minute => 60,
            Self::Hour => 3600,
        }
    }

    /// Length as a duration.
    pub fn duration(self) -> SignedDuration {
        SignedDuration::from_secs(i64::from(self.seconds()))
    }

    /// The name of the window: `second`, `minute` or `hour`.
    pub fn name(self) -> &'static str {
        self.word()
    }
}

impl Words for Window {
    const WORDS: &'static [(&'static str, Self)] =
        &[("second", Self::Second), ("minute", Self::Minute), ("hour", Self::Hour)];
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The subject whose requests a rate limit adds up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// Each API key.
    Key,
    /// The whole tenant.
    Tenant,
    /// Each user.
    User,
}

impl Per {
    /// The name of the subject: `key`, `tenant` or `user`.
    pub fn name(self) -> &'static str {
        self.word()
    }
}

impl Words for Per {
    const WORDS: &'static [(&'static str, Self)] =
        &[("key", Self::Key), ("tenant", Self::Tenant), ("user", Self::User)];
}

impl fmt::Display for Per {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bounds(period: Period, at: &str) -> String {
        let at: Timestamp = at.parse().unwrap();
        format!("{} to {}", period.start_of(at), period.end_of(at))
    }

    #[test]
    fn a_day_runs_from_midnight_to_midnight() {
        assert_eq!(bounds(Period::Day, "2024-02-29T12:34:56.789Z"), "2024-02-29T00:00:00Z to 2024-03-01T00:00:00Z");
        assert_eq!(bounds(Period::Day, "2024-03-01T00:00:00Z"), "2024-03-01T00:00:00Z to 2024-03-02T00:00:00Z");
    }

    #[test]
    fn a_week_begins_on_monday_also_across_years() {
        let week = "2024-12-30T00:00:00Z to 2025-01-06T00:00:00Z";
        assert_eq!(bounds(Period::Week, "2024-12-30T00:00:00Z"), week);
        assert_eq!(bounds(Period::Week, "2025-01-01T08:00:00Z"), week);
        assert_eq!(bounds(Period::Week, "2025-01-05T23:59:59.999999Z"), week);
    }

    #[test]
    fn a_month_is_as_long_as_the_calendar_says() {
        assert_eq!(bounds(Period::Month, "2023-02-28T23:59:59Z"), "2023-02-01T00:00:00Z to 2023-03-01T00:00:00Z");
        assert_eq!(bounds(Period::Month, "2024-12-31T23:59:59Z"), "2024-12-01T00:00:00Z to 2025-01-01T00:00:00Z");
    }

    #[test]
    fn the_ends_of_time_have_periods_too() {
        for period in [Period::Day, Period::Week, Period::Month] {
            for at in [Timestamp::MIN, Timestamp::MAX] {
                assert!(period.start_of(at) <= at && at <= period.end_of(at), "{period} of {at}");
            }
        }
    }

    #[test]
    fn windows_have_their_seconds() {
        assert_eq!([Window::Second, Window::Minute, Window::Hour].map(Window::seconds), [1, 60, 3600]);
    }

    proptest! {
        #[test]
        fn every_instant_lies_in_exactly_one_period(second in -30_000_000_000_i64..30_000_000_000) {
            let at = Timestamp::from_second(second).unwrap();
            for period in [Period::Day, Period::Week, Period::Month] {
                let (start, end) = (period.start_of(at), period.end_of(at));
                prop_assert!(start <= at && at < end);
                prop_assert_eq!(period.start_of(start), start);
                prop_assert_eq!(period.start_of(end), end);
                prop_assert_eq!(period.end_of(start), end);
            }
        }
    }
}
