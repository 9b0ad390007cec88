//! Suspending organizations.

use axum::extract::State;
use freehold_core::TenantId;
use freehold_operators::{entry::NewOperatorEntry, suspension};
use freehold_web::{Answer, Backbone, Json, Path, SignedInOperator};
use serde_json::json;

use super::{
    Because,
    tenants::{TenantDetailBody, detail},
};

/// Suspend an organization
///
/// Makes the organization read-only at once, whatever it pays, until an operator reactivates it. For the role `admin`.
#[utoipa::path(
    post, path = "/tenants/{id}/suspend", tag = "Tenants", security(("operator" = [])), request_body = Because,
    params(("id" = Uuid, Path)),
    responses((status = 200, body = TenantDetailBody)),
)]
pub(crate) async fn tenant_suspend(
    State(backbone): State<Backbone>,
    by: SignedInOperator,
    Path(id): Path<TenantId>,
    Json(Because { reason }): Json<Because>,
) -> Answer<Json<TenantDetailBody>> {
    by.operator.allow_admin()?;
    let mut tx = backbone.db.system("operator suspends an organization").begin().await?;
    suspension::tenant_suspend(&mut tx, id, &reason).await?;
    let entry = NewOperatorEntry::new("tenant.suspended", id).detail(json!({ "reason": reason }));
    by.note(&mut tx, entry).await?;
    tx.commit().await?;
    backbone.resolver.forget();
    Ok(Json(detail(&backbone, id).await?))
}

/// Reactivate an organization
///
/// Ends an operator's suspension. The organization has the state again that its payments give it. For the role `admin`.
#[utoipa::path(
    post, path = "/tenants/{id}/reactivate", tag = "Tenants", security(("operator" = [])), request_body = Because,
    params(("id" = Uuid, Path)),
    responses((status = 200, body = TenantDetailBody)),
)]
pub(crate) async fn tenant_reactivate(
    State(backbone): State<Backbone>,
    by: SignedInOperator,
    Path(id): Path<TenantId>,
    Json(Because { reason }): Json<Because>,
) -> Answer<Json<TenantDetailBody>> {
    by.operator.allow_admin()?;
    let mut tx = backbone.db.system("operator reactivates an organization").begin().await?;
    suspension::tenant_reactivate(&mut tx, id, &reason).await?;
    let entry = NewOperatorEntry::new("tenant.reactivated", id).detail(json!({ "reason": reason }));
    by.note(&mut tx, entry).await?;
    tx.commit().await?;
    backbone.resolver.forget();
    Ok(Json(detail(&backbone, id).await?))
}
