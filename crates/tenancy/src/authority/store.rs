//! SQL of the checks before changes of members and roles.

use freehold_core::{TenantId, UserId};
use freehold_db::statements;

statements! {
    /// Locks the members and roles of an organization. Invitations lock the same row to count seats.
    fn members_lock(tenant: TenantId) -> (bool,) =
        "select true from freehold.tenants where tenant_id = $1 for no key update";

    /// Locks role and permissions of a member against changes.
    fn rights_share(tenant: TenantId, user: UserId) -> (String, Vec<String>) =
        "select role, permissions from freehold.members where tenant_id = $1 and user_id = $2 for share";
}
