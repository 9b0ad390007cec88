//! Runs that a voice engine conducts: the engine follows the graph, and the execution stores what it reports.

use super::{Ended, Entry, Execution, Pace, State};
use crate::graph::{Graph, Variables};

impl Execution {
    /// A run that is conducted by an engine.
    pub fn conducted(graph: &Graph, inputs: &Variables) -> Self {
        let mut execution = Self::new(graph, inputs, Pace::Live { elapsed_ms: 0 });
        execution.state = State::WithItsEngine;
        execution
    }

    /// Ends the run after `elapsed_ms`, because the engine's call is over or was given up.
    pub fn conducted_end(&mut self, ended: Ended, elapsed_ms: u64) {
        self.elapsed_ms = elapsed_ms;
        self.state = State::Ended(ended);
    }

    /// The run with the transcript of its engine, which is stored separately.
    #[must_use]
    pub fn with_transcript(mut self, transcript: Vec<Entry>) -> Self {
        self.transcript = transcript;
        self
    }
}
