//! SQL of workflows.

use freehold_core::TenantId;
use freehold_db::{JsonText, statements};
use uuid::Uuid;

use super::{Version, Workflow, WorkflowDocument, WorkflowId, WorkflowSummary};
use crate::graph::Graph;

statements! {
    /// Creates a workflow with its first version.
    fn workflow_insert(
        tenant: TenantId, id: WorkflowId, name: &str, graph: JsonText<Graph>; now
    ) -> Workflow =
        "with version as (
           insert into voice.workflow_versions (tenant_id, workflow_id, version, graph, created_at)
           values ($1, $2, 1, $4, $5)
         )
         insert into voice.workflows (tenant_id, id, name, version, graph, created_at, updated_at)
         values ($1, $2, $3, 1, $4, $5, $5)
         returning id, name, version, graph, created_at, updated_at";

    /// Creates a version.
    fn version_insert(
        tenant: TenantId, workflow: WorkflowId, version: i32, graph: JsonText<Graph>; now
    ) -> () =
        "insert into voice.workflow_versions (tenant_id, workflow_id, version, graph, created_at)
         values ($1, $2, $3, $4, $5)";

    /// Finds one workflow.
    fn workflow_find(id: WorkflowId; tenant) -> Workflow =
        "select id, name, version, graph, created_at, updated_at
         from voice.workflows where tenant_id = $2 and id = $1 and deleted_at is null";

    /// Finds one workflow, with its graph as stored.
    fn workflow_document(id: WorkflowId; tenant) -> WorkflowDocument =
        "select id, name, version, graph, created_at, updated_at
         from voice.workflows where tenant_id = $2 and id = $1 and deleted_at is null";

    /// Finds one workflow and locks its row.
    fn workflow_lock(id: WorkflowId; tenant) -> Workflow =
        "select id, name, version, graph, created_at, updated_at
         from voice.workflows where tenant_id = $2 and id = $1 and deleted_at is null for update";

    /// Lists a page of workflows.
    fn workflow_list(before: Uuid, rows: i64; tenant) -> WorkflowSummary =
        "select id, name, version, created_at, updated_at
         from voice.workflows where tenant_id = $3 and id < $1 and deleted_at is null order by id desc limit $2";

    /// Updates a workflow.
    fn workflow_update(
        id: WorkflowId, name: &str, version: i32, graph: JsonText<Graph>; now, tenant
    ) -> Workflow =
        "update voice.workflows set name = $2, version = $3, graph = $4, updated_at = $5
         where tenant_id = $6 and id = $1
         returning id, name, version, graph, created_at, updated_at";

    /// Deletes a workflow; returns its name.
    fn workflow_delete(id: WorkflowId; now, tenant) -> (String,) =
        "update voice.workflows set deleted_at = $2 where tenant_id = $3 and id = $1 and deleted_at is null
         returning name";

    /// Lists the versions of a workflow.
    fn version_list(workflow: WorkflowId, before: i32, rows: i64; tenant) -> Version =
        "select version, created_at from voice.workflow_versions
         where tenant_id = $4 and workflow_id = $1 and version < $2
         order by version desc limit $3";

    /// Finds the highest version of a workflow.
    fn version_newest(workflow: WorkflowId; tenant) -> (i32,) =
        "select version from voice.workflow_versions where tenant_id = $2 and workflow_id = $1
         order by version desc limit 1";

    /// Finds the graph of a version.
    fn version_graph(workflow: WorkflowId, version: i32; tenant) -> (JsonText<Graph>,) =
        "select graph from voice.workflow_versions where tenant_id = $3 and workflow_id = $1 and version = $2";
}
