//! What a run waits for, and how it ended.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{Event, Refused};
use crate::graph::{Expect, Method};

/// The state of a run between two events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// The agent has asked a question and waits for the answer.
    WaitingForReply {
        /// The id of the `ask` node.
        node: String,
        /// The kind of answer that is expected.
        expect: Expect,
        /// After this many seconds without a word the event `silence` follows.
        timeout_seconds: u32,
    },
    /// The customer's server has to be called.
    WaitingForWebhook(WebhookCall),
    /// The callee has to be transferred.
    WaitingForTransfer {
        /// The id of the `transfer` node.
        node: String,
        /// The number (E.164) or `sip:` address to dial.
        to: String,
    },
    /// A voice engine conducts the call; only its reports change the state.
    WithItsEngine,
    /// The call is over.
    Ended(Ended),
}

impl State {
    /// Refuses an event that is not possible in this state.
    pub(super) fn expects(&self, event: &Event) -> Result<(), Refused> {
        match (self, event) {
            (Self::Ended(_), _) => Err(Refused::Ended),
            (Self::WithItsEngine, _) => Err(Refused::Unexpected { waiting_for: self.name() }),
            (_, Event::HungUp)
            | (Self::WaitingForReply { .. }, Event::Heard { .. } | Event::Silence)
            | (
                Self::WaitingForWebhook(_),
                Event::WebhookAnswered(_) | Event::WebhookScripted(_) | Event::WebhookFailed { .. },
            )
            | (Self::WaitingForTransfer { .. }, Event::TransferConnected | Event::TransferFailed { .. }) => Ok(()),
            (state, _) => Err(Refused::Unexpected { waiting_for: state.name() }),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::WaitingForReply { .. } => "waiting_for_reply",
            Self::WaitingForWebhook(_) => "waiting_for_webhook",
            Self::WaitingForTransfer { .. } => "waiting_for_transfer",
            Self::WithItsEngine => "with_its_engine",
            Self::Ended(_) => "ended",
        }
    }
}

/// A request to the customer's server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WebhookCall {
    /// The id of the `webhook` node.
    pub node: String,
    /// The HTTP method.
    pub method: Method,
    /// The URL, with its variables filled in.
    pub url: String,
    /// The JSON body, `{ "node": …, "variables": { … } }`. None with `GET`.
    pub body: Option<Value>,
    /// How long to wait for the response, in seconds.
    pub timeout_seconds: u32,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// The outcome: the `outcome` of the end node, or one of `transferred`, `no_answer` (the call was not answered, or
    /// the callee never said a word), `hung_up`, `no_match` (no usable answer), `failed`.
    pub outcome: String,
    /// Whether the call was completed.
    pub status: Status,
    /// Whether the call reached the goal of the workflow, as its end or transfer node says. False for every other
    /// ending.
    pub success: bool,
    /// Why the call failed; none: it did not fail. The last line of the transcript says it in words.
    pub reason: Option<Reason>,
}

impl Ended {
    pub(super) fn with(outcome: &str, success: bool) -> Self {
        Self { outcome: outcome.to_owned(), status: Status::Completed, success, reason: None }
    }

    pub(super) fn without_success(outcome: &str) -> Self {
        Self::with(outcome, false)
    }

    pub(super) fn failed(reason: Reason) -> Self {
        Self { outcome: "failed".to_owned(), status: Status::Failed, success: false, reason: Some(reason) }
    }
}

/// Whether a call was completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The call was completed, whatever the callee decided.
    Completed,
    /// The call failed for technical reasons.
    Failed,
}

/// The reason for which a run failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RunFailure)]
pub enum Reason {
    /// The run took more than 1,000 steps: the conversation goes in circles.
    StepLimit,
    /// The run made more than 100 webhook requests and transfers: the conversation goes in circles.
    RequestLimit,
    /// A webhook failed and its node has no `on_error`.
    WebhookFailed,
    /// The transferred call was not answered and its node has no `on_error`.
    TransferFailed,
    /// The stored graph is invalid.
    GraphBroken,
    /// A live run got no message for an hour.
    Abandoned,
    /// The voice engine refused the call.
    EngineRefused,
    /// The voice engine could not be reached in time.
    EngineUnreachable,
    /// The voice engine sent no report before its lease expired.
    EngineLost,
    /// The voice engine reported that the call failed.
    EngineFailed,
    /// The call took longer than the engine's `longest_seconds`.
    TooLong,
}
