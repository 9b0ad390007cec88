//! Runs that a voice engine conducts: it walks the graph, and what is kept here is what it tells.

use super::{Ended, Entry, Execution, Pace, State};
use crate::graph::{Graph, Variables};

impl Execution {
    /// A run that is handed to an engine.
    pub fn conducted(graph: &Graph, inputs: &Variables) -> Self {
        let mut execution = Self::new(graph, inputs, Pace::Live { elapsed_ms: 0 });
        execution.state = State::WithItsEngine;
        execution
    }

    /// The engine's call is over after `elapsed_ms`, or was given up.
    pub fn conducted_end(&mut self, ended: Ended, elapsed_ms: u64) {
        self.elapsed_ms = elapsed_ms;
        self.state = State::Ended(ended);
    }

    /// The run with the lines that its engine told, which are kept beside it.
    #[must_use]
    pub fn with_transcript(mut self, transcript: Vec<Entry>) -> Self {
        self.transcript = transcript;
        self
    }
}
