//! Suspending organizations, whatever they pay: they are read-only until an operator reactivates them.

mod store;

use freehold_core::{Error, OptionExt, Result, TenantId, codes, reason_check};
use freehold_db::{
    SystemTx,
    audit::{EntryActor, NewEntry, audit_append_system},
};
use serde_json::{Value, json};

pub use store::STATEMENTS;

/// Suspends an organization: its members and keys can read, and write nothing. What billing decides meanwhile applies
/// once it is reactivated. The audit names the operator whose request or command this is.
///
/// # Errors
/// `not_found`; `conflict` when it is suspended already; `validation_failed` without a reason.
pub async fn tenant_suspend(tx: &mut SystemTx, tenant: TenantId, reason: &str) -> Result<()> {
    let reason = reason_check(reason)?;
    if tx.execute(store::tenant_suspend(tenant, reason)).await? == 0 {
        tx.fetch_optional(store::tenant_known(tenant)).await?.or_not_found("organization")?;
        return Err(Error::new(codes::CONFLICT, "The organization is suspended by an operator already."));
    }
    audit(tx, tenant, "organization.suspended", json!({ "reason": reason })).await
}

/// Ends a suspension: the organization has the standing that billing decided.
///
/// # Errors
/// `not_found`; `conflict` when no operator has suspended it; `validation_failed` without a reason.
pub async fn tenant_reactivate(tx: &mut SystemTx, tenant: TenantId, reason: &str) -> Result<()> {
    let reason = reason_check(reason)?;
    if tx.execute(store::tenant_reactivate(tenant)).await? == 0 {
        tx.fetch_optional(store::tenant_known(tenant)).await?.or_not_found("organization")?;
        let message = "No operator has suspended the organization. A plan that is paid or granted makes it writable.";
        return Err(Error::new(codes::CONFLICT, message));
    }
    audit(tx, tenant, "organization.reactivated", json!({ "reason": reason })).await
}

async fn audit(tx: &mut SystemTx, tenant: TenantId, action: &'static str, detail: Value) -> Result<()> {
    let entry = NewEntry::new(tx.id(), action, tenant).detail(detail);
    audit_append_system(tx, tenant, EntryActor::SYSTEM, entry).await
}
