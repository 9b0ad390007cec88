//! SQL of limits that operators set.

use freehold_core::TenantId;
use freehold_db::statements;
use jiff::Timestamp;

use super::LimitOverride;

statements! {
    /// The overrides of the tenant.
    fn override_list(; tenant) -> LimitOverride =
        "select meter, at_most, expires_at, reason, set_at from freehold.limit_overrides where tenant_id = $1";

    /// The overrides of a tenant, for operators.
    fn override_list_of(tenant: TenantId) -> LimitOverride =
        "select meter, at_most, expires_at, reason, set_at from freehold.limit_overrides
         where tenant_id = $1 order by meter";

    /// The override of a meter; locked.
    fn override_find(tenant: TenantId, meter: &str) -> LimitOverride =
        "select meter, at_most, expires_at, reason, set_at from freehold.limit_overrides
         where tenant_id = $1 and meter = $2 for update";

    /// Sets an override.
    fn override_set(
        tenant: TenantId, meter: &str, at_most: Option<i64>, expires_at: Option<Timestamp>, reason: &str; now
    ) -> LimitOverride =
        "insert into freehold.limit_overrides (tenant_id, meter, at_most, expires_at, reason, set_at)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (tenant_id, meter) do update set
           at_most = excluded.at_most, expires_at = excluded.expires_at, reason = excluded.reason, set_at = excluded.set_at
         returning meter, at_most, expires_at, reason, set_at";

    /// Removes an override.
    fn override_remove(tenant: TenantId, meter: &str) -> LimitOverride =
        "delete from freehold.limit_overrides where tenant_id = $1 and meter = $2
         returning meter, at_most, expires_at, reason, set_at";
}
