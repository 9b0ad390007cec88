//! Calling hours: the local times at which calls may start.

use std::{fmt, ops::RangeInclusive, str::FromStr};

use jiff::{
    Timestamp, ToSpan,
    civil::{DateTime, Time, Weekday},
    tz::{AmbiguousOffset, TimeZone},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::ToSchema;

use freehold_core::FieldError;

/// Most windows of one day.
const WINDOWS_MAX: usize = 10;
/// How many days ahead the next opening is searched for. A window on one weekday may fall into the hour that a change
/// of the clocks skips; then it opens a week later.
const DAYS_AHEAD: RangeInclusive<i64> = 0..=15;

/// The windows of each weekday in which calls may start. A weekday that is left out has none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CallingHours {
    /// Windows on Mondays, at most 10, without overlaps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 10)]
    pub monday: Vec<Window>,
    /// Windows on Tuesdays, at most 10, without overlaps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 10)]
    pub tuesday: Vec<Window>,
    /// Windows on Wednesdays, at most 10, without overlaps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 10)]
    pub wednesday: Vec<Window>,
    /// Windows on Thursdays, at most 10, without overlaps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 10)]
    pub thursday: Vec<Window>,
    /// Windows on Fridays, at most 10, without overlaps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 10)]
    pub friday: Vec<Window>,
    /// Windows on Saturdays, at most 10, without overlaps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 10)]
    pub saturday: Vec<Window>,
    /// Windows on Sundays, at most 10, without overlaps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 10)]
    pub sunday: Vec<Window>,
}

/// A part of a day: calls may start from `from` until before `to`. It ends on the same day; hours across midnight need
/// two windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CallingWindow)]
pub struct Window {
    /// Start of the window as `HH:MM`, from `00:00`; included.
    #[schema(value_type = String)]
    pub from: TimeOfDay,
    /// End of the window as `HH:MM`, up to `24:00`; excluded.
    #[schema(value_type = String)]
    pub to: TimeOfDay,
}

/// Minutes since midnight, 0 to 1,440; `09:30` in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay(i16);

impl CallingHours {
    /// Returns everything that is wrong with the hours. Pointers are relative to them.
    pub(crate) fn check(&self) -> Vec<FieldError> {
        let mut found = Vec::new();
        let mut report = |pointer: String, message: String| found.push(FieldError { pointer, message });
        for (day, windows) in self.days() {
            if windows.len() > WINDOWS_MAX {
                report(format!("/{day}"), format!("{} windows; at most {WINDOWS_MAX} are allowed", windows.len()));
            }
            for (at, window) in windows.iter().enumerate() {
                if window.from >= window.to {
                    let message = format!(
                        "{} is not before {}; hours that pass midnight are two windows: one up to 24:00, and one from 00:00 \
                         on the next day",
                        window.from, window.to
                    );
                    report(format!("/{day}/{at}"), message);
                }
                if let Some(other) = windows[..at].iter().find(|other| other.overlaps(*window)) {
                    report(format!("/{day}/{at}"), format!("overlaps {} to {}", other.from, other.to));
                }
            }
        }
        if self.days().iter().all(|(_, windows)| windows.is_empty()) {
            report(
                String::new(),
                "no weekday has a window, so no call could start: leave calling_hours out to call at any time"
                    .to_owned(),
            );
        }
        found
    }

    /// The first time, `now` or later, at which a call may start in this zone; `now` itself inside a window. None:
    /// never.
    ///
    /// The local time decides. An hour that occurs twice, when daylight saving time ends, is open both times or not at
    /// all. Of a window that starts in a skipped hour, the part after the gap is open.
    pub(crate) fn opens_at(&self, zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
        let shows = |at: Timestamp| self.contains(zone.to_datetime(at));
        if shows(now) {
            return Some(now);
        }
        // A window opens when the clock reaches its start, or jumps into the window.
        let today = zone.to_datetime(now).date();
        let last = now.checked_add(24.hours() * *DAYS_AHEAD.end()).ok()?;
        let jumps = zone.following(now).map(|jump| jump.timestamp()).take_while(|at| *at <= last);
        let mut openings: Vec<Timestamp> = jumps.collect();
        for day in DAYS_AHEAD.filter_map(|days| today.checked_add(days.days()).ok()) {
            for window in self.of(day.weekday()) {
                openings.extend(moments(zone, day.to_datetime(window.from.time())));
            }
        }
        openings.into_iter().filter(|at| *at >= now && shows(*at)).min()
    }

    fn contains(&self, clock: DateTime) -> bool {
        let minute = TimeOfDay(i16::from(clock.hour()) * 60 + i16::from(clock.minute()));
        self.of(clock.weekday()).iter().any(|window| window.from <= minute && minute < window.to)
    }

    fn of(&self, day: Weekday) -> &[Window] {
        match day {
            Weekday::Monday => &self.monday,
            Weekday::Tuesday => &self.tuesday,
            Weekday::Wednesday => &self.wednesday,
            Weekday::Thursday => &self.thursday,
            Weekday::Friday => &self.friday,
            Weekday::Saturday => &self.saturday,
            Weekday::Sunday => &self.sunday,
        }
    }

    fn days(&self) -> [(&'static str, &[Window]); 7] {
        [
            ("monday", &self.monday),
            ("tuesday", &self.tuesday),
            ("wednesday", &self.wednesday),
            ("thursday", &self.thursday),
            ("friday", &self.friday),
            ("saturday", &self.saturday),
            ("sunday", &self.sunday),
        ]
    }
}

/// The times at which the zone's clock shows this: one, two, or none in a gap.
fn moments(zone: &TimeZone, clock: DateTime) -> impl Iterator<Item = Timestamp> {
    let offsets = match zone.to_ambiguous_timestamp(clock).offset() {
        AmbiguousOffset::Unambiguous { offset } => [Some(offset), None],
        AmbiguousOffset::Fold { before, after } => [Some(before), Some(after)],
        AmbiguousOffset::Gap { .. } => [None, None],
    };
    offsets.into_iter().flatten().filter_map(move |offset| offset.to_timestamp(clock).ok())
}

impl Window {
    fn overlaps(self, other: Self) -> bool {
        self.from < other.to && other.from < self.to
    }
}

impl TimeOfDay {
    fn time(self) -> Time {
        let number = |minutes: i16| i8::try_from(minutes).unwrap_or_default();
        // 24:00 does not start any window that passed the check.
        Time::new(number(self.0 / 60), number(self.0 % 60), 0, 0).unwrap_or(Time::midnight())
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl FromStr for TimeOfDay {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let expected = "expected a time of day as HH:MM, from 00:00 to 24:00";
        let digits = |part: &str| match part.as_bytes() {
            [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => Some((tens - b'0') * 10 + ones - b'0'),
            _ => None,
        };
        let (hours, minutes) = text.split_once(':').ok_or(expected)?;
        let (hours, minutes) = (digits(hours).ok_or(expected)?, digits(minutes).ok_or(expected)?);
        let time = Self(i16::from(hours) * 60 + i16::from(minutes));
        if minutes < 60 && time.0 <= 24 * 60 { Ok(time) } else { Err(expected) }
    }
}

impl Serialize for TimeOfDay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
