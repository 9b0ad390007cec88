//! Roles that an organization makes itself: a name for a list of permissions.
//!
//! The base of such a custom role is the least built-in role that includes all of its permissions, so it is never
//! owner. A member with the role has its base narrowed to its permissions ([`Rights::bounds`]): the same bounds that an
//! API key has, so that everything that derives from a member's authority is narrowed alike. Each member's row has a
//! copy of base and permissions, which the transaction that changes the role also changes.

mod id;
mod store;

use freehold_core::{
    Area, Bounds, Caller, Error, OptionExt, Page, PageRequest, Result, Role, Scopes, codes, name_check,
};
use freehold_db::{
    Db, OnConstraint, TenantTx,
    audit::{NewEntry, audit_append},
    row,
};
use freehold_jobs::outbox::event_publish;
use jiff::Timestamp;
use serde_json::{Value, json};

pub use id::{RoleId, RoleKind};
pub use store::STATEMENTS;

use crate::{
    authority::{WRITE, caller_check, members_lock},
    event::{RoleCreated, RoleDeleted, RoleUpdated},
};

/// Most custom roles of an organization.
pub const MOST: i64 = 50;
/// Longest name of a custom role, in characters.
const NAME: usize = 64;
/// Longest description of a custom role, in characters.
const DESCRIPTION: usize = 500;

row! {
    /// A role that an organization made itself.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct CustomRole {
        /// Id of the role.
        pub role_id: RoleId,
        /// Name of the role, unique in the organization without regard to case.
        pub name: String,
        /// What the role is for; empty: the organization did not say.
        pub description: String,
        /// The least built-in role that includes all permissions: `viewer`, `member` or `admin`.
        pub base: String,
        /// The permissions, as the scopes of an API key: `workflows:read`, or `workflows` for reading and writing.
        pub permissions: Vec<String>,
        /// Number of members who have the role.
        pub members: i64,
        /// When the role was created, UTC.
        pub created_at: Timestamp,
        /// When the role was last changed, UTC.
        pub updated_at: Timestamp,
    }
}

/// A custom role to create.
#[derive(Clone, Debug)]
pub struct NewRole {
    /// Name of the role, 1 to 64 characters.
    pub name: String,
    /// What the role is for, at most 500 characters.
    pub description: String,
    /// The permissions, 1 to 64.
    pub permissions: Vec<String>,
}

/// What to change of a custom role; none: as it is.
#[derive(Clone, Debug, Default)]
pub struct RoleChange {
    /// Name of the role, 1 to 64 characters.
    pub name: Option<String>,
    /// What the role is for, at most 500 characters.
    pub description: Option<String>,
    /// The permissions, 1 to 64.
    pub permissions: Option<Vec<String>>,
}

/// A role to give: a built-in one, or one of the organization's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleChoice {
    /// A built-in role.
    BuiltIn(Role),
    /// A custom role.
    Custom(RoleId),
}

/// What a role allows, as members have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rights {
    /// The built-in role, or the base of the custom one.
    pub role: Role,
    /// Id of the custom role; none for a built-in one.
    pub role_id: Option<RoleId>,
    /// The permissions of the custom role; empty for a built-in one, which allows all of its own.
    pub permissions: Vec<String>,
}

impl Rights {
    /// The rights of a built-in role.
    pub const fn of_role(role: Role) -> Self {
        Self { role, role_id: None, permissions: Vec::new() }
    }

    /// The authority of a member with these rights.
    pub fn bounds(&self) -> Bounds {
        Bounds::of_member(self.role, &self.permissions)
    }
}

impl CustomRole {
    /// What the role allows.
    ///
    /// # Errors
    /// `internal` when its base is unknown.
    pub fn rights(&self) -> Result<Rights> {
        Ok(Rights { role: self.base.parse()?, role_id: Some(self.role_id), permissions: self.permissions.clone() })
    }
}

/// What a role of the caller's organization allows.
///
/// # Errors
/// `not_found` for a custom role that the organization does not have.
pub(crate) async fn rights_find(tx: &mut TenantTx, choice: RoleChoice) -> Result<Rights> {
    match choice {
        RoleChoice::BuiltIn(role) => Ok(Rights::of_role(role)),
        RoleChoice::Custom(id) => {
            tx.fetch_optional(store::role_find(tx.caller().tenant(), id)).await?.or_not_found("role")?.rights()
        }
    }
}

