//! Workflows: graphs with a name and versions.

pub mod events;
mod store;

use freehold_core::{Error, Id, Kind, OptionExt, Page, PageRequest, Result};
use freehold_db::{
    Db, JsonText, TenantTx,
    audit::{NewEntry, audit_append},
    row,
};
use freehold_jobs::outbox::event_publish;
use freehold_metering::usage::{Allowance, usage_record};
use jiff::Timestamp;
use serde_json::{json, value::RawValue};
use uuid::Uuid;

use events::WorkflowCreated;
pub use store::STATEMENTS;

use crate::{
    field_errors,
    graph::{Graph, validate::validate},
};

/// The id of a workflow.
pub type WorkflowId = Id<WorkflowKind>;

/// The kind of [`WorkflowId`].
pub enum WorkflowKind {}
impl Kind for WorkflowKind {
    const NAME: &'static str = "workflow";
}

row! {
    /// A workflow with the graph of its current version.
    #[derive(Clone, Debug)]
    pub struct Workflow {
        /// The workflow's id.
        pub id: WorkflowId,
        /// The workflow's name.
        pub name: String,
        /// The current version, from 1.
        pub version: i32,
        /// The graph of the current version.
        pub graph: JsonText<Graph>,
        /// When the workflow was created, UTC.
        pub created_at: Timestamp,
        /// When the workflow was last updated, UTC.
        pub updated_at: Timestamp,
    }
}

row! {
    /// A workflow whose graph is passed on as the JSON text that was stored, without being parsed.
    #[derive(Clone, Debug)]
    pub struct WorkflowDocument {
        /// The workflow's id.
        pub id: WorkflowId,
        /// The workflow's name.
        pub name: String,
        /// The current version, from 1.
        pub version: i32,
        /// The current version's [`Graph`] as JSON.
        pub graph: JsonText<Box<RawValue>>,
        /// When the workflow was created, UTC.
        pub created_at: Timestamp,
        /// When the workflow was last updated, UTC.
        pub updated_at: Timestamp,
    }
}

row! {
    /// A workflow in a list.
    #[derive(Clone, Debug)]
    pub struct WorkflowSummary {
        /// The workflow's id.
        pub id: WorkflowId,
        /// The workflow's name.
        pub name: String,
        /// The current version, from 1.
        pub version: i32,
        /// When the workflow was created, UTC.
        pub created_at: Timestamp,
        /// When the workflow was last updated, UTC.
        pub updated_at: Timestamp,
    }
}

row! {
    /// One version of a workflow.
    #[derive(Clone, Debug)]
    pub struct Version {
        /// The number of the version, from 1.
        pub version: i32,
        /// When the version was saved, UTC.
        pub created_at: Timestamp,
    }
}

/// Succeeds when the graph can be run; otherwise the error lists every problem with its location.
pub fn graph_check(graph: &Graph) -> Result<()> {
    let problems = validate(graph);
    if problems.is_empty() { Ok(()) } else { Err(Error::invalid_fields(field_errors(problems, "/graph"))) }
}

/// Creates a workflow, if the plan's limit allows one more.
pub async fn workflow_create(tx: &mut TenantTx, allowance: &Allowance, name: &str, graph: Graph) -> Result<Workflow> {
    let (tenant, id): (_, WorkflowId) = (tx.caller().tenant(), tx.id());
    let name = name_check(name)?;
    graph_check(&graph)?;
    usage_record(tx, allowance, id.uuid(), 1).await?;
    let workflow = tx.fetch_one(store::workflow_insert(tenant, id, &name, JsonText(graph))).await?;
    let created = WorkflowCreated { workflow_id: id, name, version: 1 };
    let event = event_publish(tx, &created).await?;
    let entry = NewEntry::of_event(event, "workflow.created", id).detail(json!({ "name": created.name }));
    audit_append(tx, entry).await?;
    Ok(workflow)
}

/// Returns one workflow with its graph as stored, in one round trip to the database.
pub async fn workflow_read(db: &Db, caller: &freehold_core::Caller, id: WorkflowId) -> Result<WorkflowDocument> {
    db.tenant(caller).fetch_optional(store::workflow_document(id)).await?.or_not_found("workflow")
}

/// Returns one workflow, to be run.
pub async fn workflow_get(db: &Db, caller: &freehold_core::Caller, id: WorkflowId) -> Result<Workflow> {
    db.tenant(caller).fetch_optional(store::workflow_find(id)).await?.or_not_found("workflow")
}

/// Finds a workflow within a transaction.
pub async fn workflow_find(tx: &mut TenantTx, id: WorkflowId) -> Result<Workflow> {
    tx.fetch_optional(store::workflow_find(id)).await?.or_not_found("workflow")
}

