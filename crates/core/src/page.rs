//! Lists come in pages.

mod place;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

pub use place::{Place, PlacePage, PlaceRequest};

use crate::{Error, Id, Result};

/// One page of a list, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Page<T> {
    /// The things.
    pub data: Vec<T>,
    /// Send it as `?cursor=` for the next page; null on the last.
    pub next_cursor: Option<Cursor>,
}

/// Where a page ended. Opaque to callers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor(Uuid);

/// Which page is wanted.
#[derive(Clone, Copy, Debug)]
pub struct PageRequest {
    limit: i64,
    after: Uuid,
}

impl PageRequest {
    /// Most entries a page may hold.
    pub const MOST: i64 = 200;
    /// How many entries a page holds when the request does not say.
    pub const USUAL: i64 = 50;

    /// The page of `limit` things (1 to 200, default 50) after `cursor`.
    pub fn new(limit: Option<i64>, cursor: Option<Cursor>) -> Result<Self> {
        Ok(Self { limit: limit_check(limit)?, after: cursor.map_or(Uuid::max(), |cursor| cursor.0) })
    }

    /// How many rows to ask for: one more than the page holds, which tells whether another page follows.
    pub fn rows(&self) -> i64 {
        self.limit + 1
    }

    /// Only things whose id sorts before this one.
    pub fn before(&self) -> Uuid {
        self.after
    }

    /// The last thing of the page before; none on the first page. For lists whose order is not that of ids.
    pub fn after(&self) -> Option<Uuid> {
        Some(self.after).filter(|after| *after != Uuid::max())
    }

    /// The page made of the rows that were found.
    pub fn page<T, K>(&self, mut rows: Vec<T>, id: impl Fn(&T) -> Id<K>) -> Page<T> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = if more { rows.last().map(|last| Cursor(id(last).uuid())) } else { None };
        Page { data: rows, next_cursor }
    }
}

/// How many things a page holds: 1 to 200, 50 when it is not said.
fn limit_check(limit: Option<i64>) -> Result<i64> {
    let limit = limit.unwrap_or(PageRequest::USUAL);
    if (1..=PageRequest::MOST).contains(&limit) {
        Ok(limit)
    } else {
        Err(Error::invalid("?limit", format!("{limit} is not between 1 and {}", PageRequest::MOST)))
    }
}

impl<T> Page<T> {
    /// The same page of other things.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { data: self.data.into_iter().map(f).collect(), next_cursor: self.next_cursor }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "c{}", self.0.simple())
    }
}

impl FromStr for Cursor {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        text.strip_prefix('c')
            .and_then(|hex| Uuid::try_parse(hex).ok())
            .map(Self)
            .ok_or_else(|| Error::invalid("?cursor", "not a cursor that an earlier page gave"))
    }
}

impl Serialize for Cursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Clock, Ids, Random, UserId};

    #[test]
    fn a_page_tells_whether_another_follows() {
        let ids = Ids::new(Clock::system(), Random::system());
        let rows: Vec<UserId> = (0..3).map(|_| ids.next()).collect();
        let request = PageRequest::new(Some(2), None).unwrap();
        let page = request.page(rows.clone(), |&id| id);
        assert_eq!(page.data.len(), 2);
        let cursor: Cursor = page.next_cursor.unwrap().to_string().parse().unwrap();
        assert_eq!(PageRequest::new(None, Some(cursor)).unwrap().before(), rows[1].uuid());
        assert_eq!(request.page(rows[..2].to_vec(), |&id| id).next_cursor, None);
    }

    #[test]
    fn limits_and_cursors_out_of_range_are_refused() {
        assert!(PageRequest::new(Some(0), None).is_err());
        assert!(PageRequest::new(Some(201), None).is_err());
        assert!("x".parse::<Cursor>().is_err());
    }
}
