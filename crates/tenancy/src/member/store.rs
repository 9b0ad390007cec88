//! SQL of members.

use freehold_core::{TenantId, UserId};
use freehold_db::statements;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::{Member, Membership};
use crate::role::RoleId;

statements! {
    /// A page of the tenant's members.
    fn member_list(after: Option<Timestamp>, after_id: Option<Uuid>, rows: i64) -> Member =
        "select m.user_id, m.role, m.role_id, r.name as role_name, m.permissions, m.joined_at
         from freehold.members as m left join freehold.roles as r on r.tenant_id = m.tenant_id and r.role_id = m.role_id
         where $1 is null or (m.joined_at, m.user_id) > ($1, $2)
         order by m.joined_at, m.user_id limit $3";

    /// The e-mail addresses of the members among these users.
    fn member_emails(tenant: TenantId, users: Vec<Uuid>) -> (UserId, String) =
        "select m.user_id, u.email::text
         from freehold.members as m join auth.users as u on u.id = m.user_id
         where m.tenant_id = $1 and m.user_id = any($2) and u.email <> ''";

    /// A page of a user's organizations.
    fn membership_list(user: UserId, after: Option<Timestamp>, after_id: Option<Uuid>, rows: i64) -> Membership =
        "select t.tenant_id, t.name, t.slug, t.personal, m.role, m.role_id, r.name as role_name, m.permissions, t.plan,
           t.standing, t.logo_file, m.selected_at
         from freehold.members as m join freehold.tenants as t using (tenant_id)
           left join freehold.roles as r on r.tenant_id = m.tenant_id and r.role_id = m.role_id
         where m.user_id = $1 and ($2 is null or m.selected_at < $2 or (m.selected_at = $2 and m.tenant_id > $3))
           and (t.standing <> 'closing' or not freehold.tenant_erasing(t.tenant_id))
         order by m.selected_at desc, m.tenant_id limit $4";

    /// The addresses of an organization's owners.
    fn owner_emails(tenant: TenantId) -> (String,) =
        "select u.email::text
         from freehold.members as m join auth.users as u on u.id = m.user_id
         where m.tenant_id = $1 and m.role = 'owner' and u.email is not null order by m.joined_at, m.user_id";

    /// An organization of a user.
    fn membership_find(user: UserId, tenant: TenantId) -> Membership =
        "select t.tenant_id, t.name, t.slug, t.personal, m.role, m.role_id, r.name as role_name, m.permissions, t.plan,
           t.standing, t.logo_file, m.selected_at
         from freehold.members as m join freehold.tenants as t using (tenant_id)
           left join freehold.roles as r on r.tenant_id = m.tenant_id and r.role_id = m.role_id
         where m.user_id = $1 and m.tenant_id = $2
           and (t.standing <> 'closing' or not freehold.tenant_erasing(t.tenant_id))";

    /// Creates a member.
    fn member_insert(tenant: TenantId, user: UserId, role: &str; now) -> () =
        "insert into freehold.members (tenant_id, user_id, role, joined_at, selected_at) values ($1, $2, $3, $4, $4)";

    /// Selects an organization.
    fn membership_select(tenant: TenantId, user: UserId; now) -> () =
        "update freehold.members set selected_at = $3 where tenant_id = $1 and user_id = $2";

    /// Locks the owners.
    fn owners_lock() -> (UserId,) = "select user_id from freehold.members where role = 'owner' order by user_id for update";

    /// Locks role and permissions of a member for changes.
    fn role_lock(user: UserId) -> (String, Vec<String>) =
        "select role, permissions from freehold.members where user_id = $1 for update";

    /// Changes a role.
    fn member_change_role(user: UserId, role: &str, role_id: Option<RoleId>, permissions: &[String]) -> Member =
        "with changed as (
           update freehold.members set role = $2, role_id = $3, permissions = $4 where user_id = $1
           returning tenant_id, user_id, role, role_id, permissions, joined_at
         )
         select c.user_id, c.role, c.role_id, r.name as role_name, c.permissions, c.joined_at
         from changed as c left join freehold.roles as r on r.tenant_id = c.tenant_id and r.role_id = c.role_id";

    /// Queues the mail about a transfer of ownership.
    fn ownership_mail(user: UserId, mail: Uuid, data: Value; now) -> (bool,) =
        "select freehold.ownership_mail($1, $2, $3, $4) is null";

    /// Deletes a member.
    fn member_delete(user: UserId) -> () = "delete from freehold.members where user_id = $1";
}
