//! Events: what happened, as webhooks tell it and `GET /v1/events` lists it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    account::{Account, noun},
    error::{Result, StripeError},
    form::Params,
    list,
    version::API_VERSION,
};

/// Which request caused an event.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RequestRef {
    pub(crate) id: String,
    pub(crate) idempotency_key: Option<String>,
}

/// Something that happened.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) kind: String,
    pub(crate) object: Value,
    previous: Option<Value>,
    request: Option<RequestRef>,
    /// Deliveries that are still to be made.
    pub(crate) waiting: u32,
    /// Deliveries that were given up, or that chaos dropped.
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
    /// Tells everybody that `kind` happened to `object`.
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

/// Whether an event's type is the wanted one; `*` at the end stands for anything.
pub(crate) fn is(kind: &str, wanted: &str) -> bool {
    wanted.strip_suffix('*').map_or(kind == wanted, |start| kind.starts_with(start))
}
