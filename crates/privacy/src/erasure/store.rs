//! SQL of erasure.

use freehold_core::{TenantId, UserId};
use freehold_db::statements;
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    ClosingTenant, TenantDeletion, UserDeletion, UserOrganization,
    purge::TenantErasure,
    verify::{Erased, TraceRow},
};

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
        "update freehold.tenants set settled_standing = standing, standing = 'closing', updated_at = $2
         where tenant_id = $1 and standing <> 'closing'";

    /// Reopens an organization.
    fn tenant_reopen(tenant: TenantId; now) -> () =
        "update freehold.tenants set standing = settled_standing, settled_standing = null, updated_at = $2
         where tenant_id = $1 and standing = 'closing'";

    /// Cancels a deletion that has not begun.
    fn tenant_deletion_delete(tenant: TenantId) -> () =
        "delete from freehold.tenant_deletions where tenant_id = $1 and begun_at is null";

    /// Records why a deletion could not begin.
    fn tenant_deletion_postpone(tenant: TenantId, problem: &str) -> () =
        "update freehold.tenant_deletions set problem = $2 where tenant_id = $1 and begun_at is null";

    /// Begins a deletion that is due.
    fn tenant_deletion_begin(tenant: TenantId; now) -> () =
        "update freehold.tenant_deletions set begun_at = coalesce(begun_at, $2), problem = null
         where tenant_id = $1 and due_at <= $2";

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
         where t.tenant_id = d.tenant_id and d.reason = 'retention' and d.begun_at is null and t.standing <> 'archived'";

    /// Records the erasure of an organization.
    fn tenant_erasure_put(tenant: TenantId; now) -> () =
        "insert into freehold.erasures (id, kind, customer_id, begun_at)
         select $1, 'organization', (select customer_id from freehold.billing_accounts where tenant_id = $1), $2
         on conflict (id) do nothing";

    /// The tables in the order in which they can be emptied.
    fn erasure_order(tables: &[String]) -> (String,) = "select t from freehold.erasure_order($1) as t";

    /// Deletes rows of an organization from a table.
    fn tenant_purge(tenant: TenantId, table: &str, most: i32) -> (i64,) = "select freehold.tenant_purge($1, $2, $3)";

    /// Deletes an organization with all rows that refer to it.
    fn tenant_delete(tenant: TenantId) -> () = "delete from freehold.tenants where tenant_id = $1";

    /// Records that the organization itself was deleted.
    fn tenant_erasure_removed(tenant: TenantId; now) -> () =
        "update freehold.erasures set removed_at = coalesce(removed_at, $2) where id = $1";

    /// The organizations that were deleted and not looked for since.
    fn tenant_erasures_open(before: Timestamp) -> TenantErasure =
        "select id, customer_id, removed_at from freehold.erasures
         where kind = 'organization' and erased_at is null and removed_at <= $1 order by removed_at, id limit 100";

    /// Completes an erasure.
    fn tenant_erasure_end(tenant: TenantId; now) -> () =
        "update freehold.erasures set erased_at = $2 where id = $1 and removed_at is not null";

    /// The requested deletion of a user.
    fn user_deletion_find(user: UserId) -> UserDeletion =
        "select user_id, requested_at, due_at, problem from freehold.user_deletions where user_id = $1";

    /// Requests the deletion of a user.
    fn user_deletion_put(user: UserId, due_at: Timestamp; now) -> () =
        "insert into freehold.user_deletions (user_id, requested_at, due_at) values ($1, $3, $2)
         on conflict (user_id) do nothing";

    /// Cancels the deletion of a user.
    fn user_deletion_delete(user: UserId) -> () = "delete from freehold.user_deletions where user_id = $1";

    /// Locks the deletion of a user that is due.
    fn user_deletion_lock(user: UserId; now) -> UserDeletion =
        "select user_id, requested_at, due_at, problem from freehold.user_deletions
         where user_id = $1 and due_at <= $2 for update";

    /// Records why a user could not be deleted.
    fn user_deletion_postpone(user: UserId, problem: &str) -> () =
        "update freehold.user_deletions set problem = $2 where user_id = $1";

    /// The users whose deletion is due. Those with a problem come last.
    fn user_deletions_due(; now) -> (UserId,) =
        "select user_id from freehold.user_deletions where due_at <= $1
         order by problem is not null, due_at, user_id limit 100";

    /// The user's organizations that are not being deleted.
    fn user_organizations(user: UserId) -> UserOrganization =
        "select m.tenant_id, t.slug, t.standing,
           (select count(*) from freehold.members as o where o.tenant_id = m.tenant_id and o.user_id <> $1) as others,
           m.role = 'owner' and not exists (
             select from freehold.members as o
             where o.tenant_id = m.tenant_id and o.user_id <> $1 and o.role = 'owner'
           ) as only_owner
         from freehold.members as m join freehold.tenants as t using (tenant_id)
         where m.user_id = $1 and t.standing <> 'closing' order by m.tenant_id";

    /// The addresses and numbers of a user.
    fn user_addresses(user: UserId) -> (String,) =
        "select distinct lower(a) from (
           select unnest(array[email::text, email_change::text, phone::text, phone_change::text]) as a
           from auth.users where id = $1
           union all
           select identity_data ->> 'email' from auth.identities where user_id = $1
         ) as known where a is not null and a <> '' order by 1";

    /// Records the erasure of a user.
    fn user_erasure_note(user: UserId; now) -> () =
        "insert into freehold.erasures (id, kind, begun_at, removed_at, erased_at) values ($1, 'user', $2, $2, $2)
         on conflict (id) do nothing";

    /// Where these texts are.
    fn erasure_traces(texts: &[String]) -> TraceRow =
        "select place, of_tenants, found from freehold.erasure_traces($1)";

    /// What is recorded of an erasure.
    fn erasure_find(id: Uuid) -> Erased =
        "select kind, customer_id, erased_at from freehold.erasures where id = $1";
}
