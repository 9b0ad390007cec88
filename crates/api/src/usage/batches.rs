//! Usage that has happened, recorded in batches.

use std::collections::BTreeMap;

use axum::extract::State;
use freehold_catalog::{MeterKind, Product};
use freehold_core::{Area, Error, FieldError, Permission, Result};
use freehold_metering::application::{MOST, Outcome, meter_recordable, usage_record_batch};
use freehold_web::{Answer, Application, Backbone, Json};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{check::one, quantity_check};

/// Most items of a batch.
const LARGEST: usize = 1_000;

/// Usage that has happened.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecordUsageEvents {
    /// The usage to record, 1 to 1,000 items.
    #[schema(min_items = 1, max_items = 1_000)]
    events: Vec<RecordUsageEvent>,
}

/// One thing that was used.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecordUsageEvent {
    /// Your id of what used the meter, a UUID. Usage of a meter with the same id counts once, however often it is sent.
    id: Uuid,
    /// Id of the meter, such as `orders`; the product's `product.toml` declares it.
    meter: String,
    /// How much was used, in the meter's unit; 1 when left out. Negative to lower a level, such as after deleting.
    #[serde(default = "one")]
    #[schema(minimum = -1_000_000_000_000_i64, maximum = 1_000_000_000_000_i64, default = 1)]
    quantity: i64,
}

/// What became of each item.
#[derive(Serialize, ToSchema)]
pub(crate) struct UsageEventResults {
    /// One result for each item, in the order of the request.
    results: Vec<UsageEventResult>,
    /// Page on which the organization's administrators buy a larger plan.
    #[schema(format = "uri")]
    upgrade_url: String,
}

/// What became of one item.
#[derive(Serialize, ToSchema)]
pub(crate) struct UsageEventResult {
    /// Id of the item.
    id: Uuid,
    /// Id of the meter.
    meter: String,
    /// What became of the item: `recorded`; `duplicate`, because it was recorded before; `exceeded`, because it exceeds
    /// the plan's limit; or `below_zero`, because the level would become negative. The last two record nothing.
    status: Outcome,
    /// The plan's limit in the meter's unit; null for unlimited.
    limit: Option<i64>,
    /// Usage in the current period after this item, in the meter's unit, including what is reserved.
    used: i64,
    /// When the count restarts, UTC; null for levels.
    #[schema(value_type = Option<String>, format = DateTime)]
    resets_at: Option<Timestamp>,
}

/// Record usage
///
/// Records usage that has happened, up to 1,000 items, each once by its own id. Send the same batch again after a lost
/// answer: what was recorded before is a `duplicate`. Each item has its own result; one that exceeds the limit does not
/// stop the others. A batch with an invalid item is refused as a whole.
#[utoipa::path(
    post, path = "/usage/events", tag = "Usage and plans", request_body = RecordUsageEvents,
    security(("service" = [])),
    params(("X-Organization-Id" = Uuid, Header, description = "Id of the organization that uses something")),
    responses((status = 200, body = UsageEventResults)),
)]
pub(crate) async fn usage_event_record(
    State(backbone): State<Backbone>,
    Application(caller): Application,
    Json(batch): Json<RecordUsageEvents>,
) -> Answer<Json<UsageEventResults>> {
    caller.allow(Permission::write(Area::Usage))?;
    caller.allow_change()?;
    batch_check(&backbone.product, &batch.events)?;
    // By meter, in one order for all batches.
    let mut by_meter: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, event) in batch.events.iter().enumerate() {
        by_meter.entry(&event.meter).or_default().push(index);
    }
    let mut allowances = Vec::new();
    for (meter, places) in by_meter {
        let allowance = backbone.entitlements.allowance(&backbone.db, &caller, meter).await?;
        allowances.push((allowance, places));
    }
    let mut results = BTreeMap::new();
    let mut tx = backbone.db.tenant(&caller).begin().await?;
    for (allowance, places) in allowances {
        let items: Vec<(Uuid, i64)> = places
            .iter()
            .filter_map(|place| batch.events.get(*place))
            .map(|event| (event.id, event.quantity))
            .collect();
        let recorded = usage_record_batch(&mut tx, &allowance, &items).await?;
        results.extend(places.into_iter().zip(recorded).map(|(place, recorded)| {
            let body = UsageEventResult {
                id: recorded.id,
                meter: allowance.meter.clone(),
                status: recorded.outcome,
                limit: allowance.at_most,
                used: recorded.used,
                resets_at: allowance.period_end,
            };
            (place, body)
        }));
    }
    tx.commit().await?;
    Ok(Json(UsageEventResults { results: results.into_values().collect(), upgrade_url: backbone.billing_url() }))
}

fn batch_check(product: &Product, events: &[RecordUsageEvent]) -> Result<()> {
    if !(1..=LARGEST).contains(&events.len()) {
        return Err(Error::invalid("/events", format!("expected 1 to {LARGEST} items")));
    }
    let mistakes: Vec<FieldError> = events
        .iter()
        .enumerate()
        .filter_map(|(index, event)| event_check(product, index, event).err())
        .flat_map(|error| error.fields().to_vec())
        .collect();
    if mistakes.is_empty() { Ok(()) } else { Err(Error::invalid_fields(mistakes)) }
}

fn event_check(product: &Product, index: usize, event: &RecordUsageEvent) -> Result<()> {
    let meter = meter_recordable(product, &event.meter, &format!("/events/{index}/meter"))?;
    // Only a level goes down.
    let least = if meter.kind == MeterKind::Level { -MOST } else { 1 };
    quantity_check(&format!("/events/{index}/quantity"), event.quantity, least)
}
