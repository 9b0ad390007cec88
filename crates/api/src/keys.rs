//! API keys.

use axum::{extract::State, http::StatusCode, response::Response};
use freehold_core::{ApiKeyId, Area, Cursor, Permission, UserId};
use freehold_identity::key::{self, Key, NewKey};
use freehold_web::{Answer, Attempt, Authenticated, Backbone, Creation, Json, Paging, Path, Query};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A key, without the key.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeyBody {
    /// Which.
    #[schema(value_type = Uuid)]
    id: ApiKeyId,
    /// What you call it.
    name: String,
    /// The key's first characters, to recognise it by.
    prefix: String,
    /// `live` or `test`.
    mode: &'static str,
    /// What it may do; empty: everything its maker may.
    scopes: Vec<String>,
    /// Who made it.
    #[schema(value_type = Option<Uuid>)]
    created_by: Option<UserId>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Works until then.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// Last used, exact to the minute.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Timestamp>,
    /// Works no longer since then.
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<Timestamp>,
}

impl From<Key> for KeyBody {
    fn from(key: Key) -> Self {
        let mode = if key.live { "live" } else { "test" };
        let Key { id, name, prefix, scopes, created_by, created_at, expires_at, last_used_at, revoked_at, .. } = key;
        let prefix = format!("sk_{mode}_{prefix}");
        Self { id, name, prefix, mode, scopes, created_by, created_at, expires_at, last_used_at, revoked_at }
    }
}

/// A key that was just made.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedKey {
    /// The key itself. It is shown here once; we do not keep it.
    key: String,
    #[serde(flatten)]
    body: KeyBody,
}

/// A key to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyNew {
    /// What you call it; 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// `live` (default) or `test`.
    #[serde(default)]
    mode: Mode,
    /// What it may do: an area, or `area:read` or `area:write`. Empty: everything you may.
    #[serde(default)]
    scopes: Vec<String>,
    /// Works until then.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

/// What a key is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    /// Real data.
    #[default]
    Live,
    /// Trying things out.
    Test,
}

/// A page of keys.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeyPage {
    /// The newest first.
    data: Vec<KeyBody>,
    /// Send it as `cursor` for the next page.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Cursor>,
}

/// List keys
///
/// The organization's keys.
#[utoipa::path(get, path = "/keys", tag = "API keys",
    params(("limit" = Option<i64>, Query), ("cursor" = Option<String>, Query)), responses((status = 200, body = KeyPage)))]
pub(crate) async fn key_list(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Query(paging): Query<Paging>,
) -> Answer<Json<KeyPage>> {
    caller.allow(Permission::read(Area::Keys))?;
    let page = key::key_list(&backbone.db, &caller, paging.request()?).await?.map(KeyBody::from);
    Ok(Json(KeyPage { data: page.data, next_cursor: page.next_cursor }))
}

/// Make a key
///
/// Makes a key. The answer holds the key itself, this once.
#[utoipa::path(post, path = "/keys", tag = "API keys", request_body = KeyNew,
    params(("Idempotency-Key" = Option<String>, Header, description = "A retry with the same key gets the first answer again")),
    responses((status = 201, body = CreatedKey)))]
pub(crate) async fn key_create(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    creation: Creation<KeyNew>,
) -> Answer<Response> {
    caller.allow(Permission::write(Area::Keys))?;
    let (mut fresh, new) = match creation.attempt(&backbone, &caller).await? {
        Attempt::Fresh(fresh, body) => (fresh, body),
        Attempt::Replay(answer) => return Ok(answer),
    };
    let new = NewKey { name: new.name, live: new.mode == Mode::Live, scopes: new.scopes, expires_at: new.expires_at };
    let (key, secret) = key::key_create(&backbone.identity, &mut fresh.tx, &caller, new, &backbone.areas).await?;
    let answer = CreatedKey { key: secret.expose().to_owned(), body: key.into() };
    Ok(fresh.finish(StatusCode::CREATED, &answer).await?)
}

/// Read a key
///
/// One key, without the key.
#[utoipa::path(get, path = "/keys/{id}", tag = "API keys", params(("id" = Uuid, Path)),
    responses((status = 200, body = KeyBody)))]
pub(crate) async fn key_get(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<ApiKeyId>,
) -> Answer<Json<KeyBody>> {
    caller.allow(Permission::read(Area::Keys))?;
    Ok(Json(key::key_get(&backbone.db, &caller, id).await?.into()))
}

/// Revoke a key
///
/// Revokes a key. Every server refuses it within a second.
#[utoipa::path(delete, path = "/keys/{id}", tag = "API keys", params(("id" = Uuid, Path)),
    responses((status = 200, body = KeyBody)))]
pub(crate) async fn key_revoke(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<ApiKeyId>,
) -> Answer<Json<KeyBody>> {
    caller.allow(Permission::write(Area::Keys))?;
    let key = key::key_revoke(&backbone.identity, &caller, id).await?;
    backbone.resolver.forget();
    Ok(Json(key.into()))
}
