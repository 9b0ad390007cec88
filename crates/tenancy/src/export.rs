//! The part of tenancy in an export of an organization's data, and of a user's. The audit is exported as its chain, which can be
//! verified (`audit/export.rs`).

use freehold_core::{TenantId, UserId};
use freehold_db::statements;
use freehold_module::{Export, ExportRow, ExportRows, FIRST_ID, UserExport};

/// The rows of an organization.
pub(crate) const EXPORTS: &[Export] = &[
    Export { name: "organization", first: FIRST_ID, rows: ExportRows::Tenant(organization_export) },
    Export { name: "former_slugs", first: "", rows: ExportRows::Tenant(former_slugs_export) },
    Export { name: "members", first: FIRST_ID, rows: ExportRows::System(members_export) },
    Export { name: "roles", first: FIRST_ID, rows: ExportRows::Tenant(roles_export) },
    Export { name: "invitations", first: FIRST_ID, rows: ExportRows::Tenant(invitations_export) },
];

/// The rows of a user.
pub(crate) const USER_EXPORTS: &[UserExport] =
    &[UserExport { name: "memberships", first: FIRST_ID, rows: own_memberships_export }];

statements! {
    /// The organization as JSON.
    fn organization_export(after: &str, rows: i64; tenant) -> ExportRow =
        "select r.id::text as key, to_json(r)::text as line from (
           select tenant_id as id, name, slug, personal, plan, plan_version, standing, website, contact_email, time_zone,
             locale, created_at, updated_at
           from freehold.tenants where tenant_id = $3 and tenant_id > $1::text::uuid limit $2
         ) as r";

    /// Former slugs as JSON.
    fn former_slugs_export(after: &str, rows: i64; tenant) -> ExportRow =
        "select r.slug as key, to_json(r)::text as line from (
           select slug, replaced_at from freehold.former_slugs where tenant_id = $3 and slug > $1 order by slug limit $2
         ) as r order by r.slug";

    /// Members as JSON, with their addresses.
    fn members_export(tenant: TenantId, after: &str, rows: i64) -> ExportRow =
        "select r.user_id::text as key, to_json(r)::text as line from (
           select m.user_id, u.email::text as email, m.role, m.role_id, m.permissions, m.joined_at
           from freehold.members as m left join auth.users as u on u.id = m.user_id
           where m.tenant_id = $1 and m.user_id > $2::text::uuid order by m.user_id limit $3
         ) as r order by r.user_id";

    /// Roles that the organization made as JSON.
    fn roles_export(after: &str, rows: i64; tenant) -> ExportRow =
        "select r.id::text as key, to_json(r)::text as line from (
           select role_id as id, name, description, base, permissions, created_at, updated_at
           from freehold.roles where tenant_id = $3 and role_id > $1::text::uuid
           order by role_id limit $2
         ) as r order by r.id";

    /// Invitations as JSON, without what their tokens are compared with.
    fn invitations_export(after: &str, rows: i64; tenant) -> ExportRow =
        "select r.id::text as key, to_json(r)::text as line from (
           select invitation_id as id, email, role, role_id, invited_by, invited_by_key, mails, created_at, sent_at,
             expires_at, accepted_at, accepted_by, revoked_at
           from freehold.invitations where tenant_id = $3 and invitation_id > $1::text::uuid
           order by invitation_id limit $2
         ) as r order by r.id";

    /// A user's memberships as JSON.
    fn own_memberships_export(user: UserId, after: &str, rows: i64) -> ExportRow =
        "select r.organization_id::text as key, to_json(r)::text as line from (
           select m.tenant_id as organization_id, t.name as organization, m.role, m.joined_at, m.selected_at
           from freehold.members as m join freehold.tenants as t on t.tenant_id = m.tenant_id
           where m.user_id = $1 and m.tenant_id > $2::text::uuid order by m.tenant_id limit $3
         ) as r order by r.organization_id";
}
