//! Plan, payment and invoices of an organization.
//!
//! Everything that changes something is asked of Stripe, so it works for an organization that can only be read, too: paying is
//! how it comes back. What Stripe answered is written down before we answer.

mod body;
mod invoices;
mod stripe_events;
mod writes;

use axum::extract::State;
use freehold_billing::{Billing, codes, overview::overview};
use freehold_core::{Area, Caller, Error, Permission, Result};
use freehold_metering::usage::usage_list;
use freehold_web::{Answer, Authenticated, Backbone, Json};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

pub use stripe_events::routes as stripe_routes;

use self::body::{BillingPlanList, SubscriptionBody};
use crate::usage::MeterBody;

const READ: Permission = Permission::read(Area::Billing);
const WRITE: Permission = Permission::write(Area::Billing);

/// The routes of this module.
pub(crate) fn routes() -> OpenApiRouter<Backbone> {
    OpenApiRouter::new()
        .routes(routes!(billing_plan_list))
        .routes(routes!(subscription_get))
        .routes(routes!(billing_usage_get))
        .routes(routes!(invoices::invoice_list))
        .routes(routes!(writes::checkout_create))
        .routes(routes!(writes::checkout_session_create))
        .routes(routes!(writes::portal_create))
        .routes(routes!(writes::change_preview))
        .routes(routes!(writes::plan_change))
        .routes(routes!(writes::subscription_cancel))
        .routes(routes!(writes::subscription_resume))
        .routes(routes!(stripe_events::stripe_event_receive))
}

/// What is used, with the names that people know.
#[derive(Serialize, ToSchema)]
pub(crate) struct BillingUsageBody {
    /// The plan's id.
    plan: String,
    /// The plan's name.
    plan_name: String,
    /// The version of the plan it bought.
    plan_version: i32,
    /// Each thing that is counted.
    meters: Vec<MeterBody>,
}

/// List the plans for an organization
///
/// The plans that are sold, which of them the organization is on, and what changing to each of the others means.
#[utoipa::path(get, path = "/billing/plans", tag = "Billing", responses((status = 200, body = BillingPlanList)))]
pub(crate) async fn billing_plan_list(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
) -> Answer<Json<BillingPlanList>> {
    look(&caller)?;
    let overview = overview(sold(&backbone)?, &caller).await?;
    Ok(Json(BillingPlanList::of(&backbone.product, &overview)))
}

/// Read the subscription
///
/// Where the organization stands with its money: its plan, until when it is paid, what is owed, and what it uses beyond its
/// plan.
#[utoipa::path(get, path = "/billing/subscription", tag = "Billing",
    responses((status = 200, body = SubscriptionBody)))]
pub(crate) async fn subscription_get(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
) -> Answer<Json<SubscriptionBody>> {
    look(&caller)?;
    Ok(Json(SubscriptionBody::from(&overview(sold(&backbone)?, &caller).await?)))
}

/// Read usage with the plan
///
/// What the organization has used of its plan, with the names that people know.
#[utoipa::path(get, path = "/billing/usage", tag = "Billing", responses((status = 200, body = BillingUsageBody)))]
pub(crate) async fn billing_usage_get(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
) -> Answer<Json<BillingUsageBody>> {
    look(&caller)?;
    sold(&backbone)?;
    let plan = backbone.entitlements.plan(&backbone.db, caller.plan()).await?;
    let used = usage_list(&backbone.db, &backbone.entitlements, &caller, backbone.clock.now()).await?;
    Ok(Json(BillingUsageBody {
        plan: plan.id.clone(),
        plan_name: plan.name.clone(),
        plan_version: plan.version,
        meters: used.into_iter().map(MeterBody::from).collect(),
    }))
}

/// Billing, where it is switched on.
fn sold(backbone: &Backbone) -> Result<&Billing> {
    let message = "This server sells nothing: every organization has everything, without limits.";
    backbone.billing.as_ref().ok_or_else(|| Error::new(codes::BILLING_DISABLED, message))
}

/// Whoever may see what is used may see what is paid for, and until when; also in the archive, for those who can pay.
fn look(caller: &Caller) -> Result<()> {
    match caller.allow(READ) {
        Ok(()) => Ok(()),
        Err(refusal) => caller.allow(Permission::read(Area::Usage)).map_err(|_| refusal),
    }
}
