//! What is told outside.

use freehold_core::{Id, UserId};
use freehold_jobs::outbox::{Event, EventType};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// The catalog of this room.
pub const ALL: &[EventType] = &[EventType::of::<MemberChanged>(), EventType::of::<MemberRemoved>()];

const SOMEBODY: UserId = Id::new(Uuid::from_u128(0x0198_5a2e_7c60_7a31_8f2e_6d0c_4be9_1a70));

/// `member.changed`.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberChanged {
    /// Who.
    #[schema(value_type = Uuid)]
    pub user_id: UserId,
    /// viewer, member, admin or owner.
    pub role: String,
}

impl Event for MemberChanged {
    const TYPE: &'static str = "member.changed";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "A member got another role.";
    fn sample() -> Self {
        Self { user_id: SOMEBODY, role: "admin".to_owned() }
    }
}

/// `member.removed`.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberRemoved {
    /// Who.
    #[schema(value_type = Uuid)]
    pub user_id: UserId,
}

impl Event for MemberRemoved {
    const TYPE: &'static str = "member.removed";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "Somebody is no longer a member, by himself or by another.";
    fn sample() -> Self {
        Self { user_id: SOMEBODY }
    }
}
