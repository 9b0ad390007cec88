//! The nodes of a graph: one moment of a conversation each.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Case;

/// One moment of a conversation. `type` says which.
///
/// An id is `a-z`, `0-9`, `_` and `-`, at most 64 characters, unique in its graph. Texts are at most 2,000 characters and
/// may hold variables as `{{name}}`. Fields that every node of a type needs read as empty when left out: validation
/// reports them together with everything else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Node {
    /// Where a call begins. A graph has exactly one, and nothing leads to it.
    Start {
        /// The node's id.
        #[serde(default)]
        id: String,
        /// The id of the first node of the conversation.
        #[serde(default)]
        next: String,
    },
    /// The agent says something and goes on.
    Say {
        /// The node's id.
        #[serde(default)]
        id: String,
        /// What the agent says.
        #[serde(default)]
        text: String,
        /// The id of the node that follows.
        #[serde(default)]
        next: String,
    },
    /// The agent asks, listens, and keeps the answer in a variable.
    Ask {
        /// The node's id.
        #[serde(default)]
        id: String,
        /// The question.
        #[serde(default)]
        text: String,
        /// What the agent says when it asks again; the question itself when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reprompt: Option<String>,
        /// The variable that keeps the answer. It is empty when the callee gave none that could be used.
        #[serde(default)]
        variable: String,
        /// Which kind of answer is understood. Anything else counts as no answer.
        #[serde(default, skip_serializing_if = "Expect::is_any")]
        expect: Expect,
        /// With `expect: number` the smallest number accepted, with `expect: digits` the fewest digits.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<f64>,
        /// With `expect: number` the largest number accepted, with `expect: digits` the most digits.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<f64>,
        /// How many times the agent asks again after silence or an answer it cannot use: 0 to 5, 2 when left out.
        #[serde(default = "retries_default")]
        retries: u32,
        /// How long the agent waits for an answer, in seconds: 1 to 60, 8 when left out.
        #[serde(default = "reply_timeout_default")]
        timeout_seconds: u32,
        /// The id of the node that follows an answer.
        #[serde(default)]
        next: String,
        /// The id of the node that follows when all attempts brought no usable answer. Left out, the call ends with the
        /// outcome `no_match`, or `no_answer` if the callee never said a word.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        no_match: Option<String>,
    },
    /// Chooses the way by the value of a variable. The first case that holds decides.
    Branch {
        /// The node's id.
        #[serde(default)]
        id: String,
        /// The variable looked at.
        #[serde(default)]
        variable: String,
        /// The cases, tried in this order. 1 to 50.
        #[serde(default)]
        cases: Vec<Case>,
        /// The id of the node that follows when no case holds. Validation asks for it: a call must never be stuck.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        otherwise: Option<String>,
    },
    /// Calls the customer's own server, and may keep parts of its answer in variables.
    Webhook {
        /// The node's id.
        #[serde(default)]
        id: String,
        /// An `https` or `http` address. Variables in its path or query are percent-encoded; its host is written out.
        #[serde(default)]
        url: String,
        /// The HTTP method, `POST` when left out. `GET` carries no body.
        #[serde(default)]
        method: Method,
        /// The variables sent, `{ "node": …, "variables": { … } }`. Left out, all of them are. At most 50.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        send: Option<Vec<String>>,
        /// The variables kept from the answer: name to JSON pointer (RFC 6901) into its body, as in
        /// `{ "slot": "/slots/0/time" }`. What the answer does not hold becomes empty. At most 50.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        save: BTreeMap<String, String>,
        /// How long to wait for the answer, in seconds: 1 to 30, 10 when left out. The callee waits as long.
        #[serde(default = "webhook_timeout_default")]
        timeout_seconds: u32,
        /// The id of the node that follows an answer of status 200 to 299.
        #[serde(default)]
        next: String,
        /// The id of the node that follows any other answer, or none in time. Left out, the call ends as failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on_error: Option<String>,
    },
    /// Hands the callee to a person. The call ends with the outcome `transferred`.
    Transfer {
        /// The node's id.
        #[serde(default)]
        id: String,
        /// What the agent says before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        /// A telephone number with country code (`+4930901820`), a `sip:` address, or one variable (`{{desk}}`) that is
        /// an input or comes from a webhook. What the callee said is never dialled.
        #[serde(default)]
        to: String,
        /// The id of the node that follows when nobody takes the call. Left out, the call ends as failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on_error: Option<String>,
        /// Whether a call that ends here counts as a success in analytics. True when left out.
        #[serde(default = "success_default")]
        success: bool,
    },
    /// The agent says goodbye and hangs up.
    End {
        /// The node's id.
        #[serde(default)]
        id: String,
        /// What the agent says last.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        /// How the call is counted, such as `booked`: `a-z`, `0-9`, `_` and `-`, at most 64 characters. Not `failed`,
        /// `hung_up` or `transferred`, which tell what the callee or the line did.
        #[serde(default)]
        outcome: String,
        /// Whether a call that ends here counts as a success in analytics. True when left out.
        #[serde(default = "success_default")]
        success: bool,
    },
}

