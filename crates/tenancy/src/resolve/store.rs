//! SQL of resolving.

use freehold_core::{TenantId, UserId};
use freehold_db::statements;

use super::PlaceRow;

statements! {
    /// A person's place.
    fn member_place(user: UserId, tenant: Option<TenantId>) -> PlaceRow =
        "select t.tenant_id, m.role, t.plan, t.plan_version, t.standing
         from freehold.members as m join freehold.tenants as t using (tenant_id)
         where m.user_id = $1 and ($2::uuid is null or m.tenant_id = $2)
         order by m.selected_at desc, t.tenant_id limit 1";

    /// A key's place.
    fn key_place(tenant: TenantId, created_by: Option<UserId>) -> PlaceRow =
        "select t.tenant_id, m.role, t.plan, t.plan_version, t.standing
         from freehold.tenants as t
         left join freehold.members as m on m.tenant_id = t.tenant_id and m.user_id = $2
         where t.tenant_id = $1";
}
