//! SQL of suspensions.

use freehold_core::TenantId;
use freehold_db::statements;

statements! {
    /// Suspends an organization that no operator has suspended.
    fn tenant_suspend(tenant: TenantId, reason: &str; now) -> () =
        "update freehold.tenants set
           standing = freehold.tenant_standing(settled, closing_at, $3), suspended_at = $3, suspended_reason = $2, updated_at = $3
         where tenant_id = $1 and suspended_at is null";

    /// Ends the suspension.
    fn tenant_reactivate(tenant: TenantId; now) -> () =
        "update freehold.tenants set
           standing = freehold.tenant_standing(settled, closing_at, null), suspended_at = null, suspended_reason = null,
           updated_at = $2
         where tenant_id = $1 and suspended_at is not null";

    /// Whether there is such an organization.
    fn tenant_known(tenant: TenantId) -> (bool,) = "select true from freehold.tenants where tenant_id = $1";
}
