//! The limit of exports of an organization's data.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{
    period::Period,
    read::{Value, Words},
};

/// How many exports an organization may request in a period. As JSON and in the file: `"1 a month"` or `"unlimited"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exports {
    /// The limit; none for unlimited.
    pub limit: Option<ExportLimit>,
}

/// A number of exports in a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExportLimit {
    /// Number of exports, 1 to 1000.
    pub most: i32,
    /// Day, week or month of the calendar, UTC.
    pub period: Period,
}

impl ExportLimit {
    /// The first instant of the period that contains `now`: exports from then on count.
    pub fn counted_from(self, now: Timestamp) -> Timestamp {
        self.period.start_of(now)
    }

    /// When the next period begins, in which as many exports are possible again.
    pub fn next(self, now: Timestamp) -> Timestamp {
        self.period.end_of(now)
    }
}

impl Exports {
    const EXPECTED: &str =
        r#"expected how many exports may be requested, such as "1 a month", "1 a week" or "unlimited""#;
    const UNLIMITED: &str = "unlimited";
    const MOST: i32 = 1000;

    /// As many exports as are wanted.
    pub const NO_LIMIT: Self = Self { limit: None };

    /// This many exports in a period.
    pub const fn of(most: i32, period: Period) -> Self {
        Self { limit: Some(ExportLimit { most, period }) }
    }

    pub(crate) fn read(value: &Value<'_>) -> Option<Self> {
        let parsed = value.as_text().and_then(|text| text.parse().ok());
        if parsed.is_none() {
            value.refuse(Self::EXPECTED);
        }
        parsed
    }
}

impl FromStr for Exports {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == Self::UNLIMITED {
            return Ok(Self::NO_LIMIT);
        }
        let parts = text.split_once(" a ").and_then(|(most, period)| Some((most, Period::from_word(period)?)));
        let (most, period) = parts.ok_or(Self::EXPECTED)?;
        let digits = most.bytes().all(|byte| byte.is_ascii_digit());
        let most = most.parse().ok().filter(|most| digits && (1..=Self::MOST).contains(most));
        most.map(|most| Self::of(most, period)).ok_or(Self::EXPECTED)
    }
}

impl fmt::Display for Exports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.limit {
            Some(ExportLimit { most, period }) => write!(f, "{most} a {period}"),
            None => f.write_str(Self::UNLIMITED),
        }
    }
}

impl Serialize for Exports {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Exports {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_read_as_it_is_written() {
        for (text, expected) in [
            ("1 a month", Some(Exports::of(1, Period::Month))),
            ("2 a week", Some(Exports::of(2, Period::Week))),
            ("1000 a day", Some(Exports::of(1000, Period::Day))),
            ("unlimited", Some(Exports::NO_LIMIT)),
            ("0 a month", None),
            ("1001 a day", None),
            ("+1 a day", None),
            ("1 a year", None),
            ("once a month", None),
            ("", None),
        ] {
            assert_eq!(text.parse().ok(), expected, "{text}");
            assert!(expected.is_none_or(|exports| exports.to_string() == text), "{text}");
        }
    }
}
