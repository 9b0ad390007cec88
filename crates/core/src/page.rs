//! Pages of lists that are ordered by id.

mod place;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

pub use place::{Place, PlacePage, PlaceRequest};

use crate::{Error, Id, Result};

/// A page of a list, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Page<T> {
    /// The items of the page.
    pub data: Vec<T>,
    /// Value of `cursor` for the next page; none on the last page.
    pub next_cursor: Option<Cursor>,
}

/// The end of a page, opaque to callers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor(Uuid);

/// The requested page.
#[derive(Clone, Copy, Debug)]
pub struct PageRequest {
    limit: i64,
    after: Uuid,
}

impl PageRequest {
    /// Most items of a page.
    pub const MOST: i64 = 200;
    /// Items of a page when the request names no limit.
    pub const USUAL: i64 = 50;

    /// The page of `limit` items (1 to 200, default 50) after `cursor`.
    pub fn new(limit: Option<i64>, cursor: Option<Cursor>) -> Result<Self> {
        Ok(Self { limit: limit_check(limit)?, after: cursor.map_or(Uuid::max(), |cursor| cursor.0) })
    }

    /// Number of rows to query: one more than the page, to know whether another page follows.
    pub fn rows(&self) -> i64 {
        self.limit + 1
    }

    /// The id before which the items of the page sort.
    pub fn before(&self) -> Uuid {
        self.after
    }

    /// The last item of the previous page; none on the first page. For lists that are not ordered by id.
    pub fn after(&self) -> Option<Uuid> {
        Some(self.after).filter(|after| *after != Uuid::max())
    }

    /// The page with the rows of the query.
    pub fn page<T, K>(&self, mut rows: Vec<T>, id: impl Fn(&T) -> Id<K>) -> Page<T> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = if more { rows.last().map(|last| Cursor(id(last).uuid())) } else { None };
        Page { data: rows, next_cursor }
    }
}

/// The page size: 1 to 200, default 50.
fn limit_check(limit: Option<i64>) -> Result<i64> {
    let limit = limit.unwrap_or(PageRequest::USUAL);
    if (1..=PageRequest::MOST).contains(&limit) {
        Ok(limit)
    } else {
        Err(Error::invalid("?limit", format!("expected 1 to 200, not {limit}")))
    }
}

impl<T> Page<T> {
    /// The page with its items mapped.
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
            .ok_or_else(|| Error::invalid("?cursor", "expected the next_cursor of an earlier page"))
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
