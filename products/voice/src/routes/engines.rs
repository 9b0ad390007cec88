//! `/engines`.

use axum::{extract::State, http::StatusCode, response::Response};
use freehold_core::{Cursor, Result, Secret};
use freehold_web::{Answer, Attempt, Authenticated, Backbone, Creation, IfMatch, Json, Paging, Path, Query, Versioned};
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
    /// Which.
    #[schema(value_type = uuid::Uuid)]
    id: EngineId,
    /// What you call it.
    name: String,
    /// Where runs are posted.
    url: String,
    /// Whether it is given new runs.
    enabled: bool,
    /// How long it may be silent about a call, in seconds, before the call is given up.
    lease_seconds: i32,
    /// How long a call may last, in seconds.
    longest_seconds: i32,
    /// Until when the secret before the last rotation is good.
    #[schema(value_type = Option<String>, format = DateTime)]
    previous_secret_until: Option<Timestamp>,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Last change.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

/// An engine with a secret that was just made.
#[derive(Serialize, ToSchema)]
pub(crate) struct EngineWithSecret {
    /// What both sides sign with (Standard Webhooks, `whsec_…`). It is shown here once: the answer to a retry with the same
    /// `Idempotency-Key` has null.
    #[schema(value_type = Option<String>)]
    secret: String,
    #[serde(flatten)]
    body: EngineBody,
}

/// A page of engines.
#[derive(Serialize, ToSchema)]
pub(crate) struct EnginePage {
    /// The newest first.
    data: Vec<EngineBody>,
    /// Send it as `cursor` for the next page.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Cursor>,
}

/// An engine to be set up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EngineNew {
    /// What you call it; 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// Where runs are posted: `https://…`, on the public internet.
    url: String,
    /// How long it may be silent about a call, in seconds; 60 when left out.
    #[schema(minimum = 15, maximum = 600)]
    lease_seconds: Option<i32>,
    /// How long a call may last, in seconds; 3,600 when left out.
    #[schema(minimum = 60, maximum = 86_400)]
    longest_seconds: Option<i32>,
}

/// What to change of an engine.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EngineChange {
    /// What you call it.
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// Where runs are posted.
    url: Option<String>,
    /// Whether it is given new runs. What it has under way it can still report.
    enabled: Option<bool>,
    /// How long it may be silent about a call, in seconds. Calls under way keep theirs.
    #[schema(minimum = 15, maximum = 600)]
    lease_seconds: Option<i32>,
    /// How long a call may last, in seconds. Calls under way keep theirs.
    #[schema(minimum = 60, maximum = 86_400)]
    longest_seconds: Option<i32>,
}

/// How to change the secret.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EngineRotation {
    /// For how many seconds both secrets are good; 86,400 (a day) when left out, 604,800 (a week) at most.
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
    fn new((engine, secret): (Engine, Secret)) -> Self {
        Self { secret: secret.expose().to_owned(), body: engine.into() }
    }
}

impl EngineChange {
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

/// List engines
///
/// Your voice engines.
#[utoipa::path(get, path = "/engines", tag = "Engines",
    params(("limit" = Option<i64>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = EnginePage)))]
pub(crate) async fn engine_list(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Query(paging): Query<Paging>,
) -> Answer<Json<EnginePage>> {
    caller.allow(ENGINES_READ)?;
    let page = engine::engine_list(&backbone.db, &caller, paging.request()?).await?.map(EngineBody::from);
    Ok(Json(EnginePage { data: page.data, next_cursor: page.next_cursor }))
}

/// Set an engine up
///
/// Sets up a program that conducts calls. Runs on the `http` channel are posted to it, and it reports back, both signed
/// with the secret, which the answer holds this once.
#[utoipa::path(post, path = "/engines", tag = "Engines", request_body = EngineNew,
    params(("Idempotency-Key" = Option<String>, Header, description = "A retry with the same key gets the first answer again")),
    responses((status = 201, body = EngineWithSecret)))]
