//! The events of tenancy for webhooks and `GET /events`.

use freehold_core::{Id, UserId};
use freehold_jobs::outbox::{Event, EventType};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::invitation::InvitationId;

/// The event types of tenancy.
pub const ALL: &[EventType] = &[
    EventType::of::<OrganizationUpdated>(),
    EventType::of::<MemberChanged>(),
    EventType::of::<MemberRemoved>(),
    EventType::of::<InvitationCreated>(),
    EventType::of::<InvitationAccepted>(),
    EventType::of::<InvitationRevoked>(),
];

const SOMEBODY: UserId = Id::new(Uuid::from_u128(0x0198_5a2e_7c60_7a31_8f2e_6d0c_4be9_1a70));

const SOME_INVITATION: InvitationId = Id::new(Uuid::from_u128(0x0198_5a2e_7c60_7a31_8f2e_6d0c_4be9_1a71));

/// The content of `organization.updated`.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrganizationUpdated {
    /// What was changed: `name`, `slug`, `website`, `contact_email`, `time_zone`, `locale` or `logo`, at least one.
    pub changed: Vec<String>,
}

impl Event for OrganizationUpdated {
    const TYPE: &'static str = "organization.updated";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "The profile of the organization was changed.";
    fn sample() -> Self {
        Self { changed: vec!["name".to_owned(), "time_zone".to_owned()] }
    }
}

/// The content of `member.changed`.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberChanged {
    /// Id of the user.
    #[schema(value_type = Uuid)]
    pub user_id: UserId,
    /// New role of the member: viewer, member, admin or owner.
    pub role: String,
}

impl Event for MemberChanged {
    const TYPE: &'static str = "member.changed";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "A member's role was changed.";
    fn sample() -> Self {
        Self { user_id: SOMEBODY, role: "admin".to_owned() }
    }
}

/// The content of `member.removed`.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberRemoved {
    /// Id of the user.
    #[schema(value_type = Uuid)]
    pub user_id: UserId,
}

impl Event for MemberRemoved {
    const TYPE: &'static str = "member.removed";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "A member left the organization or was removed.";
    fn sample() -> Self {
        Self { user_id: SOMEBODY }
    }
}

/// The content of `invitation.created`.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitationCreated {
    /// Id of the invitation.
    #[schema(value_type = Uuid)]
    pub invitation_id: InvitationId,
    /// E-mail address of the invited user.
    pub email: String,
    /// Role that the user gets: viewer, member, admin or owner.
    pub role: String,
}

impl Event for InvitationCreated {
    const TYPE: &'static str = "invitation.created";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "A user was invited to become a member.";
    fn sample() -> Self {
        Self { invitation_id: SOME_INVITATION, email: "ada@example.org".to_owned(), role: "member".to_owned() }
    }
}

/// The content of `invitation.accepted`.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitationAccepted {
    /// Id of the invitation.
    #[schema(value_type = Uuid)]
    pub invitation_id: InvitationId,
    /// Id of the user who is now a member.
    #[schema(value_type = Uuid)]
    pub user_id: UserId,
    /// Role of the member: viewer, member, admin or owner.
    pub role: String,
}

impl Event for InvitationAccepted {
    const TYPE: &'static str = "invitation.accepted";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "A user accepted an invitation and became a member.";
    fn sample() -> Self {
        Self { invitation_id: SOME_INVITATION, user_id: SOMEBODY, role: "member".to_owned() }
    }
}

/// The content of `invitation.revoked`.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitationRevoked {
    /// Id of the invitation.
    #[schema(value_type = Uuid)]
    pub invitation_id: InvitationId,
}

impl Event for InvitationRevoked {
    const TYPE: &'static str = "invitation.revoked";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "An invitation was revoked.";
    fn sample() -> Self {
        Self { invitation_id: SOME_INVITATION }
    }
}
