//! `/members`: the members of an organization and its open invitations.

use askama::Template;
use freehold_pages::{Choice, Pager};

use crate::Shell;

/// The page of members and invitations.
#[derive(Clone, Debug, Template)]
#[template(path = "members.html")]
pub struct MembersPage {
    /// The frame of the page.
    pub shell: Shell,
    /// The members, in the order in which they joined.
    pub members: Vec<MemberLine>,
    /// The pages of the list of members.
    pub pager: Pager,
    /// The organization's own roles, the newest first.
    pub roles: Vec<RoleLine>,
    /// Whether the user may create roles.
    pub may_create_roles: bool,
    /// The newest invitations that can be accepted or sent again.
    pub invitations: Vec<InvitationLine>,
    /// The form that invites; none for users who may not invite.
    pub invite: Option<InviteForm>,
}

/// A member.
#[derive(Clone, Debug, Default)]
pub struct MemberLine {
    /// Id of the user.
    pub id: String,
    /// E-mail address of the user; for users without one, a description.
    pub email: String,
    /// Whether it is the signed-in user.
    pub you: bool,
    /// Role of the member: a built-in one, or the name of a custom role.
    pub role: String,
    /// The day on which they joined: `21 November 2026`.
    pub since: String,
    /// The roles that the user may give; empty for users who may not change this member.
    pub roles: Vec<Choice>,
    /// Whether the user may remove this member, or may leave.
    pub removable: bool,
    /// Whether the user may transfer ownership to this member.
    pub transferable: bool,
}

/// A role of the organization's own.
#[derive(Clone, Debug, Default)]
pub struct RoleLine {
    /// Id of the role.
    pub id: String,
    /// Name of the role.
    pub name: String,
    /// What the role is for; may be empty.
    pub description: String,
    /// Its permissions, separated by commas.
    pub permissions: String,
    /// Number of members who have it.
    pub members: i64,
    /// Whether the user may change and delete it.
    pub editable: bool,
}

/// The page that creates or changes a role of the organization's own.
#[derive(Clone, Debug, Template)]
#[template(path = "role.html")]
pub struct RolePage {
    /// The frame of the page.
    pub shell: Shell,
    /// Id of the role; empty for a new one.
    pub id: String,
    /// Name of the role.
    pub name: String,
    /// What the role is for; may be empty.
    pub description: String,
    /// The areas that the user may read.
    pub areas: Vec<RoleArea>,
    /// Random value of the form.
    pub attempt: String,
    /// Why the last try failed; empty before the first.
    pub error: String,
}

/// An area of permissions in the form of a role.
#[derive(Clone, Debug, Default)]
pub struct RoleArea {
    /// Name of the area, such as `workflows`.
    pub name: String,
    /// Whether reading is selected.
    pub read: bool,
    /// Whether writing is selected.
    pub write: bool,
    /// Whether the user may give writing.
    pub writable: bool,
}

/// An invitation that is not closed.
#[derive(Clone, Debug, Default)]
pub struct InvitationLine {
    /// Id of the invitation.
    pub id: String,
    /// The invited e-mail address.
    pub email: String,
    /// Role that the invited user gets.
    pub role: String,
    /// Who sent it: an e-mail address, `an API key` or `a former member`.
    pub invited_by: String,
    /// When it expires: `28 November 2026`.
    pub until: String,
    /// Whether it has expired.
    pub expired: bool,
    /// Whether the user may send it again.
    pub sendable: bool,
    /// Whether the user may withdraw it.
    pub withdrawable: bool,
}

/// The form that invites a user.
#[derive(Clone, Debug, Default)]
pub struct InviteForm {
    /// E-mail address entered so far.
    pub email: String,
    /// Role chosen so far; empty before the first try.
    pub role: String,
    /// The roles that the user may give.
    pub roles: Vec<Choice>,
    /// Random value of the form.
    pub attempt: String,
    /// Why the last try failed; empty before the first.
    pub error: String,
}

impl MemberLine {
    /// Path of the page that asks before the member is removed.
    pub fn removal(&self) -> String {
        format!("/members/{}/remove", self.id)
    }

    /// Path of the page that asks before ownership is transferred to the member.
    pub fn transfer(&self) -> String {
        format!("/members/{}/transfer", self.id)
    }
}

impl RoleLine {
    /// Path of the page that changes the role.
    pub fn edition(&self) -> String {
        format!("/members/roles/{}", self.id)
    }

    /// Path of the page that asks before the role is deleted.
    pub fn deletion(&self) -> String {
        format!("/members/roles/{}/delete", self.id)
    }
}

impl RolePage {
    /// Path to which the form is sent.
    fn action(&self) -> String {
        let role = if self.id.is_empty() { "new" } else { self.id.as_str() };
        format!("/members/roles/{role}")
    }
}

impl InvitationLine {
    /// Path of the page that asks before the invitation is withdrawn.
    pub fn withdrawal(&self) -> String {
        format!("/members/invitations/{}/revoke", self.id)
    }
}
