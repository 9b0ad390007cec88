//! What can happen to a run.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// What happened while a run waited.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The callee said something. Nothing but spaces is silence.
    Heard {
        /// The words, at most 2,000 characters; what is longer is cut.
        text: String,
    },
    /// The callee said nothing in the time the question gives.
    Silence,
    /// The callee hung up. May happen whatever the run waits for.
    HungUp,
    /// The customer's server was called and answered.
    WebhookAnswered(WebhookAnswer),
    /// A script answered in the server's stead; the transcript says so.
    WebhookScripted(WebhookAnswer),
    /// The customer's server could not be reached or did not answer in time.
    WebhookFailed {
        /// Why, for the transcript: a clause without a full stop.
        reason: String,
    },
    /// Somebody took the transferred call.
    TransferConnected,
    /// Nobody took the transferred call.
    TransferFailed {
        /// Why, for the transcript: a clause without a full stop.
        reason: String,
    },
}

/// What a webhook's server answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookAnswer {
    /// The HTTP status; 200 when left out.
    #[serde(default = "status_default")]
    pub status: u16,
    /// The body as JSON; an empty object when left out.
    #[serde(default = "body_default")]
    pub body: Value,
}

impl Default for WebhookAnswer {
    fn default() -> Self {
        Self { status: status_default(), body: body_default() }
    }
}

fn status_default() -> u16 {
    200
}

fn body_default() -> Value {
    Value::Object(serde_json::Map::new())
}

/// Why a run did not take an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The run has ended.
    Ended,
    /// The run waits for something else.
    Unexpected {
        /// What it waits for: `waiting_for_reply`, `waiting_for_webhook`, `waiting_for_transfer` or `with_its_engine`.
        waiting_for: &'static str,
    },
}

impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended => formatter.write_str("the run has ended"),
            Self::Unexpected { waiting_for } => write!(formatter, "the run is {}", waiting_for.replace('_', " ")),
        }
    }
}

impl std::error::Error for Refused {}