/// Which kind of answer an `ask` understands, and how it is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Expect {
    /// Any words, kept as they were said.
    #[default]
    Any,
    /// Agreement or refusal in any usual wording ("sure", "no thanks"), kept as `yes` or `no`.
    YesNo,
    /// One number written in digits ("about 25", "9 out of 10"), kept as its digits: `25`, `9`, `3.5`.
    Number,
    /// A row of digits such as an account number ("12 34-56"), kept without what stands between: `123456`.
    Digits,
}

impl Expect {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's skip_serializing_if passes a reference")]
    fn is_any(&self) -> bool {
        *self == Self::Any
    }
}

/// The HTTP method of a webhook.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// No body; what the server needs stands in the address.
    Get,
    /// The usual one.
    #[default]
    Post,
    /// Replaces.
    Put,
    /// Changes in part.
    Patch,
}

impl Node {
    /// The node's id.
    pub fn id(&self) -> &str {
        match self {
            Self::Start { id, .. }
            | Self::Say { id, .. }
            | Self::Ask { id, .. }
            | Self::Branch { id, .. }
            | Self::Webhook { id, .. }
            | Self::Transfer { id, .. }
            | Self::End { id, .. } => id,
        }
    }

    /// The node's type as it is written in JSON.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Start { .. } => "start",
            Self::Say { .. } => "say",
            Self::Ask { .. } => "ask",
            Self::Branch { .. } => "branch",
            Self::Webhook { .. } => "webhook",
            Self::Transfer { .. } => "transfer",
            Self::End { .. } => "end",
        }
    }

    /// Whether a call can end here.
    pub fn is_terminal(&self) -> bool {
        matches!(self, Self::Transfer { .. } | Self::End { .. })
    }

    /// The ids this node leads to, each with the JSON pointer of its field inside the node. A required one that was left
    /// out is there as an empty id, an optional one is not.
    pub fn targets(&self) -> Vec<(String, &str)> {
        let (required, optional): (Vec<(String, &str)>, _) = match self {
            Self::Start { next, .. } | Self::Say { next, .. } => (vec![("/next".to_owned(), next)], None),
            Self::Ask { next, no_match, .. } => (vec![("/next".to_owned(), next)], Some(("/no_match", no_match))),
            Self::Webhook { next, on_error, .. } => (vec![("/next".to_owned(), next)], Some(("/on_error", on_error))),
            Self::Branch { cases, otherwise, .. } => {
                let cases = cases.iter().enumerate();
                let cases = cases.map(|(at, case)| (format!("/cases/{at}/next"), case.next.as_str())).collect();
                (cases, Some(("/otherwise", otherwise)))
            }
            Self::Transfer { on_error, .. } => (Vec::new(), Some(("/on_error", on_error))),
            Self::End { .. } => (Vec::new(), None),
        };
        let optional = optional.and_then(|(field, id)| Some((field.to_owned(), id.as_deref()?)));
        required.into_iter().chain(optional).collect()
    }

    /// What is said or dialled here with variables in it, each with the JSON pointer of its field inside the node.
    pub fn texts(&self) -> Vec<(&'static str, &str)> {
        match self {
            Self::Say { text, .. } => vec![("/text", text)],
            Self::Ask { text, reprompt, .. } => [("/text", text.as_str())]
                .into_iter()
                .chain(reprompt.as_deref().map(|text| ("/reprompt", text)))
                .collect(),
            Self::Webhook { url, .. } => vec![("/url", url)],
            Self::Transfer { text, to, .. } => {
                [("/to", to.as_str())].into_iter().chain(text.as_deref().map(|text| ("/text", text))).collect()
            }
            Self::End { text, .. } => text.as_deref().map(|text| ("/text", text)).into_iter().collect(),
            Self::Start { .. } | Self::Branch { .. } => Vec::new(),
        }
    }

    /// The variables this node sets.
    pub fn sets(&self) -> Vec<&str> {
        match self {
            Self::Ask { variable, .. } => vec![variable],
            Self::Webhook { save, .. } => save.keys().map(String::as_str).collect(),
            _ => Vec::new(),
        }
    }
}

fn retries_default() -> u32 {
    2
}

fn reply_timeout_default() -> u32 {
    8
}

fn webhook_timeout_default() -> u32 {
    10
}

fn success_default() -> bool {
    true
}
