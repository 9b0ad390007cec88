//! `/webhooks`: the webhook endpoints of an organization and their deliveries.

use askama::Template;
use freehold_pages::{Banner, Choice, Empty, Pager, Tone};

use crate::Shell;

/// The page of webhook endpoints.
#[derive(Clone, Debug, Template)]
#[template(path = "webhooks.html")]
pub struct WebhooksPage {
    /// The frame of the page.
    pub shell: Shell,
    /// The endpoints, newest first.
    pub endpoints: Vec<EndpointLine>,
    /// The pages of the list.
    pub pager: Pager,
    /// Whether the user may create endpoints.
    pub may_create: bool,
    /// What is shown in place of an empty list.
    pub empty: Empty,
}

/// A webhook endpoint.
#[derive(Clone, Debug, Default)]
pub struct EndpointLine {
    /// Id of the endpoint.
    pub id: String,
    /// URL that receives the events.
    pub url: String,
    /// Description by its owner; may be empty.
    pub description: String,
    /// Filters of events, separated by commas; `all events` for every event.
    pub events: String,
    /// State in a word or two: `enabled`, `failing`, `paused`, `disabled`.
    pub state: &'static str,
    /// Severity of the state.
    pub tone: Tone,
    /// The day on which it was created.
    pub created: String,
}

impl EndpointLine {
    /// Path of the page of this endpoint.
    pub fn path(&self) -> String {
        format!("/webhooks/{}", self.id)
    }

    /// Path of a form or page of this endpoint.
    pub fn action(&self, name: &str) -> String {
        format!("/webhooks/{}/{name}", self.id)
    }
}

/// The page that creates a webhook endpoint.
#[derive(Clone, Debug, Template)]
#[template(path = "webhook_new.html")]
pub struct WebhookNewPage {
    /// The frame of the page.
    pub shell: Shell,
    /// URL entered so far.
    pub url: String,
    /// Description entered so far.
    pub description: String,
    /// All events, or the chosen ones.
    pub which: Vec<Choice>,
    /// The events that an endpoint can choose.
    pub events: Vec<Choice>,
    /// Random value of the form.
    pub attempt: String,
    /// Why the last try failed; empty before the first.
    pub error: String,
}

/// The page of a webhook endpoint.
#[derive(Clone, Debug, Template)]
#[template(path = "webhook.html")]
pub struct WebhookPage {
    /// The frame of the page.
    pub shell: Shell,
    /// The webhook endpoint whose deliveries are listed.
    pub endpoint: EndpointLine,
    /// What the user should know about its state; none when all is well.
    pub notice: Option<Banner>,
    /// How messages are signed, a sentence.
    pub signature: String,
    /// Whether events are sent.
    pub enabled: bool,
    /// Whether the user may change the endpoint, send to it and replay.
    pub may_change: bool,
    /// Whether the user may rotate its secret and delete it.
    pub may_remove: bool,
    /// The filters of the list by state: label, path, and whether it is the one shown.
    pub filters: Vec<(String, String, bool)>,
    /// The deliveries, newest first.
    pub deliveries: Vec<DeliveryLine>,
    /// The pages of the list.
    pub pager: Pager,
}

/// A delivery of an event.
#[derive(Clone, Debug, Default)]
pub struct DeliveryLine {
    /// Id of the event.
    pub event_id: String,
    /// Type of the event; `an event that is no longer stored` without one.
    pub event: String,
    /// `waiting`, `delivered` or `failed`.
    pub state: String,
    /// Number of attempts since it was created or replayed.
    pub attempts: i16,
    /// Result of the last attempt: a status code or a sentence; `none yet` before the first.
    pub answer: String,
    /// When it was created.
    pub created: String,
    /// When the next attempt starts; empty when none follows.
    pub next: String,
}

impl DeliveryLine {
    /// Severity of the state.
    pub fn tone(&self) -> Tone {
        match self.state.as_str() {
            "delivered" => Tone::Good,
            "failed" => Tone::Bad,
            _ => Tone::Plain,
        }
    }
}
