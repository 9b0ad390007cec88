//! The events of tenancy for webhooks and `GET /events`.

use freehold_core::{Id, UserId};
use freehold_jobs::outbox::{Event, EventType};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{invitation::InvitationId, role::RoleId};

/// The event types of tenancy.
pub const ALL: &[EventType] = &[
    EventType::of::<OrganizationUpdated>(),
    EventType::of::<MemberChanged>(),
    EventType::of::<MemberRemoved>(),
    EventType::of::<InvitationCreated>(),
    EventType::of::<InvitationAccepted>(),
    EventType::of::<InvitationRevoked>(),
    EventType::of::<RoleCreated>(),
    EventType::of::<RoleUpdated>(),
    EventType::of::<RoleDeleted>(),
];

const SOMEBODY: UserId = Id::new(Uuid::from_u128(0x0198_5a2e_7c60_7a31_8f2e_6d0c_4be9_1a70));

const SOME_ROLE: RoleId = Id::new(Uuid::from_u128(0x0198_5a2e_7c60_7a31_8f2e_6d0c_4be9_1a72));

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
    /// New role of the member: viewer, member, admin or owner; with a custom role the least of them that includes its
    /// permissions.
    pub role: String,
    /// Id of the member's custom role; null for a built-in role.
    #[schema(value_type = Option<Uuid>)]
    pub role_id: Option<RoleId>,
}

impl Event for MemberChanged {
    const TYPE: &'static str = "member.changed";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "A member's role was changed.";
    fn sample() -> Self {
        Self { user_id: SOMEBODY, role: "admin".to_owned(), role_id: None }
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
    /// Role that the user gets: viewer, member, admin or owner; with a custom role the least of them that includes its
    /// permissions.
    pub role: String,
    /// Id of the custom role that the user gets; null for a built-in role.
    #[schema(value_type = Option<Uuid>)]
    pub role_id: Option<RoleId>,
}

impl Event for InvitationCreated {
    const TYPE: &'static str = "invitation.created";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "A user was invited to become a member.";
    fn sample() -> Self {
        Self {
            invitation_id: SOME_INVITATION,
            email: "ada@example.org".to_owned(),
            role: "member".to_owned(),
            role_id: None,
        }
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
    /// Role of the member: viewer, member, admin or owner; with a custom role the least of them that includes its
    /// permissions.
    pub role: String,
    /// Id of the member's custom role; null for a built-in role.
    #[schema(value_type = Option<Uuid>)]
    pub role_id: Option<RoleId>,
}

impl Event for InvitationAccepted {
    const TYPE: &'static str = "invitation.accepted";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "A user accepted an invitation and became a member.";
    fn sample() -> Self {
        Self { invitation_id: SOME_INVITATION, user_id: SOMEBODY, role: "member".to_owned(), role_id: None }
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

/// The content of `role.created`.
#[derive(Debug, Serialize, ToSchema)]
pub struct RoleCreated {
    /// Id of the role.
    #[schema(value_type = Uuid)]
    pub role_id: RoleId,
    /// Name of the role.
    pub name: String,
    /// The permissions of the role.
    pub permissions: Vec<String>,
}

impl Event for RoleCreated {
    const TYPE: &'static str = "role.created";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "A custom role was created.";
    fn sample() -> Self {
        Self { role_id: SOME_ROLE, name: "Reception".to_owned(), permissions: vec!["workflows:read".to_owned()] }
    }
}

/// The content of `role.updated`.
#[derive(Debug, Serialize, ToSchema)]
pub struct RoleUpdated {
    /// Id of the role.
    #[schema(value_type = Uuid)]
    pub role_id: RoleId,
    /// Name of the role, after the change.
    pub name: String,
    /// The permissions of the role, after the change.
    pub permissions: Vec<String>,
}

impl Event for RoleUpdated {
    const TYPE: &'static str = "role.updated";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "A custom role was changed, and with it what its members may do.";
    fn sample() -> Self {
        Self { role_id: SOME_ROLE, name: "Reception".to_owned(), permissions: vec!["workflows".to_owned()] }
    }
}

/// The content of `role.deleted`.
#[derive(Debug, Serialize, ToSchema)]
pub struct RoleDeleted {
    /// Id of the role.
    #[schema(value_type = Uuid)]
    pub role_id: RoleId,
    /// Name that the role had.
    pub name: String,
}

impl Event for RoleDeleted {
    const TYPE: &'static str = "role.deleted";
    const VERSION: i16 = 1;
    const SUMMARY: &'static str = "A custom role was deleted.";
    fn sample() -> Self {
        Self { role_id: SOME_ROLE, name: "Reception".to_owned() }
    }
}
