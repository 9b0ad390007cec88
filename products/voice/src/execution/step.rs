//! What each type of node does when the run enters it, and when the event that it waits for arrives.

use serde_json::{Value, json};

use super::{Ended, Execution, REQUESTS_MAX, Reason, SILENCES_MAX, STEPS_MAX, State, WebhookAnswer, WebhookCall};
use crate::graph::answer::understand;
use crate::graph::destination::dialled;
use crate::graph::{Graph, Method, Node, VALUE_MAX, Variables, wording};

/// Longest stored reason of a failure, in characters.
const REASON_MAX: usize = 500;

/// What follows a step.
pub(super) enum Step<'g> {
    /// Continue at the node with this id.
    Go(&'g str),
    /// Wait for an event, or end.
    Stop(State),
}

impl Execution {
    /// Enters a node.
    pub(super) fn enter<'g>(&mut self, graph: &'g Graph, id: &str) -> Step<'g> {
        let Some(node) = graph.node(id) else {
            return self.broken(&format!("node '{}' leads to '{id}', which is not there", self.node));
        };
        if let Some(stop) = self.count_step().or_else(|| self.count_request(node)) {
            return stop;
        }
        id.clone_into(&mut self.node);
        match node {
            Node::Start { next, .. } => Step::Go(next),
            Node::Say { text, next, .. } => {
                self.say(wording::fill(text, &self.variables));
                Step::Go(next)
            }
            Node::Ask { text, .. } => {
                self.asked_again = 0;
                self.ask(node, text)
            }
            Node::Branch { variable, cases, otherwise, .. } => {
                let value = self.variables.get(variable).map(String::as_str).unwrap_or_default();
                let chosen = cases.iter().find(|case| case.when.holds(value)).map(|case| &case.next);
                match chosen.or(otherwise.as_ref()) {
                    Some(next) => Step::Go(next),
                    None => self.broken(&format!("node '{id}' has no branch for '{variable}'")),
                }
            }
            Node::Webhook { .. } => self.webhook(node),
            Node::Transfer { text, to, .. } => self.transfer(graph, text.as_deref(), to),
            Node::End { text, outcome, success, .. } => {
                if let Some(text) = text {
                    self.say(wording::fill(text, &self.variables));
                }
                Step::Stop(State::Ended(Ended::with(outcome, *success)))
            }
        }
    }

    fn count_step<'g>(&mut self) -> Option<Step<'g>> {
        if self.steps >= STEPS_MAX {
            let message = format!("the run was stopped after {STEPS_MAX} steps: the conversation went in circles");
            return Some(self.fail(Reason::StepLimit, message));
        }
        self.steps += 1;
        None
    }

    /// Counts requests to other servers, so that a loop over a webhook cannot flood the customer's server.
    fn count_request<'g>(&mut self, node: &Node) -> Option<Step<'g>> {
        if !matches!(node, Node::Webhook { .. } | Node::Transfer { .. }) {
            return None;
        }
        if self.requests >= REQUESTS_MAX {
            let message =
                format!("the run was stopped after {REQUESTS_MAX} webhooks and transfers: it went in circles");
            return Some(self.fail(Reason::RequestLimit, message));
        }
        self.requests += 1;
        None
    }

    fn ask<'g>(&mut self, node: &Node, text: &str) -> Step<'g> {
        self.say(wording::fill(text, &self.variables));
        match node {
            Node::Ask { id, expect, timeout_seconds, .. } => Step::Stop(State::WaitingForReply {
                node: id.clone(),
                expect: *expect,
                timeout_seconds: *timeout_seconds,
            }),
            _ => self.broken("a question was expected"),
        }
    }

    /// The callee answered the question, or was silent.
    pub(super) fn hear<'g>(&mut self, graph: &'g Graph, said: &str) -> Step<'g> {
        let Some(Node::Ask { variable, expect, min, max, timeout_seconds, next, .. }) = graph.node(&self.node) else {
            return self.broken(&format!("node '{}' is no question", self.node));
        };
        let said = wording::cut(said.trim(), VALUE_MAX);
        if said.is_empty() {
            self.pass_silence(*timeout_seconds);
            self.note("silence".to_owned());
            self.silences += 1;
        } else {
            self.listen(said.to_owned());
            self.heard = true;
            self.silences = 0;
        }
        match understand(said, *expect, *min, *max) {
            Some(answer) => {
                self.set(variable, &answer);
                Step::Go(next)
            }
            None => self.not_understood(graph),
        }
    }

    /// Repeats the question, or gives up.
    fn not_understood<'g>(&mut self, graph: &'g Graph) -> Step<'g> {
        let Some(node @ Node::Ask { text, reprompt, variable, retries, no_match, .. }) = graph.node(&self.node) else {
            return self.broken(&format!("node '{}' is no question", self.node));
        };
        if self.silences >= SILENCES_MAX {
            self.note(format!("the line was silent {SILENCES_MAX} times in a row"));
            return Step::Stop(State::Ended(Ended::without_success(if self.heard { "hung_up" } else { "no_answer" })));
        }
        if self.asked_again < *retries {
            if let Some(stop) = self.count_step() {
                return stop;
            }
            self.asked_again += 1;
            return self.ask(node, reprompt.as_ref().unwrap_or(text));
        }
        // An answer from an earlier visit of this node must not count for this one.
        self.set(variable, "");
        self.note(match retries {
            0 => "no usable answer".to_owned(),
            retries => format!("no usable answer after asking {} times", retries + 1),
        });
        match no_match {
            Some(next) => Step::Go(next),
            None => Step::Stop(State::Ended(Ended::without_success(if self.heard { "no_match" } else { "no_answer" }))),
        }
    }

    fn webhook<'g>(&mut self, node: &Node) -> Step<'g> {
        let Node::Webhook { id, url, method, send, timeout_seconds, .. } = node else {
            return self.broken("a webhook was expected");
        };
        let sent: Variables = match send {
            None => self.variables.clone(),
            Some(names) => {
                let value = |name: &String| self.variables.get(name).cloned().unwrap_or_default();
                names.iter().map(|name| (name.clone(), value(name))).collect()
            }
        };
        Step::Stop(State::WaitingForWebhook(WebhookCall {
            node: id.clone(),
            method: *method,
            url: wording::fill_url(url, &self.variables),
            body: (*method != Method::Get).then(|| json!({ "node": id, "variables": sent })),
            timeout_seconds: *timeout_seconds,
        }))
    }

    /// The customer's server answered, or a script in its place; `how` says which.
    pub(super) fn webhook_answered<'g>(&mut self, graph: &'g Graph, answer: &WebhookAnswer, how: &str) -> Step<'g> {
        self.pass_webhook();
        self.note(format!("webhook '{}' answered {}{how}", self.node, answer.status));
        let Some(Node::Webhook { save, next, .. }) = graph.node(&self.node) else {
            return self.broken(&format!("node '{}' is no webhook", self.node));
        };
        if !(200..300).contains(&answer.status) {
            return self.webhook_on_error(graph);
        }
        for (variable, pointer) in save {
            let value = answer.body.pointer(pointer).map(value_text).unwrap_or_default();
            self.set(variable, &value);
        }
        Step::Go(next)
    }

    /// The customer's server could not be reached.
    pub(super) fn webhook_failed<'g>(&mut self, graph: &'g Graph, reason: &str) -> Step<'g> {
        self.pass_webhook();
        self.note(format!("webhook '{}' failed: {}", self.node, wording::cut(reason, REASON_MAX)));
        self.webhook_on_error(graph)
    }

    fn webhook_on_error<'g>(&mut self, graph: &'g Graph) -> Step<'g> {
        if let Some(Node::Webhook { on_error: Some(next), .. }) = graph.node(&self.node) {
            return Step::Go(next);
        }
        let message = format!("the call ended: webhook '{}' has no 'on_error'", self.node);
        self.fail(Reason::WebhookFailed, message)
    }

    fn transfer<'g>(&mut self, graph: &'g Graph, text: Option<&str>, to: &str) -> Step<'g> {
        if let Some(text) = text {
            self.say(wording::fill(text, &self.variables));
        }
        let to = wording::fill(to, &self.variables);
        match dialled(&to) {
            Ok(to) => Step::Stop(State::WaitingForTransfer { node: self.node.clone(), to }),
            Err(_) => self.transfer_failed(graph, "there is no valid number to transfer to"),
        }
    }

    /// The transferred call was answered.
    pub(super) fn transfer_connected<'g>(&mut self, graph: &'g Graph) -> Step<'g> {
        self.pass_ringing();
        self.note(format!("transfer '{}' was connected", self.node));
        let success = matches!(graph.node(&self.node), Some(Node::Transfer { success: true, .. }));
        Step::Stop(State::Ended(Ended::with("transferred", success)))
    }

    /// The transferred call was not answered.
    pub(super) fn transfer_failed<'g>(&mut self, graph: &'g Graph, reason: &str) -> Step<'g> {
        self.note(format!("transfer '{}' failed: {}", self.node, wording::cut(reason, REASON_MAX)));
        if let Some(Node::Transfer { on_error: Some(next), .. }) = graph.node(&self.node) {
            return Step::Go(next);
        }
        let message = format!("the call ended: transfer '{}' has no 'on_error'", self.node);
        self.fail(Reason::TransferFailed, message)
    }
}

/// Converts a part of a webhook's response to the value of a variable: text as it is, null as empty, everything else as
/// JSON.
fn value_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
