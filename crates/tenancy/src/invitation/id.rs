//! Ids of invitations.

use freehold_core::{Id, Kind};

/// Id of an invitation.
pub type InvitationId = Id<InvitationKind>;

/// The kind of [`InvitationId`].
pub enum InvitationKind {}
impl Kind for InvitationKind {
    const NAME: &'static str = "invitation";
}
