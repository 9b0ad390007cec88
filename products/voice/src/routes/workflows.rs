//! `/workflows`.

use axum::{extract::State, http::StatusCode, response::Response};
use freehold_core::{Context, Cursor, Error, Result};
use freehold_db::TenantTx;
use freehold_web::{Answer, Authenticated, Backbone, Creation, IfMatch, Json, Paging, Path, Query, Versioned};
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

/// A workflow with its graph.
#[derive(Serialize, ToSchema)]
pub(crate) struct WorkflowBody {
    /// Id of the workflow.
    #[schema(value_type = uuid::Uuid)]
    id: WorkflowId,
    /// Your name for the workflow.
    name: String,
    /// Current version, from 1; every change of the graph creates one.
    version: i32,
    /// The graph of the current version.
    #[schema(value_type = Graph)]
    graph: Box<RawValue>,
    /// When the workflow was created, UTC.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the workflow was last changed, UTC.
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
    /// Id of the workflow.
    #[schema(value_type = uuid::Uuid)]
    id: WorkflowId,
    /// Your name for the workflow.
    name: String,
    /// Current version, from 1.
    version: i32,
    /// When the workflow was created, UTC.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the workflow was last changed, UTC.
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
    /// The workflows, newest first.
    data: Vec<WorkflowSummaryBody>,
    /// Value of `cursor` for the next page; null on the last page.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Cursor>,
}

/// The workflow to create, from a template or a graph.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateWorkflow {
    /// Your name for the workflow; the template's name when left out.
    name: Option<String>,
    /// Id of a template from `GET /templates`.
    template: Option<String>,
    /// The graph, instead of a template.
    graph: Option<Graph>,
}

/// The changes of a workflow; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateWorkflow {
    /// Your name for the workflow.
    name: Option<String>,
    /// The new graph, which becomes a new version.
    graph: Option<Graph>,
}

/// A version of a workflow.
#[derive(Serialize, ToSchema)]
pub(crate) struct WorkflowVersionBody {
    /// Number of the version, from 1.
    version: i32,
    /// When the version was created, UTC.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

/// A page of the versions of a workflow.
#[derive(Serialize, ToSchema)]
pub(crate) struct WorkflowVersionPage {
    /// The versions, newest first.
    data: Vec<WorkflowVersionBody>,
    /// Value of `cursor` for the next page; null on the last page.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Cursor>,
}

/// List workflows
///
/// Returns your workflows, newest first.
#[utoipa::path(
    get, path = "/workflows", tag = "Workflows",
    params(
        ("limit" = Option<i64>, Query),
        ("cursor" = Option<String>, Query),
    ),
    responses((status = 200, body = WorkflowPage)),
)]
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

/// Create a workflow
///
/// Creates a workflow from a template or a graph. An invalid graph is refused with all its errors and the node of each.
#[utoipa::path(
    post, path = "/workflows", tag = "Workflows", request_body = CreateWorkflow,
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "Key of the request, at most 255 characters: a \
         retry with the same key gets the first answer again"),
    ),
    responses((status = 201, body = WorkflowBody)),
)]
pub(crate) async fn workflow_create(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    creation: Creation<CreateWorkflow>,
) -> Answer<Response> {
    caller.allow(WORKFLOWS_WRITE)?;
    let allowance = backbone.entitlements.allowance(&backbone.db, &caller, WORKFLOWS_METER).await?;
    let create = async |tx: &mut TenantTx, body| {
        let (name, graph) = name_and_graph(body)?;
        WorkflowBody::try_from(workflow::workflow_create(tx, &allowance, &name, graph).await?)
    };
    Ok(creation.run(&backbone, &caller, create).await?)
}

fn name_and_graph(body: CreateWorkflow) -> Result<(String, Graph)> {
    match (body.template, body.graph) {
        (Some(id), None) => {
            let known = || {
                let ids: Vec<String> = template::template_list().into_iter().map(|template| template.id).collect();
                Error::invalid("/template", format!("unknown template {id:?}; the templates are: {}", ids.join(", ")))
            };
            let template = template::template_find(&id).ok_or_else(known)?;
            Ok((body.name.unwrap_or(template.name), template.graph))
        }
        (None, Some(graph)) => {
            let name = body.name.ok_or_else(|| Error::invalid("/name", "required with a graph of your own"))?;
            Ok((name, graph))
        }
        (None, None) => Err(Error::invalid("/graph", "send either graph or template")),
        (Some(_), Some(_)) => Err(Error::invalid("/template", "send either template or graph, not both")),
    }
}

