//! The execution of a graph: a state machine that produces the agent's words until it needs input, and continues with
//! the next event.
//!
//! It reads no clock and makes no calls, so the same graph and the same events always give the same transcript. Between
//! two messages of a live conversation it is stored as JSON.

mod conducted;
mod event;
mod pace;
mod state;
mod step;
mod transcript;

use serde::{Deserialize, Serialize};

use crate::graph::{Graph, Node, VALUE_MAX, Variables, wording};
pub use event::{Event, Refused, WebhookAnswer};
pub use pace::Pace;
pub use state::{Ended, Reason, State, Status, WebhookCall};
use step::Step;
pub use transcript::{Entry, Speaker};

/// Most steps of one run. Entering a node is a step, and so is repeating a question. A run that takes more steps has
/// failed.
pub const STEPS_MAX: u32 = 1_000;
/// Most consecutive questions without an answer before the call counts as dead. One question with all its retries stays
/// below this, so only a loop can reach it.
pub const SILENCES_MAX: u32 = 10;

/// Most webhooks and transfers of one run, counted together.
pub const REQUESTS_MAX: u32 = 100;

/// A run of a graph: the present node, the variables, and the transcript.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Execution {
    /// The id of the present node.
    node: String,
    variables: Variables,
    /// The number of steps so far, at most 1,000.
    steps: u32,
    /// The number of webhooks and transfers so far, at most 100.
    requests: u32,
    /// How often the question of this node was repeated.
    asked_again: u32,
    /// The number of consecutive questions without an answer.
    silences: u32,
    /// Whether the callee has ever said a word.
    heard: bool,
    /// Milliseconds since the call's start.
    elapsed_ms: u64,
    pace: Pace,
    transcript: Vec<Entry>,
    state: State,
}

impl Execution {
    /// Starts a run and continues until it needs input or ends. Missing and empty inputs take their defaults. The
    /// inputs are not checked here: `validate_inputs` does that.
    pub fn start(graph: &Graph, inputs: &Variables, pace: Pace) -> Self {
        let mut execution = Self::new(graph, inputs, pace);
        let step = match graph.start_node() {
            Some(Node::Start { id, .. }) => Step::Go(id.as_str()),
            _ => execution.broken("the graph has no start"),
        };
        execution.walk(graph, step);
        execution
    }

    /// A run whose call was not answered: it has ended before anything was said.
    pub fn unanswered(graph: &Graph, inputs: &Variables) -> Self {
        let mut execution = Self::new(graph, inputs, Pace::Simulated);
        execution.note("the call was not answered".to_owned());
        execution.state = State::Ended(Ended::without_success("no_answer"));
        execution
    }

    fn new(graph: &Graph, inputs: &Variables, pace: Pace) -> Self {
        let mut variables: Variables =
            inputs.iter().map(|(name, value)| (name.clone(), wording::cut(value, VALUE_MAX).to_owned())).collect();
        for input in &graph.inputs {
            let value = variables.entry(input.name.clone()).or_default();
            if value.trim().is_empty() {
                *value = input.default.clone().unwrap_or_default();
            }
        }
        let mut execution = Self {
            node: graph.start_node().map(|node| node.id().to_owned()).unwrap_or_default(),
            variables,
            steps: 0,
            requests: 0,
            asked_again: 0,
            silences: 0,
            heard: false,
            elapsed_ms: 0,
            pace,
            transcript: Vec::new(),
            state: State::Ended(Ended::without_success("hung_up")),
        };
        execution.set_pace(pace);
        execution
    }

    /// Continues the run with an event until it needs input again or ends. The event is refused, and nothing changes,
    /// if the run has ended or does not wait for this event.
    ///
    /// `graph` has to be the one that the run was started with.
    pub fn advance(&mut self, graph: &Graph, event: Event, pace: Pace) -> Result<&State, Refused> {
        self.state.expects(&event)?;
        self.set_pace(pace);
        let step = match event {
            Event::Heard { text } => self.hear(graph, &text),
            Event::Silence => self.hear(graph, ""),
            Event::HungUp => {
                self.note("the callee hung up".to_owned());
                Step::Stop(State::Ended(Ended::without_success("hung_up")))
            }
            Event::WebhookAnswered(answer) => self.webhook_answered(graph, &answer, ""),
            Event::WebhookScripted(answer) => self.webhook_answered(
                graph,
                &answer,
                " (nothing was called: on the text channel its answer is made up)",
            ),
            Event::WebhookFailed { reason } => self.webhook_failed(graph, &reason),
            Event::TransferConnected => self.transfer_connected(graph),
            Event::TransferFailed { reason } => {
                self.pass_ringing();
                self.transfer_failed(graph, &reason)
            }
        };
        self.walk(graph, step);
        Ok(&self.state)
    }

    /// Ends a live run that was not continued: the run has failed.
    pub fn abandon(&mut self) {
        self.note("the conversation was abandoned".to_owned());
        self.state = State::Ended(Ended::failed(Reason::Abandoned));
    }

    /// What the run waits for, or how it ended.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// How the run ended, if it has.
    pub fn ended(&self) -> Option<&Ended> {
        match &self.state {
            State::Ended(ended) => Some(ended),
            _ => None,
        }
    }

    /// The lines of the transcript, in order. Lines are only ever added.
    pub fn transcript(&self) -> &[Entry] {
        &self.transcript
    }

    /// The present variables: inputs, answers, and values from webhooks.
    pub fn variables(&self) -> &Variables {
        &self.variables
    }

    /// The id of the present node.
    pub fn node(&self) -> &str {
        &self.node
    }

    /// The duration of the call so far, in milliseconds.
    pub fn elapsed_ms(&self) -> u64 {
        self.elapsed_ms
    }

    /// The number of steps so far, at most 1,000.
    pub fn steps(&self) -> u32 {
        self.steps
    }

    /// Continues from node to node until one waits or ends.
    fn walk<'g>(&mut self, graph: &'g Graph, mut step: Step<'g>) {
        let state = loop {
            step = match step {
                Step::Go(id) => self.enter(graph, id),
                Step::Stop(state) => break state,
            };
        };
        self.state = state;
    }

    fn set(&mut self, variable: &str, value: &str) {
        self.variables.insert(variable.to_owned(), wording::cut(value, VALUE_MAX).to_owned());
    }

    /// Ends the run as failed, because the call cannot continue for technical reasons.
    fn fail<'g>(&mut self, reason: Reason, message: String) -> Step<'g> {
        self.note(message);
        Step::Stop(State::Ended(Ended::failed(reason)))
    }

    /// Ends the run as failed, because the graph is not one that validation accepts.
    fn broken<'g>(&mut self, message: &str) -> Step<'g> {
        self.fail(Reason::GraphBroken, format!("the workflow cannot be run: {message}"))
    }
}

#[cfg(test)]
mod tests;
