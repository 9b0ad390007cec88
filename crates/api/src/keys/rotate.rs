//! Rotating an API key.

use axum::{extract::State, response::Response};
use freehold_core::ApiKeyId;
use freehold_db::TenantTx;
use freehold_identity::key;
use freehold_web::{Answer, Authenticated, Backbone, Creation, Path};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{KeyBody, KeyWithSecret};

/// The rotation of an API key.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RotateKey {
    /// How long the previous secret still works, in seconds, 0 (it stops at once) to 604,800 (a week); 86,400 (a day)
    /// when left out.
    #[schema(minimum = 0, maximum = 604_800)]
    overlap_seconds: Option<i64>,
}

/// Rotate an API key
///
/// Replaces the key's secret and returns the new one, this once. The key keeps its id, scopes and expiry, and its
/// previous secret works for a day or `overlap_seconds`; an older one stops at once. Only the key's user, the key
/// itself and the key that created it can rotate it, with their newest secret. Also works in a suspended or archived
/// organization.
#[utoipa::path(
    post, path = "/keys/{id}/rotate", tag = "API keys", request_body = RotateKey,
    params(
        ("id" = Uuid, Path, description = "Id of the API key"),
        ("Idempotency-Key" = Option<String>, Header, description = "Key of the request, at most 255 characters: a \
         retry with the same key gets the first answer again"),
    ),
    responses((status = 201, body = KeyWithSecret)),
)]
pub(crate) async fn key_rotate(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<ApiKeyId>,
    creation: Creation<RotateKey>,
) -> Answer<Response> {
    // Rotating takes the previous secret away.
    let caller = caller.allow_taking_away(key::WRITE)?;
    let rotate = async |tx: &mut TenantTx, body: RotateKey| {
        let (key, secret) = key::key_rotate(&backbone.identity.base, tx, id, body.overlap_seconds).await?;
        Ok(KeyWithSecret { key: secret.expose().to_owned(), body: KeyBody::of(key, tx.now()) })
    };
    let answer = creation.run_shown_once(&backbone, &caller, "key", rotate).await?;
    backbone.resolver.forget();
    Ok(answer)
}
