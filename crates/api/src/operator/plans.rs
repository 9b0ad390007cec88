//! Trials and plans that operators give.

use axum::extract::State;
use freehold_billing::settle;
use freehold_core::{Error, Plan, Result, TenantId};
use freehold_operators::entry::NewOperatorEntry;
use freehold_web::{Answer, Backbone, Json, Path, SignedInOperator};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{
    Because, known, note,
    tenants::{TenantDetailBody, detail},
};
use crate::billing::sold;

/// The new end of a trial.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExtendTrial {
    /// When the trial ends, UTC: in the future, and at most 366 days away.
    #[schema(value_type = String, format = DateTime)]
    ends_at: Timestamp,
    /// Why the operator does this: 1 to 500 characters. The organization reads it in its audit.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

/// The plan to grant.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GrantPlan {
    /// Id of the plan in `product.toml`. Its present version is granted.
    plan: String,
    /// Why the operator does this: 1 to 500 characters. The organization reads it in its audit.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

/// Extend a trial
///
/// Sets when the organization's trial without a card ends, also after it has ended. Refused with 409 for an
/// organization with a subscription or a granted plan. For the role `admin`.
#[utoipa::path(
    post, path = "/tenants/{id}/extend-trial", tag = "Tenants", security(("operator" = [])), request_body = ExtendTrial,
    params(("id" = Uuid, Path)),
    responses((status = 200, body = TenantDetailBody)),
)]
pub(crate) async fn trial_extend(
    State(backbone): State<Backbone>,
    by: SignedInOperator,
    Path(id): Path<TenantId>,
    Json(ExtendTrial { ends_at, reason }): Json<ExtendTrial>,
) -> Answer<Json<TenantDetailBody>> {
    by.operator.allow_admin()?;
    known(&backbone, id).await?;
    settle::trial_extend(sold(&backbone)?, id, ends_at, &reason).await?;
    let entry =
        NewOperatorEntry::new("tenant.trial_extended", id).detail(json!({ "reason": reason, "ends_at": ends_at }));
    note(&backbone, &by, entry).await?;
    Ok(Json(detail(&backbone, id).await?))
}

/// Grant a plan
///
/// Gives the organization a plan, whatever it pays for, until the grant is revoked. For the role `admin`.
#[utoipa::path(
    put, path = "/tenants/{id}/plan", tag = "Tenants", security(("operator" = [])), request_body = GrantPlan,
    params(("id" = Uuid, Path)),
    responses((status = 200, body = TenantDetailBody)),
)]
pub(crate) async fn plan_grant(
    State(backbone): State<Backbone>,
    by: SignedInOperator,
    Path(id): Path<TenantId>,
    Json(GrantPlan { plan, reason }): Json<GrantPlan>,
) -> Answer<Json<TenantDetailBody>> {
    by.operator.allow_admin()?;
    let plan = plan_find(&backbone, &plan)?;
    Ok(Json(grant(&backbone, &by, id, Some(&plan), &reason).await?))
}

/// Revoke a granted plan
///
/// Returns the organization to the plan that it pays for. For the role `admin`.
#[utoipa::path(
    post, path = "/tenants/{id}/revoke-plan", tag = "Tenants", security(("operator" = [])), request_body = Because,
    params(("id" = Uuid, Path)),
    responses((status = 200, body = TenantDetailBody)),
)]
pub(crate) async fn plan_revoke(
    State(backbone): State<Backbone>,
    by: SignedInOperator,
    Path(id): Path<TenantId>,
    Json(Because { reason }): Json<Because>,
) -> Answer<Json<TenantDetailBody>> {
    by.operator.allow_admin()?;
    Ok(Json(grant(&backbone, &by, id, None, &reason).await?))
}

fn plan_find(backbone: &Backbone, id: &str) -> Result<Plan> {
    let found = backbone.product.plan(id).map(|plan| Plan { id: plan.id.clone(), version: plan.version });
    found.ok_or_else(|| {
        let known: Vec<&str> = backbone.product.plans().iter().map(|plan| plan.id.as_str()).collect();
        Error::invalid("/plan", format!("unknown plan; expected one of: {}", known.join(", ")))
    })
}

async fn grant(
    backbone: &Backbone,
    by: &SignedInOperator,
    id: TenantId,
    plan: Option<&Plan>,
    reason: &str,
) -> Result<TenantDetailBody> {
    known(backbone, id).await?;
    settle::account_grant_because(sold(backbone)?, id, plan, Some(reason)).await?;
    let granted = plan.map(|plan| plan.id.as_str());
    let entry = NewOperatorEntry::new("tenant.plan_granted", id).detail(json!({ "reason": reason, "plan": granted }));
    note(backbone, by, entry).await?;
    detail(backbone, id).await
}