/// A page of the custom roles of the caller's organization, the newest first.
///
/// # Errors
/// `permission_denied`.
pub async fn role_list(db: &Db, caller: &Caller, request: PageRequest) -> Result<Page<CustomRole>> {
    caller.allow_looking_at(Area::Members)?;
    let rows = store::role_list(caller.tenant(), request.before(), request.rows());
    let rows = db.tenant(caller).fetch_all(rows).await?;
    Ok(request.page(rows, |role| role.role_id))
}

/// A custom role of the caller's organization.
///
/// # Errors
/// `permission_denied`; `not_found`.
pub async fn role_get(db: &Db, caller: &Caller, id: RoleId) -> Result<CustomRole> {
    caller.allow_looking_at(Area::Members)?;
    db.tenant(caller).fetch_optional(store::role_find(caller.tenant(), id)).await?.or_not_found("role")
}

/// Creates a custom role. `areas` are all areas that permissions may name.
///
/// # Errors
/// `validation_failed`, naming the field; `permission_denied` for a permission that the caller does not have;
/// `conflict` for a name that another role has, and for more than 50 roles.
pub async fn role_create(tx: &mut TenantTx, areas: &[Area], new: NewRole) -> Result<CustomRole> {
    let caller = &tx.caller().clone();
    caller.allow(WRITE)?;
    caller.allow_change()?;
    let name = name_check("/name", &new.name, NAME)?;
    let description = description_check(&new.description)?;
    let (base, permissions) = permissions_check(new.permissions, areas)?;
    caller.bounds().check_member(&Bounds::of_member(base, &permissions), areas)?;
    members_lock(tx).await?;
    caller_check(tx).await?;
    let (count,) = tx.fetch_one(store::roles_count(caller.tenant())).await?;
    if count >= MOST {
        let message = format!("An organization can have {MOST} roles of its own. Delete one first.");
        return Err(Error::new(codes::CONFLICT, message));
    }
    let row = store::RoleRow {
        tenant: caller.tenant(),
        id: tx.id(),
        name: &name,
        description: &description,
        base: base.name(),
        permissions: &permissions,
    };
    let made = tx.fetch_one(store::role_insert(row)).await.on_constraint("roles_name", name_taken)?;
    let told = RoleCreated { role_id: made.role_id, name: made.name.clone(), permissions: made.permissions.clone() };
    let event = event_publish(tx, &told).await?;
    let entry = NewEntry::of_event(event, "role.created", made.role_id).detail(facts(&made));
    audit_append(tx, entry).await?;
    Ok(made)
}

