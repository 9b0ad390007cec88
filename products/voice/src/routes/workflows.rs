//! `/workflows`.

use axum::{extract::State, http::StatusCode, response::Response};
use freehold_core::{Context, Cursor, Error, Result};
use freehold_web::{Answer, Attempt, Authenticated, Backbone, Creation, IfMatch, Json, Paging, Path, Query, Versioned};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use utoipa::ToSchema;

use crate::{
    WORKFLOWS_METER, WORKFLOWS_READ, WORKFLOWS_WRITE,
    graph::Graph,
    template,
    workflow::{self, Version, Workflow, WorkflowDocument, WorkflowId, WorkflowSummary},
};

/// A workflow.
#[derive(Serialize, ToSchema)]
pub(crate) struct WorkflowBody {
    /// Which.
    #[schema(value_type = uuid::Uuid)]
    id: WorkflowId,
    /// What you call it.
    name: String,
    /// The current version, from 1; every change of the graph makes a new one.
    version: i32,
    /// What the agent does.
    #[schema(value_type = Graph)]
    graph: Box<RawValue>,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Last change.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<WorkflowDocument> for WorkflowBody {
    fn from(workflow: WorkflowDocument) -> Self {
        let WorkflowDocument { id, name, version, graph, created_at, updated_at } = workflow;
        Self { id, name, version, graph: graph.0, created_at, updated_at }
    }
}

impl TryFrom<Workflow> for WorkflowBody {
    type Error = Error;

    fn try_from(workflow: Workflow) -> Result<Self> {
        let Workflow { id, name, version, graph, created_at, updated_at } = workflow;
        let graph = to_raw_value(&graph.0).context("writing a graph")?;
        Ok(Self { id, name, version, graph, created_at, updated_at })
    }
}

/// A workflow in a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct WorkflowSummaryBody {
    /// Which.
    #[schema(value_type = uuid::Uuid)]
    id: WorkflowId,
    /// What you call it.
    name: String,
    /// The current version.
    version: i32,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Last change.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<WorkflowSummary> for WorkflowSummaryBody {
    fn from(workflow: WorkflowSummary) -> Self {
        let WorkflowSummary { id, name, version, created_at, updated_at } = workflow;
        Self { id, name, version, created_at, updated_at }
    }
}

/// A page of workflows.
#[derive(Serialize, ToSchema)]
pub(crate) struct WorkflowPage {
    /// The newest first.
    data: Vec<WorkflowSummaryBody>,
    /// Send it as `cursor` for the next page.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Cursor>,
}

/// A workflow to be made: of a template, or with a graph of your own.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WorkflowNew {
    /// What you call it; the template's name when left out.
    name: Option<String>,
    /// The id of a template; see `/templates`.
    template: Option<String>,
    /// What the agent does.
    graph: Option<Graph>,
}

/// What to change of a workflow.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WorkflowChange {
    /// What you call it.
    name: Option<String>,
    /// What the agent does; makes a new version.
    graph: Option<Graph>,
}

/// A version of a workflow.
#[derive(Serialize, ToSchema)]
pub(crate) struct VersionBody {
    /// From 1.
    version: i32,
    /// When it was saved.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

/// A page of the versions of a workflow.
#[derive(Serialize, ToSchema)]
pub(crate) struct VersionPage {
    /// The newest first.
    data: Vec<VersionBody>,
    /// Send it as `cursor` for the next page; null on the last.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Cursor>,
}

/// List workflows
///
/// Your workflows.
#[utoipa::path(get, path = "/workflows", tag = "Workflows",
    params(("limit" = Option<i64>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = WorkflowPage)))]
pub(crate) async fn workflow_list(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Query(paging): Query<Paging>,
) -> Answer<Json<WorkflowPage>> {
    caller.allow(WORKFLOWS_READ)?;
    let page = workflow::workflow_list(&backbone.db, &caller, paging.request()?).await?;
    let page = page.map(WorkflowSummaryBody::from);
    Ok(Json(WorkflowPage { data: page.data, next_cursor: page.next_cursor }))
}

/// Make a workflow
///
/// Makes a workflow, of a template or with a graph of your own. A graph that cannot be run is refused with every problem
/// and the node it is at.
#[utoipa::path(post, path = "/workflows", tag = "Workflows", request_body = WorkflowNew,
    params(("Idempotency-Key" = Option<String>, Header, description = "A retry with the same key gets the first answer again")),
    responses((status = 201, body = WorkflowBody)))]
