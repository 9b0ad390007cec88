//! Response bodies of webhook deliveries.

use std::collections::BTreeMap;

use freehold_core::Cursor;
use freehold_delivery::webhook::{
    Attempt, AttemptFailure,
    delivery::{Delivery, DeliverySummary},
    headers_of,
};
use freehold_jobs::outbox::EventId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// State of a delivery.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DeliveryState {
    /// Waits for its first or next attempt, or for an answer.
    Waiting,
    /// Was answered with a status from 200 to 299.
    Delivered,
    /// Failed for good: no attempts follow.
    Failed,
}

impl DeliveryState {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}

/// A delivery in a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeliverySummaryBody {
    /// Id of the event, which also identifies the delivery within its webhook endpoint.
    #[schema(value_type = Uuid)]
    event_id: EventId,
    /// Type of the event; null when the event is no longer stored.
    event_type: Option<String>,
    /// State of the delivery: waiting, delivered or failed.
    #[schema(value_type = DeliveryState)]
    state: String,
    /// Number of attempts since the delivery was created or replayed, at most 10.
    #[schema(minimum = 0, maximum = 10)]
    attempts_made: i16,
    /// When the next attempt starts, UTC; null while one is running and when none follows.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_attempt_at: Option<Timestamp>,
    /// HTTP status of the last answer; null when the last attempt got none.
    last_status: Option<u16>,
    /// Why the last attempt got no answer; null when it got one.
    last_error: Option<String>,
    /// When the delivery was created, UTC.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the delivery succeeded or failed for good, UTC; null while it waits.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
}

impl From<DeliverySummary> for DeliverySummaryBody {
    fn from(delivery: DeliverySummary) -> Self {
        let DeliverySummary { event_id, event_type, state, tried, next_at, created_at, ended_at, last } = delivery;
        let last = last.map(|last| last.0);
        Self {
            event_id,
            event_type,
            state,
            attempts_made: tried,
            next_attempt_at: next_at,
            last_status: last.as_ref().and_then(|attempt| attempt.status),
            last_error: last.and_then(|attempt| attempt.error),
            created_at,
            ended_at,
        }
    }
}

/// A page of deliveries.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeliveryPage {
    /// The deliveries, those of the newest events first.
    pub(super) data: Vec<DeliverySummaryBody>,
    /// Value of `cursor` for the next page; null on the last page.
    #[schema(value_type = Option<String>)]
    pub(super) next_cursor: Option<Cursor>,
}

/// A delivery with its attempts.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeliveryBody {
    /// Id of the event, which also identifies the delivery within its webhook endpoint.
    #[schema(value_type = Uuid)]
    event_id: EventId,
    /// State of the delivery: waiting, delivered or failed.
    #[schema(value_type = DeliveryState)]
    state: String,
    /// When the next attempt starts, UTC; null while one is running and when none follows.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_attempt_at: Option<Timestamp>,
    /// Body of every request, byte for byte; null when the event is no longer stored.
    request_body: Option<String>,
    /// The last 20 attempts, oldest first.
    attempts: Vec<AttemptBody>,
    /// When the delivery was created, UTC.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the delivery succeeded or failed for good, UTC; null while it waits.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
}

/// An attempt of a delivery.
#[derive(Serialize, ToSchema)]
#[schema(as = DeliveryAttempt)]
pub(crate) struct AttemptBody {
    /// When the attempt started, UTC.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Duration of the attempt, in milliseconds.
    took_ms: i64,
    /// URL of the request.
    #[schema(format = "uri")]
    url: String,
    /// Headers of the request, by name.
    #[schema(value_type = Object)]
    request_headers: BTreeMap<&'static str, String>,
    /// HTTP status of the answer; null without an answer.
    status: Option<u16>,
    /// Beginning of the answer's body; null without an answer.
    answer: Option<String>,
    /// Why there was no answer: `refused_address`, `dns`, `connect`, `tls`, `timeout` or `protocol`; null after an
    /// answer.
    failure: Option<AttemptFailure>,
    /// The failure as a sentence; null after an answer.
    error: Option<String>,
}

impl DeliveryBody {
    pub(super) fn new(delivery: Delivery, request_body: Option<String>) -> Self {
        let Delivery { event_id, state, next_at, created_at, ended_at, attempts, .. } = delivery;
        Self {
            event_id,
            state,
            next_attempt_at: next_at,
            request_body,
            attempts: attempts.0.into_iter().map(|attempt| AttemptBody::new(event_id, attempt)).collect(),
            created_at,
            ended_at,
        }
    }
}

impl AttemptBody {
    fn new(event: EventId, attempt: Attempt) -> Self {
        let request_headers = headers_of(event, &attempt);
        let Attempt { at, url, took_ms, status, answer, failure, error, .. } = attempt;
        Self { at, took_ms, url, request_headers, status, answer, failure, error }
    }
}

/// The deliveries to replay.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplayDeliveries {
    /// Start of the period whose events are replayed, UTC; at most 30 days ago.
    #[schema(value_type = String, format = DateTime)]
    pub(super) since: Timestamp,
    /// Whether to replay only events that were not delivered, including those for which the endpoint was disabled or
    /// did not exist. Default true.
    #[serde(default = "yes")]
    pub(super) only_failed: bool,
}

fn yes() -> bool {
    true
}

/// The result of a replay.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReplayedDeliveries {
    /// Number of replayed deliveries, at most 10,000.
    #[schema(minimum = 0, maximum = 10_000)]
    pub(super) replayed: i32,
    /// Time from which the replay has to be repeated for the remaining events, UTC; null when all are replayed.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) next_since: Option<Timestamp>,
}

/// The test event that is being sent.
#[derive(Serialize, ToSchema)]
pub(crate) struct WebhookTest {
    /// Id of the event `webhook.test`; read its delivery to see the result.
    #[schema(value_type = Uuid)]
    pub(super) event_id: EventId,
}
