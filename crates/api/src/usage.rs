//! Usage of the plan: reading it, and recording it for an application that runs elsewhere.

pub(crate) mod batches;
pub(crate) mod check;
pub(crate) mod reservations;

use axum::extract::State;
use freehold_core::{Area, Caller, Error, Permission, Result};
use freehold_metering::{
    application::MOST,
    usage::{self, Usage, UsageKind},
};
use freehold_tenancy::invitation::seats_show;
use freehold_web::{Answer, Authenticated, Backbone, Json};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// The usage of an organization.
#[derive(Serialize, ToSchema)]
pub(crate) struct UsageBody {
    /// Id of the organization's plan.
    plan: String,
    /// Version of the plan that the organization is on.
    plan_version: i32,
    /// The usage of each meter.
    meters: Vec<UsageMeterBody>,
}

/// The usage of a meter.
#[derive(Serialize, ToSchema)]
pub(crate) struct UsageMeterBody {
    /// Id of the meter, such as `calls`.
    meter: String,
    /// Display name of the meter.
    name: String,
    /// Kind of the meter: `level` for what exists now, `counter` for what happens in a period.
    kind: UsageKind,
    /// Usage in the current period, in the meter's unit.
    used: i64,
    /// Usage reserved for running actions, in the meter's unit.
    reserved: i64,
    /// The plan's limit in the meter's unit; null for unlimited.
    limit: Option<i64>,
    /// The limit as a text, such as `500 calls a month`.
    allowance: String,
    /// End of the current period, UTC, when the count restarts; null for levels.
    #[schema(value_type = Option<String>, format = DateTime)]
    period_end: Option<Timestamp>,
}

impl From<Usage> for UsageMeterBody {
    fn from(usage: Usage) -> Self {
        let Usage { meter, name, kind, used, reserved, limit, allowance, period_end } = usage;
        Self { meter, name, kind, used, reserved, limit, allowance, period_end }
    }
}

/// Get usage
///
/// Returns the organization's usage of its plan.
#[utoipa::path(get, path = "/usage", tag = "Usage and plans", responses((status = 200, body = UsageBody)))]
pub(crate) async fn usage_get(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
) -> Answer<Json<UsageBody>> {
    caller.allow(Permission::read(Area::Usage))?;
    let meters = meters_list(&backbone, &caller).await?.into_iter().map(UsageMeterBody::from).collect();
    let plan = caller.plan();
    Ok(Json(UsageBody { plan: plan.id.clone(), plan_version: plan.version, meters }))
}

/// The caller's usage of every level and counter.
pub(crate) async fn meters_list(backbone: &Backbone, caller: &Caller) -> Result<Vec<Usage>> {
    let mut meters = usage::usage_list(&backbone.db, &backbone.entitlements, caller).await?;
    // Members are not metered; their number is read from the members themselves.
    let members = backbone.product.members_meter();
    if let Some(meter) = members.and_then(|members| meters.iter_mut().find(|meter| meter.meter == members.id)) {
        meter.used = seats_show(&backbone.db, caller).await?;
    }
    Ok(meters)
}

/// Succeeds when the quantity may be used at once.
fn quantity_check(pointer: &str, quantity: i64, least: i64) -> Result<()> {
    if (least..=MOST).contains(&quantity) && quantity != 0 {
        return Ok(());
    }
    let not_zero = if least < 0 { ", except 0" } else { "" };
    Err(Error::invalid(pointer, format!("expected a whole number from {least} to {MOST}{not_zero}")))
}
