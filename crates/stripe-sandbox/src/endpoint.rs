//! Webhook endpoints: the URLs that events are sent to, and the secrets that sign them.

mod record;

use serde_json::{Value, json};

pub(crate) use record::Endpoint;

use crate::{
    account::{Account, Noun},
    error::{Result, StripeError},
    form::Params,
    list,
};

/// `POST /v1/webhook_endpoints`: the only response that contains the secret.
pub(crate) fn create(account: &mut Account, mut params: Params) -> Result<Value> {
    for needed in ["url", "enabled_events"] {
        if !params.has(needed) {
            return Err(StripeError::missing(needed));
        }
    }
    let mut endpoint = Endpoint::default();
    endpoint.read(&mut params)?;
    (endpoint.id, endpoint.created) = (account.id("we"), account.now);
    endpoint.secret = format!("whsec_{}", account.random.letters(32));
    let mut shown = endpoint.json();
    shown["secret"] = json!(endpoint.secret);
    account.endpoints.insert(&endpoint.id.clone(), endpoint);
    Ok(shown)
}

/// Creates the endpoint of the program that started the sandbox, or finds it by its description and sends to `url` from
/// now on. Its secret stays the same, so that waiting deliveries arrive.
pub(crate) fn own(account: &mut Account, description: &str, url: &str, events: &[&str]) -> String {
    let found = account.endpoints.iter().find(|endpoint| endpoint.description.as_deref() == Some(description)).cloned();
    let endpoint = Endpoint {
        url: url.to_owned(),
        enabled_events: events.iter().map(|&event| event.to_owned()).collect(),
        disabled: false,
        description: Some(description.to_owned()),
        ..found.unwrap_or_else(|| Endpoint {
            id: account.id("we"),
            created: account.now,
            secret: format!("whsec_{}", account.random.letters(32)),
            ..Endpoint::default()
        })
    };
    let secret = endpoint.secret.clone();
    account.unsaved = true;
    account.endpoints.insert(&endpoint.id.clone(), endpoint);
    secret
}

/// `POST /v1/webhook_endpoints/{id}`
pub(crate) fn update(account: &mut Account, id: &str, mut params: Params) -> Result<Value> {
    let mut changed = account.get::<Endpoint>(id)?.clone();
    changed.read(&mut params)?;
    account.change_quietly(id, |endpoint: &mut Endpoint| *endpoint = changed);
    Ok(account.shown::<Endpoint>(id))
}

/// `DELETE /v1/webhook_endpoints/{id}`: its waiting deliveries are not sent.
pub(crate) fn delete(account: &mut Account, id: &str) -> Result<Value> {
    account.get::<Endpoint>(id)?;
    account.endpoints.remove(id);
    Ok(json!({ "id": id, "object": "webhook_endpoint", "deleted": true }))
}

/// `GET /v1/webhook_endpoints`
pub(crate) fn index(account: &Account, mut params: Params) -> Result<Value> {
    list::list(account, &mut params, "/v1/webhook_endpoints", |_: &Endpoint| true)
}

/// `POST /_sandbox/webhook_endpoints/{id}/roll`: creates a new secret; the old one signs too for `overlap_seconds`.
pub(crate) fn roll(account: &mut Account, id: &str, mut params: Params) -> Result<Value> {
    let overlap = params.int_from("overlap_seconds", 0)?.unwrap_or(24 * 3600);
    params.done()?;
    account.get::<Endpoint>(id)?;
    let until = account.sandbox_ms.saturating_add(overlap.saturating_mul(1000));
    let secret = format!("whsec_{}", account.random.letters(32));
    let new = secret.clone();
    account.change_quietly(id, |endpoint: &mut Endpoint| {
        endpoint.previous_secret = Some((std::mem::replace(&mut endpoint.secret, new), until));
    });
    let mut shown = account.shown::<Endpoint>(id);
    shown["secret"] = json!(secret);
    Ok(shown)
}
