//! What is told outside.

use freehold_jobs::outbox::{Event, EventType};
use serde::Serialize;
use utoipa::ToSchema;

/// The catalog of this room.
pub const ALL: &[EventType] = &[EventType::of::<ThresholdReached>()];

/// `usage.threshold_reached`. Published by `freehold.usage_tell`.
#[derive(Debug, Serialize, ToSchema)]
pub struct ThresholdReached {
    /// Of what: `calls`.
    pub meter: &'static str,
    /// 80, 90 or 100.
    #[schema(minimum = 80, maximum = 100)]
    pub percent: i16,
    /// How much is used, or promised to what is under way.
    pub used: i64,
    /// How much the plan includes.
    pub limit: i64,
    /// When the period began; null for what exists and can be deleted.
    #[schema(format = DateTime)]
    pub period_start: Option<&'static str>,
}

impl Event for ThresholdReached {
    const TYPE: &'static str = "usage.threshold_reached";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "80, 90 or 100 % of a limit of the plan are used: each told once a period, and of what exists \
                                   and can be deleted once a day. When several are crossed at once, the highest.";
    fn sample() -> Self {
        Self { meter: "calls", percent: 80, used: 400, limit: 500, period_start: Some("2026-07-01T00:00:00Z") }
    }
}