/// Get a workflow
///
/// Returns a workflow with its graph.
#[utoipa::path(
    get, path = "/workflows/{id}", tag = "Workflows",
    params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = WorkflowBody)),
)]
pub(crate) async fn workflow_get(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<WorkflowId>,
) -> Answer<Versioned<Json<WorkflowBody>>> {
    caller.allow(WORKFLOWS_READ)?;
    let workflow = workflow::workflow_read(&backbone.db, &caller, id).await?;
    Ok(Versioned(entity_tag(workflow.version, workflow.updated_at), Json(workflow.into())))
}

/// Update a workflow
///
/// Changes name or graph. With `If-Match`, only if the workflow has not changed since.
#[utoipa::path(
    patch, path = "/workflows/{id}", tag = "Workflows",
    params(
        ("id" = uuid::Uuid, Path),
        ("If-Match" = Option<String>, Header, description = "`ETag` of the version on which the change is based"),
    ),
    request_body = UpdateWorkflow,
    responses((status = 200, body = WorkflowBody)),
)]
pub(crate) async fn workflow_update(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<WorkflowId>,
    if_match: IfMatch,
    Json(body): Json<UpdateWorkflow>,
) -> Answer<Versioned<Json<WorkflowBody>>> {
    caller.allow(WORKFLOWS_WRITE)?;
    let mut tx = backbone.db.tenant(&caller).begin().await?;
    let check = |current: &Workflow| if_match.check(&entity_tag(current.version, current.updated_at));
    let workflow = workflow::workflow_change(&mut tx, id, body.name.as_deref(), body.graph, check).await?;
    tx.commit().await?;
    Ok(Versioned(entity_tag(workflow.version, workflow.updated_at), Json(workflow.try_into()?)))
}

/// Delete a workflow
///
/// Deletes a workflow, which frees its place in the plan. Its runs stay.
#[utoipa::path(
    delete, path = "/workflows/{id}", tag = "Workflows",
    params(("id" = uuid::Uuid, Path)),
    responses((status = 204)),
)]
pub(crate) async fn workflow_delete(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<WorkflowId>,
) -> Answer<StatusCode> {
    caller.allow(WORKFLOWS_WRITE)?;
    let allowance = backbone.entitlements.allowance(&backbone.db, &caller, WORKFLOWS_METER).await?;
    let mut tx = backbone.db.tenant(&caller).begin().await?;
    let event = backbone.ids.next::<()>().uuid();
    workflow::workflow_delete(&mut tx, &allowance, id, event).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List versions
///
/// Returns the versions of a workflow, newest first.
#[utoipa::path(
    get, path = "/workflows/{id}/versions", tag = "Workflows",
    params(
        ("id" = uuid::Uuid, Path),
        ("limit" = Option<i64>, Query),
        ("cursor" = Option<String>, Query),
    ),
    responses((status = 200, body = WorkflowVersionPage)),
)]
pub(crate) async fn workflow_version_list(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<WorkflowId>,
    Query(paging): Query<Paging>,
) -> Answer<Json<WorkflowVersionPage>> {
    caller.allow(WORKFLOWS_READ)?;
    let request = paging.request()?;
    let mut tx = backbone.db.tenant(&caller).begin().await?;
    let body = |version: Version| WorkflowVersionBody { version: version.version, created_at: version.created_at };
    let page = workflow::version_list(&mut tx, id, request).await?.map(body);
    Ok(Json(WorkflowVersionPage { data: page.data, next_cursor: page.next_cursor }))
}

/// Version and time, since a change of the name alone counts as a change.
fn entity_tag(version: i32, updated_at: Timestamp) -> String {
    format!("{version}-{}", updated_at.as_microsecond())
}
