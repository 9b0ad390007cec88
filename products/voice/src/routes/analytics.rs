//! `/analytics`.

use axum::extract::State;
use freehold_core::{Caller, Error, Id, Result};
use freehold_web::{Answer, Authenticated, Backbone, Json, Query};
use serde::Deserialize;

use super::analytics_body::{CallsBody, FiguresBody, GroupBody, GroupList, PeriodBody, RangeBody};
use crate::{
    ADVANCED_ANALYTICS, ANALYTICS_READ, BASIC_ANALYTICS,
    analytics::{self, By, Figures, Filter, Period, Range, RangeText},
};

/// Which calls, counted how.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallsQuery {
    /// The first day, as `2026-03-01`; when left out, thirty days up to the last.
    from: Option<String>,
    /// The last day; when left out, today.
    to: Option<String>,
    /// `day`, which it is when left out, or `hour`.
    by: Option<String>,
    /// A name of the IANA database, as `Europe/Berlin`; when left out, `UTC`.
    time_zone: Option<String>,
    /// Only this workflow's calls.
    #[param(value_type = Option<uuid::Uuid>)]
    workflow_id: Option<String>,
    /// Only this campaign's calls.
    #[param(value_type = Option<uuid::Uuid>)]
    campaign_id: Option<String>,
}

/// Which days.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct DaysQuery {
    /// The first day, as `2026-03-01`; when left out, thirty days up to the last.
    from: Option<String>,
    /// The last day; when left out, today.
    to: Option<String>,
    /// A name of the IANA database, as `Europe/Berlin`; when left out, `UTC`.
    time_zone: Option<String>,
}

impl DaysQuery {
    pub(crate) fn range(&self, backbone: &Backbone) -> Result<Range> {
        let (from, to, time_zone) = (self.from.as_deref(), self.to.as_deref(), self.time_zone.as_deref());
        Range::parse(RangeText { from, to, time_zone, by: None }, backbone.clock.now())
    }
}

/// Calls that were asked for.
pub(crate) struct Calls {
    pub(crate) range: Range,
    pub(crate) data: Vec<(Period, Figures)>,
    /// The names of the workflow and of the campaign that are meant.
    pub(crate) names: Vec<String>,
}

/// Counts what was asked for, if the plan contains it.
pub(crate) async fn calls(backbone: &Backbone, caller: &Caller, query: &CallsQuery) -> Result<Calls> {
    caller.allow(ANALYTICS_READ)?;
    let text = RangeText {
        from: query.from.as_deref(),
        to: query.to.as_deref(),
        by: query.by.as_deref(),
        time_zone: query.time_zone.as_deref(),
    };
    let range = Range::parse(text, backbone.clock.now())?;
    let workflow = id("?workflow_id", query.workflow_id.as_deref())?;
    let filter = Filter { workflow, campaign: id("?campaign_id", query.campaign_id.as_deref())? };
    let basic = range.by == By::Day && filter.campaign.is_none();
    require(backbone, caller, if basic { BASIC_ANALYTICS } else { ADVANCED_ANALYTICS }).await?;
    let names = analytics::filter_names(&backbone.db, caller, filter).await?;
    let currency = backbone.product.currency.code();
    let data = analytics::call_list(&backbone.db, caller, &range, filter, currency).await?;
    Ok(Calls { range, data, names })
}

/// Nothing, when the caller's plan contains the module.
pub(crate) async fn require(backbone: &Backbone, caller: &Caller, module: &str) -> Result<()> {
    backbone.entitlements.module_require(&backbone.db, caller, module).await
}

fn id<K>(pointer: &str, text: Option<&str>) -> Result<Option<Id<K>>> {
    let read = |text: &str| text.parse().map_err(|_| Error::invalid(pointer, "expected an id (a UUID)"));
    text.map(read).transpose()
}

/// Count calls
///
/// Your calls by day, or by hour: how many, how many succeeded, how long they took, what they cost. A call counts when
/// it has ended, in the day and hour in which it began. Days and hours are those of `time_zone`; hours, and the calls of
/// one campaign, are part of advanced analytics. At most 366 days, by hour 31.
#[utoipa::path(get, path = "/analytics/calls", tag = "Analytics", params(CallsQuery),
    responses((status = 200, body = CallsBody)))]
pub(crate) async fn call_list(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Query(query): Query<CallsQuery>,
) -> Answer<Json<CallsBody>> {
    let Calls { range, data, .. } = calls(&backbone, &caller, &query).await?;
    let currency = backbone.product.currency;
    let total: Figures = data.iter().map(|(_, figures)| *figures).sum();
    Ok(Json(CallsBody {
        by: range.by.name(),
        range: RangeBody::from(&range),
        data: data.into_iter().map(|call| PeriodBody::new(call, currency)).collect(),
        total: FiguresBody::new(&total, currency),
    }))
}

/// Count calls by workflow
///
/// The calls of every workflow that had some in these days, deleted workflows too.
#[utoipa::path(get, path = "/analytics/workflows", tag = "Analytics", params(DaysQuery),
    responses((status = 200, body = GroupList)))]
pub(crate) async fn workflow_call_list(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Query(query): Query<DaysQuery>,
) -> Answer<Json<GroupList>> {
    let (range, groups) = workflow_groups(&backbone, &caller, &query).await?;
    Ok(Json(list(&backbone, &range, groups)))
}

/// Count calls by campaign
///
/// The calls of every campaign that made some in these days. Part of advanced analytics.
#[utoipa::path(get, path = "/analytics/campaigns", tag = "Analytics", params(DaysQuery),
    responses((status = 200, body = GroupList)))]
pub(crate) async fn campaign_call_list(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Query(query): Query<DaysQuery>,
) -> Answer<Json<GroupList>> {
    let (range, groups) = campaign_groups(&backbone, &caller, &query).await?;
    Ok(Json(list(&backbone, &range, groups)))
}

fn list(backbone: &Backbone, range: &Range, groups: Vec<analytics::Group>) -> GroupList {
    let currency = backbone.product.currency;
    GroupList { range: range.into(), data: groups.into_iter().map(|group| GroupBody::new(group, currency)).collect() }
}

/// The calls of every workflow, if the plan contains that.
pub(crate) async fn workflow_groups(
    backbone: &Backbone,
    caller: &Caller,
    query: &DaysQuery,
) -> Result<(Range, Vec<analytics::Group>)> {
    caller.allow(ANALYTICS_READ)?;
    require(backbone, caller, BASIC_ANALYTICS).await?;
    let (range, currency) = (query.range(backbone)?, backbone.product.currency.code());
    let groups = analytics::workflow_call_list(&backbone.db, caller, &range, currency).await?;
    Ok((range, groups))
}

/// The calls of every campaign, if the plan contains that.
pub(crate) async fn campaign_groups(
    backbone: &Backbone,
    caller: &Caller,
    query: &DaysQuery,
) -> Result<(Range, Vec<analytics::Group>)> {
    caller.allow(ANALYTICS_READ)?;
    require(backbone, caller, ADVANCED_ANALYTICS).await?;
    let (range, currency) = (query.range(backbone)?, backbone.product.currency.code());
    let groups = analytics::campaign_call_list(&backbone.db, caller, &range, currency).await?;
    Ok((range, groups))
}
