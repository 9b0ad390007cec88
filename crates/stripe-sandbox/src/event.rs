//! Events, which webhooks deliver and `GET /v1/events` lists.

mod record;

use serde_json::Value;

pub(crate) use record::{Event, RequestRef, is};

use crate::{
    account::Account,
    error::{Result, StripeError},
    form::Params,
    list,
};

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