/// Changes a custom role, and with it what its members may do from the next half second on.
///
/// # Errors
/// `validation_failed`; `not_found`; `conflict` for a name that another role has; `permission_denied` when the role
/// has or would have a permission that the caller does not have.
pub async fn role_update(
    db: &Db,
    caller: &Caller,
    areas: &[Area],
    id: RoleId,
    change: RoleChange,
) -> Result<CustomRole> {
    caller.allow(WRITE)?;
    caller.allow_change()?;
    let mut tx = db.tenant(caller).begin().await?;
    members_lock(&mut tx).await?;
    let current = tx.fetch_optional(store::role_find(caller.tenant(), id)).await?.or_not_found("role")?;
    let name = change.name.map_or_else(|| Ok(current.name.clone()), |name| name_check("/name", &name, NAME))?;
    let description =
        change.description.map_or_else(|| Ok(current.description.clone()), |text| description_check(&text))?;
    let (base, permissions) = match change.permissions {
        Some(permissions) => permissions_check(permissions, areas)?,
        None => (current.base.parse()?, current.permissions.clone()),
    };
    for rights in [current.rights()?.bounds(), Bounds::of_member(base, &permissions)] {
        caller.bounds().check_member(&rights, areas)?;
    }
    caller_check(&mut tx).await?;
    let row = store::RoleRow {
        tenant: caller.tenant(),
        id,
        name: &name,
        description: &description,
        base: base.name(),
        permissions: &permissions,
    };
    let updated = tx.fetch_one(store::role_update(row)).await.on_constraint("roles_name", name_taken)?;
    tx.execute(store::members_follow(caller.tenant(), id, base.name(), &permissions)).await?;
    tx.execute(store::invitations_follow(caller.tenant(), id, base.name())).await?;
    let told = RoleUpdated { role_id: id, name: updated.name.clone(), permissions: updated.permissions.clone() };
    let event = event_publish(&mut tx, &told).await?;
    let entry = NewEntry::of_event(event, "role.updated", id).changed(facts(&current), facts(&updated));
    audit_append(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(updated)
}

/// Deletes a custom role that no member has and no open invitation names.
///
/// # Errors
/// `not_found`; `permission_denied` when the role has a permission that the caller does not have; `conflict` while it
/// is used, with the numbers of members and invitations.
pub async fn role_delete(db: &Db, caller: &Caller, areas: &[Area], id: RoleId) -> Result<()> {
    caller.allow(WRITE)?;
    caller.allow_change()?;
    let mut tx = db.tenant(caller).begin().await?;
    members_lock(&mut tx).await?;
    let current = tx.fetch_optional(store::role_find(caller.tenant(), id)).await?.or_not_found("role")?;
    caller.bounds().check_member(&current.rights()?.bounds(), areas)?;
    let (invitations,) = tx.fetch_one(store::invitations_count(caller.tenant(), id)).await?;
    if current.members + invitations > 0 {
        let message = format!(
            "The role is used by {} members and {invitations} open invitations. Give them another role, or revoke the \
             invitations, first.",
            current.members
        );
        return Err(Error::new(codes::CONFLICT, message));
    }
    tx.execute(store::invitations_release(caller.tenant(), id)).await?;
    tx.execute(store::role_delete(caller.tenant(), id)).await?;
    let event = event_publish(&mut tx, &RoleDeleted { role_id: id, name: current.name.clone() }).await?;
    let entry = NewEntry::of_event(event, "role.deleted", id).detail(facts(&current));
    audit_append(&mut tx, entry).await?;
    tx.commit().await
}

/// A role in the details of an audit entry; a custom one with its name.
pub(crate) fn detail(role: &str, custom_role: Option<&str>) -> Value {
    match custom_role {
        Some(name) => json!({ "role": role, "custom_role": name }),
        None => json!({ "role": role }),
    }
}

fn name_taken() -> Error {
    Error::new(codes::CONFLICT, "The organization has a role with this name already. Choose another name.")
}

/// The values of a role for the audit.
fn facts(role: &CustomRole) -> Value {
    json!({ "name": role.name, "description": role.description, "permissions": role.permissions })
}

/// The description without spaces around it; may be empty.
fn description_check(text: &str) -> Result<String> {
    if text.trim().is_empty() { Ok(String::new()) } else { name_check("/description", text, DESCRIPTION) }
}

/// The permissions, each once, and the least built-in role that includes them all.
///
/// # Errors
/// `validation_failed` with the place of an unknown permission, and without any.
fn permissions_check(permissions: Vec<String>, areas: &[Area]) -> Result<(Role, Vec<String>)> {
    let scopes = Scopes::parse_at("/permissions", permissions, areas)?;
    if scopes.are_everything() {
        return Err(Error::invalid("/permissions", "expected at least one permission, such as workflows:read"));
    }
    Ok((Role::least_for(&scopes, areas), scopes.names().to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const AREAS: [Area; 3] = [Area::Members, Area::Files, Area::Product("workflows")];

    #[test]
    fn the_base_is_the_least_role_that_includes_all_permissions() {
        let base = |names: &[&str]| {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            permissions_check(names, &AREAS).map(|(base, _)| base)
        };
        assert_eq!(base(&["workflows:read", "files:read"]).unwrap(), Role::Viewer);
        assert_eq!(base(&["workflows:read", "files"]).unwrap(), Role::Member);
        assert_eq!(base(&["members:write"]).unwrap(), Role::Admin);
        assert_eq!(base(&[]).unwrap_err().fields()[0].pointer, "/permissions");
        assert_eq!(base(&["files", "fils"]).unwrap_err().fields()[0].pointer, "/permissions/1");
    }

    #[test]
    fn descriptions_may_be_empty() {
        assert_eq!(description_check("  ").unwrap(), "");
        assert_eq!(description_check(" answers the telephone ").unwrap(), "answers the telephone");
        assert!(description_check(&"x".repeat(DESCRIPTION + 1)).is_err());
    }
}
