//! Reading what happened: for whoever was away and catches up.

use std::str::FromStr;

use freehold_core::{Caller, Error, OptionExt, Page, PageRequest, Result};
use freehold_db::{Db, JsonText, row};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::{EventId, KEPT, Pattern, store};

row! {
    pub(super) struct EventRow {
        id: EventId,
        name: String,
        version: i16,
        data: JsonText<Box<RawValue>>,
        occurred_at: Timestamp,
    }
}

/// An event as everybody outside gets it: in lists and in webhooks alike, byte for byte the same `data`.
#[derive(Clone, Debug, Serialize)]
pub struct Published {
    /// Which.
    pub id: EventId,
    /// `call.completed`.
    #[serde(rename = "type")]
    pub name: String,
    /// Of the data's form.
    pub version: i16,
    /// When it happened.
    pub timestamp: Timestamp,
    /// What happened.
    pub data: Box<RawValue>,
}

impl From<EventRow> for Published {
    fn from(row: EventRow) -> Self {
        let EventRow { id, name, version, data, occurred_at } = row;
        Self { id, name, version, timestamp: occurred_at, data: data.0 }
    }
}

/// From where on somebody wants to catch up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// What happened at this time or later.
    Time(Timestamp),
    /// What came after this event; from the beginning, when it is gone.
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

/// A page of events in the order in which they became true, the oldest first: 30 days of them. Nothing ever appears before
/// what an earlier page held, so going on from the last event misses nothing.
pub async fn event_list(
    db: &Db,
    caller: &Caller,
    pattern: Option<Pattern>,
    since: Option<Since>,
    request: PageRequest,
    now: Timestamp,
) -> Result<Page<Published>> {
    let kept = now - KEPT;
    let (from, after) = match since {
        Some(Since::Time(time)) => (time.max(kept), None),
        Some(Since::Event(event)) => (kept, Some(event)),
        None => (kept, None),
    };
    // A page after the first goes on where that one ended.
    let after = request.after().map(EventId::new).or(after);
    let pattern = pattern.map(|pattern| pattern.as_str().to_owned());
    let rows = db.tenant(caller).fetch_all(store::event_list(pattern, from, after, request.rows())).await?;
    Ok(request.page(rows, |row: &EventRow| row.id).map(Published::from))
}

/// One event.
pub async fn event_get(db: &Db, caller: &Caller, id: EventId) -> Result<Published> {
    let row = db.tenant(caller).fetch_optional(store::event_find(id)).await?;
    Ok(row.or_not_found("event")?.into())
}

/// Events of any tenants, for whoever sends them; those that are still kept.
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
