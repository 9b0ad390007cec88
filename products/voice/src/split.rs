//! Splits: a comparison of versions of one workflow. While a split runs, runs that name no version are divided among its
//! variants by weight, and the runs' outcomes say which version does better.

mod outcome;
mod store;
mod verdict;

use freehold_core::{Caller, Error, Id, Kind, OptionExt, Page, PageRequest, Result, TenantId, codes};
use freehold_db::{Db, Json, JsonText, TenantTx, row};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

pub use outcome::{VariantOutcome, split_outcomes};
pub use store::STATEMENTS;
pub use verdict::{Interval, Judgement, Verdict, judge, wilson_interval};

use crate::{
    graph::Graph,
    workflow::{Workflow, WorkflowId, version_find, workflow_lock, workflow_make_current},
};

/// Most versions that are compared at once.
pub const VARIANTS_MAX: usize = 10;
/// Largest weight of a variant.
pub const WEIGHT_MAX: u32 = 1_000;

/// Names a split.
pub type SplitId = Id<SplitKind>;

/// The kind of [`SplitId`].
pub enum SplitKind {}
impl Kind for SplitKind {
    const NAME: &'static str = "split";
}

/// A version that takes part in a split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// Which version of the workflow.
    #[schema(minimum = 1)]
    pub version: i32,
    /// Its share of the runs is this number of the sum of all variants' weights; from 1 to 1,000.
    #[schema(minimum = 1, maximum = 1000)]
    pub weight: u32,
}

row! {
    /// A comparison of versions of one workflow.
    #[derive(Clone, Debug)]
    pub struct Split {
        /// Which.
        pub id: SplitId,
        /// Of which workflow.
        pub workflow_id: WorkflowId,
        /// What is compared; never changes.
        pub variants: Json<Vec<Variant>>,
        /// The version that became current at the end; none: none did.
        pub winner: Option<i32>,
        /// Since when runs are divided.
        pub started_at: Timestamp,
        /// Until when; none: still.
        pub ended_at: Option<Timestamp>,
    }
}

row! {
    /// A workflow with the split that runs for it, in one look.
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

/// What a run runs: a workflow in one version, and the split that chose the version.
#[derive(Clone, Debug)]
pub struct Choice {
    /// With the chosen version and its graph.
    pub workflow: Workflow,
    /// None: the version was named, or no split runs.
    pub split: Option<SplitId>,
}

/// Which version a run runs: the one that is named, or the running split's choice for this subject, or the current one.
///
/// The same subject gets the same variant for as long as the split runs. It is whatever names the person who is called,
/// the same way each time (his number), or the run's id where nobody is known.
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

/// The graphs of all versions that a run may get which names none: of the running split's variants, or of the current one.
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

/// The version that a subject gets: its place among the weights, laid end to end. The place comes from the subject's
/// name-based UUID (RFC 9562, version 5) in the split's namespace, so it needs no memory, and subjects fall anew in
/// every split. Its first 48 bits are hash alone; taken modulo at most 10,000, no weight errs by more than 10⁻¹⁰.
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

/// Starts dividing the runs of a workflow among these versions. One split of a workflow runs at a time.
pub async fn split_start(
    tx: &mut TenantTx,
    (tenant, id): (TenantId, SplitId),
    workflow: WorkflowId,
    variants: Vec<Variant>,
    now: Timestamp,
) -> Result<Split> {
    // Two who start at once take turns here.
    workflow_lock(tx, workflow).await?;
    variants_check(&variants)?;
    for (index, variant) in variants.iter().enumerate() {
        if version_find(tx, workflow, variant.version).await?.is_none() {
            let message = format!("this workflow has no version {}", variant.version);
            return Err(Error::invalid(format!("/variants/{index}/version"), message));
        }
    }
    if let Some((running,)) = tx.fetch_optional(store::split_running(workflow)).await? {
        let message = format!("The split {running} of this workflow is running; end it before you start another.");
        return Err(Error::new(codes::CONFLICT, message));
    }
    tx.fetch_one(store::split_insert(tenant, id, workflow, Json(variants), now)).await
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
            let message = format!("version {} takes part already", variant.version);
            return Err(Error::invalid(format!("/variants/{index}/version"), message));
        }
    }
    Ok(())
}

/// Ends a split. With a winner, that version becomes the workflow's current one: itself and not a copy of it under a new
/// number, so that what its runs showed goes on to be told of the version that people now get.
pub async fn split_end(tx: &mut TenantTx, id: SplitId, winner: Option<i32>, now: Timestamp) -> Result<Split> {
    let split = tx.fetch_optional(store::split_lock(id)).await?.or_not_found("split")?;
    if split.ended_at.is_some() {
        return Err(Error::new(codes::CONFLICT, "The split has ended already."));
    }
    if let Some(version) = winner {
        if !split.variants.0.iter().any(|variant| variant.version == version) {
            return Err(Error::invalid("/winner", format!("version {version} takes no part in the split")));
        }
        workflow_make_current(tx, split.workflow_id, version, now).await?;
    }
    tx.fetch_one(store::split_end(id, winner, now)).await
}

/// One split.
pub async fn split_get(db: &Db, caller: &Caller, id: SplitId) -> Result<Split> {
    db.tenant(caller).fetch_optional(store::split_find(id)).await?.or_not_found("split")
}

/// A page of a workflow's splits, the newest first.
pub async fn split_list(db: &Db, caller: &Caller, workflow: WorkflowId, request: PageRequest) -> Result<Page<Split>> {
    let rows = db.tenant(caller).fetch_all(store::split_list(workflow, request.before(), request.rows())).await?;
    Ok(request.page(rows, |split| split.id))
}

#[cfg(test)]
mod tests;
