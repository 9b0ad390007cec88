//! The transcript of a run.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Execution;

/// A line of a transcript.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = TranscriptEntry)]
pub struct Entry {
    /// Start of the line, in milliseconds since the start of the call.
    pub at_ms: u64,
    /// Speaker of the line: `agent`, `callee` or `system`.
    pub speaker: Speaker,
    /// Id of the graph's node at which it was said.
    pub node: String,
    /// Words of the line: at most 4,000 characters of the agent, 2,000 of the callee.
    #[schema(max_length = 4_000)]
    pub text: String,
}

/// The speaker of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TranscriptSpeaker)]
pub enum Speaker {
    /// The agent of the workflow.
    Agent,
    /// The called or calling user.
    Callee,
    /// No speaker: an event beside the conversation, such as a webhook or silence.
    System,
}

impl Execution {
    /// Adds words of the agent. A text that is empty because all of its variables are is left out.
    pub(super) fn say(&mut self, text: String) {
        if text.trim().is_empty() {
            return;
        }
        self.pass_turn();
        let at_ms = self.elapsed_ms;
        self.pass_speech(&text);
        self.enter_line(at_ms, Speaker::Agent, text);
    }

    /// Adds words of the callee.
    pub(super) fn listen(&mut self, text: String) {
        self.pass_turn();
        let at_ms = self.elapsed_ms;
        self.pass_speech(&text);
        self.enter_line(at_ms, Speaker::Callee, text);
    }

    /// Adds a note on something that happened beside the conversation.
    pub(super) fn note(&mut self, text: String) {
        self.enter_line(self.elapsed_ms, Speaker::System, text);
    }

    fn enter_line(&mut self, at_ms: u64, speaker: Speaker, text: String) {
        self.transcript.push(Entry { at_ms, speaker, node: self.node.clone(), text });
    }
}
