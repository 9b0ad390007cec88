//! One event on its way to one endpoint.

mod store;

use freehold_core::{Caller, Error, OptionExt, Page, PageRequest, Result, TenantId, codes};
use freehold_db::{Db, Json, TenantTx, row};
use freehold_jobs::outbox::{EventId, event_publish};
use jiff::Timestamp;

pub use store::STATEMENTS;

use super::{
    Attempt, EndpointId,
    endpoint::{Endpoint, endpoint_get, endpoint_lock, lanes_arm},
    event::WebhookTest,
};

/// How much one replay sends again at most.
const REPLAYED_AT_ONCE: i32 = 10_000;

row! {
    /// A delivery in a list.
    #[derive(Clone, Debug)]
    pub struct DeliverySummary {
        /// Of which event; names the delivery among those of its endpoint.
        pub event_id: EventId,
        /// The event's type; none when it is no longer kept.
        pub event_type: Option<String>,
        /// `waiting`, `delivered` or `failed`.
        pub state: String,
        /// How many attempts of its schedule have been made.
        pub tried: i16,
        /// When the next follows; none when one is under way, or nothing follows.
        pub next_at: Option<Timestamp>,
        /// Since when.
        pub created_at: Timestamp,
        /// When it was delivered or given up.
        pub ended_at: Option<Timestamp>,
        /// The last attempt.
        pub last: Option<Json<Attempt>>,
    }
}

row! {
    /// A delivery with its attempts.
    #[derive(Clone, Debug)]
    pub struct Delivery {
        /// Of which event.
        pub event_id: EventId,
        /// `waiting`, `delivered` or `failed`.
        pub state: String,
        /// How many attempts of its schedule have been made.
        pub tried: i16,
        /// When the next follows; none when one is under way, or nothing follows.
        pub next_at: Option<Timestamp>,
        /// Since when.
        pub created_at: Timestamp,
        /// When it was delivered or given up.
        pub ended_at: Option<Timestamp>,
        /// The last 20, the oldest first.
        pub attempts: Json<Vec<Attempt>>,
    }
}

row! {
    struct ReplayRow {
        replayed: i32,
        next_since: Option<Timestamp>,
    }
}

/// What is to be sent again.
#[derive(Clone, Copy, Debug)]
pub struct Replay {
    /// Events of this time and later.
    pub since: Timestamp,
    /// Only what was not delivered or never tried, such as while the endpoint was disabled.
    pub only_missed: bool,
}

/// What is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// So many deliveries.
    pub count: i32,
    /// There was more: replay again from here.
    pub next_since: Option<Timestamp>,
}

/// A page of an endpoint's deliveries, those of the newest events first; of one state, where one is named.
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

/// Sends one event again to one endpoint, on a schedule that begins anew. What is on its way at this moment is left alone.
pub async fn delivery_replay(tx: &mut TenantTx, endpoint: EndpointId, event: EventId, now: Timestamp) -> Result<()> {
    enabled(endpoint_lock(tx, endpoint).await?)?;
    let (found,) = tx.fetch_one(store::delivery_replay(endpoint, event, now)).await?;
    if !found {
        return Err(Error::not_found("delivery"));
    }
    lanes_arm(tx, endpoint, now).await
}

/// Sends again what happened since a time, 10,000 deliveries at most.
pub async fn deliveries_replay(
    tx: &mut TenantTx,
    endpoint: EndpointId,
    Replay { since, only_missed }: Replay,
    now: Timestamp,
) -> Result<Replayed> {
    enabled(endpoint_lock(tx, endpoint).await?)?;
    let replay = store::deliveries_replay(endpoint, since, only_missed, now, REPLAYED_AT_ONCE);
    let ReplayRow { replayed, next_since } = tx.fetch_one(replay).await?;
    Ok(Replayed { count: replayed, next_since })
}

/// Sends a test to one endpoint, whatever its filters say.
pub async fn test_send(
    tx: &mut TenantTx,
    (tenant, endpoint): (TenantId, EndpointId),
    event: EventId,
    now: Timestamp,
) -> Result<()> {
    enabled(endpoint_lock(tx, endpoint).await?)?;
    event_publish(tx, tenant, event, &WebhookTest::to(endpoint), now).await?;
    tx.execute(store::delivery_insert(tenant, endpoint, event, now)).await?;
    lanes_arm(tx, endpoint, now).await
}

fn enabled(endpoint: Endpoint) -> Result<()> {
    if endpoint.enabled {
        Ok(())
    } else {
        Err(Error::new(codes::CONFLICT, "The webhook is disabled, so nothing is sent to it. Enable it first."))
    }
}
