//! Deliveries: one event for one endpoint each.

mod store;

use freehold_core::{Caller, Error, OptionExt, Page, PageRequest, Result, codes};
use freehold_db::{
    Db, Json,
    audit::{NewEntry, audit_append},
    row,
};
use freehold_jobs::outbox::{EventId, event_publish};
use jiff::Timestamp;
use serde_json::json;

pub use store::STATEMENTS;

use super::{
    Attempt, EndpointId,
    endpoint::{Endpoint, WRITE, endpoint_get, endpoint_lock, lanes_arm},
    event::WebhookTest,
};

/// Most deliveries in one replay.
const REPLAYED_AT_ONCE: i32 = 10_000;

row! {
    /// A delivery in a list, with its last attempt.
    #[derive(Clone, Debug)]
    pub struct DeliverySummary {
        /// Id of the event; unique among the deliveries of the endpoint.
        pub event_id: EventId,
        /// Type of the event; none when the event has been deleted.
        pub event_type: Option<String>,
        /// `waiting`, `delivered` or `failed`.
        pub state: String,
        /// Number of attempts of the schedule made so far, 0 to 10.
        pub tried: i16,
        /// Time of the next attempt, UTC; none while an attempt is under way, and when no attempt follows.
        pub next_at: Option<Timestamp>,
        /// When the delivery was created, UTC.
        pub created_at: Timestamp,
        /// When the delivery succeeded or failed, UTC; none while it is waiting.
        pub ended_at: Option<Timestamp>,
        /// The last attempt; none before the first.
        pub last: Option<Json<Attempt>>,
    }
}

row! {
    /// A delivery with its attempts.
    #[derive(Clone, Debug)]
    pub struct Delivery {
        /// Id of the event.
        pub event_id: EventId,
        /// `waiting`, `delivered` or `failed`.
        pub state: String,
        /// Number of attempts of the schedule made so far, 0 to 10.
        pub tried: i16,
        /// Time of the next attempt, UTC; none while an attempt is under way, and when no attempt follows.
        pub next_at: Option<Timestamp>,
        /// When the delivery was created, UTC.
        pub created_at: Timestamp,
        /// When the delivery succeeded or failed, UTC; none while it is waiting.
        pub ended_at: Option<Timestamp>,
        /// The last 20 attempts, the oldest first.
        pub attempts: Json<Vec<Attempt>>,
    }
}

row! {
    struct ReplayRow {
        replayed: i32,
        next_since: Option<Timestamp>,
    }
}

/// Which deliveries to replay.
#[derive(Clone, Copy, Debug)]
pub struct Replay {
    /// Replays events from this time on, UTC.
    pub since: Timestamp,
    /// Replays only events that were not delivered or never tried, such as those of a time when the endpoint was
    /// disabled.
    pub only_missed: bool,
}

/// Result of a replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// Number of deliveries replayed.
    pub count: i32,
    /// Where to continue with another replay, UTC; none when nothing is left.
    pub next_since: Option<Timestamp>,
}

/// A page of an endpoint's deliveries, those of the newest events first; with `state`, only deliveries in that state.
pub async fn delivery_list(
    db: &Db,
    caller: &Caller,
    endpoint: EndpointId,
    state: Option<&'static str>,
    request: PageRequest,
) -> Result<Page<DeliverySummary>> {
    endpoint_get(db, caller, endpoint).await?;
    let rows = store::delivery_list(endpoint, state, request.before(), request.rows());
    Ok(request.page(db.tenant(caller).fetch_all(rows).await?, |delivery| delivery.event_id))
}

/// One delivery with its attempts.
pub async fn delivery_get(db: &Db, caller: &Caller, endpoint: EndpointId, event: EventId) -> Result<Delivery> {
    endpoint_get(db, caller, endpoint).await?;
    db.tenant(caller).fetch_optional(store::delivery_find(endpoint, event)).await?.or_not_found("delivery")
}

/// Replays one event to one endpoint, with a new schedule. A delivery with an attempt under way stays as it is.
pub async fn delivery_replay(db: &Db, caller: &Caller, endpoint: EndpointId, event: EventId) -> Result<()> {
    caller.allow(WRITE)?;
    let mut tx = db.tenant(caller).begin().await?;
    enabled(endpoint_lock(&mut tx, endpoint).await?)?;
    let (found,) = tx.fetch_one(store::delivery_replay(endpoint, event)).await?;
    if !found {
        return Err(Error::not_found("delivery"));
    }
    lanes_arm(&mut tx, endpoint).await?;
    let entry = NewEntry::new(tx.id(), "webhook.replayed", endpoint).detail(json!({ "event": event }));
    audit_append(&mut tx, entry).await?;
    tx.commit().await
}

/// Replays the events since a time, at most 10,000 deliveries.
pub async fn deliveries_replay(
    db: &Db,
    caller: &Caller,
    endpoint: EndpointId,
    Replay { since, only_missed }: Replay,
) -> Result<Replayed> {
    caller.allow(WRITE)?;
    let mut tx = db.tenant(caller).begin().await?;
    enabled(endpoint_lock(&mut tx, endpoint).await?)?;
    let replay = store::deliveries_replay(endpoint, since, only_missed, REPLAYED_AT_ONCE);
    let ReplayRow { replayed, next_since } = tx.fetch_one(replay).await?;
    let detail = json!({ "since": since, "only_missed": only_missed, "deliveries": replayed });
    let entry = NewEntry::new(tx.id(), "webhook.replayed", endpoint).detail(detail);
    audit_append(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(Replayed { count: replayed, next_since })
}

/// Sends a test event to one endpoint, regardless of its filters. Returns the event's id.
pub async fn test_send(db: &Db, caller: &Caller, endpoint: EndpointId) -> Result<EventId> {
    caller.allow(WRITE)?;
    let mut tx = db.tenant(caller).begin().await?;
    enabled(endpoint_lock(&mut tx, endpoint).await?)?;
    let event = event_publish(&mut tx, &WebhookTest::to(endpoint)).await?;
    tx.execute(store::delivery_insert(caller.tenant(), endpoint, event)).await?;
    lanes_arm(&mut tx, endpoint).await?;
    tx.commit().await?;
    Ok(event)
}

fn enabled(endpoint: Endpoint) -> Result<()> {
    if endpoint.enabled {
        Ok(())
    } else {
        Err(Error::new(codes::CONFLICT, "The webhook is disabled, so nothing is sent to it. Enable it first."))
    }
}
