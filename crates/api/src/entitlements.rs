//! What an organization may do with its plan, in one answer for programs.

use axum::extract::State;
use freehold_core::{Area, Permission, Standing};
use freehold_metering::usage::{Usage, UsageKind};
use freehold_web::{Answer, Backbone, Json, MemberOrApplication};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::usage::meters_list;

/// What an organization may do with its plan.
#[derive(Serialize, ToSchema)]
pub(crate) struct EntitlementsBody {
    /// Id of the organization's plan.
    plan: String,
    /// Version of the plan that the organization is on.
    plan_version: i32,
    /// Display name of the plan.
    plan_name: String,
    /// State of the organization: `good`, `suspended` (read-only until a payment), `archived` (only paying and leaving
    /// work) or `closing` (read-only, it is being deleted).
    standing: Standing,
    /// Ids of the modules that the plan includes, in the order of the product's modules.
    modules: Vec<String>,
    /// The limit of each meter, with what is used.
    meters: Vec<EntitlementMeterBody>,
    /// Page on which the organization's administrators buy a larger plan.
    #[schema(format = "uri")]
    upgrade_url: String,
}

/// The limit of a meter, with what is used.
#[derive(Serialize, ToSchema)]
pub(crate) struct EntitlementMeterBody {
    /// Id of the meter, such as `calls`.
    meter: String,
    /// Display name of the meter.
    name: String,
    /// Kind of the meter: `level` for what exists now, `counter` for what happens in a period.
    kind: UsageKind,
    /// The plan's limit in the meter's unit; null for unlimited.
    limit: Option<i64>,
    /// Usage in the current period, in the meter's unit.
    used: i64,
    /// Usage reserved for running actions, in the meter's unit.
    reserved: i64,
    /// What can still be used, in the meter's unit; null for unlimited.
    remaining: Option<i64>,
    /// When the count restarts, UTC; null for levels.
    #[schema(value_type = Option<String>, format = DateTime)]
    resets_at: Option<Timestamp>,
    /// The limit as a text, such as `500 calls a month`.
    allowance: String,
}

impl From<Usage> for EntitlementMeterBody {
    fn from(usage: Usage) -> Self {
        let Usage { meter, name, kind, used, reserved, limit, allowance, period_end } = usage;
        let remaining = limit.map(|limit| limit.saturating_sub(used).saturating_sub(reserved).max(0));
        Self { meter, name, kind, limit, used, reserved, remaining, resets_at: period_end, allowance }
    }
}

/// Get entitlements
///
/// Returns the organization's plan, the modules that it includes, and the limit of each meter with what is used and
/// what remains. Your application can read it with its service key, and a customer with an API key.
#[utoipa::path(
    get, path = "/entitlements", tag = "Usage and plans",
    security(("bearer" = []), ("key" = []), ("service" = [])),
    responses((status = 200, body = EntitlementsBody)),
)]
pub(crate) async fn entitlements_get(
    State(backbone): State<Backbone>,
    MemberOrApplication(caller): MemberOrApplication,
) -> Answer<Json<EntitlementsBody>> {
    caller.allow(Permission::read(Area::Usage))?;
    let plan = backbone.entitlements.plan(&backbone.db, caller.plan()).await?;
    let included = backbone.product.modules.iter().filter(|module| plan.modules.contains(&module.id));
    Ok(Json(EntitlementsBody {
        plan: plan.id.clone(),
        plan_version: plan.version,
        plan_name: plan.name.clone(),
        standing: caller.standing(),
        modules: included.map(|module| module.id.clone()).collect(),
        meters: meters_list(&backbone, &caller).await?.into_iter().map(EntitlementMeterBody::from).collect(),
        upgrade_url: backbone.billing_url(),
    }))
}
