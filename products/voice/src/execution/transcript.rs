//! What was said.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Execution;

/// One line of a transcript.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = TranscriptEntry)]
pub struct Entry {
    /// When it began, in milliseconds since the call's start.
    pub at_ms: u64,
    /// Who said it.
    pub speaker: Speaker,
    /// The id of the node it was said at.
    pub node: String,
    /// The words. Of the agent at most 4,000 characters, of the callee at most 2,000.
    pub text: String,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// The workflow.
    Agent,
    /// The person called, or calling.
    Callee,
    /// Nobody: what happened beside the conversation, such as a webhook or silence.
    System,
}

impl Execution {
    /// The agent says something. A text that came out empty, because all of its variables are, is not said.
    pub(super) fn say(&mut self, text: String) {
        if text.trim().is_empty() {
            return;
        }
        self.pass_turn();
        let at_ms = self.elapsed_ms;
        self.pass_speech(&text);
        self.enter_line(at_ms, Speaker::Agent, text);
    }

    /// The callee said something.
    pub(super) fn listen(&mut self, text: String) {
        self.pass_turn();
        let at_ms = self.elapsed_ms;
        self.pass_speech(&text);
        self.enter_line(at_ms, Speaker::Callee, text);
    }

    /// Something happened beside the conversation.
    pub(super) fn note(&mut self, text: String) {
        self.enter_line(self.elapsed_ms, Speaker::System, text);
    }

    fn enter_line(&mut self, at_ms: u64, speaker: Speaker, text: String) {
        self.transcript.push(Entry { at_ms, speaker, node: self.node.clone(), text });
    }
}
