//! `/runs`.

use axum::{extract::State, http::StatusCode, response::Response};
use freehold_core::{Error, Money, Result};
use freehold_web::{Answer, Attempt, Authenticated, Backbone, Creation, Json, Paging, Path, Query};
use serde::Deserialize;
use utoipa::ToSchema;

use super::run_body::{RunBody, RunPage, RunSummaryBody};
use crate::{
    CALLS_METER, RUNS_READ, RUNS_WRITE,
    callee::Script,
    engine::{
        EngineId,
        call::{NewCall, call_create},
        office,
    },
    execution::Event,
    graph::Variables,
    run::{self, Callee, NewRun, RunId},
    split::version_choose,
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

/// Channel of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Channel {
    /// As text.
    #[default]
    Text,
    /// By a voice engine.
    Http,
}

/// What the callee of a live run says or does: either `text` or `event`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SendMessage {
    /// Words of the callee, at most 2,000 characters.
    #[schema(max_length = 2000)]
    text: Option<String>,
    /// `silence` when the callee said nothing in time, `hang_up` when they hung up.
    event: Option<MessageEvent>,
}

/// What a callee does besides speaking.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MessageEvent {
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
    let now = backbone.clock.now();
    let allowance = backbone.entitlements.allowance(&backbone.db, &caller, CALLS_METER, now).await?;
    let (mut fresh, body) = match creation.attempt(&backbone, &caller).await? {
        Attempt::Fresh(fresh, body) => (fresh, body),
        Attempt::Replay(answer) => return Ok(answer),
    };
    // Checked here and not before: a repeated request is answered even when the workflow was deleted meanwhile.
    let run = backbone.ids.next();
    let subject = subject(body.contact.as_ref().or(body.phone_number.as_ref()), run)?;
    let choice = version_choose(&mut fresh.tx, id, body.version, &subject).await?;
    let run = match body.channel {
        Channel::Text => {
            let new = text_run(&backbone, run, body)?;
            run::run_create(&mut fresh.tx, caller.tenant(), &allowance, choice, new, &backbone.ids, now).await?
        }
        Channel::Http => {
            let terms = backbone.entitlements.queue_terms(&backbone.db, &caller).await?;
            let (office, new) = (office(&backbone, &caller), http_run(run, body)?);
            call_create(&mut fresh.tx, office, (&allowance, &terms), choice, new, now).await?
        }
    };
    let body = RunBody::within(&mut fresh.tx, run).await?;
    Ok(fresh.finish(StatusCode::CREATED, &body).await?)
}

fn text_run(backbone: &Backbone, id: RunId, body: CreateRun) -> Result<NewRun> {
    for (given, pointer) in [(body.engine_id.is_some(), "/engine_id"), (body.phone_number.is_some(), "/phone_number")] {
        if given {
            return Err(Error::invalid(pointer, "allowed on the channel http only"));
        }
    }
    let callee = callee(body.script, body.live)?;
    Ok(NewRun { id, inputs: body.inputs, callee, minute: minute(backbone), campaign: None })
}

fn http_run(id: RunId, body: CreateRun) -> Result<NewCall> {
    for (given, pointer) in [(body.script.is_some(), "/script"), (body.live, "/live")] {
        if given {
            return Err(Error::invalid(
                pointer,
                "not allowed on the channel http, where the voice engine speaks with the callee",
            ));
        }
    }
    Ok(NewCall { id, inputs: body.inputs, engine: body.engine_id, phone_number: body.phone_number, campaign: None })
}

/// The contact by which an experiment identifies the run.
fn subject(contact: Option<&String>, run: RunId) -> Result<String> {
    match contact {
        Some(contact) if !(1..=200).contains(&contact.chars().count()) => {
            Err(Error::invalid("/contact", "expected 1 to 200 characters"))
        }
        Some(contact) => Ok(contact.clone()),
        None => Ok(run.to_string()),
    }
}

fn callee(script: Option<Script>, live: bool) -> Result<Callee> {
    match (script, live) {
        (Some(script), false) => Ok(Callee::Scripted(Box::new(script))),
        (None, true) => Ok(Callee::Live),
        (None, false) => {
            Err(Error::invalid("/script", "send a script of the callee, or live: true to play the callee yourself"))
        }
        (Some(_), true) => Err(Error::invalid("/live", "send either script or live: true, not both")),
    }
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
    request_body = SendMessage,
    responses((status = 200, body = RunBody)),
)]
pub(crate) async fn run_message(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<RunId>,
    Json(body): Json<SendMessage>,
) -> Answer<Json<RunBody>> {
    caller.allow(RUNS_WRITE)?;
    let event = event(body)?;
    let mut tx = backbone.db.tenant(&caller).begin().await?;
    let run = run::run_advance(&mut tx, id, event, minute(&backbone), &backbone.ids, backbone.clock.now()).await?;
    tx.commit().await?;
    Ok(Json(run.into()))
}

fn event(body: SendMessage) -> Result<Event> {
    match (body.text, body.event) {
        (Some(text), None) if text.chars().count() <= 2_000 => Ok(Event::Heard { text }),
        (Some(_), None) => Err(Error::invalid("/text", "expected at most 2,000 characters")),
        (None, Some(MessageEvent::Silence)) => Ok(Event::Silence),
        (None, Some(MessageEvent::HangUp)) => Ok(Event::HungUp),
        (None, None) => Err(Error::invalid("/text", "send the callee's words as text, or an event")),
        (Some(_), Some(_)) => Err(Error::invalid("/event", "send either text or event, not both")),
    }
}
