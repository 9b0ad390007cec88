//! The outbox: events are written in the transaction of the change that causes them and delivered to webhooks once that
//! transaction is committed.
//!
//! An [`Event`] is what a crate publishes; [`event_publish`] writes it. [`EventType`]s are the catalog, generated from
//! the same types. [`event_list`] returns past events to a customer whose webhook endpoint missed some.

mod event;
mod list;
mod pattern;
mod store;

use freehold_core::{Context, Id, Kind, Result, TenantId};
use freehold_db::{Db, JsonText, SystemTx, TenantTx};
use jiff::SignedDuration;

pub use event::{Event, EventType, message_of};
pub use list::{Published, Since, event_get, event_list, event_recent, events_read};
pub use pattern::Pattern;
pub use store::STATEMENTS;

/// How long an event stays readable.
pub const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The id of an event; also the `webhook-id` of each of its deliveries.
pub type EventId = Id<EventKind>;

/// The kind of [`EventId`].
pub enum EventKind {}
impl Kind for EventKind {
    const NAME: &'static str = "event";
}

/// How many old events one statement deletes.
const FORGOTTEN_AT_ONCE: i64 = 5_000;

/// Publishes an event of the transaction's tenant. It is delivered once the transaction commits; a rollback removes it.
/// Returns the event's id.
pub async fn event_publish<E: Event>(tx: &mut TenantTx, event: &E) -> Result<EventId> {
    let data = serde_json::value::to_raw_value(event).context("writing an event")?;
    let (tenant, id) = (tx.caller().tenant(), tx.id());
    tx.execute(store::event_insert(tenant, id, E::TYPE, E::VERSION, JsonText(data))).await?;
    Ok(id)
}

/// Publishes an event of any tenant, in a system transaction. Returns the event's id.
pub async fn event_publish_system<E: Event>(tx: &mut SystemTx, tenant: TenantId, event: &E) -> Result<EventId> {
    let data = serde_json::value::to_raw_value(event).context("writing an event")?;
    let id = tx.id();
    tx.execute(store::event_insert(tenant, id, E::TYPE, E::VERSION, JsonText(data))).await?;
    Ok(id)
}

/// Publishes an event of a type that the product declares in `product.toml`, unless the tenant has an event with its
/// id. Returns false when there is one.
pub async fn event_publish_declared(tx: &mut TenantTx, event: Published) -> Result<bool> {
    let tenant = tx.caller().tenant();
    let Published { id, name, version, timestamp, data } = event;
    let insert = store::event_insert_once(tenant, id, &name, version, JsonText(data), timestamp);
    Ok(tx.fetch_optional(insert).await?.is_some())
}

/// The tenant's event with this id, read in the transaction.
pub async fn event_find(tx: &mut TenantTx, id: EventId) -> Result<Option<Published>> {
    Ok(tx.fetch_optional(store::event_find(id)).await?.map(Published::from))
}

/// Several events of one change, to be published together.
#[derive(Debug, Default)]
pub struct Drafts {
    names: Vec<String>,
    versions: Vec<i16>,
    data: Vec<String>,
}

impl Drafts {
    /// Adds an event.
    pub fn add<E: Event>(&mut self, event: &E) -> Result<()> {
        self.names.push(E::TYPE.to_owned());
        self.versions.push(E::VERSION);
        self.data.push(serde_json::to_string(event).context("writing an event")?);
        Ok(())
    }
}

/// Publishes several events in one round trip, in the order in which they were added.
pub async fn event_publish_all(tx: &mut TenantTx, drafts: Drafts) -> Result<()> {
    let Drafts { names, versions, data } = drafts;
    if !names.is_empty() {
        let ids = names.iter().map(|_| tx.id::<EventKind>().uuid()).collect();
        tx.execute(store::event_insert_all(ids, names, versions, data)).await?;
    }
    Ok(())
}

/// Deletes events older than 30 days, in small batches. Returns how many were deleted.
pub async fn event_forget_old(db: &Db) -> Result<u64> {
    let now = db.clock().now();
    let mut forgotten = 0;
    loop {
        let gone = db.system("delete old events").execute(store::event_forget(now - KEPT, FORGOTTEN_AT_ONCE)).await?;
        forgotten += gone;
        if gone == 0 {
            return Ok(forgotten);
        }
    }
}
