//! What a run waits for, and how it ended.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{Event, Refused};
use crate::graph::{Expect, Method};

/// Where a run stands between two events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// The agent has asked and listens.
    WaitingForReply {
        /// The id of the `ask`.
        node: String,
        /// Which kind of answer is understood.
        expect: Expect,
        /// After this many seconds without a word comes `silence`.
        timeout_seconds: u32,
    },
    /// The customer's server is to be called.
    WaitingForWebhook(WebhookCall),
    /// The callee is to be put through.
    WaitingForTransfer {
        /// The id of the `transfer`.
        node: String,
        /// The number (E.164) or `sip:` address to dial.
        to: String,
    },
    /// A voice engine conducts the call: only its reports move it.
    WithItsEngine,
    /// The call is over.
    Ended(Ended),
}

impl State {
    /// Refuses an event that cannot follow this.
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
    /// The address, its variables filled in.
    pub url: String,
    /// The JSON body, `{ "node": …, "variables": { … } }`. None with `GET`.
    pub body: Option<Value>,
    /// How long to wait for the answer, in seconds.
    pub timeout_seconds: u32,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// What the call came to: the `outcome` of its end node, or one of `transferred`, `no_answer` (nobody there, or never
    /// a word), `hung_up`, `no_match` (answers that could not be used), `failed`.
    pub outcome: String,
    /// Whether the call ran its course.
    pub status: Status,
    /// Whether it came to what the workflow is for, as its end or transfer node says. False of every other ending.
    pub success: bool,
    /// Why it failed, if it did. The transcript's last line says it in words.
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

/// Whether a run ran its course.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It did, whatever the callee decided.
    Completed,
    /// It could not go on.
    Failed,
}

/// Why a run could not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It took more than 1,000 steps: the conversation went in circles.
    StepLimit,
    /// It called more than 100 webhooks and transfers: it went in circles over one of them.
    RequestLimit,
    /// A webhook failed, and its node has no `on_error`.
    WebhookFailed,
    /// Nobody took the transferred call, and its node has no `on_error`.
    TransferFailed,
    /// The graph is not one that validation lets through.
    GraphBroken,
    /// Nobody went on with a live conversation for an hour.
    Abandoned,
    /// The voice engine would not take the call.
    EngineRefused,
    /// The voice engine could not be reached in time.
    EngineUnreachable,
    /// The voice engine was not heard of for longer than its lease.
    EngineLost,
    /// The voice engine said that the call failed.
    EngineFailed,
    /// The call took longer than its engine's `longest_seconds`.
    TooLong,
}
