//! `/runs`.

use axum::{extract::State, response::Response};
use freehold_core::{Caller, Error, Money, Result};
use freehold_db::TenantTx;
use freehold_web::{Answer, Authenticated, Backbone, Creation, Json, Paging, Path, Query};
use serde::Deserialize;
use utoipa::ToSchema;

use super::run_body::{Channel, RunBody, RunPage, RunSummaryBody};
use crate::{
    CALLS_METER, RUNS_READ, RUNS_WRITE,
    callee::Script,
    engine::{EngineId, http_minute},
    execution::Event,
    graph::Variables,
    run::{self, RunId},
    start::{RunTerms, StartRun, run_start},
    workflow::{WorkflowId, workflow_get},
};

/// The run to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateRun {
    /// Channel of the run: `text` (the default; with `script` or `live`) or `http` (by a voice engine).
    #[serde(default)]
    channel: Channel,
    /// Values of the graph's inputs, by name.
    #[serde(default)]
    #[schema(value_type = Object)]
    inputs: Variables,
    /// Script of the callee; the run has ended when the request is answered.
    script: Option<Script>,
    /// Whether you play the callee, through `/runs/{id}/messages`. Default false.
    #[serde(default)]
    live: bool,
    /// Version of the workflow; when left out, the one that a running experiment chooses, or else the current one.
    version: Option<i32>,
    /// Your identifier of the contact, such as a number or address, at most 200 characters. A running experiment always
    /// gives the same contact the same version. It is not stored.
    #[schema(max_length = 200)]
    contact: Option<String>,
    /// Id of the voice engine for the channel `http`; may be left out where there is only one.
    #[schema(value_type = Option<uuid::Uuid>)]
    engine_id: Option<EngineId>,
    /// Number to call on the channel `http`, with its country code, or a `sip:` address.
    #[schema(max_length = 255)]
    phone_number: Option<String>,
}

impl CreateRun {
    fn start(self, id: RunId, workflow: WorkflowId) -> StartRun {
        let Self { channel, inputs, script, live, version, contact, engine_id, phone_number } = self;
        let (channel, engine) = (channel.into(), engine_id);
        StartRun { id, workflow, version, channel, inputs, script, live, contact, engine, phone_number }
    }
}

/// What the callee of a live run says or does: either `text` or `event`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SendRunMessage {
    /// Words of the callee, at most 2,000 characters.
    #[schema(max_length = 2000)]
    text: Option<String>,
    /// `silence` when the callee said nothing in time, `hang_up` when they hung up.
    event: Option<CalleeEvent>,
}

/// What a callee does besides speaking.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CalleeEvent {
    /// The callee said nothing in time.
    Silence,
    /// The callee hung up.
    HangUp,
}

/// Run a workflow
///
/// Runs a workflow and uses one call of the plan, unless the run fails. On the channel `http` the run waits (`queued`)
/// until its voice engine accepts it.
#[utoipa::path(
    post, path = "/workflows/{id}/runs", tag = "Runs",
    params(
        ("id" = uuid::Uuid, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "Key of the request, at most 255 characters: a \
         retry with the same key gets the first answer again"),
    ),
    request_body = CreateRun,
    responses((status = 201, body = RunBody)),
)]
pub(crate) async fn run_create(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<WorkflowId>,
    creation: Creation<CreateRun>,
) -> Answer<Response> {
    caller.allow(RUNS_WRITE)?;
    let terms = terms(&backbone, &caller).await?;
    // Checked here and not before: a repeated request is answered even when the workflow was deleted meanwhile.
    let create = async |tx: &mut TenantTx, body: CreateRun| {
        let start = body.start(tx.id(), id);
        let run = run_start(tx, &terms, start).await?;
        RunBody::within(tx, run).await
    };
    Ok(creation.run(&backbone, &caller, create).await?)
}

