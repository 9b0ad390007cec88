//! SQL of tenants.

use freehold_core::{TenantId, UserId};
use freehold_db::statements;
use jiff::Timestamp;

use super::Tenant;

statements! {
    /// Makes a tenant.
    fn tenant_insert(
        id: TenantId, name: &str, slug: &str, personal: bool, plan: &str, plan_version: i32, now: Timestamp
    ) -> Tenant =
        "insert into freehold.tenants (tenant_id, name, slug, personal, plan, plan_version, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $7)
         returning tenant_id, name, slug, personal, plan, plan_version, standing, created_at, updated_at";

    /// Makes its first member.
    fn owner_insert(tenant: TenantId, user: UserId, role: &str, now: Timestamp) -> () =
        "insert into freehold.members (tenant_id, user_id, role, joined_at, selected_at) values ($1, $2, $3, $4, $4)";

    /// Finds one.
    fn tenant_find(id: TenantId) -> Tenant =
        "select tenant_id, name, slug, personal, plan, plan_version, standing, created_at, updated_at
         from freehold.tenants where tenant_id = $1";

    /// Finds one and keeps others from changing it.
    fn tenant_lock(id: TenantId) -> Tenant =
        "select tenant_id, name, slug, personal, plan, plan_version, standing, created_at, updated_at
         from freehold.tenants where tenant_id = $1 for update";

    /// Finds one by its slug.
    fn tenant_find_by_slug(slug: &str) -> Tenant =
        "select tenant_id, name, slug, personal, plan, plan_version, standing, created_at, updated_at
         from freehold.tenants where slug = $1";

    /// Whether somebody has the slug.
    fn slug_taken(slug: &str) -> (bool,) = "select true from freehold.tenants where slug = $1";

    /// Gives it another name.
    fn tenant_rename(id: TenantId, name: &str, now: Timestamp) -> Tenant =
        "update freehold.tenants set name = $2, updated_at = $3 where tenant_id = $1
         returning tenant_id, name, slug, personal, plan, plan_version, standing, created_at, updated_at";

    /// Puts it on another plan.
    fn tenant_change_plan(id: TenantId, plan: &str, version: i32, now: Timestamp) -> () =
        "update freehold.tenants set plan = $2, plan_version = $3, updated_at = $4 where tenant_id = $1";

    /// What it may do.
    fn tenant_change_standing(id: TenantId, standing: &str, now: Timestamp) -> () =
        "update freehold.tenants set standing = $2, updated_at = $3 where tenant_id = $1";
}
