//! One attempt to send a delivery, as the delivery stores it.

use std::collections::BTreeMap;

use freehold_jobs::outbox::EventId;
use freehold_outbound::{Answer, Failure, SendError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Content type of every webhook request.
pub(super) const CONTENT_TYPE: &str = "application/json";
/// User agent of every webhook request.
pub(super) const USER_AGENT: &str = concat!("Freehold/", env!("CARGO_PKG_VERSION"), " (webhooks)");
/// Most characters of an answer's body that an attempt keeps.
const ANSWER_KEPT: usize = 1_000;

/// One request and its result. Of the request it holds only what differs between attempts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When the attempt began, UTC; also the `webhook-timestamp`.
    pub at: Timestamp,
    /// URL that the request went to.
    pub url: String,
    /// Value of the header `webhook-signature`; empty when no request was sent.
    pub signature: String,
    /// Duration of the attempt, in milliseconds.
    pub took_ms: i64,
    /// HTTP status of the answer; none when there was no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// First 1,000 characters of the answer's body; none when it was empty or there was no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// Why there was no answer; none when there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<AttemptFailure>,
    /// The same as a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Why an attempt got no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttemptFailure {
    /// The URL leads to an address that may not be called.
    RefusedAddress,
    /// The host has no address.
    Dns,
    /// The server could not be reached.
    Connect,
    /// TLS failed, most often because of the certificate.
    Tls,
    /// There was no complete answer in time.
    Timeout,
    /// The answer was not HTTP, or the connection was closed before the answer was complete.
    Protocol,
}

impl From<Failure> for AttemptFailure {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused => Self::RefusedAddress,
            Failure::Dns => Self::Dns,
            Failure::Connect => Self::Connect,
            Failure::Tls => Self::Tls,
            Failure::Timeout => Self::Timeout,
            Failure::Protocol => Self::Protocol,
        }
    }
}

impl Attempt {
    /// An attempt that begins now.
    pub(super) fn begin(at: Timestamp, url: String, signature: String) -> Self {
        Self { at, url, signature, took_ms: 0, status: None, answer: None, failure: None, error: None }
    }

    /// The attempt with its result.
    pub(super) fn ended(mut self, result: &Result<Answer, SendError>) -> Self {
        match result {
            Ok(answer) => {
                self.took_ms = i64::try_from(answer.took.as_millis()).unwrap_or(i64::MAX);
                self.status = Some(answer.status);
                self.answer = beginning(&answer.body);
            }
            Err(error) => {
                self.took_ms = i64::try_from(error.took().as_millis()).unwrap_or(i64::MAX);
                self.failure = Some(error.failure().into());
                self.error = Some(error.to_string());
            }
        }
        self
    }

    /// An attempt that sent no request.
    pub(super) fn not_made(at: Timestamp, url: String, why: &str) -> Self {
        Self { error: Some(why.to_owned()), ..Self::begin(at, url, String::new()) }
    }
}

/// The headers that an attempt sent, by name; empty when it sent no request.
pub fn headers_of(event: EventId, attempt: &Attempt) -> BTreeMap<&'static str, String> {
    let own = [("content-type", CONTENT_TYPE.to_owned()), ("user-agent", USER_AGENT.to_owned())];
    let signed = [
        ("webhook-id", event.to_string()),
        ("webhook-timestamp", attempt.at.as_second().to_string()),
        ("webhook-signature", attempt.signature.clone()),
    ];
    // Every request is signed, so an attempt without a signature sent none.
    if attempt.signature.is_empty() { BTreeMap::new() } else { own.into_iter().chain(signed).collect() }
}

/// The beginning of a body as text that Postgres can store.
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
