//! `/splits`, and the experiments of a workflow.

use axum::{extract::State, response::Response};
use freehold_core::Cursor;
use freehold_db::TenantTx;
use freehold_web::{Answer, Authenticated, Backbone, Creation, Json, Paging, Path, Query};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    analytics::require,
    analytics_body::{CallFiguresBody, four_places},
};
use crate::{
    ADVANCED_ANALYTICS, ANALYTICS_READ, WORKFLOWS_READ, WORKFLOWS_WRITE,
    split::{self, Interval, Judgement, Split, SplitId, Variant, VariantOutcome, Verdict},
    workflow::{WorkflowId, workflow_get},
};

/// The experiment to start.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateSplit {
    /// Two to ten versions, each with its weight.
    #[schema(min_items = 2, max_items = 10)]
    variants: Vec<Variant>,
}

/// The end of an experiment.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EndSplit {
    /// Version that becomes the workflow's current one; when left out, the current version stays.
    winner: Option<i32>,
}

/// An experiment: a comparison of versions of a workflow.
#[derive(Serialize, ToSchema)]
pub(crate) struct SplitBody {
    /// Id of the experiment.
    #[schema(value_type = uuid::Uuid)]
    id: SplitId,
    /// Id of the workflow.
    #[schema(value_type = uuid::Uuid)]
    workflow_id: WorkflowId,
    /// The compared versions; they never change.
    variants: Vec<Variant>,
    /// Version that became current at the end; null for none.
    winner: Option<i32>,
    /// When the experiment started, UTC.
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    /// When the experiment ended, UTC; null while it runs.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
}

impl From<Split> for SplitBody {
    fn from(split: Split) -> Self {
        let Split { id, workflow_id, variants, winner, started_at, ended_at } = split;
        Self { id, workflow_id, variants: variants.0, winner, started_at, ended_at }
    }
}

/// A page of experiments.
#[derive(Serialize, ToSchema)]
pub(crate) struct SplitPage {
    /// The experiments, newest first.
    data: Vec<SplitBody>,
    /// Value of `cursor` for the next page; null on the last page.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Cursor>,
}

/// The results of an experiment.
#[derive(Serialize, ToSchema)]
pub(crate) struct SplitResults {
    /// The verdict as a code.
    verdict: Verdict,
    /// The verdict as a sentence.
    statement: String,
    /// Version that does clearly better; null for none.
    better: Option<i32>,
    /// Probability, from 0 to 1, that chance alone makes a difference this large; null with too few runs.
    #[schema(minimum = 0, maximum = 1)]
    p_value: Option<f64>,
    /// The results of every variant, in the experiment's order.
    variants: Vec<SplitVariantResult>,
}

/// The results of a variant.
#[derive(Serialize, ToSchema)]
pub(crate) struct SplitVariantResult {
    /// Version of the workflow, from 1.
    #[schema(minimum = 1)]
    version: i32,
    /// Share of the runs in proportion to the sum of all variants' weights, 1 to 1,000.
    #[schema(minimum = 1, maximum = 1_000)]
    weight: u32,
    #[serde(flatten)]
    figures: CallFiguresBody,
    /// Range of the true success rate with 95 % confidence; null without runs.
    success_rate_interval: Option<Interval>,
}

/// Start an experiment
///
/// Compares versions of a workflow: from now on, runs without a version are distributed among the variants by weight,
/// and runs with the same `contact` get the same version. A workflow has at most one running experiment. A change of
/// the graph creates a version as usual, which meanwhile only runs that name it get.
#[utoipa::path(
    post, path = "/workflows/{id}/splits", tag = "Splits",
    params(
        ("id" = uuid::Uuid, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "Key of the request, at most 255 characters: a \
         retry with the same key gets the first answer again"),
    ),
    request_body = CreateSplit,
    responses((status = 201, body = SplitBody)),
)]
pub(crate) async fn split_create(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<WorkflowId>,
    creation: Creation<CreateSplit>,
) -> Answer<Response> {
    caller.allow(WORKFLOWS_WRITE)?;
    let create = async |tx: &mut TenantTx, body: CreateSplit| {
        split::split_start(tx, id, body.variants).await.map(SplitBody::from)
    };
    Ok(creation.run(&backbone, &caller, create).await?)
}

