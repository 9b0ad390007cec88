//! Response bodies of analytics.

use freehold_core::Currency;
use jiff::{Timestamp, civil::Date};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::run_body::CallCostBody;
use crate::analytics::{By, Figures, Group, Period, Range};

/// The figures of a group of calls.
#[derive(Serialize, ToSchema)]
pub(crate) struct CallFiguresBody {
    /// Number of ended calls, successful or not; cancelled ones do not count.
    calls: i64,
    /// Number of completed calls, which are those that the plan counts.
    completed: i64,
    /// Number of failed calls.
    failed: i64,
    /// Number of calls that achieved the goal of their workflow.
    succeeded: i64,
    /// Share of all calls that succeeded, from 0 to 1 with four decimals; null without calls.
    #[schema(minimum = 0, maximum = 1)]
    success_rate: Option<f64>,
    /// Total duration of the calls, in milliseconds.
    duration_ms: i64,
    /// Average duration of a call, in milliseconds; null without calls.
    average_duration_ms: Option<i64>,
    /// Total cost of the calls, in the product's currency.
    cost: CallCostBody,
}

impl CallFiguresBody {
    pub(crate) fn new(figures: &Figures, currency: Currency) -> Self {
        Self {
            calls: figures.calls,
            completed: figures.completed,
            failed: figures.failed(),
            succeeded: figures.succeeded,
            success_rate: figures.success_rate().map(four_places),
            duration_ms: figures.duration_ms,
            average_duration_ms: figures.average_duration_ms(),
            cost: CallCostBody { minor: figures.cost_minor, currency: currency.code().to_owned() },
        }
    }
}

/// More decimals would suggest an accuracy that is not there.
pub(crate) fn four_places(rate: f64) -> f64 {
    (rate * 10_000.0).round() / 10_000.0
}

/// The counted days.
#[derive(Serialize, ToSchema)]
pub(crate) struct AnalyticsRangeBody {
    /// First day of the range.
    #[schema(value_type = String, format = Date)]
    from: Date,
    /// Last day of the range.
    #[schema(value_type = String, format = Date)]
    to: Date,
    /// Time zone of the days, by its IANA name.
    time_zone: String,
}

impl From<&Range> for AnalyticsRangeBody {
    fn from(range: &Range) -> Self {
        Self { from: range.from, to: range.to, time_zone: range.zone_name().to_owned() }
    }
}

/// The calls of a day or an hour.
#[derive(Serialize, ToSchema)]
pub(crate) struct AnalyticsPeriodBody {
    /// Start of the day or hour, UTC.
    #[schema(value_type = String, format = DateTime)]
    starts_at: Timestamp,
    /// Start in the time zone: `2026-03-15`, or `2026-03-15T13:00-04:00` for an hour.
    local: String,
    #[serde(flatten)]
    figures: CallFiguresBody,
}

impl AnalyticsPeriodBody {
    pub(crate) fn new(period: Period, figures: &Figures, currency: Currency) -> Self {
        let Period { starts_at, local } = period;
        Self { starts_at, local, figures: CallFiguresBody::new(figures, currency) }
    }
}

/// The calls of a range, by day or by hour.
#[derive(Serialize, ToSchema)]
pub(crate) struct CallAnalyticsBody {
    #[serde(flatten)]
    pub(crate) range: AnalyticsRangeBody,
    /// Grouping of the calls: `day` or `hour`.
    pub(crate) by: By,
    /// Every day or hour of the range in order, including those without calls.
    pub(crate) data: Vec<AnalyticsPeriodBody>,
    /// The figures of the whole range.
    pub(crate) total: CallFiguresBody,
}

/// The calls of a workflow or campaign.
#[derive(Serialize, ToSchema)]
pub(crate) struct AnalyticsGroupBody {
    /// Id of the workflow or campaign.
    id: Uuid,
    /// Name of the workflow or campaign.
    name: String,
    #[serde(flatten)]
    figures: CallFiguresBody,
}

impl AnalyticsGroupBody {
    pub(crate) fn new(group: Group, currency: Currency) -> Self {
        let Group { id, name, figures } = group;
        Self { id, name, figures: CallFiguresBody::new(&figures, currency) }
    }
}

/// The calls of every workflow or campaign that had some.
#[derive(Serialize, ToSchema)]
pub(crate) struct AnalyticsGroupList {
    #[serde(flatten)]
    pub(crate) range: AnalyticsRangeBody,
    /// The groups, those with the most calls first, at most 200.
    #[schema(max_items = 200)]
    pub(crate) data: Vec<AnalyticsGroupBody>,
}
