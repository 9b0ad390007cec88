//! Webhooks as the API shows and takes them.

use freehold_core::{Cursor, Secret};
use freehold_delivery::webhook::{
    EndpointId, Signature,
    endpoint::{Endpoint, EndpointChange, EndpointNew},
};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// A webhook, without its secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct WebhookBody {
    /// Which.
    #[schema(value_type = Uuid)]
    id: EndpointId,
    /// Where to.
    url: String,
    /// What you call it.
    description: String,
    /// Which events: types (`call.completed`), beginnings (`call.*`), or `*` for all.
    events: Vec<String>,
    /// Whether anything is sent.
    enabled: bool,
    /// Since when not.
    #[schema(value_type = Option<String>, format = DateTime)]
    disabled_at: Option<Timestamp>,
    /// `asked`, `gone` (it answered 410) or `failing` (nothing but failures for five days).
    disabled_because: Option<String>,
    /// `v1` (HMAC-SHA256 with a secret) or `v1a` (ed25519).
    #[schema(value_type = SignatureName)]
    signature: String,
    /// Of `v1a`: what messages are verified with.
    public_key: Option<String>,
    /// The secret before the present one signs as well until then.
    #[schema(value_type = Option<String>, format = DateTime)]
    previous_secret_until: Option<Timestamp>,
    /// Most requests a second; null: no limit.
    per_second: Option<i32>,
    /// Most requests on the way at once; while it fails, 2.
    at_once: i32,
    /// The first failure since the last success; null: all is well.
    #[schema(value_type = Option<String>, format = DateTime)]
    failing_since: Option<Timestamp>,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Your last change.
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

/// A webhook whose secret was just made.
#[derive(Serialize, ToSchema)]
pub(crate) struct WebhookWithSecret {
    /// `whsec_…`: what messages are verified with. It is shown here once: the answer to a retry with the same `Idempotency-Key`
    /// has null. Null with `v1a`, too, where the public key verifies.
    secret: Option<String>,
    #[serde(flatten)]
    body: WebhookBody,
}

impl From<(Endpoint, Option<Secret>)> for WebhookWithSecret {
    fn from((endpoint, secret): (Endpoint, Option<Secret>)) -> Self {
        Self { secret: secret.map(|secret| secret.expose().to_owned()), body: endpoint.into() }
    }
}

/// A page of webhooks.
#[derive(Serialize, ToSchema)]
pub(crate) struct WebhookPage {
    /// The newest first.
    pub(crate) data: Vec<WebhookBody>,
    /// Send it as `cursor` for the next page.
    #[schema(value_type = Option<String>)]
    pub(crate) next_cursor: Option<Cursor>,
}

/// How messages are signed.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SignatureName {
    /// HMAC-SHA256 with a secret that both sides know.
    #[default]
    V1,
    /// ed25519: you get the public key, and nobody who reads it can sign.
    V1a,
}

impl From<SignatureName> for Signature {
    fn from(name: SignatureName) -> Self {
        match name {
            SignatureName::V1 => Self::Symmetric,
            SignatureName::V1a => Self::Ed25519,
        }
    }
}

/// A webhook to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookNew {
    /// Where to: an `https` address on the public internet.
    #[schema(max_length = 2048)]
    url: String,
    /// What you call it.
    #[serde(default)]
    #[schema(max_length = 500)]
    description: String,
    /// Which events: types (`call.completed`), beginnings (`call.*`), or `*`. All, when left out.
    #[serde(default)]
    #[schema(max_items = 100)]
    events: Vec<String>,
    /// Whether anything is sent; yes, when left out.
    #[serde(default = "yes")]
    enabled: bool,
    /// How messages are signed; `v1`, when left out.
    #[serde(default)]
    signature: SignatureName,
    /// Most requests a second; no limit, when left out.
    #[schema(minimum = 1, maximum = 10_000)]
    per_second: Option<i32>,
    /// Most requests on the way at once; 20, when left out. While it fails, 2.
    #[schema(minimum = 1, maximum = 100)]
    at_once: Option<i32>,
}

fn yes() -> bool {
    true
}

impl WebhookNew {
    /// How it signs, and the rest.
    pub(super) fn split(self) -> (Signature, EndpointNew) {
        let Self { url, description, events, enabled, signature, per_second, at_once } = self;
        (signature.into(), EndpointNew { url, description, events, enabled, per_second, at_once })
    }
}

/// What to change of a webhook.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookChange {
    /// Where to.
    #[schema(max_length = 2048)]
    url: Option<String>,
    /// What you call it.
    #[schema(max_length = 500)]
    description: Option<String>,
    /// Which events.
    #[schema(max_items = 100)]
    events: Option<Vec<String>>,
    /// Whether anything is sent.
    enabled: Option<bool>,
    /// Most requests a second; null for no limit.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<i32>, minimum = 1, maximum = 10_000)]
    per_second: Throttle,
    /// Most requests on the way at once.
    #[schema(minimum = 1, maximum = 100)]
    at_once: Option<i32>,
}

/// Most requests a second, where it is said: null is a value here.
#[derive(Debug, Default)]
enum Throttle {
    /// Left out.
    #[default]
    AsItIs,
    /// As it is to be; none: no limit.
    To(Option<i32>),
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Throttle, D::Error> {
    Option::deserialize(deserializer).map(Throttle::To)
}

impl From<WebhookChange> for EndpointChange {
    fn from(change: WebhookChange) -> Self {
        let WebhookChange { url, description, events, enabled, per_second, at_once } = change;
        let per_second = match per_second {
            Throttle::AsItIs => None,
            Throttle::To(per_second) => Some(per_second),
        };
        Self { url, description, events, enabled, per_second, at_once }
    }
}

/// How a secret is to be rotated.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecretRotation {
    /// How messages are signed from now on; as before, when left out.
    pub(super) signature: Option<SignatureName>,
    /// For how many seconds the old secret signs as well; a day, when left out.
    #[schema(minimum = 0, maximum = 604_800)]
    pub(super) overlap_seconds: Option<i64>,
}
