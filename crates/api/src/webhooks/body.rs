//! Request and response bodies of webhook endpoints.

use freehold_core::{Cursor, Secret};
use freehold_delivery::webhook::{
    EndpointId, Signature,
    endpoint::{Endpoint, EndpointChange, EndpointNew, Rotation},
};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// Why a webhook endpoint is disabled.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum WebhookDisabledReason {
    /// You disabled it.
    Asked,
    /// It answered 410.
    Gone,
    /// All deliveries failed for five days.
    Failing,
}

/// A webhook endpoint, without its secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct WebhookBody {
    /// Id of the webhook endpoint.
    #[schema(value_type = Uuid)]
    id: EndpointId,
    /// URL to which events are sent.
    #[schema(format = "uri")]
    url: String,
    /// Your description of the endpoint; may be empty.
    description: String,
    /// Filter of event types: a type (`call.completed`), a prefix (`call.*`), or `*` for all.
    events: Vec<String>,
    /// Whether events are sent.
    enabled: bool,
    /// When the endpoint was disabled, UTC; null while it is enabled.
    #[schema(value_type = Option<String>, format = DateTime)]
    disabled_at: Option<Timestamp>,
    /// Why the endpoint is disabled: `asked`, `gone` (it answered 410) or `failing` (five days of failures only); null
    /// while it is enabled.
    #[schema(value_type = Option<WebhookDisabledReason>)]
    disabled_because: Option<String>,
    /// Signature of messages: `v1` (HMAC-SHA256 with a secret) or `v1a` (ed25519).
    #[schema(value_type = WebhookSignature)]
    signature: String,
    /// Public key that verifies `v1a` signatures; null for `v1`.
    public_key: Option<String>,
    /// When the previous secret stops signing, UTC; null without a previous one.
    #[schema(value_type = Option<String>, format = DateTime)]
    previous_secret_until: Option<Timestamp>,
    /// Most requests per second; null for no limit.
    per_second: Option<i32>,
    /// Most requests in flight; 2 while the endpoint fails.
    at_once: i32,
    /// Time of the first failure since the last success, UTC; null while deliveries succeed.
    #[schema(value_type = Option<String>, format = DateTime)]
    failing_since: Option<Timestamp>,
    /// When the endpoint was created, UTC.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the endpoint was last changed by you, UTC.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<Endpoint> for WebhookBody {
    fn from(endpoint: Endpoint) -> Self {
        Self {
            id: endpoint.id,
            url: endpoint.url,
            description: endpoint.description,
            events: endpoint.patterns,
            enabled: endpoint.enabled,
            disabled_at: endpoint.disabled_at,
            disabled_because: endpoint.disabled_because,
            signature: endpoint.signature,
            public_key: endpoint.public_key,
            previous_secret_until: endpoint.previous_until,
            per_second: endpoint.per_second,
            at_once: endpoint.at_once,
            failing_since: endpoint.failing_since,
            created_at: endpoint.created_at,
            updated_at: endpoint.updated_at,
        }
    }
}

/// A webhook endpoint with its new secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct WebhookWithSecret {
    /// Signing secret that verifies `v1` messages: `whsec_…`. It is shown only here: the answer to a retry with the
    /// same `Idempotency-Key` has null. Null for `v1a`, where the public key verifies.
    secret: Option<String>,
    #[serde(flatten)]
    body: WebhookBody,
}

impl WebhookWithSecret {
    pub(crate) fn new(endpoint: Endpoint, secret: Option<Secret>) -> Self {
        Self { secret: secret.map(|secret| secret.expose().to_owned()), body: endpoint.into() }
    }
}

/// A page of webhook endpoints.
#[derive(Serialize, ToSchema)]
pub(crate) struct WebhookPage {
    /// The webhook endpoints, newest first.
    pub(crate) data: Vec<WebhookBody>,
    /// Value of `cursor` for the next page; null on the last page.
    #[schema(value_type = Option<String>)]
    pub(crate) next_cursor: Option<Cursor>,
}

/// Signature scheme of webhook messages.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum WebhookSignature {
    /// HMAC-SHA256 with a secret that both sides know.
    #[default]
    V1,
    /// ed25519: you get the public key, which verifies but cannot sign.
    V1a,
}

