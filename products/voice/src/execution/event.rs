//! The events of a run.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// An event for which a run has waited.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The callee said something. Only spaces count as silence.
    Heard {
        /// The words, at most 2,000 characters; longer texts are cut.
        text: String,
    },
    /// The callee said nothing within the question's time.
    Silence,
    /// The callee hung up. Possible in every state.
    HungUp,
    /// The customer's server answered.
    WebhookAnswered(WebhookAnswer),
    /// A script answered in place of the server; the transcript notes that.
    WebhookScripted(WebhookAnswer),
    /// The customer's server could not be reached or did not answer in time.
    WebhookFailed {
        /// The reason for the transcript: a clause without a full stop.
        reason: String,
    },
    /// The transferred call was answered.
    TransferConnected,
    /// The transferred call was not answered.
    TransferFailed {
        /// The reason for the transcript: a clause without a full stop.
        reason: String,
    },
}

/// The answer of a webhook's server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RunScriptWebhookAnswer)]
pub struct WebhookAnswer {
    /// HTTP status of the answer; 200 when left out.
    #[serde(default = "status_default")]
    pub status: u16,
    /// Body of the answer as JSON; an empty object when left out.
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

/// Why a run refuses an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The run has ended.
    Ended,
    /// The run waits for another event.
    Unexpected {
        /// The awaited event: `waiting_for_reply`, `waiting_for_webhook`, `waiting_for_transfer` or `with_its_engine`.
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
