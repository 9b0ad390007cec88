//! Experiments (`Split`): comparisons of versions of one workflow. While one runs, runs without a version are
//! distributed among its variants by weight, and their outcomes show which version does better.

mod interval;
pub mod outcome;
mod store;
mod verdict;

use freehold_core::{Caller, Error, Id, Kind, OptionExt, Page, PageRequest, Result, codes};
use freehold_db::{
    Db, Json, JsonText, TenantTx,
    audit::{NewEntry, audit_append},
    row,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

pub use interval::{Interval, wilson_interval};
pub use outcome::{VariantOutcome, split_outcomes};
pub use store::STATEMENTS;
pub use verdict::{Judgement, Verdict, judge};

use crate::{
    graph::Graph,
    workflow::{Workflow, WorkflowId, version_find, workflow_lock, workflow_make_current},
};

/// Most versions in one experiment.
pub const VARIANTS_MAX: usize = 10;
/// The largest weight of a variant.
pub const WEIGHT_MAX: u32 = 1_000;

/// The id of a split.
pub type SplitId = Id<SplitKind>;

/// The kind of [`SplitId`].
pub enum SplitKind {}
impl Kind for SplitKind {
    const NAME: &'static str = "split";
}

/// A variant of an experiment: a version with its weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SplitVariant)]
pub struct Variant {
    /// Version of the workflow, from 1.
    #[schema(minimum = 1)]
    pub version: i32,
    /// Share of the runs in proportion to the sum of all variants' weights, 1 to 1,000.
    #[schema(minimum = 1, maximum = 1000)]
    pub weight: u32,
}

row! {
    /// An experiment that compares versions of one workflow.
    #[derive(Clone, Debug)]
    pub struct Split {
        /// The split's id.
        pub id: SplitId,
        /// Id of the workflow whose versions are compared.
        pub workflow_id: WorkflowId,
        /// The versions that are compared; they never change.
        pub variants: Json<Vec<Variant>>,
        /// The version that became the current one at the end; none: none did, or the split still runs.
        pub winner: Option<i32>,
        /// When the split started, UTC.
        pub started_at: Timestamp,
        /// When the split ended, UTC; none: it still runs.
        pub ended_at: Option<Timestamp>,
    }
}

row! {
    /// A workflow with its running split, read in one query.
    struct Runnable {
        id: WorkflowId,
        name: String,
        version: i32,
        graph: JsonText<Graph>,
        created_at: Timestamp,
        updated_at: Timestamp,
        split_id: Option<SplitId>,
        variants: Option<Json<Vec<Variant>>>,
    }
}

/// The version of a workflow that a run executes, and the split that chose it.
#[derive(Clone, Debug)]
pub struct Choice {
    /// The workflow, with the chosen version and its graph.
    pub workflow: Workflow,
    /// The split that chose the version; none: the version was named, or no split runs.
    pub split: Option<SplitId>,
}

/// Chooses the version of a run: the one that is named, or the running split's choice for this subject, or the current
/// version.
///
/// The same subject gets the same variant for as long as the split runs. The subject is what identifies the callee in
/// the same way each time, such as their phone number, or the run's id if the callee is unknown.
pub async fn version_choose(
    tx: &mut TenantTx,
    workflow: WorkflowId,
    version: Option<i32>,
    subject: &str,
) -> Result<Choice> {
    let found = tx.fetch_optional(store::runnable_find(workflow)).await?.or_not_found("workflow")?;
    let Runnable { id, name, version: current, graph, created_at, updated_at, split_id, variants } = found;
    let (chosen, split) = match (version, split_id, variants) {
        (Some(named), ..) => (named, None),
        (None, Some(split), Some(variants)) => {
            (variant_of(split, &variants.0, subject).unwrap_or(current), Some(split))
        }
        (None, ..) => (current, None),
    };
    let graph = if chosen == current { graph } else { JsonText(named_graph(tx, workflow, chosen).await?) };
    Ok(Choice { workflow: Workflow { id, name, version: chosen, graph, created_at, updated_at }, split })
}

/// The graphs that a run without a version may get: those of the running split's variants, or that of the current
/// version.
pub(crate) async fn graph_candidates(tx: &mut TenantTx, workflow: WorkflowId) -> Result<Vec<Graph>> {
    let found = tx.fetch_optional(store::runnable_find(workflow)).await?.or_not_found("workflow")?;
    let Some(Json(variants)) = found.variants else { return Ok(vec![found.graph.0]) };
    let mut graphs = Vec::with_capacity(variants.len());
    for variant in variants {
        graphs.push(named_graph(tx, workflow, variant.version).await?);
    }
    Ok(graphs)
}

async fn named_graph(tx: &mut TenantTx, workflow: WorkflowId, version: i32) -> Result<Graph> {
    let unknown = || Error::invalid("/version", format!("this workflow has no version {version}"));
    version_find(tx, workflow, version).await?.ok_or_else(unknown)
}

/// The version that a subject gets: its position among the weights, laid end to end. The position comes from the
/// subject's name-based UUID (RFC 9562, version 5) in the split's namespace. So nothing has to be stored, and each
/// split distributes the subjects anew. The first 48 bits are hash only; with a total weight of at most 10,000, the
/// error of each share is below 10⁻¹⁰.
fn variant_of(split: SplitId, variants: &[Variant], subject: &str) -> Option<i32> {
    let total: u64 = variants.iter().map(|variant| u64::from(variant.weight)).sum();
    let hash = Uuid::new_v5(&split.uuid(), subject.as_bytes()).as_u128() >> 80;
    let mut place = u64::try_from(hash).ok()?.checked_rem(total)?;
    variants.iter().find_map(|variant| match place.checked_sub(variant.weight.into()) {
        Some(rest) => {
            place = rest;
            None
        }
        None => Some(variant.version),
    })
}

/// Starts a split that divides the runs of a workflow among these versions. A workflow can have only one running split.
pub async fn split_start(tx: &mut TenantTx, workflow: WorkflowId, variants: Vec<Variant>) -> Result<Split> {
    // The lock makes two simultaneous starts run one after the other.
    workflow_lock(tx, workflow).await?;
    variants_check(&variants)?;
    for (index, variant) in variants.iter().enumerate() {
        if version_find(tx, workflow, variant.version).await?.is_none() {
            let message = format!("this workflow has no version {}", variant.version);
            return Err(Error::invalid(format!("/variants/{index}/version"), message));
        }
    }
    if let Some((running,)) = tx.fetch_optional(store::split_running(workflow)).await? {
        let message = format!("The experiment {running} of this workflow is running. End it before you start another.");
        return Err(Error::new(codes::CONFLICT, message));
    }
    let (tenant, id) = (tx.caller().tenant(), tx.id());
    let split = tx.fetch_one(store::split_insert(tenant, id, workflow, Json(variants))).await?;
    let detail = json!({ "workflow": workflow, "variants": split.variants.0 });
    audit_append(tx, NewEntry::new(tx.id(), "experiment.started", id).detail(detail)).await?;
    Ok(split)
}

fn variants_check(variants: &[Variant]) -> Result<()> {
    if !(2..=VARIANTS_MAX).contains(&variants.len()) {
        return Err(Error::invalid("/variants", format!("expected 2 to {VARIANTS_MAX} variants")));
    }
    for (index, variant) in variants.iter().enumerate() {
        if !(1..=WEIGHT_MAX).contains(&variant.weight) {
            let message = format!("expected a whole number from 1 to {WEIGHT_MAX}");
            return Err(Error::invalid(format!("/variants/{index}/weight"), message));
        }
        if variants[..index].iter().any(|other| other.version == variant.version) {
            let message = format!("version {} is a variant already", variant.version);
            return Err(Error::invalid(format!("/variants/{index}/version"), message));
        }
    }
    Ok(())
}

/// Ends a split. With a winner, that version becomes the workflow's current one. It is the same version and not a copy
/// with a new number, so that the counts of its runs still belong to the version that is in use.
pub async fn split_end(tx: &mut TenantTx, id: SplitId, winner: Option<i32>) -> Result<Split> {
    let split = tx.fetch_optional(store::split_lock(id)).await?.or_not_found("split")?;
    if split.ended_at.is_some() {
        return Err(Error::new(codes::CONFLICT, "The experiment has ended already."));
    }
    if let Some(version) = winner {
        if !split.variants.0.iter().any(|variant| variant.version == version) {
            return Err(Error::invalid("/winner", format!("version {version} is no variant of this experiment")));
        }
        workflow_make_current(tx, split.workflow_id, version).await?;
    }
    let ended = tx.fetch_one(store::split_end(id, winner)).await?;
    let detail = json!({ "workflow": ended.workflow_id, "winner": winner });
    audit_append(tx, NewEntry::new(tx.id(), "experiment.ended", id).detail(detail)).await?;
    Ok(ended)
}

/// Returns one split.
pub async fn split_get(db: &Db, caller: &Caller, id: SplitId) -> Result<Split> {
    db.tenant(caller).fetch_optional(store::split_find(id)).await?.or_not_found("split")
}

/// Lists a page of a workflow's splits, the newest first.
pub async fn split_list(db: &Db, caller: &Caller, workflow: WorkflowId, request: PageRequest) -> Result<Page<Split>> {
    let rows = db.tenant(caller).fetch_all(store::split_list(workflow, request.before(), request.rows())).await?;
    Ok(request.page(rows, |split| split.id))
}

#[cfg(test)]
mod tests;
