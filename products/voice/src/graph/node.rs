//! The nodes of a graph.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Case, Expect};

/// A node: one step of a conversation, of the kind that `type` names.
///
/// An id consists of `a-z`, `0-9`, `_` and `-`, has at most 64 characters and is unique in its graph. Texts have at
/// most 2,000 characters and may contain variables as `{{name}}`. A required field that is left out counts as empty, so
/// that validation reports it together with all other errors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[schema(as = WorkflowNode)]
pub enum Node {
    /// The start of a call. A graph has exactly one, to which no node leads.
    Start {
        /// Id of the node, unique in its graph.
        #[serde(default)]
        id: String,
        /// Id of the first node of the conversation.
        #[serde(default)]
        next: String,
    },
    /// The agent says something.
    Say {
        /// Id of the node, unique in its graph.
        #[serde(default)]
        id: String,
        /// Text that the agent says.
        #[serde(default)]
        text: String,
        /// Id of the next node.
        #[serde(default)]
        next: String,
    },
    /// The agent asks a question and stores the answer in a variable.
    Ask {
        /// Id of the node, unique in its graph.
        #[serde(default)]
        id: String,
        /// Text of the question.
        #[serde(default)]
        text: String,
        /// Text with which the agent asks again; the question when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reprompt: Option<String>,
        /// Variable for the answer; empty when there was no usable answer.
        #[serde(default)]
        variable: String,
        /// Kind of answer that is understood: `any` (the default), `yes_no`, `number` or `digits`. Other answers count
        /// as none.
        #[serde(default, skip_serializing_if = "Expect::is_any")]
        expect: Expect,
        /// Smallest number with `expect: number`, or fewest digits with `expect: digits`; no limit when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<f64>,
        /// Largest number with `expect: number`, or most digits with `expect: digits`; no limit when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<f64>,
        /// How many times the agent asks again after silence or an unusable answer, 0 to 5; 2 when left out.
        #[serde(default = "retries_default")]
        #[schema(minimum = 0, maximum = 5)]
        retries: u32,
        /// How long the agent waits for an answer, in seconds, 1 to 60; 8 when left out.
        #[serde(default = "reply_timeout_default")]
        #[schema(minimum = 1, maximum = 60)]
        timeout_seconds: u32,
        /// Id of the next node after an answer.
        #[serde(default)]
        next: String,
        /// Id of the next node when there was no usable answer. When left out, the call ends with the outcome
        /// `no_match`, or `no_answer` if the callee never said a word.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        no_match: Option<String>,
    },
    /// Chooses the next node by the value of a variable. The first matching case decides.
    Branch {
        /// Id of the node, unique in its graph.
        #[serde(default)]
        id: String,
        /// Name of the variable to test.
        #[serde(default)]
        variable: String,
        /// The cases, tested in order; 1 to 50.
        #[serde(default)]
        #[schema(max_items = 50)]
        cases: Vec<Case>,
        /// Id of the next node when no case matches. Validation requires it, so that a call always continues.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        otherwise: Option<String>,
    },
    /// Sends a request to the customer's server and can store parts of its answer in variables.
    Webhook {
        /// Id of the node, unique in its graph.
        #[serde(default)]
        id: String,
        /// URL of the server, `https` or `http`. Variables in its path or query are percent-encoded; its host contains
        /// none.
        #[serde(default)]
        url: String,
        /// HTTP method of the request; `POST` when left out. `GET` has no body.
        #[serde(default)]
        method: Method,
        /// Names of the variables to send, as `{ "node": …, "variables": { … } }`, at most 50; all variables when left
        /// out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(max_items = 50)]
        send: Option<Vec<String>>,
        /// The variables to store: name to JSON pointer (RFC 6901) into the answer's body, such as `{ "slot":
        /// "/slots/0/time" }`; at most 50. A value that the answer lacks becomes empty.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        save: BTreeMap<String, String>,
        /// How long to wait for the answer, in seconds, 1 to 30; 10 when left out. The callee waits meanwhile.
        #[serde(default = "webhook_timeout_default")]
        #[schema(minimum = 1, maximum = 30)]
        timeout_seconds: u32,
        /// Id of the next node after an answer with a status from 200 to 299.
        #[serde(default)]
        next: String,
        /// Id of the next node after any other answer, or none in time. When left out, the call ends as failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on_error: Option<String>,
    },
    /// Transfers the callee to a human. The call ends with the outcome `transferred`.
    Transfer {
        /// Id of the node, unique in its graph.
        #[serde(default)]
        id: String,
        /// Text that the agent says before the transfer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        /// Phone number with country code (`+4930901820`), `sip:` address, or one variable (`{{desk}}`) from an input
        /// or a webhook. Words of the callee are never dialled.
        #[serde(default)]
        to: String,
        /// Id of the next node when the transferred call is not answered. When left out, the call ends as failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on_error: Option<String>,
        /// Whether a call that ends here counts as a success in analytics. Default true.
        #[serde(default = "success_default")]
        success: bool,
    },
    /// The agent says goodbye and hangs up.
    End {
        /// Id of the node, unique in its graph.
        #[serde(default)]
        id: String,
        /// Last text that the agent says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        /// Outcome of the call, such as `booked`: `a-z`, `0-9`, `_` and `-`, at most 64 characters. `failed`, `hung_up`
        /// and `transferred` are reserved.
        #[serde(default)]
        #[schema(max_length = 64)]
        outcome: String,
        /// Whether a call that ends here counts as a success in analytics. Default true.
        #[serde(default = "success_default")]
        success: bool,
    },
}

/// The HTTP method of a webhook request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
#[schema(as = WorkflowNodeMethod)]
pub enum Method {
    /// Without a body; the parameters are in the URL.
    Get,
    /// The default method.
    #[default]
    Post,
    /// For servers that expect a replacement.
    Put,
    /// For servers that expect a partial change.
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

    /// The ids of the nodes that this node leads to, each with the JSON pointer of its field inside the node. A
    /// required id that is missing is returned as an empty one; an optional id that is missing is left out.
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

    /// The texts and destinations of this node that may contain variables, each with the JSON pointer of its field
    /// inside the node.
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
