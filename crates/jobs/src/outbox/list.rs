//! Reading past events, for customers whose webhook endpoint missed some.

use std::str::FromStr;

use freehold_core::{Caller, Error, OptionExt, Page, PageRequest, Result};
use freehold_db::Db;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::{
    EventId, KEPT, Pattern,
    store::{self, EventRow},
};

/// An event as it is published: lists and webhooks carry byte for byte the same `data`.
#[derive(Clone, Debug, Serialize)]
pub struct Published {
    /// The event's id.
    pub id: EventId,
    /// The event's type, such as `call.completed`.
    #[serde(rename = "type")]
    pub name: String,
    /// The version of the data's schema.
    pub version: i16,
    /// When the event happened, UTC.
    pub timestamp: Timestamp,
    /// The event's data, as JSON.
    pub data: Box<RawValue>,
}

impl From<EventRow> for Published {
    fn from(row: EventRow) -> Self {
        let EventRow { id, name, version, data, occurred_at } = row;
        Self { id, name, version, timestamp: occurred_at, data: data.0 }
    }
}

/// Where a list of events starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// Events that happened at this time or later.
    Time(Timestamp),
    /// Events after this one; all events when this one has been deleted.
    Event(EventId),
}

impl FromStr for Since {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let event = text.parse().map(Self::Event);
        event
            .or_else(|_| text.parse().map(Self::Time))
            .map_err(|_| Error::invalid("?since", "expected a time (2026-07-30T09:15:00Z) or the id of an event"))
    }
}

/// A page of the events of the last 30 days, in the order in which they were committed, the oldest first. No event ever
/// appears before those of an earlier page, so a reader who continues after the last event misses none.
pub async fn event_list(
    db: &Db,
    caller: &Caller,
    pattern: Option<Pattern>,
    since: Option<Since>,
    request: PageRequest,
) -> Result<Page<Published>> {
    let now = db.clock().now();
    let kept = now - KEPT;
    let (from, after) = match since {
        Some(Since::Time(time)) => (time.max(kept), None),
        Some(Since::Event(event)) => (kept, Some(event)),
        None => (kept, None),
    };
    // A page after the first continues where the previous one ended.
    let after = request.after().map(EventId::new).or(after);
    let pattern = pattern.map(|pattern| pattern.as_str().to_owned());
    let rows = db.tenant(caller).fetch_all(store::event_list(pattern, from, after, request.rows())).await?;
    Ok(request.page(rows, |row: &EventRow| row.id).map(Published::from))
}

/// The newest events of the last 30 days, the newest first, at most `count`. For display: an event that is committed
/// later may have an earlier time, so a reader who must miss none uses [`event_list`].
pub async fn event_recent(db: &Db, caller: &Caller, count: i64) -> Result<Vec<Published>> {
    let now = db.clock().now();
    let rows = db.tenant(caller).fetch_all(store::event_recent(caller.tenant(), now - KEPT, count)).await?;
    Ok(rows.into_iter().map(Published::from).collect())
}

/// Returns one event.
pub async fn event_get(db: &Db, caller: &Caller, id: EventId) -> Result<Published> {
    let row = db.tenant(caller).fetch_optional(store::event_find(id)).await?;
    Ok(row.or_not_found("event")?.into())
}

/// Returns the events of any tenants that have not been deleted yet, for the dispatcher that delivers them.
pub async fn events_read(db: &Db, wanted: impl IntoIterator<Item = (Uuid, EventId)>) -> Result<Vec<Published>> {
    let (tenants, ids) = wanted.into_iter().map(|(tenant, id)| (tenant, id.uuid())).unzip();
    let rows = db.system("read events to send").fetch_all(store::events_read(tenants, ids)).await?;
    Ok(rows.into_iter().map(Published::from).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn since_is_a_time_or_an_event() {
        assert!(matches!("2026-07-30T09:15:00Z".parse(), Ok(Since::Time(_))));
        assert!(matches!("01985a2e-7c60-7a31-8f2e-6d0c4be91a57".parse(), Ok(Since::Event(_))));
        assert!("yesterday".parse::<Since>().is_err());
    }
}
