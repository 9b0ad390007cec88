//! SQL of tenants.

use freehold_core::{TenantId, UserId};
use freehold_db::{params, statements};
use uuid::Uuid;

use super::Tenant;

params! {
    /// The profile of a tenant.
    pub(super) struct ProfileRow {
        pub(super) tenant: TenantId,
        pub(super) name: String,
        pub(super) slug: String,
        pub(super) website: Option<String>,
        pub(super) contact_email: Option<String>,
        pub(super) time_zone: String,
        pub(super) locale: String,
    }
}

statements! {
    /// Creates a tenant.
    fn tenant_insert(
        id: TenantId, name: &str, slug: &str, personal: bool, plan: &str, plan_version: i32; now
    ) -> Tenant =
        "insert into freehold.tenants (tenant_id, name, slug, personal, plan, plan_version, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $7)
         returning tenant_id, name, slug, personal, plan, plan_version, standing, website, contact_email,
           time_zone, locale, logo_file, created_at, updated_at";

    /// Creates the first member of a tenant.
    fn owner_insert(tenant: TenantId, user: UserId, role: &str; now) -> () =
        "insert into freehold.members (tenant_id, user_id, role, joined_at, selected_at) values ($1, $2, $3, $4, $4)";

    /// Finds a tenant.
    fn tenant_find(id: TenantId) -> Tenant =
        "select tenant_id, name, slug, personal, plan, plan_version, standing, website, contact_email,
           time_zone, locale, logo_file, created_at, updated_at
         from freehold.tenants where tenant_id = $1";

    /// Locks a tenant.
    fn tenant_lock(id: TenantId) -> Tenant =
        "select tenant_id, name, slug, personal, plan, plan_version, standing, website, contact_email,
           time_zone, locale, logo_file, created_at, updated_at
         from freehold.tenants where tenant_id = $1 for update";

    /// Tenants with their plans, after this one in their order.
    fn tenants_after(after: Uuid) -> (TenantId, String, i32) =
        "select tenant_id, plan, plan_version from freehold.tenants where tenant_id > $1 order by tenant_id limit 500";

    /// Finds a tenant by its slug, or by one that it had before.
    fn tenant_find_by_slug(slug: &str) -> Tenant =
        "select tenant_id, name, slug, personal, plan, plan_version, standing, website, contact_email,
           time_zone, locale, logo_file, created_at, updated_at
         from freehold.tenants
         where slug = $1
           or tenant_id = (select f.tenant_id from freehold.former_slugs as f where f.slug = $1)";

    /// Whether a tenant has the slug, or had it before.
    fn slug_taken(slug: &str) -> (bool,) =
        "select true from freehold.tenants where slug = $1
         union all select true from freehold.former_slugs where slug = $1 limit 1";

    /// Changes the profile of a tenant.
    fn tenant_update(profile: ProfileRow; now) -> Tenant =
        "update freehold.tenants
         set name = $2, slug = $3, website = $4, contact_email = $5, time_zone = $6, locale = $7, updated_at = $8
         where tenant_id = $1
         returning tenant_id, name, slug, personal, plan, plan_version, standing, website, contact_email,
           time_zone, locale, logo_file, created_at, updated_at";

    /// Replaces the logo of a tenant.
    fn tenant_logo_set(id: TenantId, logo: Option<Uuid>; now) -> Tenant =
        "update freehold.tenants set logo_file = $2, updated_at = $3 where tenant_id = $1
         returning tenant_id, name, slug, personal, plan, plan_version, standing, website, contact_email,
           time_zone, locale, logo_file, created_at, updated_at";

    /// Whether a file is the logo of a tenant.
    fn tenant_has_logo(id: TenantId, logo: Uuid) -> (bool,) =
        "select true from freehold.tenants where tenant_id = $1 and logo_file = $2";

    /// Changes a tenant's plan.
    fn tenant_change_plan(id: TenantId, plan: &str, version: i32; now) -> () =
        "update freehold.tenants set plan = $2, plan_version = $3, updated_at = $4 where tenant_id = $1";

    /// Changes a tenant's state, as billing does.
    fn tenant_change_standing(id: TenantId, standing: &str; now) -> () =
        "update freehold.tenants set
           settled = $2, standing = freehold.tenant_standing($2, closing_at, suspended_at), updated_at = $3
         where tenant_id = $1";
}
