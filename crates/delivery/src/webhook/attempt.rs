//! One attempt, as it is kept with its delivery.

use std::collections::BTreeMap;

use freehold_jobs::outbox::EventId;
use freehold_outbound::{Answer, SendError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What every message is.
pub(super) const CONTENT_TYPE: &str = "application/json";
/// Who sends.
pub(super) const USER_AGENT: &str = concat!("Freehold/", env!("CARGO_PKG_VERSION"), " (webhooks)");
/// How much of an answer's body is kept, in characters.
const ANSWER_KEPT: usize = 1_000;

/// What was sent when, and what came back. Kept small: of the request only what differs from attempt to attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it began; also the `webhook-timestamp`.
    pub at: Timestamp,
    /// Where to.
    pub url: String,
    /// The `webhook-signature`.
    pub signature: String,
    /// How long it took, in milliseconds.
    pub took_ms: i64,
    /// The answer's status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The beginning of the answer's body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// What kept the answer from coming: `timeout`, `connect`, `refused_address`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// The same in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Attempt {
    /// An attempt that begins.
    pub(super) fn begin(at: Timestamp, url: String, signature: String) -> Self {
        Self { at, url, signature, took_ms: 0, status: None, answer: None, failure: None, error: None }
    }

    /// What came of it.
    pub(super) fn ended(mut self, result: &Result<Answer, SendError>) -> Self {
        match result {
            Ok(answer) => {
                self.took_ms = i64::try_from(answer.took.as_millis()).unwrap_or(i64::MAX);
                self.status = Some(answer.status);
                self.answer = beginning(&answer.body);
            }
            Err(error) => {
                self.took_ms = i64::try_from(error.took().as_millis()).unwrap_or(i64::MAX);
                self.failure = Some(error.failure().name().to_owned());
                self.error = Some(error.to_string());
            }
        }
        self
    }

    /// An attempt in which nothing was sent.
    pub(super) fn not_made(at: Timestamp, url: String, why: &str) -> Self {
        Self { error: Some(why.to_owned()), ..Self::begin(at, url, String::new()) }
    }
}

/// The headers that an attempt sent, by name.
pub fn headers_of(event: EventId, attempt: &Attempt) -> BTreeMap<&'static str, String> {
    let own = [("content-type", CONTENT_TYPE.to_owned()), ("user-agent", USER_AGENT.to_owned())];
    let signed = [
        ("webhook-id", event.to_string()),
        ("webhook-timestamp", attempt.at.as_second().to_string()),
        ("webhook-signature", attempt.signature.clone()),
    ];
    // Nothing was sent without one.
    if attempt.signature.is_empty() { BTreeMap::new() } else { own.into_iter().chain(signed).collect() }
}

/// The beginning of a body, as text that Postgres keeps.
fn beginning(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(&body[..body.len().min(4 * ANSWER_KEPT)]);
    let kept: String = text.chars().filter(|letter| *letter != '\0').take(ANSWER_KEPT).collect();
    Some(kept).filter(|kept| !kept.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_of_an_answer_is_short_and_text() {
        assert_eq!(beginning(b""), None);
        assert_eq!(beginning(b"a\0b\xFF").as_deref(), Some("ab\u{FFFD}"));
        assert_eq!(beginning("ä".repeat(5_000).as_bytes()).map(|kept| kept.chars().count()), Some(ANSWER_KEPT));
    }
}
