//! SQL of the directory.

use freehold_core::TenantId;
use freehold_db::statements;
use uuid::Uuid;

use super::{TenantHealth, TenantSummary};

statements! {
    /// A page of the organizations that match.
    fn tenant_search(
        search: Option<String>, plan: Option<&str>, standing: Option<&str>, before: Uuid, rows: i64
    ) -> TenantSummary =
        "select t.tenant_id, t.name, t.slug, t.plan, t.plan_version, t.standing, t.suspended_at, t.suspended_reason,
           (select p.email from freehold.members as m join freehold.people as p on p.id = m.user_id
            where m.tenant_id = t.tenant_id and m.role = 'owner' order by m.joined_at limit 1) as owner_email,
           (select count(*) from freehold.members as m where m.tenant_id = t.tenant_id) as members,
           t.created_at
         from freehold.tenants as t
         where t.tenant_id < $4 and ($2 is null or t.plan = $2) and ($3 is null or t.standing = $3)
           and ($1 is null or position($1 in lower(t.name)) > 0 or position($1 in t.slug) > 0
                or t.tenant_id::text = $1
                or exists (select from freehold.members as m join freehold.people as p on p.id = m.user_id
                           where m.tenant_id = t.tenant_id and m.role = 'owner' and position($1 in p.email) > 0))
         order by t.tenant_id desc limit $5";

    /// One organization.
    fn tenant_summary(tenant: TenantId) -> TenantSummary =
        "select t.tenant_id, t.name, t.slug, t.plan, t.plan_version, t.standing, t.suspended_at, t.suspended_reason,
           (select p.email from freehold.members as m join freehold.people as p on p.id = m.user_id
            where m.tenant_id = t.tenant_id and m.role = 'owner' order by m.joined_at limit 1) as owner_email,
           (select count(*) from freehold.members as m where m.tenant_id = t.tenant_id) as members,
           t.created_at
         from freehold.tenants as t where t.tenant_id = $1";

    /// Counts of what is wrong in one organization.
    fn tenant_health(tenant: TenantId) -> TenantHealth =
        "select
           (select count(*) from freehold.jobs as j where j.tenant_id = $1 and j.state = 'dead') as dead_jobs,
           (select count(*) from freehold.webhook_endpoints as w
            where w.tenant_id = $1 and w.deleted_at is null and w.disabled_because in ('gone', 'failing'))
             as disabled_webhooks,
           (select count(*) from freehold.webhook_endpoints as w
            where w.tenant_id = $1 and w.deleted_at is null and w.enabled and w.failing_since is not null)
             as failing_webhooks,
           (select max(e.at) from freehold.audit_entries as e where e.tenant_id = $1) as last_change_at";
}
