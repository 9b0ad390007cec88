//! Calls, counted, as the API shows them.

use freehold_core::Currency;
use jiff::{Timestamp, civil::Date};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::run_body::CostBody;
use crate::analytics::{Figures, Group, Period, Range};

/// What came of a number of calls.
#[derive(Serialize, ToSchema)]
pub(crate) struct FiguresBody {
    /// Calls that ended, well or not. Cancelled ones were no calls.
    calls: i64,
    /// Calls that came to an end by themselves: those that the plan counts.
    completed: i64,
    /// Calls that failed.
    failed: i64,
    /// Calls that came to what their workflow was made for.
    succeeded: i64,
    /// The share of all calls that succeeded, from 0 to 1, with four places; null without calls.
    success_rate: Option<f64>,
    /// How long all of them took together, in milliseconds.
    duration_ms: i64,
    /// How long a call took on average, in milliseconds; null without calls.
    average_duration_ms: Option<i64>,
    /// What all of them cost together, in the product's currency.
    cost: CostBody,
}

impl FiguresBody {
    pub(crate) fn new(figures: &Figures, currency: Currency) -> Self {
        Self {
            calls: figures.calls,
            completed: figures.completed,
            failed: figures.failed(),
            succeeded: figures.succeeded,
            success_rate: figures.success_rate().map(four_places),
            duration_ms: figures.duration_ms,
            average_duration_ms: figures.average_duration_ms(),
            cost: CostBody { minor: figures.cost_minor, currency: currency.code().to_owned() },
        }
    }
}

/// More places would only seem exact.
pub(crate) fn four_places(rate: f64) -> f64 {
    (rate * 10_000.0).round() / 10_000.0
}

/// Which days were counted.
#[derive(Serialize, ToSchema)]
pub(crate) struct RangeBody {
    /// The first day.
    #[schema(value_type = String, format = Date)]
    from: Date,
    /// The last day.
    #[schema(value_type = String, format = Date)]
    to: Date,
    /// Whose days they are.
    time_zone: String,
}

impl From<&Range> for RangeBody {
    fn from(range: &Range) -> Self {
        Self { from: range.from, to: range.to, time_zone: range.zone_name().to_owned() }
    }
}

/// The calls of a day or an hour.
#[derive(Serialize, ToSchema)]
pub(crate) struct PeriodBody {
    /// When it begins.
    #[schema(value_type = String, format = DateTime)]
    starts_at: Timestamp,
    /// The same on the clocks of the time zone: `2026-03-15`, or `2026-03-15T13:00-04:00`.
    local: String,
    #[serde(flatten)]
    figures: FiguresBody,
}

impl PeriodBody {
    pub(crate) fn new((period, figures): (Period, Figures), currency: Currency) -> Self {
        let Period { starts_at, local } = period;
        Self { starts_at, local, figures: FiguresBody::new(&figures, currency) }
    }
}

/// The calls of some days, by day or by hour.
#[derive(Serialize, ToSchema)]
pub(crate) struct CallsBody {
    #[serde(flatten)]
    pub(crate) range: RangeBody,
    /// `day` or `hour`.
    pub(crate) by: &'static str,
    /// Every day or hour in order, those without calls too.
    pub(crate) data: Vec<PeriodBody>,
    /// All of them together.
    pub(crate) total: FiguresBody,
}

/// The calls of a workflow or a campaign.
#[derive(Serialize, ToSchema)]
pub(crate) struct GroupBody {
    /// Which.
    id: Uuid,
    /// What you call it.
    name: String,
    #[serde(flatten)]
    figures: FiguresBody,
}

impl GroupBody {
    pub(crate) fn new(group: Group, currency: Currency) -> Self {
        let Group { id, name, figures } = group;
        Self { id, name, figures: FiguresBody::new(&figures, currency) }
    }
}

/// The calls of every workflow or campaign that had some.
#[derive(Serialize, ToSchema)]
pub(crate) struct GroupList {
    #[serde(flatten)]
    pub(crate) range: RangeBody,
    /// Those with the most calls first, 200 at most.
    pub(crate) data: Vec<GroupBody>,
}
