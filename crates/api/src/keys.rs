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
    /// `active`, `suspended` (the user behind it left; an owner adopts or revokes it), `expired` or `revoked`. A key also works
    /// only as long as the user behind it is not banned, and the key that created it works.
    state: &'static str,
    /// The most it may do: viewer, member, admin or owner. The present role of the user behind it bounds it, too.
    role: String,
    /// What it may do of that; empty: everything.
    scopes: Vec<String>,
    /// The user behind it, who created it or the key that did; null for old keys whose creator is not known.
    #[schema(value_type = Option<Uuid>)]
    created_by: Option<UserId>,
    /// The key that created it; null: a user did.
    #[schema(value_type = Option<Uuid>)]
    parent_id: Option<ApiKeyId>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Works until then.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// Last used, exact to the minute.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Timestamp>,
    /// Suspended since then; null: it is not.
    #[schema(value_type = Option<String>, format = DateTime)]
    suspended_at: Option<Timestamp>,
    /// Revoked since then; null: it is not.
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<Timestamp>,
}

impl KeyBody {
    fn of(key: Key, now: Timestamp) -> Self {
        let mode = if key.live { "live" } else { "test" };
        let state = key.state(now);
        let Key { id, name, prefix, role, scopes, created_by, parent_id, created_at, expires_at, .. } = key;
        let Key { last_used_at, suspended_at, revoked_at, .. } = key;
        let prefix = format!("sk_{mode}_{prefix}");
        Self {
            id,
            name,
            prefix,
            mode,
            state,
            role,
            scopes,
            created_by,
            parent_id,
            created_at,
            expires_at,
            last_used_at,
            suspended_at,
            revoked_at,
        }
    }
}

/// A key that was just created.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedKey {
    /// The key itself. It is shown here once and kept nowhere: the answer to a retry with the same `Idempotency-Key` has null.
    #[schema(value_type = Option<String>)]
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
    /// `live` or `test`. Left out: `live`, or what the key is that creates it. A test key creates no live one.
    mode: Option<Mode>,
    /// What it may do: an area, or `area:read` or `area:write`. Empty: everything you may. A key with scopes creates none with
    /// more.
    #[serde(default)]
    scopes: Vec<String>,
    /// When it ends. Left out: never, or with the key that creates it, which no key that it creates outlives.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    /// Real data.
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
    caller.allow_looking_at(Area::Keys)?;
    let now = backbone.clock.now();
    let page = key::key_list(&backbone.db, &caller, paging.request()?).await?.map(|key| KeyBody::of(key, now));
    Ok(Json(KeyPage { data: page.data, next_cursor: page.next_cursor }))
}

/// Create a key
///
/// Creates a key. The answer holds the key itself, this once. It may do at most what you may, at each use: your present role
/// bounds it, and where a key creates it, the scopes, mode and end of that key, too.
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
    let live = new.mode.map(|mode| mode == Mode::Live);
    let new = NewKey { name: new.name, live, scopes: new.scopes, expires_at: new.expires_at };
    let (key, secret) = key::key_create(&backbone.identity, &mut fresh.tx, &caller, new, &backbone.areas).await?;
    let body = KeyBody::of(key, backbone.clock.now());
    let answer = CreatedKey { key: secret.expose().to_owned(), body };
    Ok(fresh.finish_shown_once(StatusCode::CREATED, &answer, "key").await?)
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
    caller.allow_looking_at(Area::Keys)?;
    let key = key::key_get(&backbone.db, &caller, id).await?;
    Ok(Json(KeyBody::of(key, backbone.clock.now())))
}

/// Revoke a key
///
/// Revokes a key, with all that it created. Every server refuses them within a second. A key that may do more than you is not
/// yours to revoke. Also possible in a suspended or archived organization.
#[utoipa::path(delete, path = "/keys/{id}", tag = "API keys", params(("id" = Uuid, Path)),
    responses((status = 200, body = KeyBody)))]
pub(crate) async fn key_revoke(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<ApiKeyId>,
) -> Answer<Json<KeyBody>> {
    let caller = caller.allow_taking_away(Permission::write(Area::Keys))?;
    let key = key::key_revoke(&backbone.identity, &caller, id).await?;
    backbone.resolver.forget();
    Ok(Json(KeyBody::of(key, backbone.clock.now())))
}

/// Adopt a key
///
/// Makes you, an owner, the user behind a key: it no longer depends on the user who created it, or the key that did. A key that
/// is suspended, because that user left, works again.
#[utoipa::path(post, path = "/keys/{id}/adopt", tag = "API keys", params(("id" = Uuid, Path)),
    responses((status = 200, body = KeyBody)))]
pub(crate) async fn key_adopt(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<ApiKeyId>,
) -> Answer<Json<KeyBody>> {
    caller.allow(Permission::write(Area::Keys))?;
    let key = key::key_adopt(&backbone.identity, &caller, id).await?;
    backbone.resolver.forget();
    Ok(Json(KeyBody::of(key, backbone.clock.now())))
}