/// List a workflow's experiments
///
/// Returns the experiments of a workflow, newest first.
#[utoipa::path(
    get, path = "/workflows/{id}/splits", tag = "Splits",
    params(
        ("id" = uuid::Uuid, Path),
        ("limit" = Option<i64>, Query),
        ("cursor" = Option<String>, Query),
    ),
    responses((status = 200, body = SplitPage)),
)]
pub(crate) async fn split_list(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<WorkflowId>,
    Query(paging): Query<Paging>,
) -> Answer<Json<SplitPage>> {
    caller.allow(WORKFLOWS_READ)?;
    workflow_get(&backbone.db, &caller, id).await?;
    let page = split::split_list(&backbone.db, &caller, id, paging.request()?).await?.map(SplitBody::from);
    Ok(Json(SplitPage { data: page.data, next_cursor: page.next_cursor }))
}

/// Get an experiment
///
/// Returns an experiment with its variants.
#[utoipa::path(
    get, path = "/splits/{id}", tag = "Splits",
    params(("id" = uuid::Uuid, Path, description = "Id of the experiment")),
    responses((status = 200, body = SplitBody)),
)]
pub(crate) async fn split_get(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<SplitId>,
) -> Answer<Json<SplitBody>> {
    caller.allow(WORKFLOWS_READ)?;
    Ok(Json(split::split_get(&backbone.db, &caller, id).await?.into()))
}

/// Get an experiment's results
///
/// Returns the results of each variant's ended runs, and whether one does better than chance explains. The test is a
/// two-proportion z test of the success rates (pooled, two-sided, clear below 0.05); with more than two variants the
/// best is compared with each other one, with Bonferroni correction. The test is valid for one look: decide in advance
/// how many runs to wait for, since checking daily and stopping at the first clear difference finds differences that do
/// not exist. Needs advanced analytics.
#[utoipa::path(
    get, path = "/splits/{id}/results", tag = "Splits",
    params(("id" = uuid::Uuid, Path, description = "Id of the experiment")),
    responses((status = 200, body = SplitResults)),
)]
pub(crate) async fn split_results_get(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<SplitId>,
) -> Answer<Json<SplitResults>> {
    caller.allow(ANALYTICS_READ)?;
    let split = split::split_get(&backbone.db, &caller, id).await?;
    require(&backbone, &caller, ADVANCED_ANALYTICS).await?;
    let currency = backbone.product.currency;
    let outcomes = split::split_outcomes(&backbone.db, &caller, &split, currency.code()).await?;
    let Judgement { verdict, better, p_value, statement } = split::judge(&outcomes);
    let result = |outcome: VariantOutcome| SplitVariantResult {
        version: outcome.variant.version,
        weight: outcome.variant.weight,
        figures: CallFiguresBody::new(&outcome.figures, currency),
        success_rate_interval: outcome
            .interval
            .map(|Interval { low, high }| Interval { low: four_places(low), high: four_places(high) }),
    };
    let variants = outcomes.into_iter().map(result).collect();
    Ok(Json(SplitResults { verdict, statement, better, p_value: p_value.map(four_places), variants }))
}

/// End an experiment
///
/// Ends an experiment: runs without a version get the current one again. With `winner`, that version becomes the
/// current one.
#[utoipa::path(
    post, path = "/splits/{id}/end", tag = "Splits",
    params(("id" = uuid::Uuid, Path, description = "Id of the experiment")),
    request_body = EndSplit,
    responses((status = 200, body = SplitBody)),
)]
pub(crate) async fn split_end(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<SplitId>,
    Json(body): Json<EndSplit>,
) -> Answer<Json<SplitBody>> {
    caller.allow(WORKFLOWS_WRITE)?;
    let mut tx = backbone.db.tenant(&caller).begin().await?;
    let split = split::split_end(&mut tx, id, body.winner).await?;
    tx.commit().await?;
    Ok(Json(split.into()))
}
