//! Usage that an application records over the API: single reservations, and batches of what was used.
//!
//! The application knows a reservation by its id alone; the meter and the period are found here. Only meters that the
//! product leaves to the application (`recorded_by = "api"`) can be recorded.

mod store;

use freehold_catalog::{Meter, Product};
use freehold_core::{Caller, Error, Result};
use freehold_db::{Db, TenantTx, row};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

pub use store::STATEMENTS;

pub use crate::meter::meter_known;

use crate::usage::{Allowance, usage_commit, usage_release};

/// The largest quantity of one request, in the meter's unit.
pub const MOST: i64 = 1_000_000_000_000;

row! {
    struct RoomRow {
        used: i64,
        reserved: i64,
    }
}

row! {
    struct BatchRow {
        event_id: Uuid,
        outcome: String,
        used: i64,
    }
}

row! {
    struct ReservationRow {
        meter: String,
        period_start: Timestamp,
        quantity: i64,
    }
}

row! {
    struct LedgerRow {
        meter: String,
        quantity: i64,
    }
}

/// What is used of a meter now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Usage in the current period, in the meter's unit.
    pub used: i64,
    /// Usage reserved for running actions, in the meter's unit, without reservations that have expired.
    pub reserved: i64,
}

/// What became of one item of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = UsageEventStatus)]
pub enum Outcome {
    /// The usage counts now.
    Recorded,
    /// It was recorded before, under the same id.
    Duplicate,
    /// It exceeds the plan's limit, and nothing was recorded.
    Exceeded,
    /// The level would become negative, and nothing was recorded.
    BelowZero,
}

/// One item of a batch, with its outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Id of the usage.
    pub id: Uuid,
    /// What became of it.
    pub outcome: Outcome,
    /// The usage after this item, in the meter's unit, including what is reserved.
    pub used: i64,
}

/// Usage that a reservation became.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// Id of the meter.
    pub meter: String,
    /// The recorded quantity, in the meter's unit.
    pub quantity: i64,
}

/// The meter with this id, which the application may record.
///
/// # Errors
/// As [`meter_known`], and `validation_failed` for a meter that Freehold or the product's code counts.
pub fn meter_recordable<'p>(product: &'p Product, id: &str, pointer: &str) -> Result<&'p Meter> {
    let meter = meter_known(product, id, pointer)?;
    if meter.is_recorded_by_api() {
        return Ok(meter);
    }
    let by = match meter.counts {
        Some(counter) => format!("Freehold counts the {} by itself", counter.name),
        None => "the product's own code records this meter".to_owned(),
    };
    let own: Vec<&str> =
        product.meters.iter().filter(|meter| meter.is_recorded_by_api()).map(|meter| meter.id.as_str()).collect();
    let expected = match own.as_slice() {
        [] => "the API records no meter of this product".to_owned(),
        own => format!("expected one of: {}", own.join(", ")),
    };
    Err(Error::invalid(pointer, format!("{by}; {expected}")))
}

/// What is used of the allowance now. Takes no lock, so it is a hint: only a reservation holds what it found.
pub async fn room_find(db: &Db, caller: &Caller, allowance: &Allowance) -> Result<Room> {
    let find = store::room_find(caller.tenant(), &allowance.meter, allowance.period_start);
    let found = db.tenant(caller).fetch_optional(find).await?;
    Ok(found.map_or(Room { used: 0, reserved: 0 }, |RoomRow { used, reserved }| Room { used, reserved }))
}

/// Records usage of one meter in the order of the list, each item once and as far as the limit allows. Items that are
/// refused change nothing. Of several meters in one transaction, the caller records those with smaller ids first, so
/// that two batches never wait for each other.
pub async fn usage_record_batch(
    tx: &mut TenantTx,
    allowance: &Allowance,
    items: &[(Uuid, i64)],
) -> Result<Vec<Recorded>> {
    let Allowance { meter, period_start, at_most, .. } = allowance;
    let (events, quantities) = items.iter().copied().unzip();
    let record = store::usage_record_batch(events, quantities, meter, *period_start, *at_most);
    let recorded = tx.fetch_all(record).await?.into_iter().map(|row| {
        let outcome = match row.outcome.as_str() {
            "recorded" => Outcome::Recorded,
            "known" => Outcome::Duplicate,
            "below_zero" => Outcome::BelowZero,
            _ => Outcome::Exceeded,
        };
        Recorded { id: row.event_id, outcome, used: row.used }
    });
    Ok(recorded.collect())
}

/// Turns a reservation into usage of `quantity`, or of what was reserved. Repeating it changes nothing and returns what
/// was recorded.
///
/// # Errors
/// `not_found` when the reservation was released, or has expired and was removed.
pub async fn reservation_commit(
    tx: &mut TenantTx,
    product: &Product,
    id: Uuid,
    quantity: Option<i64>,
) -> Result<Committed> {
    let (tenant, meters) = (tx.caller().tenant(), recordable(product));
    if let Some(found) = tx.fetch_optional(store::reservation_find(tenant, id, meters.clone())).await? {
        let quantity = quantity.unwrap_or(found.quantity);
        usage_commit(tx, &found.meter, found.period_start, id, quantity).await?;
    }
    // The ledger, because another request may have committed the reservation with another quantity first.
    match tx.fetch_optional(store::ledger_find(tenant, id, meters)).await? {
        Some(LedgerRow { meter, quantity }) => Ok(Committed { meter, quantity }),
        None => Err(Error::new(
            freehold_core::codes::NOT_FOUND,
            "There is no such reservation: it was released, or has expired. Record the usage with POST \
             /api/v1/usage/events.",
        )),
    }
}

/// Releases a reservation. False when there is none: it was committed or released before, or has expired.
pub async fn reservation_release(tx: &mut TenantTx, product: &Product, id: Uuid) -> Result<bool> {
    let find = store::reservation_find(tx.caller().tenant(), id, recordable(product));
    match tx.fetch_optional(find).await? {
        Some(found) => usage_release(tx, &found.meter, found.period_start, id).await,
        None => Ok(false),
    }
}

/// The ids of the meters that the application records.
fn recordable(product: &Product) -> Vec<String> {
    product.meters.iter().filter(|meter| meter.is_recorded_by_api()).map(|meter| meter.id.clone()).collect()
}
