//! A scripted callee, so that a run has a real transcript without a phone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::execution::{Event, Execution, Pace, Speaker, State, WebhookAnswer};
use crate::graph::validate::Problem;
use crate::graph::{Graph, Node, TEXT_MAX, Variables, wording};

/// Most replies, and most rules, of one script.
pub const REPLIES_MAX: usize = 500;
/// The largest scripted response of a webhook, in bytes of JSON.
pub const ANSWER_MAX: usize = 64 * 1024;

/// A script of what the callee says and does. With an empty script the callee picks up and says nothing.
///
/// Each question is answered by the first matching rule, otherwise by the next of `replies`, otherwise by silence.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = RunScript)]
pub struct Script {
    /// Replies to the questions, in order, at most 500. An empty reply is silence.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 500)]
    pub replies: Vec<String>,
    /// Replies to specific questions, at most 500.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 500)]
    pub rules: Vec<Rule>,
    /// Answers of webhooks, by the id of their node. Other webhooks answer 200 and `{}`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub webhooks: BTreeMap<String, WebhookAnswer>,
    /// Ids of the `transfer` nodes whose call is not answered. All others are answered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unanswered_transfers: Vec<String>,
    /// Number of replies after which the callee hangs up at the next question; 0 for the first question. Never when
    /// left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hang_up_after: Option<u32>,
    /// Whether the callee does not pick up, so that the run ends as `no_answer`. Default false.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub silent: bool,
}

/// A reply to specific questions. It applies when both `node` and `asked` match; one that is left out always matches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RunScriptRule)]
pub struct Rule {
    /// Id of the `ask` node; any node when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// Word or phrase that the question contains; any question when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<String>,
    /// Words of the callee; empty for silence.
    pub reply: String,
    /// How many times the rule answers before later rules apply; any number of times when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
}

/// Runs a graph with a scripted callee from start to end. It always ends, and the same input always gives the same
/// result.
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

/// Returns everything that is wrong with a script for this graph. Pointers are relative to the script.
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

/// The state of a scripted callee during a run.
struct Callee<'s> {
    script: &'s Script,
    /// How many of `replies` have been used.
    replied: usize,
    /// How often each rule has replied.
    ruled: Vec<u32>,
    /// How often the callee has replied.
    spoken: u32,
}

impl<'s> Callee<'s> {
    fn new(script: &'s Script) -> Self {
        Self { script, replied: 0, ruled: vec![0; script.rules.len()], spoken: 0 }
    }

    /// The callee's next reaction; none once the run has ended.
    fn react(&mut self, execution: &Execution) -> Option<Event> {
        Some(match execution.state() {
            State::WithItsEngine | State::Ended(_) => return None,
            State::WaitingForReply { node, .. } => self.reply(node, execution),
            State::WaitingForWebhook(call) => {
                Event::WebhookScripted(self.script.webhooks.get(&call.node).cloned().unwrap_or_default())
            }
            State::WaitingForTransfer { node, .. } if self.script.unanswered_transfers.contains(node) => {
                Event::TransferFailed { reason: "the call was not answered".to_owned() }
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
