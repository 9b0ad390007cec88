//! `/engines`.

use axum::{extract::State, http::StatusCode, response::Response};
use freehold_core::{Cursor, Result, Secret};
use freehold_db::TenantTx;
use freehold_web::{Answer, Authenticated, Backbone, Creation, IfMatch, Json, Paging, Path, Query, Versioned};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    ENGINES_READ, ENGINES_WRITE,
    engine::{self, Engine, EngineId, EngineTerms, Sealing},
};

/// A voice engine, without its secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct EngineBody {
    /// Id of the voice engine.
    #[schema(value_type = uuid::Uuid)]
    id: EngineId,
    /// Your name for the voice engine.
    name: String,
    /// URL to which runs are posted.
    #[schema(format = "uri")]
    url: String,
    /// Whether the engine gets new runs.
    enabled: bool,
    /// Longest time without a message about a call, in seconds, before the call is given up.
    lease_seconds: i32,
    /// Longest duration of a call, in seconds.
    longest_seconds: i32,
    /// When the previous secret expires, UTC; null without a previous one.
    #[schema(value_type = Option<String>, format = DateTime)]
    previous_secret_until: Option<Timestamp>,
    /// When the engine was created, UTC.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the engine was last changed, UTC.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

/// A voice engine with its new secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct EngineWithSecret {
    /// Secret with which both sides sign (Standard Webhooks): `whsec_…`. It is shown only here: the answer to a retry
    /// with the same `Idempotency-Key` has null.
    #[schema(value_type = Option<String>)]
    secret: String,
    #[serde(flatten)]
    body: EngineBody,
}

/// A page of voice engines.
#[derive(Serialize, ToSchema)]
pub(crate) struct EnginePage {
    /// The voice engines, newest first.
    data: Vec<EngineBody>,
    /// Value of `cursor` for the next page; null on the last page.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Cursor>,
}

/// The voice engine to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateEngine {
    /// Your name for the voice engine: 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// URL to which runs are posted: `https`, on the public internet.
    #[schema(format = "uri")]
    url: String,
    /// Longest time without a message about a call, in seconds, 15 to 600; 60 when left out.
    #[schema(minimum = 15, maximum = 600)]
    lease_seconds: Option<i32>,
    /// Longest duration of a call, in seconds, 60 to 86,400; 3,600 when left out.
    #[schema(minimum = 60, maximum = 86_400)]
    longest_seconds: Option<i32>,
}

/// The changes of a voice engine; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateEngine {
    /// Your name for the voice engine: 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// URL to which runs are posted: `https`, on the public internet.
    #[schema(format = "uri")]
    url: Option<String>,
    /// Whether the engine gets new runs. A disabled engine can still report on its current runs.
    enabled: Option<bool>,
    /// Longest time without a message about a call, in seconds, 15 to 600. Calls in progress keep theirs.
    #[schema(minimum = 15, maximum = 600)]
    lease_seconds: Option<i32>,
    /// Longest duration of a call, in seconds, 60 to 86,400. Calls in progress keep theirs.
    #[schema(minimum = 60, maximum = 86_400)]
    longest_seconds: Option<i32>,
}

/// The rotation of an engine's secret.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RotateEngineSecret {
    /// How long the previous secret stays valid, in seconds, 0 to 604,800 (a week); 86,400 (a day) when left out.
    #[schema(minimum = 0, maximum = 604_800)]
    overlap_seconds: Option<i64>,
}

impl From<Engine> for EngineBody {
    fn from(engine: Engine) -> Self {
        let Engine { id, name, url, enabled, lease_seconds, longest_seconds, previous_until, created_at, updated_at } =
            engine;
        let previous_secret_until = previous_until;
        Self { id, name, url, enabled, lease_seconds, longest_seconds, previous_secret_until, created_at, updated_at }
    }
}

impl EngineWithSecret {
    fn new(engine: Engine, secret: &Secret) -> Self {
        Self { secret: secret.expose().to_owned(), body: engine.into() }
    }
}

impl UpdateEngine {
    fn over(self, terms: EngineTerms) -> EngineTerms {
        EngineTerms {
            name: self.name.unwrap_or(terms.name),
            url: self.url.unwrap_or(terms.url),
            enabled: self.enabled.unwrap_or(terms.enabled),
            lease_seconds: self.lease_seconds.unwrap_or(terms.lease_seconds),
            longest_seconds: self.longest_seconds.unwrap_or(terms.longest_seconds),
        }
    }
}

fn sealing(backbone: &Backbone) -> Sealing<'_> {
    Sealing { vault: &backbone.vault, random: &backbone.random, allowed: backbone.outbound.allowed() }
}

fn entity_tag(engine: &Engine) -> String {
    engine.updated_at.as_microsecond().to_string()
}

/// List voice engines
///
/// Returns your voice engines, newest first.
#[utoipa::path(
    get, path = "/engines", tag = "Engines",
    params(
        ("limit" = Option<i64>, Query),
        ("cursor" = Option<String>, Query),
    ),
    responses((status = 200, body = EnginePage)),
)]
pub(crate) async fn engine_list(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Query(paging): Query<Paging>,
) -> Answer<Json<EnginePage>> {
    caller.allow(ENGINES_READ)?;
    let page = engine::engine_list(&backbone.db, &caller, paging.request()?).await?.map(EngineBody::from);
    Ok(Json(EnginePage { data: page.data, next_cursor: page.next_cursor }))
}

