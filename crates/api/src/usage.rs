//! What is used of the plan.

use axum::extract::State;
use freehold_catalog::Counts;
use freehold_core::{Area, Permission};
use freehold_metering::usage::{self, Usage};
use freehold_tenancy::invitation::seats_show;
use freehold_web::{Answer, Authenticated, Backbone, Json};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// What the organization has used.
#[derive(Serialize, ToSchema)]
pub(crate) struct UsageBody {
    /// The plan it is on.
    plan: String,
    /// The version of the plan it bought.
    plan_version: i32,
    /// Each thing that is counted.
    meters: Vec<MeterBody>,
}

/// One thing that is counted.
#[derive(Serialize, ToSchema)]
pub(crate) struct MeterBody {
    /// Its id: `calls`.
    meter: String,
    /// Its name for people.
    name: String,
    /// `level` for what exists, `counter` for what happens.
    kind: &'static str,
    /// How much is used in this period.
    used: i64,
    /// How much is promised to actions that are still running.
    reserved: i64,
    /// The limit; null: unlimited.
    limit: Option<i64>,
    /// The limit in words.
    allowance: String,
    /// When the count begins again; null for levels.
    #[schema(value_type = Option<String>, format = DateTime)]
    period_end: Option<Timestamp>,
}

impl From<Usage> for MeterBody {
    fn from(usage: Usage) -> Self {
        let Usage { meter, name, kind, used, reserved, limit, allowance, period_end } = usage;
        Self { meter, name, kind, used, reserved, limit, allowance, period_end }
    }
}

/// Read usage
///
/// What the organization has used of its plan.
#[utoipa::path(get, path = "/usage", tag = "Usage and plans", responses((status = 200, body = UsageBody)))]
pub(crate) async fn usage_list(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
) -> Answer<Json<UsageBody>> {
    caller.allow(Permission::read(Area::Usage))?;
    let used = usage::usage_list(&backbone.db, &backbone.entitlements, &caller, backbone.clock.now()).await?;
    let plan = caller.plan();
    let mut meters: Vec<MeterBody> = used.into_iter().map(MeterBody::from).collect();
    // Nobody reports members: they are counted where they are.
    let members = backbone.product.meters.iter().find(|meter| meter.counts == Some(Counts::Members));
    if let Some(meter) = members.and_then(|members| meters.iter_mut().find(|meter| meter.meter == members.id)) {
        meter.used = seats_show(&backbone.db, &caller, backbone.clock.now()).await?;
    }
    Ok(Json(UsageBody { plan: plan.id.clone(), plan_version: plan.version, meters }))
}
