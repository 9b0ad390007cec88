//! The events of metering for webhooks and `GET /events`.

use freehold_jobs::outbox::{Event, EventType};
use serde::Serialize;
use utoipa::ToSchema;

/// The event types of metering.
pub const ALL: &[EventType] = &[EventType::of::<ThresholdReached>()];

/// The content of `usage.threshold_reached`, which `freehold.usage_tell` publishes.
#[derive(Debug, Serialize, ToSchema)]
pub struct ThresholdReached {
    /// Id of the meter, such as `calls`.
    pub meter: &'static str,
    /// Percentage of the limit that was reached: 80, 90 or 100.
    #[schema(minimum = 80, maximum = 100)]
    pub percent: i16,
    /// Usage in the meter's unit, including what is reserved for running actions.
    pub used: i64,
    /// The plan's limit in the meter's unit.
    pub limit: i64,
    /// Start of the current period, UTC; null for levels.
    #[schema(format = DateTime)]
    pub period_start: Option<&'static str>,
}

impl Event for ThresholdReached {
    const TYPE: &'static str = "usage.threshold_reached";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "80, 90 or 100 % of a plan's limit are used. Published once a period for counters and once a \
                                   day for levels; when several are reached at once, only for the highest.";
    fn sample() -> Self {
        Self { meter: "calls", percent: 80, used: 400, limit: 500, period_start: Some("2026-07-01T00:00:00Z") }
    }
}
