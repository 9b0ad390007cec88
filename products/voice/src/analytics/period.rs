//! Days and hours of a time zone.

use freehold_core::{Error, FieldError, Result};
use jiff::{SignedDuration, Timestamp, ToSpan, Zoned, civil::Date, tz::TimeZone};
use serde::Serialize;
use utoipa::ToSchema;

/// Days of a range whose start is not given.
const DAYS: i32 = 30;
/// Most days of a range that is divided into days.
const DAYS_MAX: i32 = 366;
/// Most days of a range that is divided into hours.
const DAYS_BY_HOUR_MAX: i32 = 31;

/// The length of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = AnalyticsGrouping)]
pub enum By {
    /// From midnight to midnight in the time zone: 23 or 25 hours on a day when its clocks change.
    Day,
    /// One hour.
    Hour,
}

impl By {
    /// `day` or `hour`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Hour => "hour",
        }
    }
}

/// A range of whole days in a time zone, divided into days or hours.
#[derive(Clone, Debug)]
pub struct Range {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// The time zone of the days.
    pub zone: TimeZone,
    /// How the range is divided.
    pub by: By,
    /// The midnight of each day and of the day after the last. A day that the time zone skipped is left out.
    midnights: Vec<Zoned>,
}

/// A range as the caller writes it.
#[derive(Clone, Copy, Debug, Default)]
pub struct RangeText<'a> {
    /// The first day, such as `2026-03-01`. None: thirty days that end with the last.
    pub from: Option<&'a str>,
    /// The last day. None: today.
    pub to: Option<&'a str>,
    /// `day` or `hour`. None: `day`.
    pub by: Option<&'a str>,
    /// The name of a time zone in the IANA database. None: UTC.
    pub time_zone: Option<&'a str>,
}

/// One day or hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// When it starts, UTC.
    pub starts_at: Timestamp,
    /// The same in the time zone: `2026-03-15`, or `2026-03-15T13:00-04:00`.
    pub local: String,
}

impl Range {
    /// Reads a range. The error lists every invalid parameter.
    pub fn parse(text: RangeText<'_>, now: Timestamp) -> Result<Self> {
        let mut wrong = Vec::new();
        let zone = or_told(zone(text.time_zone), &mut wrong).unwrap_or(TimeZone::UTC);
        let by = or_told(by(text.by), &mut wrong).unwrap_or(By::Day);
        let to = or_told(text.to.map(|to| date("?to", to)).transpose(), &mut wrong).flatten();
        let from = or_told(text.from.map(|from| date("?from", from)).transpose(), &mut wrong).flatten();
        if !wrong.is_empty() {
            return Err(Error::invalid_fields(wrong));
        }
        let to = to.unwrap_or_else(|| now.to_zoned(zone.clone()).date());
        let from = from.unwrap_or_else(|| to.saturating_sub((DAYS - 1).days()));
        Self::new(from, to, zone, by)
    }

    /// The range from one day to another, both included.
    pub fn new(from: Date, to: Date, zone: TimeZone, by: By) -> Result<Self> {
        if from > to {
            return Err(Error::invalid("?from", format!("{from} is after {to}, the last day")));
        }
        let most = match by {
            By::Day => DAYS_MAX,
            By::Hour => DAYS_BY_HOUR_MAX,
        };
        let days = (to - from).get_days() + 1;
        if days > most {
            let message = format!("expected at most {most} days by {}, not {days}", by.name());
            return Err(Error::invalid("?from", message));
        }
        let midnights =
            midnights(from, to, &zone).map_err(|_| Error::invalid("?from", "expected days closer to today"))?;
        Ok(Self { from, to, zone, by, midnights })
    }

    /// When the first day starts, UTC.
    pub fn starts_at(&self) -> Timestamp {
        self.midnights.first().map_or(Timestamp::MIN, Zoned::timestamp)
    }

    /// When the day after the last starts, UTC.
    pub fn ends_at(&self) -> Timestamp {
        self.midnights.last().map_or(Timestamp::MIN, Zoned::timestamp)
    }

    /// Returns every day or hour, in order.
    pub fn periods(&self) -> Vec<Period> {
        let days = self.midnights.windows(2);
        match self.by {
            By::Day => days.map(|day| period(&day[0], "%Y-%m-%d")).collect(),
            By::Hour => days.flat_map(|day| hours(&day[0], &day[1])).collect(),
        }
    }

    /// The zone's name.
    pub fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }
}

/// The hours between two midnights. When the clocks change by half an hour, the last one lasts half an hour.
fn hours(midnight: &Zoned, next: &Zoned) -> Vec<Period> {
    let starts = std::iter::successors(Some(midnight.clone()), |start| {
        start.checked_add(SignedDuration::from_hours(1)).ok().filter(|start| start < next)
    });
    starts.map(|start| period(&start, "%Y-%m-%dT%H:%M%:z")).collect()
}

fn period(start: &Zoned, format: &str) -> Period {
    Period { starts_at: start.timestamp(), local: start.strftime(format).to_string() }
}

fn midnights(from: Date, to: Date, zone: &TimeZone) -> Result<Vec<Zoned>, jiff::Error> {
    let mut midnights: Vec<Zoned> = Vec::new();
    let mut day = from;
    while day <= to.checked_add(1.day())? {
        let midnight = day.to_zoned(zone.clone())?.start_of_day()?;
        if midnights.last().is_none_or(|last| *last < midnight) {
            midnights.push(midnight);
        }
        day = day.checked_add(1.day())?;
    }
    Ok(midnights)
}

fn zone(name: Option<&str>) -> Result<TimeZone, FieldError> {
    let Some(name) = name else { return Ok(TimeZone::UTC) };
    TimeZone::get(name).map_err(|_| {
        let name: String = name.chars().take(60).collect();
        wrong(
            "?time_zone",
            format!("{name:?} is not a time zone; expected a name such as \"Europe/Berlin\" or \"UTC\""),
        )
    })
}

fn by(name: Option<&str>) -> Result<By, FieldError> {
    match name {
        None | Some("day") => Ok(By::Day),
        Some("hour") => Ok(By::Hour),
        Some(_) => Err(wrong("?by", "expected day or hour".to_owned())),
    }
}

fn date(pointer: &str, text: &str) -> Result<Date, FieldError> {
    // jiff also accepts a time after the date, which would be ignored silently.
    let date = text.parse::<Date>().ok().filter(|date| date.to_string() == text);
    date.ok_or_else(|| wrong(pointer, "expected a day such as 2026-03-15".to_owned()))
}

fn wrong(pointer: &str, message: String) -> FieldError {
    FieldError { pointer: pointer.to_owned(), message }
}

fn or_told<T>(read: Result<T, FieldError>, wrong: &mut Vec<FieldError>) -> Option<T> {
    read.map_err(|error| wrong.push(error)).ok()
}

#[cfg(test)]
mod tests;
