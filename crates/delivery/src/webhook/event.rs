//! The events of webhook endpoints.

use freehold_core::Id;
use freehold_jobs::outbox::{Event, EventType};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::EndpointId;

/// The event types of webhooks.
pub const ALL: &[EventType] = &[EventType::of::<WebhookDisabled>(), EventType::of::<WebhookTest>()];

/// The content of `webhook.disabled`, which `freehold.webhook_disable` publishes.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookDisabled {
    /// Id of the webhook endpoint.
    #[schema(value_type = Uuid)]
    pub endpoint_id: EndpointId,
    /// URL of the webhook endpoint.
    pub url: String,
    /// Why the endpoint was disabled: `gone` (it answered 410) or `failing` (five days of failures only).
    pub because: &'static str,
    /// Time of the first failure since the last success, UTC; null without one.
    #[schema(format = DateTime)]
    pub failing_since: Option<String>,
}

impl Event for WebhookDisabled {
    const TYPE: &'static str = "webhook.disabled";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "A webhook endpoint was disabled, because it was gone or kept failing. Owners and administrators got \
                                   a mail.";
    fn sample() -> Self {
        Self {
            endpoint_id: Id::new(Uuid::from_u128(0x0198_5a2e_7c60_7a31_8f2e_6d0c_4be9_1a60)),
            url: "https://example.org/hooks".to_owned(),
            because: "failing",
            failing_since: Some("2026-07-25T09:10:00Z".to_owned()),
        }
    }
}

/// The content of `webhook.test`, which is sent to one endpoint only, whatever its filter.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookTest {
    /// Id of the webhook endpoint.
    #[schema(value_type = Uuid)]
    pub endpoint_id: EndpointId,
    /// Text for readers of the message.
    pub message: &'static str,
}

impl WebhookTest {
    /// The test event of this endpoint.
    pub(super) fn to(endpoint_id: EndpointId) -> Self {
        Self { endpoint_id, message: "This is a requested test event." }
    }
}

impl Event for WebhookTest {
    const TYPE: &'static str = "webhook.test";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "A test of one webhook endpoint was requested. Only that endpoint gets it.";
    fn sample() -> Self {
        Self::to(Id::new(Uuid::from_u128(0x0198_5a2e_7c60_7a31_8f2e_6d0c_4be9_1a60)))
    }
}
