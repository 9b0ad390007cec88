//! Events, which webhooks deliver and `GET /v1/events` lists.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    account::{Account, noun},
    error::{Result, StripeError},
    form::Params,
    list,
    version::API_VERSION,
};

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
    previous: Option<Value>,
    request: Option<RequestRef>,
    /// How many deliveries are still waiting.
    pub(crate) waiting: u32,
    /// How many deliveries failed or were dropped by chaos.
    pub(crate) failed: u32,
}

noun!(Event, events, "event", "");

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

impl Account {
    /// Publishes the event `kind` for `object`.
    pub(crate) fn emit(&mut self, kind: &str, object: Value, previous: Option<Value>) {
        if self.preview || kind.is_empty() {
            return;
        }
        let id = self.id("evt");
        let event = Event {
            id: id.clone(),
            created: self.now,
            kind: kind.to_owned(),
            object,
            previous,
            request: self.request.clone(),
            waiting: 0,
            failed: 0,
        };
        self.events.insert(&id, event);
        self.deliveries_queue(&id, kind);
    }
}

/// `GET /v1/events`
pub(crate) fn index(account: &Account, mut params: Params) -> Result<Value> {
    let kind = params.text("type")?;
    let kinds = params.texts("types")?;
    if kind.is_some() && kinds.is_some() {
        return Err(StripeError::invalid("You may only specify one of these parameters: type, types."));
    }
    let success = params.flag("delivery_success")?;
    list::list(account, &mut params, "/v1/events", |event: &Event| {
        kind.as_ref().is_none_or(|kind| is(&event.kind, kind))
            && kinds.as_ref().is_none_or(|kinds| kinds.iter().any(|kind| is(&event.kind, kind)))
            && success.is_none_or(|success| success == (event.waiting == 0 && event.failed == 0))
    })
}

/// Whether an event type matches a pattern; `*` at the end matches anything.
pub(crate) fn is(kind: &str, wanted: &str) -> bool {
    wanted.strip_suffix('*').map_or(kind == wanted, |start| kind.starts_with(start))
}
