//! SQL of requested deletions of organizations.

use freehold_core::{TenantId, UserId};
use freehold_db::statements;
use jiff::Timestamp;

use super::{ClosingTenant, TenantDeletion};

statements! {
    /// Locks an organization.
    fn tenant_lock(tenant: TenantId) -> ClosingTenant =
        "select name, slug, standing from freehold.tenants where tenant_id = $1 for update";

    /// The requested deletion of an organization.
    fn tenant_deletion_find(tenant: TenantId) -> TenantDeletion =
        "select tenant_id, reason, requested_by, requested_at, due_at, begun_at, problem
         from freehold.tenant_deletions where tenant_id = $1";

    /// Requests a deletion. A user's request replaces one because of age.
    fn tenant_deletion_put(tenant: TenantId, reason: &str, by: Option<UserId>, due_at: Timestamp; now) -> () =
        "insert into freehold.tenant_deletions as d (tenant_id, reason, requested_by, requested_at, due_at)
         values ($1, $2, $3, $5, $4)
         on conflict (tenant_id) do update
         set reason = excluded.reason, requested_by = excluded.requested_by, requested_at = excluded.requested_at,
           due_at = excluded.due_at, problem = null
         where d.begun_at is null and excluded.reason <> 'retention'
           and (d.reason = 'retention' or excluded.due_at < d.due_at)";

    /// Closes an organization for writes.
    fn tenant_close(tenant: TenantId; now) -> () =
        "update freehold.tenants set closing_at = $2, standing = 'closing', updated_at = $2
         where tenant_id = $1 and closing_at is null";

    /// Reopens an organization.
    fn tenant_reopen(tenant: TenantId; now) -> () =
        "update freehold.tenants set
           standing = freehold.tenant_standing(settled, null, suspended_at), closing_at = null, updated_at = $2
         where tenant_id = $1 and closing_at is not null";

    /// Cancels a deletion that has not begun.
    fn tenant_deletion_delete(tenant: TenantId) -> () =
        "delete from freehold.tenant_deletions where tenant_id = $1 and begun_at is null";

    /// Records why a deletion could not begin.
    fn tenant_deletion_postpone(tenant: TenantId, problem: &str) -> () =
        "update freehold.tenant_deletions set problem = $2 where tenant_id = $1 and begun_at is null";

    /// The deletions that are due or have begun. Those with a problem come last.
    fn tenant_deletions_due(; now) -> (TenantId,) =
        "select tenant_id from freehold.tenant_deletions where due_at <= $1
         order by problem is not null, due_at, tenant_id limit 100";

    /// Organizations that were archived long ago.
    fn tenants_archived(before: Timestamp) -> (TenantId,) =
        "select t.tenant_id from freehold.tenants as t join freehold.billing_accounts as b using (tenant_id)
         where t.standing = 'archived' and b.state = 'archived' and b.state_since <= $1
           and not exists (select from freehold.tenant_deletions as d where d.tenant_id = t.tenant_id)
         order by b.state_since limit 100";

    /// Cancels deletions because of age of organizations that are not archived any more.
    fn tenants_revived() -> () =
        "delete from freehold.tenant_deletions as d using freehold.tenants as t
         where t.tenant_id = d.tenant_id and d.reason = 'retention' and d.begun_at is null
           and t.standing <> 'archived'";
}
