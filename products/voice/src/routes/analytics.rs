//! `/analytics`.

use axum::extract::State;
use freehold_core::{Caller, Error, Id, Result};
use freehold_web::{Answer, Authenticated, Backbone, Json, Query};
use serde::Deserialize;

use super::analytics_body::{
    AnalyticsGroupBody, AnalyticsGroupList, AnalyticsPeriodBody, AnalyticsRangeBody, CallAnalyticsBody, CallFiguresBody,
};
use crate::{
    ADVANCED_ANALYTICS, ANALYTICS_READ, BASIC_ANALYTICS,
    analytics::{self, By, Figures, Filter, Period, Range, RangeText},
};

/// The calls to count and the grouping.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallsQuery {
    /// First day of the range, such as `2026-03-01`; 30 days up to the last day when left out.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<String>,
    /// Last day of the range; today when left out.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<String>,
    /// Grouping of the calls: `day` (the default) or `hour`.
    #[param(value_type = Option<By>)]
    by: Option<String>,
    /// Time zone of the days, by its IANA name such as `Europe/Berlin`; `UTC` when left out.
    time_zone: Option<String>,
    /// Count only the calls of the workflow with this id.
    #[param(value_type = Option<uuid::Uuid>)]
    workflow_id: Option<String>,
    /// Count only the calls of the campaign with this id.
    #[param(value_type = Option<uuid::Uuid>)]
    campaign_id: Option<String>,
}

/// The days to count.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct DaysQuery {
    /// First day of the range, such as `2026-03-01`; 30 days up to the last day when left out.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<String>,
    /// Last day of the range; today when left out.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<String>,
    /// Time zone of the days, by its IANA name such as `Europe/Berlin`; `UTC` when left out.
    time_zone: Option<String>,
}

impl DaysQuery {
    pub(crate) fn range(&self, backbone: &Backbone) -> Result<Range> {
        let (from, to, time_zone) = (self.from.as_deref(), self.to.as_deref(), self.time_zone.as_deref());
        Range::parse(RangeText { from, to, time_zone, by: None }, backbone.clock.now())
    }
}

/// The counted calls of a query.
pub(crate) struct Calls {
    pub(crate) range: Range,
    pub(crate) data: Vec<(Period, Figures)>,
    /// The names of the selected workflow and campaign.
    pub(crate) names: Vec<String>,
}

/// Counts the calls of a query, if the plan includes it.
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

/// An error, unless the caller's plan includes the module.
pub(crate) async fn require(backbone: &Backbone, caller: &Caller, module: &str) -> Result<()> {
    backbone.entitlements.module_require(&backbone.db, caller, module).await
}

fn id<K>(pointer: &str, text: Option<&str>) -> Result<Option<Id<K>>> {
    let read = |text: &str| text.parse().map_err(|_| Error::invalid(pointer, "expected an id (a UUID)"));
    text.map(read).transpose()
}

/// Count calls
///
/// Returns the number, success, duration and cost of your calls by day or hour. A call counts once it has ended, in the
/// day and hour in which it began, in `time_zone`. Hours, and the calls of one campaign, need advanced analytics. At
/// most 366 days, or 31 by hour.
#[utoipa::path(get, path = "/analytics/calls", tag = "Analytics", params(CallsQuery),
    responses((status = 200, body = CallAnalyticsBody)))]
pub(crate) async fn call_analytics_get(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Query(query): Query<CallsQuery>,
) -> Answer<Json<CallAnalyticsBody>> {
    let Calls { range, data, .. } = calls(&backbone, &caller, &query).await?;
    let currency = backbone.product.currency;
    let total: Figures = data.iter().map(|(_, figures)| *figures).sum();
    Ok(Json(CallAnalyticsBody {
        by: range.by,
        range: AnalyticsRangeBody::from(&range),
        data: data.into_iter().map(|(period, figures)| AnalyticsPeriodBody::new(period, &figures, currency)).collect(),
        total: CallFiguresBody::new(&total, currency),
    }))
}

/// Count calls by workflow
///
/// Returns the calls of every workflow that had some in the range, including deleted workflows.
#[utoipa::path(get, path = "/analytics/workflows", tag = "Analytics", params(DaysQuery),
    responses((status = 200, body = AnalyticsGroupList)))]
pub(crate) async fn workflow_analytics_list(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Query(query): Query<DaysQuery>,
) -> Answer<Json<AnalyticsGroupList>> {
    let (range, groups) = workflow_groups(&backbone, &caller, &query).await?;
    Ok(Json(list(&backbone, &range, groups)))
}

/// Count calls by campaign
///
/// Returns the calls of every campaign that made some in the range. Needs advanced analytics.
#[utoipa::path(get, path = "/analytics/campaigns", tag = "Analytics", params(DaysQuery),
    responses((status = 200, body = AnalyticsGroupList)))]
pub(crate) async fn campaign_analytics_list(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Query(query): Query<DaysQuery>,
) -> Answer<Json<AnalyticsGroupList>> {
    let (range, groups) = campaign_groups(&backbone, &caller, &query).await?;
    Ok(Json(list(&backbone, &range, groups)))
}

fn list(backbone: &Backbone, range: &Range, groups: Vec<analytics::Group>) -> AnalyticsGroupList {
    let currency = backbone.product.currency;
    AnalyticsGroupList {
        range: range.into(),
        data: groups.into_iter().map(|group| AnalyticsGroupBody::new(group, currency)).collect(),
    }
}

/// The calls of every workflow, if the plan includes that.
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

/// The calls of every campaign, if the plan includes that.
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
