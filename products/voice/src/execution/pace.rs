//! The duration of speech and other parts of a call.

use serde::{Deserialize, Serialize};

use super::Execution;

/// Milliseconds for one word: a speaker says 150 words per minute.
const WORD_MS: u64 = 400;
/// The shortest utterance, in milliseconds.
const UTTERANCE_MIN_MS: u64 = 400;
/// The pause between two speakers, in milliseconds.
const TURN_GAP_MS: u64 = 300;
/// How long a server takes to answer a webhook, in milliseconds.
const WEBHOOK_MS: u64 = 250;
/// How long a transferred call rings, in milliseconds.
const RINGING_MS: u64 = 4_000;

/// How the time of a run is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// There is no real speech: the time is computed from the number of words, at 150 per minute.
    Simulated,
    /// A real conversation: the time is the time that has passed.
    Live {
        /// Milliseconds since the call's start. A value lower than an earlier one is replaced by that one.
        elapsed_ms: u64,
    },
}

impl Execution {
    pub(super) fn set_pace(&mut self, pace: Pace) {
        self.pace = pace;
        if let Pace::Live { elapsed_ms } = pace {
            self.elapsed_ms = self.elapsed_ms.max(elapsed_ms);
        }
    }

    /// Advances the time, unless it is measured.
    fn pass(&mut self, milliseconds: u64) {
        if self.pace == Pace::Simulated {
            self.elapsed_ms = self.elapsed_ms.saturating_add(milliseconds);
        }
    }

    pub(super) fn pass_speech(&mut self, text: &str) {
        let words = u64::try_from(text.split_whitespace().count()).unwrap_or(u64::MAX);
        self.pass(words.saturating_mul(WORD_MS).max(UTTERANCE_MIN_MS));
    }

    pub(super) fn pass_turn(&mut self) {
        self.pass(TURN_GAP_MS);
    }

    pub(super) fn pass_silence(&mut self, seconds: u32) {
        self.pass(u64::from(seconds) * 1_000);
    }

    pub(super) fn pass_webhook(&mut self) {
        self.pass(WEBHOOK_MS);
    }

    pub(super) fn pass_ringing(&mut self) {
        self.pass(RINGING_MS);
    }
}
