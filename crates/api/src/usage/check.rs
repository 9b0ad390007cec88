//! Asking whether something may be used, without using it.

use axum::extract::State;
use freehold_catalog::MEMBERS;
use freehold_core::{Area, Permission};
use freehold_metering::application::{meter_known, room_find};
use freehold_tenancy::invitation::seats_show;
use freehold_web::{Answer, Backbone, Json, MemberOrApplication};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::quantity_check;

/// A question about a limit.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckUsage {
    /// Id of the meter, such as `calls`; the product's `product.toml` declares it.
    meter: String,
    /// How much is to be used, in the meter's unit; 1 when left out.
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 1_000_000_000_000_i64, default = 1)]
    quantity: i64,
}

pub(super) fn one() -> i64 {
    1
}

/// Whether a quantity fits into the plan at this moment.
#[derive(Serialize, ToSchema)]
pub(crate) struct UsageCheckBody {
    /// Whether the quantity fits. Another request may use it first; only a reservation holds it.
    allowed: bool,
    /// Id of the meter.
    meter: String,
    /// The plan's limit in the meter's unit; null for unlimited.
    limit: Option<i64>,
    /// Usage in the current period, in the meter's unit, including what is reserved.
    used: i64,
    /// What can still be used, in the meter's unit; null for unlimited.
    remaining: Option<i64>,
    /// When the count restarts, UTC; null for levels.
    #[schema(value_type = Option<String>, format = DateTime)]
    resets_at: Option<Timestamp>,
    /// Page on which the organization's administrators buy a larger plan.
    #[schema(format = "uri")]
    upgrade_url: String,
}

/// Check a limit
///
/// Returns whether a quantity of a meter fits into the organization's plan now, without using it. Reserve or record the
/// usage to be sure: between a check and the action another request may use the rest.
#[utoipa::path(
    post, path = "/usage/check", tag = "Usage and plans", request_body = CheckUsage,
    security(("bearer" = []), ("key" = []), ("service" = [])),
    responses((status = 200, body = UsageCheckBody)),
)]
pub(crate) async fn usage_check(
    State(backbone): State<Backbone>,
    MemberOrApplication(caller): MemberOrApplication,
    Json(wanted): Json<CheckUsage>,
) -> Answer<Json<UsageCheckBody>> {
    caller.allow(Permission::read(Area::Usage))?;
    let meter = meter_known(&backbone.product, &wanted.meter, "/meter")?;
    quantity_check("/quantity", wanted.quantity, 1)?;
    let allowance = backbone.entitlements.allowance(&backbone.db, &caller, &meter.id).await?;
    let used = if meter.counts == Some(MEMBERS) {
        seats_show(&backbone.db, &caller).await?
    } else {
        let room = room_find(&backbone.db, &caller, &allowance).await?;
        room.used.saturating_add(room.reserved)
    };
    let remaining = allowance.remaining(used);
    Ok(Json(UsageCheckBody {
        allowed: remaining.is_none_or(|remaining| wanted.quantity <= remaining),
        meter: wanted.meter,
        limit: allowance.at_most,
        used,
        remaining,
        resets_at: allowance.period_end,
        upgrade_url: backbone.billing_url(),
    }))
}
