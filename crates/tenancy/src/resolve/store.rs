//! SQL of the resolver.

use freehold_core::{TenantId, UserId};
use freehold_db::statements;

use super::PlaceRow;

statements! {
    /// The rights of a user.
    fn member_place(user: UserId, tenant: Option<TenantId>) -> PlaceRow =
        "select t.tenant_id, m.role, m.permissions, t.plan, t.plan_version, t.standing,
           t.suspended_at is not null as suspended
         from freehold.members as m join freehold.tenants as t using (tenant_id)
         where m.user_id = $1 and ($2::uuid is null or m.tenant_id = $2)
           and (t.standing <> 'closing' or not freehold.tenant_erasing(t.tenant_id))
         order by m.selected_at desc, t.tenant_id limit 1";

    /// The rights in a tenant, without a role.
    fn tenant_place(tenant: TenantId) -> PlaceRow =
        "select tenant_id, null::text as role, null::text[] as permissions, plan, plan_version, standing,
           suspended_at is not null as suspended
         from freehold.tenants
         where tenant_id = $1 and (standing <> 'closing' or not freehold.tenant_erasing(tenant_id))";
}
