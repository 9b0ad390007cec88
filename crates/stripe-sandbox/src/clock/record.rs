//! A test clock, as it is stored and shown.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// One of Stripe's test clocks.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct TestClock {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) frozen_time: i64,
    pub(super) name: Option<String>,
    pub(super) advancing: bool,
}

impl TestClock {
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "object": "test_helpers.test_clock",
            "created": self.created,
            "deletes_after": self.created + 30 * 86_400,
            "frozen_time": self.frozen_time,
            "livemode": false,
            "name": self.name,
            "status": if self.advancing { "advancing" } else { "ready" },
            "status_details": if self.advancing { json!({ "advancing": { "target_frozen_time": self.frozen_time } }) } else { json!({}) },
        })
    }
}
