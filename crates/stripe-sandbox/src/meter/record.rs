//! A meter and its events, as they are stored and shown.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// How events are combined to one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Formula {
    Count,
    Last,
    Sum,
}

/// A meter.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Meter {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(super) updated: i64,
    pub(super) display_name: String,
    pub(crate) event_name: String,
    pub(super) customer_key: String,
    pub(super) value_key: String,
    pub(super) formula: Formula,
    pub(super) deactivated_at: Option<i64>,
}

/// A report of usage.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct MeterEvent {
    pub(super) event_name: String,
    pub(super) identifier: String,
    pub(crate) customer: String,
    pub(super) value: i64,
    pub(super) timestamp: i64,
}

impl Meter {
    pub(crate) fn to_json(&self) -> Value {
        let formula = match self.formula {
            Formula::Count => "count",
            Formula::Last => "last",
            Formula::Sum => "sum",
        };
        json!({
            "id": self.id,
            "object": "billing.meter",
            "created": self.created,
            "customer_mapping": { "event_payload_key": self.customer_key, "type": "by_id" },
            "default_aggregation": { "formula": formula },
            "display_name": self.display_name,
            "event_name": self.event_name,
            "event_time_window": null,
            "livemode": false,
            "status": if self.deactivated_at.is_some() { "inactive" } else { "active" },
            "status_transitions": { "deactivated_at": self.deactivated_at },
            "updated": self.updated,
            "value_settings": { "event_payload_key": self.value_key },
        })
    }
}
