//! What is told outside.

use freehold_core::Plan;
use freehold_jobs::outbox::{Event, EventType};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// The catalog of this room.
pub const ALL: &[EventType] = &[EventType::of::<StateChanged>(), EventType::of::<PlanChanged>()];

/// A plan in one of its versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlanTold {
    /// Its id: `pro`.
    pub id: String,
    /// Its version, from 1.
    pub version: i32,
}

impl From<&Plan> for PlanTold {
    fn from(plan: &Plan) -> Self {
        Self { id: plan.id.clone(), version: plan.version }
    }
}

/// `billing.state_changed`. One type for all states, so that whoever keeps a copy needs one handler; `to` says which.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct StateChanged {
    /// The state before: `free`, `trialing`, `active`, `past_due`, `suspended`, `cancelled` or `archived`.
    pub from: String,
    /// The state now: one of the same.
    pub to: String,
    /// `good`: everything works; `suspended`: only reading does; `archived`: only paying and leaving.
    pub standing: String,
    /// The plan it is on now.
    pub plan: PlanTold,
    /// When the state began.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// When time alone ends it: the trial, the days of grace, or those that data is kept. Null: nothing but somebody does.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
}

impl Event for StateChanged {
    const TYPE: &'static str = "billing.state_changed";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "The organization stands elsewhere with its money: a trial began or ended, a payment failed or came, days of grace or \
         of keeping data are over.";
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

/// `billing.plan_changed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlanChanged {
    /// The plan before.
    pub from: PlanTold,
    /// The plan now. Its limits hold already.
    pub to: PlanTold,
    /// The state of the organization now: `active`.
    pub state: String,
}

impl Event for PlanChanged {
    const TYPE: &'static str = "billing.plan_changed";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "The organization is on another plan, or on another version of its plan.";
    fn sample() -> Self {
        Self {
            from: PlanTold { id: "free".to_owned(), version: 1 },
            to: PlanTold { id: "pro".to_owned(), version: 1 },
            state: "active".to_owned(),
        }
    }
}

/// A time of the catalog, from seconds since 1970.
fn sample_time(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or_default()
}
