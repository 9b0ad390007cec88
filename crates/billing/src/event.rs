//! The events of billing for webhooks and `GET /events`.

use freehold_core::Plan;
use freehold_jobs::outbox::{Event, EventType};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// The event types of billing.
pub const ALL: &[EventType] = &[EventType::of::<StateChanged>(), EventType::of::<PlanChanged>()];

/// A version of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlanTold {
    /// Id of the plan, such as `pro`.
    pub id: String,
    /// Version of the plan, from 1.
    pub version: i32,
}

impl From<&Plan> for PlanTold {
    fn from(plan: &Plan) -> Self {
        Self { id: plan.id.clone(), version: plan.version }
    }
}

/// The content of `billing.state_changed`. One type covers all states, so that a receiver needs only one handler; `to`
/// is the new state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct StateChanged {
    /// State before the change: `free`, `trialing`, `active`, `past_due`, `suspended`, `cancelled` or `archived`.
    pub from: String,
    /// State after the change, one of the same values.
    pub to: String,
    /// What the organization may do: `good` (everything), `suspended` (read-only) or `archived` (only paying and
    /// leaving).
    pub standing: String,
    /// Plan of the organization after the change.
    pub plan: PlanTold,
    /// When the new state began, UTC.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// When the state ends by itself, UTC: the end of the trial, the grace period or the time that data is kept; null
    /// when only an action ends it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
}

impl Event for StateChanged {
    const TYPE: &'static str = "billing.state_changed";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "The billing state of the organization changed: a trial began or ended, a payment failed or succeeded, the grace \
         period or the time that data is kept ended.";
    fn sample() -> Self {
        Self {
            from: "active".to_owned(),
            to: "past_due".to_owned(),
            standing: "good".to_owned(),
            plan: PlanTold { id: "pro".to_owned(), version: 1 },
            since: sample_time(1_785_402_000),
            until: Some(sample_time(1_786_006_800)),
        }
    }
}

/// The content of `billing.plan_changed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlanChanged {
    /// Plan before the change.
    pub from: PlanTold,
    /// Plan after the change; its limits apply already.
    pub to: PlanTold,
    /// State of the organization, such as `active`.
    pub state: String,
}

impl Event for PlanChanged {
    const TYPE: &'static str = "billing.plan_changed";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "The organization changed to another plan, or to another version of its plan.";
    fn sample() -> Self {
        Self {
            from: PlanTold { id: "free".to_owned(), version: 1 },
            to: PlanTold { id: "pro".to_owned(), version: 1 },
            state: "active".to_owned(),
        }
    }
}

/// A time for the samples, in seconds since 1970.
fn sample_time(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or_default()
}