impl From<WebhookSignature> for Signature {
    fn from(name: WebhookSignature) -> Self {
        match name {
            WebhookSignature::V1 => Self::Symmetric,
            WebhookSignature::V1a => Self::Ed25519,
        }
    }
}

/// The webhook endpoint to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateWebhook {
    /// URL to which events are sent: `https`, on the public internet, at most 2,048 characters.
    #[schema(format = "uri", max_length = 2048)]
    url: String,
    /// Your description of the endpoint, at most 500 characters.
    #[serde(default)]
    #[schema(max_length = 500)]
    description: String,
    /// Filter of event types: a type (`call.completed`), a prefix (`call.*`), or `*`; at most 100 entries. All events
    /// when left out.
    #[serde(default)]
    #[schema(max_items = 100)]
    events: Vec<String>,
    /// Whether events are sent. Default true.
    #[serde(default = "yes")]
    enabled: bool,
    /// Signature of messages: `v1` (the default) or `v1a`.
    #[serde(default)]
    signature: WebhookSignature,
    /// Most requests per second, 1 to 10,000; no limit when left out.
    #[schema(minimum = 1, maximum = 10_000)]
    per_second: Option<i32>,
    /// Most requests in flight, 1 to 100; 20 when left out. 2 while the endpoint fails.
    #[schema(minimum = 1, maximum = 100)]
    at_once: Option<i32>,
}

fn yes() -> bool {
    true
}

impl CreateWebhook {
    /// The signature scheme and the remaining fields.
    pub(super) fn split(self) -> (Signature, EndpointNew) {
        let Self { url, description, events, enabled, signature, per_second, at_once } = self;
        (signature.into(), EndpointNew { url, description, events, enabled, per_second, at_once })
    }
}

/// The changes of a webhook endpoint; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateWebhook {
    /// URL to which events are sent: `https`, on the public internet, at most 2,048 characters.
    #[schema(format = "uri", max_length = 2048)]
    url: Option<String>,
    /// Your description of the endpoint, at most 500 characters.
    #[schema(max_length = 500)]
    description: Option<String>,
    /// Filter of event types: a type (`call.completed`), a prefix (`call.*`), or `*`; at most 100 entries.
    #[schema(max_items = 100)]
    events: Option<Vec<String>>,
    /// Whether events are sent.
    enabled: Option<bool>,
    /// Most requests per second, 1 to 10,000; null for no limit.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<i32>, minimum = 1, maximum = 10_000)]
    per_second: Throttle,
    /// Most requests in flight, 1 to 100.
    #[schema(minimum = 1, maximum = 100)]
    at_once: Option<i32>,
}

/// The change of the rate limit, for which null is a value.
#[derive(Debug, Default)]
enum Throttle {
    /// The field is left out: the limit stays.
    #[default]
    AsItIs,
    /// The new limit; none for no limit.
    To(Option<i32>),
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Throttle, D::Error> {
    Option::deserialize(deserializer).map(Throttle::To)
}

impl From<UpdateWebhook> for EndpointChange {
    fn from(change: UpdateWebhook) -> Self {
        let UpdateWebhook { url, description, events, enabled, per_second, at_once } = change;
        let per_second = match per_second {
            Throttle::AsItIs => None,
            Throttle::To(per_second) => Some(per_second),
        };
        Self { url, description, events, enabled, per_second, at_once }
    }
}

/// The rotation of a signing secret.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RotateWebhookSecret {
    /// Signature of messages from now on: `v1` or `v1a`; unchanged when left out.
    signature: Option<WebhookSignature>,
    /// How long the previous secret still signs, in seconds, 0 to 604,800 (a week); 86,400 (a day) when left out.
    #[schema(minimum = 0, maximum = 604_800)]
    overlap_seconds: Option<i64>,
}

impl From<RotateWebhookSecret> for Rotation {
    fn from(RotateWebhookSecret { signature, overlap_seconds }: RotateWebhookSecret) -> Self {
        Self { signature: signature.map(Signature::from), overlap_seconds }
    }
}
