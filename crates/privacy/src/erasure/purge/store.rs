//! SQL of the erasure of organizations.

use freehold_core::TenantId;
use freehold_db::statements;
use jiff::Timestamp;

use super::TenantErasure;

statements! {
    /// Begins a deletion that is due.
    fn tenant_deletion_begin(tenant: TenantId; now) -> () =
        "update freehold.tenant_deletions set begun_at = coalesce(begun_at, $2), problem = null
         where tenant_id = $1 and due_at <= $2";

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
}
