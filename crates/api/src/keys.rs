//! API keys.

pub(crate) mod rotate;
pub(crate) mod update;
pub(crate) mod usage;
pub(crate) mod verify;

use axum::{extract::State, response::Response};
use freehold_core::{ApiKeyId, Cursor, Role, UserId};
use freehold_db::TenantTx;
use freehold_identity::key::{self, Key, KeyState, NewKey};
use freehold_web::{Answer, Authenticated, Backbone, Creation, Json, Paging, Path, Query};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An API key, without its secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeyBody {
    /// Id of the API key.
    #[schema(value_type = Uuid)]
    id: ApiKeyId,
    /// Your name for the key.
    name: String,
    /// First characters of the key, to recognize it.
    prefix: String,
    /// Mode of the key: `live` or `test`.
    mode: KeyMode,
    /// State of the key: `active`, `suspended` (the key's user left; an owner adopts or revokes it), `expired` or
    /// `revoked`. An active key works only while its user is not banned and the key that created it works.
    state: KeyState,
    /// Largest role of the key. The current role of the key's user limits it further.
    #[schema(value_type = Role)]
    role: String,
    /// Scopes of the key, such as `usage:read`; empty for everything that the role allows.
    scopes: Vec<String>,
    /// Id of the key's user, who created it directly or through another key; null for old keys with an unknown creator.
    #[schema(value_type = Option<Uuid>)]
    created_by: Option<UserId>,
    /// Id of the key that created this key; null when a user did.
    #[schema(value_type = Option<Uuid>)]
    parent_id: Option<ApiKeyId>,
    /// When the key was created, UTC.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the key expires, UTC; null for never.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// When the key was last used, UTC, accurate to a minute; null before the first use.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Timestamp>,
    /// When the key was suspended, UTC; null when it is not.
    #[schema(value_type = Option<String>, format = DateTime)]
    suspended_at: Option<Timestamp>,
    /// When the key was revoked, UTC; null when it is not.
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<Timestamp>,
    /// When the key's secret was replaced last, UTC; null for never.
    #[schema(value_type = Option<String>, format = DateTime)]
    rotated_at: Option<Timestamp>,
    /// First characters of the previous secret; null once it has stopped working.
    previous_prefix: Option<String>,
    /// When the previous secret stops working, UTC; null once it has.
    #[schema(value_type = Option<String>, format = DateTime)]
    previous_expires_at: Option<Timestamp>,
    /// Networks from which the key can be used, such as `198.51.100.0/24`; empty for everywhere. Those of the key that
    /// created it limit it, too.
    allowed_networks: Vec<String>,
}

impl KeyBody {
    fn of(key: Key, now: Timestamp) -> Self {
        let mode = KeyMode::of(key.live);
        let state = key.state(now);
        let previous = key.previous_until.filter(|end| *end > now).zip(key.previous_prefix);
        let Key { id, name, prefix, role, scopes, created_by, parent_id, created_at, expires_at, .. } = key;
        let Key { last_used_at, suspended_at, revoked_at, rotated_at, allowed_networks, .. } = key;
        let recognized = |prefix: &str| format!("sk_{}_{prefix}", mode.name());
        let prefix = recognized(&prefix);
        let previous_prefix = previous.as_ref().map(|(_, prefix)| recognized(prefix));
        let previous_expires_at = previous.map(|(end, _)| end);
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
            rotated_at,
            previous_prefix,
            previous_expires_at,
            allowed_networks,
        }
    }
}

/// An API key with its newly created secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeyWithSecret {
    /// The key. It is shown only here and not stored: the answer to a retry with the same `Idempotency-Key` has null.
    #[schema(value_type = Option<String>)]
    key: String,
    #[serde(flatten)]
    body: KeyBody,
}

/// The API key to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateKey {
    /// Your name for the key: 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// Mode of the key: `live` or `test`. When left out, `live`, or the mode of the key that creates it. A test key
    /// cannot create a live one.
    mode: Option<KeyMode>,
    /// Scopes of the key: `area`, `area:read` or `area:write`; empty for everything you may do. A key with scopes
    /// cannot create a key with more.
    #[serde(default)]
    scopes: Vec<String>,
    /// When the key expires, UTC; never when left out. A key that another key creates expires with it at the latest.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// Networks in CIDR notation, or addresses, from which the key can be used: `198.51.100.0/24`, `2001:db8::7`.
    /// When left out, everywhere, or where the key can be used that creates it.
    #[serde(default)]
    #[schema(max_items = 50)]
    allowed_networks: Vec<String>,
}