/// What the caller's plan allows for a run.
async fn terms(backbone: &Backbone, caller: &Caller) -> Result<RunTerms> {
    let (db, entitlements) = (&backbone.db, &backbone.entitlements);
    Ok(RunTerms {
        allowance: entitlements.allowance(db, caller, CALLS_METER).await?,
        queue: entitlements.queue_terms(db, caller).await?,
        text_minute: minute(backbone),
        http_minute: http_minute(backbone),
    })
}

fn minute(backbone: &Backbone) -> Money {
    backbone.product.cost("text_minute").unwrap_or(Money::zero(backbone.product.currency))
}

/// List a workflow's runs
///
/// Returns the runs of a workflow, newest first.
#[utoipa::path(
    get, path = "/workflows/{id}/runs", tag = "Runs",
    params(
        ("id" = uuid::Uuid, Path),
        ("limit" = Option<i64>, Query),
        ("cursor" = Option<String>, Query),
    ),
    responses((status = 200, body = RunPage)),
)]
pub(crate) async fn workflow_run_list(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<WorkflowId>,
    Query(paging): Query<Paging>,
) -> Answer<Json<RunPage>> {
    caller.allow(RUNS_READ)?;
    workflow_get(&backbone.db, &caller, id).await?;
    let page = run::run_list(&backbone.db, &caller, Some(id), paging.request()?).await?.map(RunSummaryBody::from);
    Ok(Json(RunPage { data: page.data, next_cursor: page.next_cursor }))
}

/// List runs
///
/// Returns the runs of all workflows, newest first.
#[utoipa::path(
    get, path = "/runs", tag = "Runs",
    params(
        ("limit" = Option<i64>, Query),
        ("cursor" = Option<String>, Query),
    ),
    responses((status = 200, body = RunPage)),
)]
pub(crate) async fn run_list(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Query(paging): Query<Paging>,
) -> Answer<Json<RunPage>> {
    caller.allow(RUNS_READ)?;
    let page = run::run_list(&backbone.db, &caller, None, paging.request()?).await?.map(RunSummaryBody::from);
    Ok(Json(RunPage { data: page.data, next_cursor: page.next_cursor }))
}

/// Get a run
///
/// Returns a run with its transcript.
#[utoipa::path(get, path = "/runs/{id}", tag = "Runs", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = RunBody)))]
pub(crate) async fn run_get(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<RunId>,
) -> Answer<Json<RunBody>> {
    caller.allow(RUNS_READ)?;
    let run = run::run_get(&backbone.db, &caller, id).await?;
    Ok(Json(RunBody::of(&backbone.db, &caller, run).await?))
}

/// Send a message to a live run
///
/// Sends what the callee of a live run says or does. Returns the updated run; the agent's next words are at the end of
/// the transcript.
#[utoipa::path(
    post, path = "/runs/{id}/messages", tag = "Runs",
    params(("id" = uuid::Uuid, Path)),
    request_body = SendRunMessage,
    responses((status = 200, body = RunBody)),
)]
pub(crate) async fn run_message_send(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<RunId>,
    Json(body): Json<SendRunMessage>,
) -> Answer<Json<RunBody>> {
    caller.allow(RUNS_WRITE)?;
    let event = event(body)?;
    let mut tx = backbone.db.tenant(&caller).begin().await?;
    let run = run::run_advance(&mut tx, id, event, minute(&backbone)).await?;
    tx.commit().await?;
    Ok(Json(run.into()))
}

fn event(body: SendRunMessage) -> Result<Event> {
    match (body.text, body.event) {
        (Some(text), None) if text.chars().count() <= 2_000 => Ok(Event::Heard { text }),
        (Some(_), None) => Err(Error::invalid("/text", "expected at most 2,000 characters")),
        (None, Some(CalleeEvent::Silence)) => Ok(Event::Silence),
        (None, Some(CalleeEvent::HangUp)) => Ok(Event::HungUp),
        (None, None) => Err(Error::invalid("/text", "send the callee's words as text, or an event")),
        (Some(_), Some(_)) => Err(Error::invalid("/event", "send either text or event, not both")),
    }
}
