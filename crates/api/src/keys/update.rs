//! Updating an API key.

use axum::extract::State;
use freehold_core::ApiKeyId;
use freehold_identity::key::{self, KeyChange};
use freehold_web::{Answer, Authenticated, Backbone, Json, Path};
use serde::Deserialize;
use utoipa::ToSchema;

use super::KeyBody;

/// What to change of an API key.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateKey {
    /// Your name for the key: 1 to 100 characters; unchanged when left out.
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// Networks in CIDR notation, or addresses, from which the key can be used, in place of the present ones; an empty
    /// list for everywhere, or where the key can be used that created it. Unchanged when left out.
    #[schema(max_items = 50)]
    allowed_networks: Option<Vec<String>>,
}

/// Update an API key
///
/// Changes the name of a key, or the networks from which it can be used. Every server applies them within a second. You
/// cannot update a key that may do more than you; a key can update only keys that it created.
#[utoipa::path(
    patch, path = "/keys/{id}", tag = "API keys", request_body = UpdateKey,
    params(("id" = Uuid, Path, description = "Id of the API key")),
    responses((status = 200, body = KeyBody)),
)]
pub(crate) async fn key_update(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<ApiKeyId>,
    Json(UpdateKey { name, allowed_networks }): Json<UpdateKey>,
) -> Answer<Json<KeyBody>> {
    let key = key::key_update(&backbone.db, &caller, id, KeyChange { name, allowed_networks }).await?;
    backbone.resolver.forget();
    Ok(Json(KeyBody::of(key, backbone.clock.now())))
}
