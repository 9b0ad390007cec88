//! SQL of tenants.

use freehold_core::{TenantId, UserId};
use freehold_db::statements;
use uuid::Uuid;

use super::Tenant;

statements! {
    /// Creates a tenant.
    fn tenant_insert(
        id: TenantId, name: &str, slug: &str, personal: bool, plan: &str, plan_version: i32; now
    ) -> Tenant =
        "insert into freehold.tenants (tenant_id, name, slug, personal, plan, plan_version, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $7)
         returning tenant_id, name, slug, personal, plan, plan_version, standing, created_at, updated_at";

    /// Creates the first member of a tenant.
    fn owner_insert(tenant: TenantId, user: UserId, role: &str; now) -> () =
        "insert into freehold.members (tenant_id, user_id, role, joined_at, selected_at) values ($1, $2, $3, $4, $4)";

    /// Finds a tenant.
    fn tenant_find(id: TenantId) -> Tenant =
        "select tenant_id, name, slug, personal, plan, plan_version, standing, created_at, updated_at
         from freehold.tenants where tenant_id = $1";

    /// Locks a tenant.
    fn tenant_lock(id: TenantId) -> Tenant =
        "select tenant_id, name, slug, personal, plan, plan_version, standing, created_at, updated_at
         from freehold.tenants where tenant_id = $1 for update";

    /// Tenants with their plans, after this one in their order.
    fn tenants_after(after: Uuid) -> (TenantId, String, i32) =
        "select tenant_id, plan, plan_version from freehold.tenants where tenant_id > $1 order by tenant_id limit 500";

    /// Finds a tenant by its slug.
    fn tenant_find_by_slug(slug: &str) -> Tenant =
        "select tenant_id, name, slug, personal, plan, plan_version, standing, created_at, updated_at
         from freehold.tenants where slug = $1";

    /// Whether a tenant has the slug.
    fn slug_taken(slug: &str) -> (bool,) = "select true from freehold.tenants where slug = $1";

    /// Renames a tenant.
    fn tenant_rename(id: TenantId, name: &str; now) -> Tenant =
        "update freehold.tenants set name = $2, updated_at = $3 where tenant_id = $1
         returning tenant_id, name, slug, personal, plan, plan_version, standing, created_at, updated_at";

    /// Changes a tenant's plan.
    fn tenant_change_plan(id: TenantId, plan: &str, version: i32; now) -> () =
        "update freehold.tenants set plan = $2, plan_version = $3, updated_at = $4 where tenant_id = $1";

    /// Changes a tenant's state.
    fn tenant_change_standing(id: TenantId, standing: &str; now) -> () =
        "update freehold.tenants set standing = $2, updated_at = $3 where tenant_id = $1";
}