pub(crate) async fn workflow_create(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    creation: Creation<WorkflowNew>,
) -> Answer<Response> {
    caller.allow(WORKFLOWS_WRITE)?;
    let now = backbone.clock.now();
    let allowance = backbone.entitlements.allowance(&backbone.db, &caller, WORKFLOWS_METER, now).await?;
    let (mut fresh, body) = match creation.attempt(&backbone, &caller).await? {
        Attempt::Fresh(fresh, body) => (fresh, body),
        Attempt::Replay(answer) => return Ok(answer),
    };
    let (name, graph) = name_and_graph(body)?;
    let place = (caller.tenant(), backbone.ids.next(), backbone.ids.next());
    let workflow = workflow::workflow_create(&mut fresh.tx, &allowance, place, &name, graph, now).await?;
    Ok(fresh.finish(StatusCode::CREATED, &WorkflowBody::try_from(workflow)?).await?)
}

fn name_and_graph(body: WorkflowNew) -> Result<(String, Graph)> {
    match (body.template, body.graph) {
        (Some(id), None) => {
            let known = || {
                let ids: Vec<String> = template::template_list().into_iter().map(|template| template.id).collect();
                Error::invalid("/template", format!("there is no template {id:?}; there are: {}", ids.join(", ")))
            };
            let template = template::template_find(&id).ok_or_else(known)?;
            Ok((body.name.unwrap_or(template.name), template.graph))
        }
        (None, Some(graph)) => {
            let name =
                body.name.ok_or_else(|| Error::invalid("/name", "a workflow with a graph of your own needs a name"))?;
            Ok((name, graph))
        }
        (None, None) => Err(Error::invalid("/graph", "send a graph, or the id of a template as template")),
        (Some(_), Some(_)) => Err(Error::invalid("/template", "send either a template or a graph, not both")),
    }
}

/// Read a workflow
///
/// A workflow with its graph.
#[utoipa::path(get, path = "/workflows/{id}", tag = "Workflows", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = WorkflowBody)))]
pub(crate) async fn workflow_get(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<WorkflowId>,
) -> Answer<Versioned<Json<WorkflowBody>>> {
    caller.allow(WORKFLOWS_READ)?;
    let workflow = workflow::workflow_read(&backbone.db, &caller, id).await?;
    Ok(Versioned(entity_tag(workflow.version, workflow.updated_at), Json(workflow.into())))
}

/// Change a workflow
///
/// Changes name or graph. With `If-Match`, only if nobody changed it meanwhile.
#[utoipa::path(patch, path = "/workflows/{id}", tag = "Workflows",
    params(("id" = uuid::Uuid, Path), ("If-Match" = Option<String>, Header, description = "The `ETag` the change was made from")),
    request_body = WorkflowChange, responses((status = 200, body = WorkflowBody)))]
pub(crate) async fn workflow_change(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<WorkflowId>,
    if_match: IfMatch,
    Json(body): Json<WorkflowChange>,
) -> Answer<Versioned<Json<WorkflowBody>>> {
    caller.allow(WORKFLOWS_WRITE)?;
    let mut tx = backbone.db.tenant(&caller).begin().await?;
    let check = |current: &Workflow| if_match.check(&entity_tag(current.version, current.updated_at));
    let (place, now) = ((caller.tenant(), id), backbone.clock.now());
    let workflow = workflow::workflow_change(&mut tx, place, body.name.as_deref(), body.graph, check, now).await?;
    tx.commit().await?;
    Ok(Versioned(entity_tag(workflow.version, workflow.updated_at), Json(workflow.try_into()?)))
}

/// Delete a workflow
///
/// Deletes a workflow, which gives the plan's room back. Its runs stay.
#[utoipa::path(delete, path = "/workflows/{id}", tag = "Workflows", params(("id" = uuid::Uuid, Path)),
    responses((status = 204)))]
pub(crate) async fn workflow_delete(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<WorkflowId>,
) -> Answer<StatusCode> {
    caller.allow(WORKFLOWS_WRITE)?;
    let now = backbone.clock.now();
    let allowance = backbone.entitlements.allowance(&backbone.db, &caller, WORKFLOWS_METER, now).await?;
    let mut tx = backbone.db.tenant(&caller).begin().await?;
    let event = backbone.ids.next::<()>().uuid();
    workflow::workflow_delete(&mut tx, &allowance, id, event, now).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List versions
///
/// The versions of a workflow, the newest first.
#[utoipa::path(get, path = "/workflows/{id}/versions", tag = "Workflows",
    params(("id" = uuid::Uuid, Path), ("limit" = Option<i64>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = VersionPage)))]
pub(crate) async fn version_list(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<WorkflowId>,
    Query(paging): Query<Paging>,
) -> Answer<Json<VersionPage>> {
    caller.allow(WORKFLOWS_READ)?;
    let request = paging.request()?;
    let mut tx = backbone.db.tenant(&caller).begin().await?;
    let body = |version: Version| VersionBody { version: version.version, created_at: version.created_at };
    let page = workflow::version_list(&mut tx, id, request).await?.map(body);
    Ok(Json(VersionPage { data: page.data, next_cursor: page.next_cursor }))
}

/// Version and time: a change of the name alone is a change, too.
fn entity_tag(version: i32, updated_at: Timestamp) -> String {
    format!("{version}-{}", updated_at.as_microsecond())
}