pub(crate) async fn engine_create(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    creation: Creation<EngineNew>,
) -> Answer<Response> {
    caller.allow(ENGINES_WRITE)?;
    let (mut fresh, new) = match creation.attempt(&backbone, &caller).await? {
        Attempt::Fresh(fresh, body) => (fresh, body),
        Attempt::Replay(answer) => return Ok(answer),
    };
    let terms = EngineTerms {
        name: new.name,
        url: new.url,
        enabled: true,
        lease_seconds: new.lease_seconds.unwrap_or(60),
        longest_seconds: new.longest_seconds.unwrap_or(3_600),
    };
    let (place, now) = ((caller.tenant(), backbone.ids.next()), backbone.clock.now());
    let made = engine::engine_create(&mut fresh.tx, &sealing(&backbone), place, terms, now).await?;
    Ok(fresh.finish_shown_once(StatusCode::CREATED, &EngineWithSecret::new(made), "secret").await?)
}

/// Read an engine
///
/// An engine, without its secret.
#[utoipa::path(get, path = "/engines/{id}", tag = "Engines", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = EngineBody)))]
pub(crate) async fn engine_get(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<EngineId>,
) -> Answer<Versioned<Json<EngineBody>>> {
    caller.allow(ENGINES_READ)?;
    let engine = engine::engine_get(&backbone.db, &caller, id).await?;
    Ok(Versioned(entity_tag(&engine), Json(engine.into())))
}

/// Change an engine
///
/// Changes what is named. With `If-Match`, only if nobody changed it meanwhile.
#[utoipa::path(patch, path = "/engines/{id}", tag = "Engines",
    params(("id" = uuid::Uuid, Path), ("If-Match" = Option<String>, Header, description = "The `ETag` the change was made from")),
    request_body = EngineChange, responses((status = 200, body = EngineBody)))]
pub(crate) async fn engine_change(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<EngineId>,
    if_match: IfMatch,
    Json(body): Json<EngineChange>,
) -> Answer<Versioned<Json<EngineBody>>> {
    caller.allow(ENGINES_WRITE)?;
    let mut tx = backbone.db.tenant(&caller).begin().await?;
    let change = |current: &Engine| -> Result<EngineTerms> {
        if_match.check(&entity_tag(current))?;
        Ok(body.over(current.terms()))
    };
    let allowed = backbone.outbound.allowed();
    let engine = engine::engine_change(&mut tx, allowed, id, change, backbone.clock.now()).await?;
    tx.commit().await?;
    Ok(Versioned(entity_tag(&engine), Json(engine.into())))
}

/// Delete an engine
///
/// Deletes an engine: it is given no run any more. What it has under way it can still report.
#[utoipa::path(delete, path = "/engines/{id}", tag = "Engines", params(("id" = uuid::Uuid, Path)),
    responses((status = 204)))]
pub(crate) async fn engine_delete(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<EngineId>,
) -> Answer<StatusCode> {
    let caller = caller.allow_taking_away(ENGINES_WRITE)?;
    let mut tx = backbone.db.tenant(&caller).begin().await?;
    engine::engine_delete(&mut tx, id, backbone.clock.now()).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Change an engine's secret
///
/// Makes another secret, which the answer holds this once. For some time we sign with both and accept either.
#[utoipa::path(post, path = "/engines/{id}/secret", tag = "Engines", request_body = EngineRotation,
    params(("id" = uuid::Uuid, Path),
    ("Idempotency-Key" = Option<String>, Header, description = "A retry with the same key gets the first answer again")),
    responses((status = 201, body = EngineWithSecret)))]
pub(crate) async fn engine_rotate(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<EngineId>,
    creation: Creation<EngineRotation>,
) -> Answer<Response> {
    // The secret of before is taken away.
    let caller = caller.allow_taking_away(ENGINES_WRITE)?;
    let (mut fresh, body) = match creation.attempt(&backbone, &caller).await? {
        Attempt::Fresh(fresh, body) => (fresh, body),
        Attempt::Replay(answer) => return Ok(answer),
    };
    let overlap = body.overlap_seconds.unwrap_or(86_400);
    let now = backbone.clock.now();
    let rotated = engine::engine_rotate(&mut fresh.tx, &sealing(&backbone), id, overlap, now).await?;
    Ok(fresh.finish_shown_once(StatusCode::CREATED, &EngineWithSecret::new(rotated), "secret").await?)
}
