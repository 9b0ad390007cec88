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
    execution::Event,
    graph::Variables,
    run::{self, Callee, NewRun, RunId},
    workflow::{WorkflowId, workflow_find, workflow_get},
};

/// A run to be made, on the text channel.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunNew {
    /// The values of the graph's inputs.
    #[serde(default)]
    #[schema(value_type = Object)]
    inputs: Variables,
    /// A callee by the script: the run is over when it is answered.
    script: Option<Script>,
    /// A callee who answers by and by: send what he says to `/runs/{id}/messages`.
    #[serde(default)]
    live: bool,
}

/// What the callee of a live run does: says something, or else.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MessageNew {
    /// What he says; at most 2,000 characters.
    #[schema(max_length = 2000)]
    text: Option<String>,
    /// `silence` when he said nothing in time, `hang_up` when he hung up.
    event: Option<MessageEvent>,
}

/// What a callee does besides speaking.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MessageEvent {
    /// He said nothing in time.
    Silence,
    /// He hung up.
    HangUp,
}

/// Run a workflow
///
/// Runs a workflow, and uses one call of the plan unless the run fails.
#[utoipa::path(post, path = "/workflows/{id}/runs", tag = "Runs", params(("id" = uuid::Uuid, Path),
    ("Idempotency-Key" = Option<String>, Header, description = "A retry with the same key gets the first answer again")),
    request_body = RunNew, responses((status = 201, body = RunBody)))]
pub(crate) async fn run_create(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<WorkflowId>,
    creation: Creation<RunNew>,
) -> Answer<Response> {
    caller.allow(RUNS_WRITE)?;
    let now = backbone.clock.now();
    let allowance = backbone.entitlements.allowance(&backbone.db, &caller, CALLS_METER, now).await?;
    let (mut fresh, body) = match creation.attempt(&backbone, &caller).await? {
        Attempt::Fresh(fresh, body) => (fresh, body),
        Attempt::Replay(answer) => return Ok(answer),
    };
    // Only now: a retry is answered also when the workflow has been deleted since.
    let workflow = workflow_find(&mut fresh.tx, id).await?;
    let callee = callee(body.script, body.live)?;
    let new = NewRun { id: backbone.ids.next(), inputs: body.inputs, callee, minute: minute(&backbone) };
    let run = run::run_create(&mut fresh.tx, caller.tenant(), &allowance, workflow, new, now).await?;
    Ok(fresh.finish(StatusCode::CREATED, &RunBody::from(run)).await?)
}

fn callee(script: Option<Script>, live: bool) -> Result<Callee> {
    match (script, live) {
        (Some(script), false) => Ok(Callee::Scripted(Box::new(script))),
        (None, true) => Ok(Callee::Live),
        (None, false) => {
            Err(Error::invalid("/script", "send a script of what the callee says, or live: true to speak yourself"))
        }
        (Some(_), true) => Err(Error::invalid("/live", "send either a script or live: true, not both")),
    }
}

fn minute(backbone: &Backbone) -> Money {
    backbone.product.cost("text_minute").unwrap_or(Money::zero(backbone.product.currency))
}

/// List a workflow's runs
///
/// The runs of a workflow.
#[utoipa::path(get, path = "/workflows/{id}/runs", tag = "Runs", params(("id" = uuid::Uuid, Path),
    ("limit" = Option<i64>, Query), ("cursor" = Option<String>, Query)), responses((status = 200, body = RunPage)))]
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
/// All runs.
#[utoipa::path(get, path = "/runs", tag = "Runs",
    params(("limit" = Option<i64>, Query), ("cursor" = Option<String>, Query)), responses((status = 200, body = RunPage)))]
pub(crate) async fn run_list(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Query(paging): Query<Paging>,
) -> Answer<Json<RunPage>> {
    caller.allow(RUNS_READ)?;
    let page = run::run_list(&backbone.db, &caller, None, paging.request()?).await?.map(RunSummaryBody::from);
    Ok(Json(RunPage { data: page.data, next_cursor: page.next_cursor }))
}

/// Read a run
///
/// A run with its transcript.
#[utoipa::path(get, path = "/runs/{id}", tag = "Runs", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = RunBody)))]
pub(crate) async fn run_get(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<RunId>,
) -> Answer<Json<RunBody>> {
    caller.allow(RUNS_READ)?;
    Ok(Json(run::run_get(&backbone.db, &caller, id).await?.into()))
}

/// Speak in a live run
///
/// What the callee of a live run says or does. The answer is the run after it: the agent's next words are at the end of
/// the transcript.
#[utoipa::path(post, path = "/runs/{id}/messages", tag = "Runs", params(("id" = uuid::Uuid, Path)),
    request_body = MessageNew, responses((status = 200, body = RunBody)))]
pub(crate) async fn run_message(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<RunId>,
    Json(body): Json<MessageNew>,
) -> Answer<Json<RunBody>> {
    caller.allow(RUNS_WRITE)?;
    let event = event(body)?;
    let mut tx = backbone.db.tenant(&caller).begin().await?;
    let run = run::run_advance(&mut tx, id, event, minute(&backbone), backbone.clock.now()).await?;
    tx.commit().await?;
    Ok(Json(run.into()))
}

fn event(body: MessageNew) -> Result<Event> {
    match (body.text, body.event) {
        (Some(text), None) if text.chars().count() <= 2_000 => Ok(Event::Heard { text }),
        (Some(_), None) => Err(Error::invalid("/text", "expected at most 2,000 characters")),
        (None, Some(MessageEvent::Silence)) => Ok(Event::Silence),
        (None, Some(MessageEvent::HangUp)) => Ok(Event::HungUp),
        (None, None) => Err(Error::invalid("/text", "send what the callee says as text, or an event")),
        (Some(_), Some(_)) => Err(Error::invalid("/event", "send either a text or an event, not both")),
    }
}
