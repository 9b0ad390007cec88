//! What webhooks themselves tell.

use freehold_core::Id;
use freehold_jobs::outbox::{Event, EventType};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::EndpointId;

/// The catalog of this room.
pub const ALL: &[EventType] = &[EventType::of::<WebhookDisabled>(), EventType::of::<WebhookTest>()];

/// `webhook.disabled`. Published by `freehold.webhook_disable`.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookDisabled {
    /// Which endpoint.
    #[schema(value_type = Uuid)]
    pub endpoint_id: EndpointId,
    /// Where it is.
    pub url: String,
    /// `gone`: it answered 410; `failing`: nothing but failures for five days.
    pub because: &'static str,
    /// The first failure since the last success.
    #[schema(format = DateTime)]
    pub failing_since: Option<String>,
}

impl Event for WebhookDisabled {
    const TYPE: &'static str = "webhook.disabled";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "An endpoint is told nothing any more, because it was gone or kept failing. Owners and administrators \
                                   got a mail.";
    fn sample() -> Self {
        Self {
            endpoint_id: Id::new(Uuid::from_u128(0x0198_5a2e_7c60_7a31_8f2e_6d0c_4be9_1a60)),
            url: "https://example.org/hooks".to_owned(),
            because: "failing",
            failing_since: Some("2026-07-25T09:10:00Z".to_owned()),
        }
    }
}

/// `webhook.test`: for one endpoint alone, whatever its filters say.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookTest {
    /// Which endpoint.
    #[schema(value_type = Uuid)]
    pub endpoint_id: EndpointId,
    /// For people.
    pub message: &'static str,
}

impl WebhookTest {
    /// To this endpoint.
    pub(super) fn to(endpoint_id: EndpointId) -> Self {
        Self { endpoint_id, message: "This is a test: somebody asked for it." }
    }
}

impl Event for WebhookTest {
    const TYPE: &'static str = "webhook.test";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "Somebody asked for a test of one endpoint. No other gets it.";
    fn sample() -> Self {
        Self::to(Id::new(Uuid::from_u128(0x0198_5a2e_7c60_7a31_8f2e_6d0c_4be9_1a60)))
    }
}
