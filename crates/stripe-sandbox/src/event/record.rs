//! An event, as it is stored and shown.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::version::API_VERSION;

/// The request that caused an event.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RequestRef {
    pub(crate) id: String,
    pub(crate) idempotency_key: Option<String>,
}

/// An event.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) kind: String,
    pub(crate) object: Value,
    pub(super) previous: Option<Value>,
    pub(super) request: Option<RequestRef>,
    /// How many deliveries are still waiting.
    pub(crate) waiting: u32,
    /// How many deliveries failed or were dropped by chaos.
    pub(crate) failed: u32,
}

impl Event {
    pub(crate) fn to_json(&self) -> Value {
        let mut data = json!({ "object": self.object });
        if let Some(previous) = &self.previous {
            data["previous_attributes"] = previous.clone();
        }
        let request = self.request.as_ref();
        json!({
            "id": self.id,
            "object": "event",
            "api_version": API_VERSION,
            "created": self.created,
            "data": data,
            "livemode": false,
            "pending_webhooks": self.waiting,
            "request": {
                "id": request.map(|request| &request.id),
                "idempotency_key": request.and_then(|request| request.idempotency_key.as_ref()),
            },
            "type": self.kind,
        })
    }
}

/// Whether an event type matches a pattern; `*` at the end matches anything.
pub(crate) fn is(kind: &str, wanted: &str) -> bool {
    wanted.strip_suffix('*').map_or(kind == wanted, |start| kind.starts_with(start))
}
