//! Deliveries as the API shows them.

use std::collections::BTreeMap;

use freehold_core::Cursor;
use freehold_delivery::webhook::{
    Attempt,
    delivery::{Delivery, DeliverySummary},
    headers_of,
};
use freehold_jobs::outbox::EventId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DeliveryState {
    /// For its first attempt, for the next, or for an answer.
    Waiting,
    /// It was answered with a status from 200 to 299.
    Delivered,
    /// Given up.
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
    /// The event; names the delivery among those of its webhook.
    #[schema(value_type = Uuid)]
    event_id: EventId,
    /// The event's type.
    event_type: Option<String>,
    /// waiting, delivered or failed.
    #[schema(value_type = DeliveryState)]
    state: String,
    /// How many attempts were made since the delivery was made or replayed, 10 at most.
    attempts_made: i16,
    /// When the next follows.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_attempt_at: Option<Timestamp>,
    /// The status of the last answer.
    last_status: Option<u16>,
    /// Why the last attempt got none.
    last_error: Option<String>,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was delivered or given up.
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
    /// Those of the newest events first.
    pub(super) data: Vec<DeliverySummaryBody>,
    /// Send it as `cursor` for the next page.
    #[schema(value_type = Option<String>)]
    pub(super) next_cursor: Option<Cursor>,
}

/// A delivery with its attempts.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeliveryBody {
    /// The event; names the delivery among those of its webhook.
    #[schema(value_type = Uuid)]
    event_id: EventId,
    /// waiting, delivered or failed.
    #[schema(value_type = DeliveryState)]
    state: String,
    /// When the next attempt follows.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_attempt_at: Option<Timestamp>,
    /// What every attempt sends, byte for byte; null when the event is no longer kept.
    request_body: Option<String>,
    /// The last 20, the oldest first.
    attempts: Vec<AttemptBody>,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was delivered or given up.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
}

/// One attempt.
#[derive(Serialize, ToSchema)]
pub(crate) struct AttemptBody {
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// How long it took, in milliseconds.
    took_ms: i64,
    /// Where to.
    url: String,
    /// The headers that were sent.
    #[schema(value_type = Object)]
    request_headers: BTreeMap<&'static str, String>,
    /// The status of the answer; null when there was none.
    status: Option<u16>,
    /// The beginning of its body.
    answer: Option<String>,
    /// What kept the answer from coming: refused_address, dns, connect, tls, timeout or protocol.
    failure: Option<String>,
    /// The same in words.
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

/// What is to be sent again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplayNew {
    /// Events of this time and later; of the last 30 days at most.
    #[schema(value_type = String, format = DateTime)]
    pub(super) since: Timestamp,
    /// Only what was not delivered, or never tried because the webhook was disabled or did not exist: yes, when left out.
    #[serde(default = "yes")]
    pub(super) only_failed: bool,
}

fn yes() -> bool {
    true
}

/// What is being sent again.
#[derive(Serialize, ToSchema)]
pub(crate) struct Replayed {
    /// How many deliveries: 10,000 at most.
    pub(super) replayed: i32,
    /// There is more: replay again from here.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) next_since: Option<Timestamp>,
}

/// A test that is being sent.
#[derive(Serialize, ToSchema)]
pub(crate) struct TestSent {
    /// The event `webhook.test`: look at the delivery of that event.
    #[schema(value_type = Uuid)]
    pub(super) event_id: EventId,
}