/// Finds a workflow and locks its row until the transaction ends.
pub async fn workflow_lock(tx: &mut TenantTx, id: WorkflowId) -> Result<Workflow> {
    tx.fetch_optional(store::workflow_lock(id)).await?.or_not_found("workflow")
}

/// Lists a page of workflows, the newest first.
pub async fn workflow_list(
    db: &Db,
    caller: &freehold_core::Caller,
    request: PageRequest,
) -> Result<Page<WorkflowSummary>> {
    let rows = db.tenant(caller).fetch_all(store::workflow_list(request.before(), request.rows())).await?;
    Ok(request.page(rows, |workflow| workflow.id))
}

/// Updates the name or the graph, if `check` accepts the present version. A new graph becomes a new version; runs of
/// the old version keep it.
pub async fn workflow_change(
    tx: &mut TenantTx,
    id: WorkflowId,
    name: Option<&str>,
    graph: Option<Graph>,
    check: impl FnOnce(&Workflow) -> Result<()>,
) -> Result<Workflow> {
    let tenant = tx.caller().tenant();
    let current = workflow_lock(tx, id).await?;
    check(&current)?;
    let name = name.map_or(Ok(current.name.clone()), name_check)?;
    let (version, graph) = match graph.filter(|graph| *graph != current.graph.0) {
        Some(graph) => {
            graph_check(&graph)?;
            // Not the current version plus one: a split may have made an older version the current one.
            let (newest,) = tx.fetch_one(store::version_newest(id)).await?;
            tx.execute(store::version_insert(tenant, id, newest + 1, JsonText(graph.clone()))).await?;
            (newest + 1, graph)
        }
        None => (current.version, current.graph.0),
    };
    let changed = tx.fetch_one(store::workflow_update(id, &name, version, JsonText(graph))).await?;
    let facts = |name: &str, version: i32| json!({ "name": name, "version": version });
    let entry = NewEntry::new(tx.id(), "workflow.updated", id)
        .differing(facts(&current.name, current.version), facts(&name, version));
    audit_append(tx, entry).await?;
    Ok(changed)
}

/// Makes one of the workflow's versions the current one.
pub async fn workflow_make_current(tx: &mut TenantTx, id: WorkflowId, version: i32) -> Result<Workflow> {
    let current = workflow_lock(tx, id).await?;
    if current.version == version {
        return Ok(current);
    }
    let graph = version_graph(tx, id, version).await?;
    tx.fetch_one(store::workflow_update(id, &current.name, version, JsonText(graph))).await
}

/// Deletes a workflow, which gives back its share of the plan's limit. Its runs stay. `event` identifies the change in
/// the ledger.
pub async fn workflow_delete(tx: &mut TenantTx, allowance: &Allowance, id: WorkflowId, event: Uuid) -> Result<()> {
    let (name,) = tx.fetch_optional(store::workflow_delete(id)).await?.or_not_found("workflow")?;
    usage_record(tx, allowance, event, -1).await?;
    audit_append(tx, NewEntry::new(tx.id(), "workflow.deleted", id).detail(json!({ "name": name }))).await
}

/// Lists the versions of a workflow, the newest first.
pub async fn version_list(tx: &mut TenantTx, id: WorkflowId, request: PageRequest) -> Result<Page<Version>> {
    workflow_find(tx, id).await?;
    // A version is identified by its number, so the cursor holds that number instead of an id.
    let before = i32::try_from(request.before().as_u128()).unwrap_or(i32::MAX);
    let rows = tx.fetch_all(store::version_list(id, before, request.rows())).await?;
    let number = |version: &Version| u128::from(version.version.unsigned_abs());
    Ok(request.page(rows, |version| Id::<()>::new(Uuid::from_u128(number(version)))))
}

/// Returns the graph of one version.
pub async fn version_graph(tx: &mut TenantTx, id: WorkflowId, version: i32) -> Result<Graph> {
    version_find(tx, id, version).await?.or_not_found("version")
}

/// Returns the graph of one version, if the workflow has it.
pub async fn version_find(tx: &mut TenantTx, id: WorkflowId, version: i32) -> Result<Option<Graph>> {
    Ok(tx.fetch_optional(store::version_graph(id, version)).await?.map(|(graph,)| graph.0))
}

fn name_check(name: &str) -> Result<String> {
    let name = name.trim();
    if (1..=200).contains(&name.chars().count()) && !name.chars().any(char::is_control) {
        Ok(name.to_owned())
    } else {
        Err(Error::invalid("/name", "expected 1 to 200 characters, without control characters"))
    }
}
