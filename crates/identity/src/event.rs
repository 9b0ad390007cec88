//! The events that this crate publishes.

use freehold_core::{ApiKeyId, Id, UserId};
use freehold_jobs::outbox::{Event, EventType};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::key::Key;

/// The event catalog of this crate.
pub const ALL: &[EventType] = &[
    EventType::of::<KeyCreated>(),
    EventType::of::<KeySuspended>(),
    EventType::of::<KeyAdopted>(),
    EventType::of::<KeyRotated>(),
    EventType::of::<KeyUpdated>(),
    EventType::of::<KeyRevoked>(),
];

/// An API key, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyTold {
    /// Id of the API key.
    #[schema(value_type = Uuid)]
    pub key_id: ApiKeyId,
    /// The user's name for the key.
    pub name: String,
    /// First characters of the key, to recognize it.
    pub prefix: String,
    /// Scopes of the key, such as `usage:read`; empty for everything that its role allows.
    pub scopes: Vec<String>,
    /// Id of the key's user, who created it directly or through another key; null for old keys with an unknown creator.
    #[schema(value_type = Option<Uuid>)]
    pub created_by: Option<UserId>,
    /// When the key expires, UTC; null for never.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// Networks from which the key can be used, such as `198.51.100.0/24`; empty for everywhere.
    pub allowed_networks: Vec<String>,
}

impl KeyTold {
    fn of(key: &Key) -> Self {
        let mode = if key.live { "live" } else { "test" };
        Self {
            key_id: key.id,
            name: key.name.clone(),
            prefix: format!("sk_{mode}_{}", key.prefix),
            scopes: key.scopes.clone(),
            created_by: key.created_by,
            expires_at: key.expires_at,
            allowed_networks: key.allowed_networks.clone(),
        }
    }

    fn sample() -> Self {
        Self {
            key_id: Id::new(Uuid::from_u128(0x0198_5a2e_7c60_7a31_8f2e_6d0c_4be9_1a80)),
            name: "ci".to_owned(),
            prefix: "sk_live_7f3a".to_owned(),
            scopes: vec!["workflows:read".to_owned()],
            created_by: Some(Id::new(Uuid::from_u128(0x0198_5a2e_7c60_7a31_8f2e_6d0c_4be9_1a70))),
            expires_at: None,
            allowed_networks: vec!["198.51.100.0/24".to_owned()],
        }
    }
}

/// The content of `api_key.created`.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyCreated(KeyTold);

impl KeyCreated {
    /// The event of this key.
    pub(crate) fn of(key: &Key) -> Self {
        Self(KeyTold::of(key))
    }
}

impl Event for KeyCreated {
    const TYPE: &'static str = "api_key.created";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "An API key was created.";
    fn sample() -> Self {
        Self(KeyTold::sample())
    }
}

/// The content of `api_key.revoked`.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyRevoked(KeyTold);

impl KeyRevoked {
    /// The event of this key.
    pub(crate) fn of(key: &Key) -> Self {
        Self(KeyTold::of(key))
    }
}

impl Event for KeyRevoked {
    const TYPE: &'static str = "api_key.revoked";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "An API key was revoked and no longer works.";
    fn sample() -> Self {
        Self(KeyTold::sample())
    }
}

/// The content of `api_key.suspended`.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeySuspended(KeyTold);

impl KeySuspended {
    /// The event of this key.
    pub(crate) fn of(key: &Key) -> Self {
        Self(KeyTold::of(key))
    }
}

impl Event for KeySuspended {
    const TYPE: &'static str = "api_key.suspended";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str =
        "An API key was suspended, because its user left the organization. An owner can adopt or revoke it.";
    fn sample() -> Self {
        Self(KeyTold::sample())
    }
}

/// The content of `api_key.adopted`.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyAdopted(KeyTold);

impl KeyAdopted {
    /// The event of this key.
    pub(crate) fn of(key: &Key) -> Self {
        Self(KeyTold::of(key))
    }
}

impl Event for KeyAdopted {
    const TYPE: &'static str = "api_key.adopted";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "An owner adopted an API key and is now its user.";
    fn sample() -> Self {
        Self(KeyTold::sample())
    }
}

/// The content of `api_key.rotated`.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyRotated(KeyTold);

impl KeyRotated {
    /// The event of this key.
    pub(crate) fn of(key: &Key) -> Self {
        Self(KeyTold::of(key))
    }
}

impl Event for KeyRotated {
    const TYPE: &'static str = "api_key.rotated";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str =
        "The secret of an API key was replaced. The previous one works until the overlap ends.";
    fn sample() -> Self {
        Self(KeyTold::sample())
    }
}

/// The content of `api_key.updated`.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyUpdated(KeyTold);

impl KeyUpdated {
    /// The event of this key.
    pub(crate) fn of(key: &Key) -> Self {
        Self(KeyTold::of(key))
    }
}

impl Event for KeyUpdated {
    const TYPE: &'static str = "api_key.updated";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "The name or the allowed networks of an API key changed.";
    fn sample() -> Self {
        Self(KeyTold::sample())
    }
}
