//! SQL of members.

use freehold_core::{TenantId, UserId};
use freehold_db::statements;
use jiff::Timestamp;

use super::{Member, Membership};

statements! {
    /// Everybody of the tenant.
    fn member_list() -> Member = "select user_id, role, joined_at from freehold.members order by joined_at, user_id";

    /// Every organization of a person.
    fn membership_list(user: UserId) -> Membership =
        "select t.tenant_id, t.name, t.slug, t.personal, m.role, t.plan, t.standing
         from freehold.members as m join freehold.tenants as t using (tenant_id)
         where m.user_id = $1 order by m.selected_at desc, t.tenant_id";

    /// Makes a member.
    fn member_insert(tenant: TenantId, user: UserId, role: &str, now: Timestamp) -> () =
        "insert into freehold.members (tenant_id, user_id, role, joined_at, selected_at) values ($1, $2, $3, $4, $4)";

    /// Switches.
    fn membership_select(tenant: TenantId, user: UserId, now: Timestamp) -> () =
        "update freehold.members set selected_at = $3 where tenant_id = $1 and user_id = $2";

    /// The owners, kept from changing.
    fn owners_lock() -> (UserId,) = "select user_id from freehold.members where role = 'owner' order by user_id for update";

    /// The role, kept from changing.
    fn role_lock(user: UserId) -> (String,) = "select role from freehold.members where user_id = $1 for update";

    /// The role of the caller's user, kept from changing and not from being read.
    fn role_share(user: UserId) -> (String,) = "select role from freehold.members where user_id = $1 for share";

    /// Another role.
    fn member_change_role(user: UserId, role: &str) -> Member =
        "update freehold.members set role = $2 where user_id = $1 returning user_id, role, joined_at";

    /// No longer a member.
    fn member_delete(user: UserId) -> () = "delete from freehold.members where user_id = $1";
}
