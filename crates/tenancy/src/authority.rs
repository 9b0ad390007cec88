//! What changes of members, roles and invitations check first.

mod store;

use freehold_core::{Area, Bounds, OptionExt, Permission, Result, Role};
use freehold_db::TenantTx;

pub(crate) use store::STATEMENTS;

/// The permission to change members, their roles and invitations.
pub const WRITE: Permission = Permission::write(Area::Members);

/// Lets the changes of members and roles of one organization happen one after another, until the transaction ends. So
/// none of them misses a member whom another one gives a role, and two cannot wait for each other.
pub(crate) async fn members_lock(tx: &mut TenantTx) -> Result<()> {
    tx.fetch_optional(store::members_lock(tx.caller().tenant())).await?.or_not_found("organization").map(drop)
}

/// Refuses a caller whose user has lost rights since authentication: callers are cached for half a second, and what is
/// granted within it would last. The rights are locked until the transaction ends.
///
/// # Errors
/// `permission_denied`.
pub(crate) async fn caller_check(tx: &mut TenantTx) -> Result<()> {
    let caller = tx.caller().clone();
    let Some(user) = caller.behind() else { return Ok(()) };
    let found = tx.fetch_optional(store::rights_share(caller.tenant(), user)).await?;
    let now = found.map(|(role, permissions)| role.parse::<Role>().map(|role| Bounds::of_member(role, &permissions)));
    caller.still_has(now.transpose()?.as_ref())
}