/// Mode of an API key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum KeyMode {
    /// For real data.
    Live,
    /// For trying things out.
    Test,
}

impl KeyMode {
    const fn of(live: bool) -> Self {
        if live { Self::Live } else { Self::Test }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Test => "test",
        }
    }
}

/// A page of API keys.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeyPage {
    /// The keys, newest first.
    data: Vec<KeyBody>,
    /// Value of `cursor` for the next page; null on the last page.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Cursor>,
}

/// List API keys
///
/// Returns the organization's API keys, newest first.
#[utoipa::path(
    get, path = "/keys", tag = "API keys",
    params(
        ("limit" = Option<i64>, Query),
        ("cursor" = Option<String>, Query),
    ),
    responses((status = 200, body = KeyPage)),
)]
pub(crate) async fn key_list(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Query(paging): Query<Paging>,
) -> Answer<Json<KeyPage>> {
    let now = backbone.clock.now();
    let page = key::key_list(&backbone.db, &caller, paging.request()?).await?.map(|key| KeyBody::of(key, now));
    Ok(Json(KeyPage { data: page.data, next_cursor: page.next_cursor }))
}

/// Create an API key
///
/// Creates an API key and returns it, this once. At every use your current role limits it; a key that another key
/// creates also has that key's scopes, mode and expiry as limits.
#[utoipa::path(
    post, path = "/keys", tag = "API keys", request_body = CreateKey,
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "Key of the request, at most 255 characters: a \
         retry with the same key gets the first answer again"),
    ),
    responses((status = 201, body = KeyWithSecret)),
)]
pub(crate) async fn key_create(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    creation: Creation<CreateKey>,
) -> Answer<Response> {
    caller.allow(key::WRITE)?;
    let create = async |tx: &mut TenantTx, new: CreateKey| {
        let live = new.mode.map(|mode| mode == KeyMode::Live);
        let CreateKey { name, scopes, expires_at, allowed_networks, .. } = new;
        let new = NewKey { name, live, scopes, expires_at, allowed_networks };
        let (key, secret) = key::key_create(&backbone.identity.base, tx, new, &backbone.areas).await?;
        Ok(KeyWithSecret { key: secret.expose().to_owned(), body: KeyBody::of(key, tx.now()) })
    };
    Ok(creation.run_shown_once(&backbone, &caller, "key", create).await?)
}

/// Get an API key
///
/// Returns an API key without its secret.
#[utoipa::path(
    get, path = "/keys/{id}", tag = "API keys",
    params(("id" = Uuid, Path, description = "Id of the API key")),
    responses((status = 200, body = KeyBody)),
)]
pub(crate) async fn key_get(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<ApiKeyId>,
) -> Answer<Json<KeyBody>> {
    let key = key::key_get(&backbone.db, &caller, id).await?;
    Ok(Json(KeyBody::of(key, backbone.clock.now())))
}

/// Revoke an API key
///
/// Revokes a key, with its previous secret, and all keys that it created. Every server refuses them within a second. You
/// cannot revoke a key that may do more than you. Also works in a suspended or archived organization.
#[utoipa::path(
    delete, path = "/keys/{id}", tag = "API keys",
    params(("id" = Uuid, Path, description = "Id of the API key")),
    responses((status = 200, body = KeyBody)),
)]
pub(crate) async fn key_revoke(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<ApiKeyId>,
) -> Answer<Json<KeyBody>> {
    let key = key::key_revoke(&backbone.db, &caller, id).await?;
    backbone.resolver.forget();
    Ok(Json(KeyBody::of(key, backbone.clock.now())))
}

/// Adopt an API key
///
/// Makes you, an owner, the key's user, so it no longer depends on the user or key that created it. A key that was
/// suspended because its user left works again.
#[utoipa::path(
    post, path = "/keys/{id}/adopt", tag = "API keys",
    params(("id" = Uuid, Path, description = "Id of the API key")),
    responses((status = 200, body = KeyBody)),
)]
pub(crate) async fn key_adopt(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<ApiKeyId>,
) -> Answer<Json<KeyBody>> {
    let key = key::key_adopt(&backbone.db, &caller, id).await?;
    backbone.resolver.forget();
    Ok(Json(KeyBody::of(key, backbone.clock.now())))
}
