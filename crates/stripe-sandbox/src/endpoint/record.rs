//! A webhook endpoint, as it is stored and shown.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    error::{Result, StripeError},
    event,
    form::Params,
    known,
    version::API_VERSION,
};

/// A webhook endpoint.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Endpoint {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) url: String,
    pub(super) enabled_events: Vec<String>,
    pub(crate) disabled: bool,
    pub(super) description: Option<String>,
    pub(super) metadata: Map<String, Value>,
    pub(super) secret: String,
    /// The secret before the last roll, and until when it signs too (in milliseconds of the sandbox's clock).
    pub(super) previous_secret: Option<(String, i64)>,
}

impl Endpoint {
    pub(crate) fn to_json(&self) -> Value {
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

    pub(super) fn read(&mut self, params: &mut Params) -> Result<()> {
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
