//! Webhook endpoints: the URLs that events are sent to, and the secrets that sign them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    account::{Account, Noun, noun},
    error::{Result, StripeError},
    event,
    form::Params,
    known, list,
    version::API_VERSION,
};

/// A webhook endpoint.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Endpoint {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) url: String,
    enabled_events: Vec<String>,
    pub(crate) disabled: bool,
    description: Option<String>,
    metadata: Map<String, Value>,
    secret: String,
    /// The secret before the last roll, and until when it signs too (in milliseconds of the sandbox's clock).
    previous_secret: Option<(String, i64)>,
}

noun!(Endpoint, endpoints, "webhook endpoint", "");

impl Endpoint {
    fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "object": "webhook_endpoint",
            "api_version": API_VERSION,
            "application": null,
            "created": self.created,
            "description": self.description,
            "enabled_events": self.enabled_events,
            "livemode": false,
            "metadata": self.metadata,
            "status": if self.disabled { "disabled" } else { "enabled" },
            "url": self.url,
        })
    }

    /// Whether it is subscribed to events of this type.
    pub(crate) fn wants(&self, kind: &str) -> bool {
        !self.disabled && self.enabled_events.iter().any(|wanted| event::is(kind, wanted))
    }

    /// The present secrets: two of them while a roll is in progress.
    pub(crate) fn secrets(&self, now_ms: i64) -> Vec<String> {
        let previous =
            self.previous_secret.iter().filter(|(_, until)| now_ms < *until).map(|(secret, _)| secret.clone());
        std::iter::once(self.secret.clone()).chain(previous).collect()
    }

    fn read(&mut self, params: &mut Params) -> Result<()> {
        if let Some(url) = params.text("url")? {
            let known = url::Url::parse(&url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
            if !known {
                return Err(StripeError::coded(
                    "url_invalid",
                    "Invalid URL: An explicit scheme (such as https) must be provided.",
                )
                .at("url"));
            }
            self.url = url;
        }
        if let Some(events) = params.texts("enabled_events")? {
            for (index, kind) in events.iter().enumerate() {
                known::event_check(kind, &format!("enabled_events[{index}]"))?;
            }
            if events.is_empty() {
                return Err(StripeError::coded("parameter_invalid_empty", "enabled_events needs one type of event.")
                    .at("enabled_events"));
            }
            self.enabled_events = events;
        }
        self.disabled = params.flag("disabled")?.unwrap_or(self.disabled);
        params.set("description", &mut self.description)?;
        params.metadata(&mut self.metadata)?;
        if let Some(version) = params.text("api_version")? {
            known::version_check(&version, Some("api_version"))?;
        }
        if params.flag("connect")? == Some(true) {
            return Err(StripeError::not_modelled("connect=true", "connect"));
        }
        params.done()
    }
}

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
