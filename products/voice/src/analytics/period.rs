//! Days and hours of a time zone.

use freehold_core::{Error, FieldError, Result};
use jiff::{SignedDuration, Timestamp, ToSpan, Zoned, civil::Date, tz::TimeZone};

/// Days of a range that is not named.
const DAYS: i32 = 30;
/// Most days of a range that is counted by day.
const DAYS_MAX: i32 = 366;
/// Most days of a range that is counted by hour.
const DAYS_BY_HOUR_MAX: i32 = 31;

/// How long a period is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// From midnight to midnight, as the time zone has it: 23 or 25 hours when its clocks change.
    Day,
    /// An hour.
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

/// Whole days of a time zone, counted by day or by hour.
#[derive(Clone, Debug)]
pub struct Range {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// Whose days they are.
    pub zone: TimeZone,
    /// Counted by.
    pub by: By,
    /// Midnight of each day and, at the end, of the day after. A day that the zone left out is not among them.
    midnights: Vec<Zoned>,
}

/// A range as it is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct RangeText<'a> {
    /// The first day: `2026-03-01`. When left out: thirty days up to the last.
    pub from: Option<&'a str>,
    /// The last day. When left out: today.
    pub to: Option<&'a str>,
    /// `day` or `hour`. When left out: `day`.
    pub by: Option<&'a str>,
    /// A name of the IANA time zone database. When left out: UTC.
    pub time_zone: Option<&'a str>,
}

/// One day or hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// When it begins.
    pub starts_at: Timestamp,
    /// The same on the clocks of the time zone: `2026-03-15`, or `2026-03-15T13:00-04:00`.
    pub local: String,
}

impl Range {
    /// Reads a range; every parameter that is wrong is told.
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

    /// The range from one day to another, both in it.
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
            let message = format!("{days} days are more than the {most} that one answer by {} holds", by.name());
            return Err(Error::invalid("?from", message));
        }
        let midnights = midnights(from, to, &zone)
            .map_err(|_| Error::invalid("?from", "the days are too far from today to be told"))?;
        Ok(Self { from, to, zone, by, midnights })
    }

    /// When the first day begins.
    pub fn starts_at(&self) -> Timestamp {
        self.midnights.first().map_or(Timestamp::MIN, Zoned::timestamp)
    }

    /// When the day after the last begins.
    pub fn ends_at(&self) -> Timestamp {
        self.midnights.last().map_or(Timestamp::MIN, Zoned::timestamp)
    }

    /// Every day or hour, in order.
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

/// The hours that pass between two midnights. Where clocks change by half an hour, the last one is half.
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
    // jiff also takes a time behind the date, which would be dropped without a word.
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