/// Create a voice engine
///
/// Registers a program that conducts calls. Runs on the channel `http` are posted to it, and it reports back; both are
/// signed with the secret, which is shown only in this answer.
#[utoipa::path(
    post, path = "/engines", tag = "Engines", request_body = CreateEngine,
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "Key of the request, at most 255 characters: a \
         retry with the same key gets the first answer again"),
    ),
    responses((status = 201, body = EngineWithSecret)),
)]
pub(crate) async fn engine_create(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    creation: Creation<CreateEngine>,
) -> Answer<Response> {
    caller.allow(ENGINES_WRITE)?;
    let create = async |tx: &mut TenantTx, new: CreateEngine| {
        let terms = EngineTerms {
            name: new.name,
            url: new.url,
            enabled: true,
            lease_seconds: new.lease_seconds.unwrap_or(60),
            longest_seconds: new.longest_seconds.unwrap_or(3_600),
        };
        let (made, secret) = engine::engine_create(tx, &sealing(&backbone), terms).await?;
        Ok(EngineWithSecret::new(made, &secret))
    };
    Ok(creation.run_shown_once(&backbone, &caller, "secret", create).await?)
}

/// Get a voice engine
///
/// Returns a voice engine without its secret.
#[utoipa::path(
    get, path = "/engines/{id}", tag = "Engines",
    params(("id" = uuid::Uuid, Path, description = "Id of the voice engine")),
    responses((status = 200, body = EngineBody)),
)]
pub(crate) async fn engine_get(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<EngineId>,
) -> Answer<Versioned<Json<EngineBody>>> {
    caller.allow(ENGINES_READ)?;
    let engine = engine::engine_get(&backbone.db, &caller, id).await?;
    Ok(Versioned(entity_tag(&engine), Json(engine.into())))
}

/// Update a voice engine
///
/// Updates a voice engine. With `If-Match`, only if the engine has not changed since.
#[utoipa::path(
    patch, path = "/engines/{id}", tag = "Engines",
    params(
        ("id" = uuid::Uuid, Path, description = "Id of the voice engine"),
        ("If-Match" = Option<String>, Header, description = "`ETag` of the version on which the change is based"),
    ),
    request_body = UpdateEngine,
    responses((status = 200, body = EngineBody)),
)]
pub(crate) async fn engine_update(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<EngineId>,
    if_match: IfMatch,
    Json(body): Json<UpdateEngine>,
) -> Answer<Versioned<Json<EngineBody>>> {
    caller.allow(ENGINES_WRITE)?;
    let mut tx = backbone.db.tenant(&caller).begin().await?;
    let change = |current: &Engine| -> Result<EngineTerms> {
        if_match.check(&entity_tag(current))?;
        Ok(body.over(current.terms()))
    };
    let allowed = backbone.outbound.allowed();
    let engine = engine::engine_change(&mut tx, allowed, id, change).await?;
    tx.commit().await?;
    Ok(Versioned(entity_tag(&engine), Json(engine.into())))
}

/// Delete a voice engine
///
/// Deletes a voice engine, which gets no further runs. It can still report on its current runs.
#[utoipa::path(
    delete, path = "/engines/{id}", tag = "Engines",
    params(("id" = uuid::Uuid, Path, description = "Id of the voice engine")),
    responses((status = 204)),
)]
pub(crate) async fn engine_delete(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<EngineId>,
) -> Answer<StatusCode> {
    let caller = caller.allow_taking_away(ENGINES_WRITE)?;
    let mut tx = backbone.db.tenant(&caller).begin().await?;
    engine::engine_delete(&mut tx, id).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Rotate an engine's secret
///
/// Creates a new secret and returns it, this once. For a day or `overlap_seconds`, messages are signed with both
/// secrets, and either is accepted.
#[utoipa::path(
    post, path = "/engines/{id}/secret", tag = "Engines", request_body = RotateEngineSecret,
    params(
        ("id" = uuid::Uuid, Path, description = "Id of the voice engine"),
        ("Idempotency-Key" = Option<String>, Header, description = "Key of the request, at most 255 characters: a \
         retry with the same key gets the first answer again"),
    ),
    responses((status = 201, body = EngineWithSecret)),
)]
pub(crate) async fn engine_secret_rotate(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<EngineId>,
    creation: Creation<RotateEngineSecret>,
) -> Answer<Response> {
    // Rotating invalidates the previous secret.
    let caller = caller.allow_taking_away(ENGINES_WRITE)?;
    let rotate = async |tx: &mut TenantTx, body: RotateEngineSecret| {
        let overlap = body.overlap_seconds.unwrap_or(86_400);
        let (rotated, secret) = engine::engine_rotate(tx, &sealing(&backbone), id, overlap).await?;
        Ok(EngineWithSecret::new(rotated, &secret))
    };
    Ok(creation.run_shown_once(&backbone, &caller, "secret", rotate).await?)
}
