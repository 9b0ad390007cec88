//! What is told outside.

use freehold_core::{ApiKeyId, Id, UserId};
use freehold_jobs::outbox::{Event, EventType};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::key::Key;

/// The catalog of this room.
pub const ALL: &[EventType] = &[
    EventType::of::<KeyCreated>(),
    EventType::of::<KeySuspended>(),
    EventType::of::<KeyAdopted>(),
    EventType::of::<KeyRevoked>(),
];

/// A key, without the key.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyTold {
    /// Which.
    #[schema(value_type = Uuid)]
    pub key_id: ApiKeyId,
    /// What its owner calls it.
    pub name: String,
    /// Its first characters, to recognise it by.
    pub prefix: String,
    /// What it may do; empty: everything its maker may.
    pub scopes: Vec<String>,
    /// The user behind it, who created it or the key that did.
    #[schema(value_type = Option<Uuid>)]
    pub created_by: Option<UserId>,
    /// Works until then.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
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
        }
    }
}

/// `api_key.created`.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyCreated(KeyTold);

impl KeyCreated {
    /// Of this key.
    pub(crate) fn of(key: &Key) -> Self {
        Self(KeyTold::of(key))
    }
}

impl Event for KeyCreated {
    const TYPE: &'static str = "api_key.created";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "Somebody made an API key.";
    fn sample() -> Self {
        Self(KeyTold::sample())
    }
}

/// `api_key.revoked`.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyRevoked(KeyTold);

impl KeyRevoked {
    /// Of this key.
    pub(crate) fn of(key: &Key) -> Self {
        Self(KeyTold::of(key))
    }
}

impl Event for KeyRevoked {
    const TYPE: &'static str = "api_key.revoked";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "Somebody revoked an API key, which works no longer.";
    fn sample() -> Self {
        Self(KeyTold::sample())
    }
}

/// `api_key.suspended`.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeySuspended(KeyTold);

impl KeySuspended {
    /// Of this key.
    pub(crate) fn of(key: &Key) -> Self {
        Self(KeyTold::of(key))
    }
}

impl Event for KeySuspended {
    const TYPE: &'static str = "api_key.suspended";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str =
        "An API key was suspended, because the user behind it left the organization. An owner adopts or revokes it.";
    fn sample() -> Self {
        Self(KeyTold::sample())
    }
}

/// `api_key.adopted`.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyAdopted(KeyTold);

impl KeyAdopted {
    /// Of this key.
    pub(crate) fn of(key: &Key) -> Self {
        Self(KeyTold::of(key))
    }
}

impl Event for KeyAdopted {
    const TYPE: &'static str = "api_key.adopted";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "An owner became the user behind an API key.";
    fn sample() -> Self {
        Self(KeyTold::sample())
    }
}
