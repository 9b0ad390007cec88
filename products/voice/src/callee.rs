//! A callee who answers from a script, so that a run has a real transcript without a telephone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::execution::{Event, Execution, Pace, Speaker, State, WebhookAnswer};
use crate::graph::validate::Problem;
use crate::graph::{Graph, Node, TEXT_MAX, Variables, wording};

/// Most replies, and most rules, of a script.
pub const REPLIES_MAX: usize = 500;
/// Largest scripted answer of a webhook, in bytes of JSON.
pub const ANSWER_MAX: usize = 64 * 1024;

/// What a scripted callee says and does. An empty script is a callee who picks up and never says a word.
///
/// To each question the first rule that fits answers, else the next of `replies`, else nobody: the callee is silent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Script {
    /// Replies in the order they are given. An empty one is a moment of silence. At most 500.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub replies: Vec<String>,
    /// Replies to certain questions. At most 500.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// What webhooks answer, by the id of their node. One that is not named answers 200 and `{}`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub webhooks: BTreeMap<String, WebhookAnswer>,
    /// The ids of the `transfer` nodes nobody picks up at. All others are taken.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unanswered_transfers: Vec<String>,
    /// The callee hangs up at the question after this many replies; 0 is at the first one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hang_up_after: Option<u32>,
    /// Nobody answers the call: it ends as `no_answer` before anything is said.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub silent: bool,
}

/// A reply to certain questions. It fits when both `node` and `asked` do; one that is left out always does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The id of the `ask`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// A word or phrase of the question, as the agent says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<String>,
    /// What the callee says. Empty is silence.
    pub reply: String,
    /// How many times the rule answers before the next one is looked for; any number of times when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
}

/// Runs a graph with a scripted callee from beginning to end. Always ends, and always the same.
pub fn run(graph: &Graph, inputs: &Variables, script: &Script) -> Execution {
    if script.silent {
        return Execution::unanswered(graph, inputs);
    }
    let mut callee = Callee::new(script);
    let mut execution = Execution::start(graph, inputs, Pace::Simulated);
    while let Some(event) = callee.react(&execution) {
        if execution.advance(graph, event, Pace::Simulated).is_err() {
            break;
        }
    }
    execution
}

/// Everything wrong with a script for this graph. Pointers are into the script.
pub fn validate(script: &Script, graph: &Graph) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut report = |pointer: String, message: String| found.push(Problem::new(pointer, message));
    for (field, count) in [("replies", script.replies.len()), ("rules", script.rules.len())] {
        if count > REPLIES_MAX {
            report(format!("/{field}"), format!("the script has {count} {field}; at most {REPLIES_MAX} are allowed"));
        }
    }
    let too_long = |text: &str| text.chars().count() > TEXT_MAX;
    for (at, _) in script.replies.iter().enumerate().filter(|(_, reply)| too_long(reply)) {
        report(format!("/replies/{at}"), format!("the reply is longer than {TEXT_MAX} characters"));
    }
    for (at, rule) in script.rules.iter().enumerate() {
        if too_long(&rule.reply) {
            report(format!("/rules/{at}/reply"), format!("the reply is longer than {TEXT_MAX} characters"));
        }
        match &rule.node {
            Some(node) if !matches!(graph.node(node), Some(Node::Ask { .. })) => {
                report(format!("/rules/{at}/node"), format!("the workflow has no node '{node}' of type 'ask'"));
            }
            _ => {}
        }
    }
    for (node, answer) in &script.webhooks {
        if !matches!(graph.node(node), Some(Node::Webhook { .. })) {
            report("/webhooks".to_owned(), format!("the workflow has no node '{node}' of type 'webhook'"));
        }
        if answer.body.to_string().len() > ANSWER_MAX {
            report("/webhooks".to_owned(), format!("the answer of '{node}' is larger than {ANSWER_MAX} bytes"));
        }
    }
    for (at, node) in script.unanswered_transfers.iter().enumerate() {
        if !matches!(graph.node(node), Some(Node::Transfer { .. })) {
            let message = format!("the workflow has no node '{node}' of type 'transfer'");
            report(format!("/unanswered_transfers/{at}"), message);
        }
    }
    found
}

/// A script being played.
struct Callee<'s> {
    script: &'s Script,
    /// How many of `replies` were given.
    replied: usize,
    /// By rule, how often it answered.
    ruled: Vec<u32>,
    /// How often the callee said something.
    spoken: u32,
}

impl<'s> Callee<'s> {
    fn new(script: &'s Script) -> Self {
        Self { script, replied: 0, ruled: vec![0; script.rules.len()], spoken: 0 }
    }

    /// What happens next; none once the run has ended.
    fn react(&mut self, execution: &Execution) -> Option<Event> {
        Some(match execution.state() {
            State::WithItsEngine | State::Ended(_) => return None,
            State::WaitingForReply { node, .. } => self.reply(node, execution),
            State::WaitingForWebhook(call) => {
                Event::WebhookScripted(self.script.webhooks.get(&call.node).cloned().unwrap_or_default())
            }
            State::WaitingForTransfer { node, .. } if self.script.unanswered_transfers.contains(node) => {
                Event::TransferFailed { reason: "nobody picked up".to_owned() }
            }
            State::WaitingForTransfer { .. } => Event::TransferConnected,
        })
    }

    fn reply(&mut self, node: &str, execution: &Execution) -> Event {
        if self.script.hang_up_after.is_some_and(|after| self.spoken >= after) {
            return Event::HungUp;
        }
        let lines = execution.transcript().iter().rev();
        let question = lines.filter(|line| line.speaker == Speaker::Agent).map(|line| line.text.as_str()).next();
        match self.choose(node, question.unwrap_or_default()) {
            Some(reply) if !reply.trim().is_empty() => {
                self.spoken += 1;
                Event::Heard { text: reply.to_owned() }
            }
            _ => Event::Silence,
        }
    }

    fn choose(&mut self, node: &str, question: &str) -> Option<&'s str> {
        for (rule, used) in self.script.rules.iter().zip(&mut self.ruled) {
            let fits = rule.node.as_ref().is_none_or(|wanted| wanted == node)
                && rule.asked.as_ref().is_none_or(|asked| wording::is_among(&wording::words(question), asked))
                && rule.times.is_none_or(|times| *used < times);
            if fits {
                *used += 1;
                return Some(&rule.reply);
            }
        }
        let reply = self.script.replies.get(self.replied)?;
        self.replied += 1;
        Some(reply)
    }
}

#[cfg(test)]
mod tests;
