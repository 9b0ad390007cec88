//! Pages of lists that are ordered by a time, and by id for equal times.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use uuid::Uuid;

use super::limit_check;
use crate::{Error, Id, Result};

/// The end of a page of such a list, opaque to callers. It stays valid when the list changes, even when its item is
/// deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Time of the last item of the page, in whole microseconds as in the database.
    pub at: Timestamp,
    /// Id of the last item of the page.
    pub id: Uuid,
}

/// The requested page of such a list.
#[derive(Clone, Copy, Debug)]
pub struct PlaceRequest {
    limit: i64,
    after: Option<Place>,
}

/// A page of such a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacePage<T> {
    /// The items of the page.
    pub data: Vec<T>,
    /// Start of the next page; none on the last page.
    pub next_cursor: Option<Place>,
}

impl PlaceRequest {
    /// The page of `limit` items (1 to 200, default 50) after `after`.
    pub fn new(limit: Option<i64>, after: Option<Place>) -> Result<Self> {
        Ok(Self { limit: limit_check(limit)?, after })
    }

    /// Number of rows to query: one more than the page, to know whether another page follows.
    pub fn rows(&self) -> i64 {
        self.limit + 1
    }

    /// Time of the last item of the previous page; none on the first page.
    pub fn after_time(&self) -> Option<Timestamp> {
        self.after.map(|place| place.at)
    }

    /// Id of the last item of the previous page; none on the first page.
    pub fn after_id(&self) -> Option<Uuid> {
        self.after.map(|place| place.id)
    }

    /// The page with the rows of the query.
    pub fn page<T, K>(&self, mut rows: Vec<T>, place: impl Fn(&T) -> (Timestamp, Id<K>)) -> PlacePage<T> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let last = rows.last().filter(|_| more).map(place);
        PlacePage { data: rows, next_cursor: last.map(|(at, id)| Place { at, id: id.uuid() }) }
    }
}

impl<T> PlacePage<T> {
    /// The page with its items mapped.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> PlacePage<U> {
        PlacePage { data: self.data.into_iter().map(f).collect(), next_cursor: self.next_cursor }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p{:016x}{}", self.at.as_microsecond(), self.id.simple())
    }
}

impl FromStr for Place {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let read = || {
            let digits = text.strip_prefix('p').filter(|digits| digits.len() == 48 && digits.is_ascii())?;
            if digits.contains('+') {
                return None;
            }
            let micros = i64::from_str_radix(&digits[..16], 16).ok()?;
            Some(Self { at: Timestamp::from_microsecond(micros).ok()?, id: Uuid::try_parse(&digits[16..]).ok()? })
        };
        read().ok_or_else(|| Error::invalid("?cursor", "expected the next_cursor of an earlier page"))
    }
}

impl Serialize for Place {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Clock, Ids, Random, UserId};

    #[test]
    fn a_page_tells_where_the_next_begins() {
        let ids = Ids::new(Clock::system(), Random::system());
        let at: Timestamp = "2026-03-15T12:00:00.123456Z".parse().unwrap();
        let rows: Vec<(Timestamp, UserId)> = (0..3).map(|_| (at, ids.next())).collect();
        let request = PlaceRequest::new(Some(2), None).unwrap();
        let page = request.page(rows.clone(), |row| *row);
        assert_eq!((page.data.len(), request.rows()), (2, 3));
        let place: Place = page.next_cursor.unwrap().to_string().parse().unwrap();
        assert_eq!((place.at, place.id), (at, rows[1].1.uuid()));
        let next = PlaceRequest::new(None, Some(place)).unwrap();
        assert_eq!((next.after_time(), next.after_id()), (Some(at), Some(rows[1].1.uuid())));
        assert_eq!(request.page(rows[..2].to_vec(), |row| *row).next_cursor, None);
    }

    #[test]
    fn a_text_that_no_page_gave_is_refused() {
        let good = Place { at: Timestamp::UNIX_EPOCH, id: Uuid::nil() }.to_string();
        assert!(good.parse::<Place>().is_ok());
        let long = format!("{good}0");
        let signed = good.replacen("p0", "p+", 1);
        for text in ["", "p", "c0", &good[1..], &good[..48], &long, &signed, &"p".repeat(49), "pü"] {
            assert!(text.parse::<Place>().is_err(), "{text}");
        }
    }
}
