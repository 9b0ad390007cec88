//! Erasing a user from organizations that stay: the invitations to the user's address, and their events.

mod store;

use freehold_core::Result;
use freehold_db::SystemTx;
use freehold_module::ErasedUser;

pub(crate) use store::STATEMENTS;

/// Deletes the invitations to the user, and the address in the events about them. The memberships and the keys of
/// personal data in the audit end with [`person_depart`](crate::departure::person_depart).
pub(crate) async fn user_erase(tx: &mut SystemTx, user: &ErasedUser) -> Result<()> {
    for (tenant, invitation) in tx.fetch_all(store::invitations_to(&user.addresses)).await? {
        tx.execute(store::invitation_event_redact(tenant, &invitation.to_string())).await?;
        tx.execute(store::invitation_delete(tenant, invitation)).await?;
    }
    Ok(())
}
