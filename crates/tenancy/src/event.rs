//! What is told outside.

use freehold_core::{Id, UserId};
use freehold_jobs::outbox::{Event, EventType};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::invitation::InvitationId;

/// The catalog of this room.
pub const ALL: &[EventType] = &[
    EventType::of::<MemberChanged>(),
    EventType::of::<MemberRemoved>(),
    EventType::of::<InvitationCreated>(),
    EventType::of::<InvitationAccepted>(),
    EventType::of::<InvitationRevoked>(),
];

const SOMEBODY: UserId = Id::new(Uuid::from_u128(0x0198_5a2e_7c60_7a31_8f2e_6d0c_4be9_1a70));

const SOME_INVITATION: InvitationId = Id::new(Uuid::from_u128(0x0198_5a2e_7c60_7a31_8f2e_6d0c_4be9_1a71));

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

/// `invitation.created`.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitationCreated {
    /// Which.
    #[schema(value_type = Uuid)]
    pub invitation_id: InvitationId,
    /// Who is invited.
    pub email: String,
    /// viewer, member, admin or owner.
    pub role: String,
}

impl Event for InvitationCreated {
    const TYPE: &'static str = "invitation.created";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "An address was invited to become a member.";
    fn sample() -> Self {
        Self { invitation_id: SOME_INVITATION, email: "ada@example.org".to_owned(), role: "member".to_owned() }
    }
}

/// `invitation.accepted`.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitationAccepted {
    /// Which.
    #[schema(value_type = Uuid)]
    pub invitation_id: InvitationId,
    /// Who is a member now.
    #[schema(value_type = Uuid)]
    pub user_id: UserId,
    /// viewer, member, admin or owner.
    pub role: String,
}

impl Event for InvitationAccepted {
    const TYPE: &'static str = "invitation.accepted";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "Somebody accepted an invitation and is a member now.";
    fn sample() -> Self {
        Self { invitation_id: SOME_INVITATION, user_id: SOMEBODY, role: "member".to_owned() }
    }
}

/// `invitation.revoked`.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitationRevoked {
    /// Which.
    #[schema(value_type = Uuid)]
    pub invitation_id: InvitationId,
}

impl Event for InvitationRevoked {
    const TYPE: &'static str = "invitation.revoked";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "An invitation was taken back.";
    fn sample() -> Self {
        Self { invitation_id: SOME_INVITATION }
    }
}
