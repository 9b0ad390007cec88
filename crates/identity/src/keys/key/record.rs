//! A key as its organization sees it.

use freehold_core::{ApiKeyId, Bounds, Result, UserId};
use freehold_db::row;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

row! {
    /// A key as its organization sees it, without the secret.
    #[derive(Clone, Debug)]
    pub struct Key {
        /// Id of the key.
        pub id: ApiKeyId,
        /// Name that its creator gave it.
        pub name: String,
        /// First characters of the key, to recognize it by.
        pub prefix: String,
        /// Whether the key is for live data; otherwise it is for test data.
        pub live: bool,
        /// The highest role of the key: `viewer`, `member`, `admin` or `owner`. The present role of the user behind it
        /// limits it, too.
        pub role: String,
        /// Scopes of the key within its role; empty: everything.
        pub scopes: Vec<String>,
        /// The user responsible for the key, who created it or is behind the key that did; null for keys from before
        /// users were recorded.
        pub created_by: Option<UserId>,
        /// The key that created it; null: a user did.
        pub parent_id: Option<ApiKeyId>,
        /// When the key was created, UTC.
        pub created_at: Timestamp,
        /// Expiry of the key, UTC; null: it does not expire.
        pub expires_at: Option<Timestamp>,
        /// When the key was last used, UTC, exact to the minute; null: never.
        pub last_used_at: Option<Timestamp>,
        /// When the key was suspended, because the user behind it left the organization; null: it is not suspended.
        pub suspended_at: Option<Timestamp>,
        /// When the key was revoked; null: it is not revoked.
        pub revoked_at: Option<Timestamp>,
        /// When the secret was replaced last, UTC; null: never.
        pub rotated_at: Option<Timestamp>,
        /// First characters of the secret before the last rotation; null: the key was never rotated.
        pub previous_prefix: Option<String>,
        /// When the secret before the last rotation stops working, UTC; null: the key was never rotated.
        pub previous_until: Option<Timestamp>,
        /// Networks from which the key may be used: `198.51.100.0/24`; empty: everywhere.
        pub allowed_networks: Vec<String>,
    }
}

/// State of an API key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum KeyState {
    /// Works, as long as its user is not banned and the key that created it works.
    Active,
    /// Its user left the organization; an owner adopts or revokes it.
    Suspended,
    /// Its expiry has passed.
    Expired,
    /// Was revoked.
    Revoked,
}

impl KeyState {
    /// The name in JSON and on pages: `active`, `suspended`, `expired` or `revoked`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

impl Key {
    /// State of the key at this time.
    pub fn state(&self, now: Timestamp) -> KeyState {
        if self.revoked_at.is_some() {
            KeyState::Revoked
        } else if self.expires_at.is_some_and(|end| end <= now) {
            KeyState::Expired
        } else if self.suspended_at.is_some() {
            KeyState::Suspended
        } else {
            KeyState::Active
        }
    }

    /// The key's own limits, without those of the user and keys it derives from.
    pub(super) fn own_bounds(&self) -> Result<Bounds> {
        Bounds::stored(&self.role, &self.scopes, self.live, self.expires_at)
    }
}
