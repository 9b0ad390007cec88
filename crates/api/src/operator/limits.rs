//! Limits that operators set.

use axum::extract::State;
use freehold_core::{Error, TenantId};
use freehold_metering::limit_override::{NewOverride, limit_override_remove, limit_override_set};
use freehold_operators::entry::NewOperatorEntry;
use freehold_web::{Answer, Backbone, Json, Path, SignedInOperator};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::json;
use utoipa::ToSchema;

use super::{
    known,
    tenants::{TenantDetailBody, detail},
};

/// The limit to set.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetLimit {
    /// Id of a level or counter in `product.toml`.
    meter: String,
    /// The limit, in the meter's unit; null for unlimited.
    #[serde(deserialize_with = "present")]
    #[schema(minimum = 0, required = true)]
    limit: Option<i64>,
    /// When the plan's limit applies again, UTC; null or left out for no end.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// Why the operator does this: 1 to 500 characters. The organization reads it in its audit.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

/// Reads a value that may be null and may not be left out: forgetting the limit must not lift it.
fn present<'de, D: Deserializer<'de>>(value: D) -> Result<Option<i64>, D::Error> {
    Option::deserialize(value)
}

/// The limit to remove.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RemoveLimit {
    /// Id of the meter whose limit an operator set.
    meter: String,
    /// Why the operator does this: 1 to 500 characters. The organization reads it in its audit.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

/// Set a limit
///
/// Sets the organization's limit of a level or counter, in place of that of its plan. For the role `admin`.
#[utoipa::path(
    put, path = "/tenants/{id}/limits", tag = "Tenants", security(("operator" = [])), request_body = SetLimit,
    params(("id" = Uuid, Path)),
    responses((status = 200, body = TenantDetailBody)),
)]
pub(crate) async fn limit_set(
    State(backbone): State<Backbone>,
    by: SignedInOperator,
    Path(id): Path<TenantId>,
    Json(SetLimit { meter, limit, expires_at, reason }): Json<SetLimit>,
) -> Answer<Json<TenantDetailBody>> {
    by.operator.allow_admin()?;
    known(&backbone, id).await?;
    let detail_of = json!({ "meter": meter, "limit": limit, "expires_at": expires_at, "reason": reason });
    let new = NewOverride { meter, at_most: limit, expires_at, reason };
    let mut tx = backbone.db.system("operator sets a limit").begin().await?;
    limit_override_set(&mut tx, &backbone.product, id, new).await?;
    let entry = NewOperatorEntry::new("tenant.limit_set", id).detail(detail_of);
    by.note(&mut tx, entry).await?;
    tx.commit().await?;
    backbone.entitlements.overrides_forget();
    Ok(Json(detail(&backbone, id).await?))
}

/// Remove a limit
///
/// Removes a limit that an operator set: that of the plan applies again. For the role `admin`.
#[utoipa::path(
    post, path = "/tenants/{id}/remove-limit", tag = "Tenants", security(("operator" = [])),
    request_body = RemoveLimit,
    params(("id" = Uuid, Path)),
    responses((status = 200, body = TenantDetailBody)),
)]
pub(crate) async fn limit_remove(
    State(backbone): State<Backbone>,
    by: SignedInOperator,
    Path(id): Path<TenantId>,
    Json(RemoveLimit { meter, reason }): Json<RemoveLimit>,
) -> Answer<Json<TenantDetailBody>> {
    by.operator.allow_admin()?;
    known(&backbone, id).await?;
    let mut tx = backbone.db.system("operator removes a limit").begin().await?;
    if !limit_override_remove(&mut tx, id, &meter, &reason).await? {
        return Err(Error::not_found("limit of an operator").into());
    }
    let entry = NewOperatorEntry::new("tenant.limit_removed", id).detail(json!({ "meter": meter, "reason": reason }));
    by.note(&mut tx, entry).await?;
    tx.commit().await?;
    backbone.entitlements.overrides_forget();
    Ok(Json(detail(&backbone, id).await?))
}
