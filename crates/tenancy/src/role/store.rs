//! SQL of custom roles.

use freehold_core::TenantId;
use freehold_db::{params, statements};
use uuid::Uuid;

use super::{CustomRole, RoleId};

params! {
    /// A role to insert, or its new values.
    pub(super) struct RoleRow<'a> {
        pub(super) tenant: TenantId,
        pub(super) id: RoleId,
        pub(super) name: &'a str,
        pub(super) description: &'a str,
        pub(super) base: &'a str,
        pub(super) permissions: &'a [String],
    }
}

statements! {
    /// A page of the custom roles.
    fn role_list(tenant: TenantId, before: Uuid, rows: i64) -> CustomRole =
        "select r.role_id, r.name, r.description, r.base, r.permissions,
           (select count(*) from freehold.members as m where m.tenant_id = $1 and m.role_id = r.role_id) as members,
           r.created_at, r.updated_at
         from freehold.roles as r where r.tenant_id = $1 and r.role_id < $2 order by r.role_id desc limit $3";

    /// A custom role.
    fn role_find(tenant: TenantId, id: RoleId) -> CustomRole =
        "select r.role_id, r.name, r.description, r.base, r.permissions,
           (select count(*) from freehold.members as m where m.tenant_id = $1 and m.role_id = r.role_id) as members,
           r.created_at, r.updated_at
         from freehold.roles as r where r.tenant_id = $1 and r.role_id = $2";

    /// The number of custom roles.
    fn roles_count(tenant: TenantId) -> (i64,) = "select count(*) from freehold.roles where tenant_id = $1";

    /// Creates a custom role.
    fn role_insert(new: RoleRow<'_>; now) -> CustomRole =
        "insert into freehold.roles (tenant_id, role_id, name, description, base, permissions, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $7)
         returning role_id, name, description, base, permissions, 0::bigint as members, created_at, updated_at";

    /// Changes a custom role.
    fn role_update(new: RoleRow<'_>; now) -> CustomRole =
        "update freehold.roles as r
         set name = $3, description = $4, base = $5, permissions = $6, updated_at = $7
         where r.tenant_id = $1 and r.role_id = $2
         returning r.role_id, r.name, r.description, r.base, r.permissions,
           (select count(*) from freehold.members as m where m.tenant_id = $1 and m.role_id = r.role_id) as members,
           r.created_at, r.updated_at";

    /// Gives the members of a custom role its base and permissions.
    fn members_follow(tenant: TenantId, id: RoleId, base: &str, permissions: &[String]) -> () =
        "update freehold.members set role = $3, permissions = $4 where tenant_id = $1 and role_id = $2";

    /// Gives the open invitations to a custom role its base, for display.
    fn invitations_follow(tenant: TenantId, id: RoleId, base: &str) -> () =
        "update freehold.invitations set role = $3
         where tenant_id = $1 and role_id = $2 and accepted_at is null and revoked_at is null";

    /// The number of invitations that can still be accepted and name the role.
    fn invitations_count(tenant: TenantId, id: RoleId; now) -> (i64,) =
        "select count(*) from freehold.invitations
         where tenant_id = $1 and role_id = $2 and accepted_at is null and revoked_at is null and expires_at > $3";

    /// Removes the role from invitations, and closes those that have expired, so that none is sent again with the base
    /// alone.
    fn invitations_release(tenant: TenantId, id: RoleId) -> () =
        "update freehold.invitations
         set role_id = null, revoked_at = case when accepted_at is null then coalesce(revoked_at, expires_at) end
         where tenant_id = $1 and role_id = $2";

    /// Deletes a custom role.
    fn role_delete(tenant: TenantId, id: RoleId) -> () =
        "delete from freehold.roles where tenant_id = $1 and role_id = $2";
}
