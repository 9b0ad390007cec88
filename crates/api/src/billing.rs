//! Plan, payment and invoices of an organization.
//!
//! Stripe makes every change, so these endpoints also work for a suspended organization: a payment is how it becomes
//! active again. The answer is written down before it is returned.

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
use crate::usage::UsageMeterBody;

const READ: Permission = Permission::read(Area::Billing);
const WRITE: Permission = Permission::write(Area::Billing);

/// The routes of billing.
pub(crate) fn routes() -> OpenApiRouter<Backbone> {
    OpenApiRouter::new()
        .routes(routes!(billing_plan_list))
        .routes(routes!(subscription_get))
        .routes(routes!(billing_usage_get))
        .routes(routes!(invoices::invoice_list))
        .routes(routes!(writes::checkout_create))
        .routes(routes!(writes::checkout_session_create))
        .routes(routes!(writes::portal_session_create))
        .routes(routes!(writes::plan_change_preview))
        .routes(routes!(writes::plan_change))
        .routes(routes!(writes::subscription_cancel))
        .routes(routes!(writes::subscription_resume))
        .routes(routes!(stripe_events::stripe_event_receive))
}

/// The usage of an organization with display names.
#[derive(Serialize, ToSchema)]
pub(crate) struct BillingUsageBody {
    /// Id of the plan, such as `pro`.
    plan: String,
    /// Display name of the plan.
    plan_name: String,
    /// Version of the plan that the organization is on.
    plan_version: i32,
    /// The usage of each meter.
    meters: Vec<UsageMeterBody>,
}

/// List plans for an organization
///
/// Returns the plans on sale, which of them the organization is on, and what a change to each of the others means.
#[utoipa::path(get, path = "/billing/plans", tag = "Billing", responses((status = 200, body = BillingPlanList)))]
pub(crate) async fn billing_plan_list(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
) -> Answer<Json<BillingPlanList>> {
    look(&caller)?;
    let overview = overview(sold(&backbone)?, &caller).await?;
    Ok(Json(BillingPlanList::of(&backbone.product, &overview)))
}

/// Get the subscription
///
/// Returns the organization's plan, the period it is paid for, what is owed, and the meters above the plan's limits.
#[utoipa::path(get, path = "/billing/subscription", tag = "Billing",
    responses((status = 200, body = SubscriptionBody)))]
pub(crate) async fn subscription_get(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
) -> Answer<Json<SubscriptionBody>> {
    look(&caller)?;
    Ok(Json(SubscriptionBody::from(&overview(sold(&backbone)?, &caller).await?)))
}

/// Get usage with the plan
///
/// Returns the organization's usage of its plan, with display names.
#[utoipa::path(get, path = "/billing/usage", tag = "Billing", responses((status = 200, body = BillingUsageBody)))]
pub(crate) async fn billing_usage_get(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
) -> Answer<Json<BillingUsageBody>> {
    look(&caller)?;
    sold(&backbone)?;
    let plan = backbone.entitlements.plan(&backbone.db, caller.plan()).await?;
    let used = usage_list(&backbone.db, &backbone.entitlements, &caller).await?;
    Ok(Json(BillingUsageBody {
        plan: plan.id.clone(),
        plan_name: plan.name.clone(),
        plan_version: plan.version,
        meters: used.into_iter().map(UsageMeterBody::from).collect(),
    }))
}

/// Billing, or an error where it is disabled.
pub(crate) fn sold(backbone: &Backbone) -> Result<&Billing> {
    let message = "Billing is disabled on this server: every organization has all features without limits.";
    backbone.billing.as_ref().ok_or_else(|| Error::new(codes::BILLING_DISABLED, message))
}

/// Requires the permission to read usage. In an archived organization, only callers who may pay can read it.
fn look(caller: &Caller) -> Result<()> {
    match caller.allow(READ) {
        Ok(()) => Ok(()),
        Err(refusal) => caller.allow(Permission::read(Area::Usage)).map_err(|_| refusal),
    }
}
