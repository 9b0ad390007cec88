//! `/splits`, and those of a workflow.

use axum::{extract::State, http::StatusCode, response::Response};
use freehold_core::Cursor;
use freehold_web::{Answer, Attempt, Authenticated, Backbone, Creation, Json, Paging, Path, Query};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    analytics::require,
    analytics_body::{FiguresBody, four_places},
};
use crate::{
    ADVANCED_ANALYTICS, ANALYTICS_READ, WORKFLOWS_READ, WORKFLOWS_WRITE,
    split::{self, Interval, Judgement, Split, SplitId, Variant, VariantOutcome, Verdict},
    workflow::{WorkflowId, workflow_get},
};

/// A split to be started.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SplitNew {
    /// Two to ten versions, each with its weight.
    #[schema(min_items = 2, max_items = 10)]
    variants: Vec<Variant>,
}

/// How a split ends.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SplitEnd {
    /// The version that becomes the workflow's current one; when left out, the current version stays what it is.
    winner: Option<i32>,
}

/// A comparison of versions of one workflow.
#[derive(Serialize, ToSchema)]
pub(crate) struct SplitBody {
    /// Which.
    #[schema(value_type = uuid::Uuid)]
    id: SplitId,
    /// Of which workflow.
    #[schema(value_type = uuid::Uuid)]
    workflow_id: WorkflowId,
    /// What is compared. It never changes.
    variants: Vec<Variant>,
    /// The version that became current when it ended; null: none did.
    winner: Option<i32>,
    /// Since when runs are divided.
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    /// Until when; null: still.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
}

impl From<Split> for SplitBody {
    fn from(split: Split) -> Self {
        let Split { id, workflow_id, variants, winner, started_at, ended_at } = split;
        Self { id, workflow_id, variants: variants.0, winner, started_at, ended_at }
    }
}

/// A page of splits.
#[derive(Serialize, ToSchema)]
pub(crate) struct SplitPage {
    /// The newest first.
    data: Vec<SplitBody>,
    /// Send it as `cursor` for the next page.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Cursor>,
}

/// What the runs of a split say.
#[derive(Serialize, ToSchema)]
pub(crate) struct SplitResults {
    /// In a word.
    verdict: Verdict,
    /// In a sentence.
    statement: String,
    /// The version that does clearly better; null: none does.
    better: Option<i32>,
    /// How often chance alone would make a difference at least as large, from 0 to 1; null: too few runs to tell.
    p_value: Option<f64>,
    /// Every variant, in the split's order.
    variants: Vec<VariantResult>,
}

/// What the runs of one variant say.
#[derive(Serialize, ToSchema)]
pub(crate) struct VariantResult {
    #[serde(flatten)]
    variant: Variant,
    #[serde(flatten)]
    figures: FiguresBody,
    /// Where the success rate of many more runs would lie, with 95 % confidence; null without runs.
    success_rate_interval: Option<Interval>,
}

/// Start a split
///
/// Compares versions of a workflow: from now on runs that name no version are divided among these by weight. A run with
/// a `contact` always gets the same version for the same contact. One split of a workflow runs at a time; while it does,
/// a change of the graph makes a new version as ever, but nobody gets it who does not name it.
#[utoipa::path(post, path = "/workflows/{id}/splits", tag = "Splits", params(("id" = uuid::Uuid, Path),
    ("Idempotency-Key" = Option<String>, Header, description = "A retry with the same key gets the first answer again")),
    request_body = SplitNew, responses((status = 201, body = SplitBody)))]
pub(crate) async fn split_start(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<WorkflowId>,
    creation: Creation<SplitNew>,
) -> Answer<Response> {
    caller.allow(WORKFLOWS_WRITE)?;
    let (mut fresh, body) = match creation.attempt(&backbone, &caller).await? {
        Attempt::Fresh(fresh, body) => (fresh, body),
        Attempt::Replay(answer) => return Ok(answer),
    };
    let place = (caller.tenant(), backbone.ids.next());
    let split = split::split_start(&mut fresh.tx, place, id, body.variants, backbone.clock.now()).await?;
    Ok(fresh.finish(StatusCode::CREATED, &SplitBody::from(split)).await?)
}

/// List a workflow's splits
///
/// The splits of a workflow.
#[utoipa::path(get, path = "/workflows/{id}/splits", tag = "Splits", params(("id" = uuid::Uuid, Path),
    ("limit" = Option<i64>, Query), ("cursor" = Option<String>, Query)), responses((status = 200, body = SplitPage)))]
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

/// Read a split
///
/// A split: what it compares, and since when.
#[utoipa::path(get, path = "/splits/{id}", tag = "Splits", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = SplitBody)))]
pub(crate) async fn split_get(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<SplitId>,
) -> Answer<Json<SplitBody>> {
    caller.allow(WORKFLOWS_READ)?;
    Ok(Json(split::split_get(&backbone.db, &caller, id).await?.into()))
}

/// Judge a split
///
/// The runs of each variant that have ended, and whether one variant does better than the others by more than chance
/// would make it: a two-proportion z test of the success rates (pooled, both sides; of more than two variants the best
/// one against each other one, corrected after Bonferroni), clear below 0.05. It is made for one look: decide beforehand
/// how many runs you wait for, for who looks every day and stops at the first clear difference is sometimes fooled. Part
/// of advanced analytics.
#[utoipa::path(get, path = "/splits/{id}/results", tag = "Splits", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = SplitResults)))]
pub(crate) async fn split_results(
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
    let result = |outcome: VariantOutcome| VariantResult {
        variant: outcome.variant,
        figures: FiguresBody::new(&outcome.figures, currency),
        success_rate_interval: outcome
            .interval
            .map(|Interval { low, high }| Interval { low: four_places(low), high: four_places(high) }),
    };
    let variants = outcomes.into_iter().map(result).collect();
    Ok(Json(SplitResults { verdict, statement, better, p_value: p_value.map(four_places), variants }))
}

/// End a split
///
/// Ends a split: every run that names no version gets the current one again. With a winner, that version becomes the
/// current one.
#[utoipa::path(post, path = "/splits/{id}/end", tag = "Splits", params(("id" = uuid::Uuid, Path)),
    request_body = SplitEnd, responses((status = 200, body = SplitBody)))]
pub(crate) async fn split_end(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<SplitId>,
    Json(body): Json<SplitEnd>,
) -> Answer<Json<SplitBody>> {
    caller.allow(WORKFLOWS_WRITE)?;
    let mut tx = backbone.db.tenant(&caller).begin().await?;
    let split = split::split_end(&mut tx, id, body.winner, backbone.clock.now()).await?;
    tx.commit().await?;
    Ok(Json(split.into()))
}
