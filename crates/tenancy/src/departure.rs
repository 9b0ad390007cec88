//! Deletion of users: a user leaves every organization before being deleted.

mod store;

use freehold_core::{Error, Result, TenantId, UserId, codes};
use freehold_db::{
    SystemTx,
    audit::{EntryActor, NewEntry, audit_append_system},
    row,
};
use freehold_jobs::outbox::event_publish_system;
use freehold_vault::Vault;
use serde_json::json;

pub use store::STATEMENTS;

use crate::{audit::person_erase, event::MemberRemoved};

row! {
    struct Place {
        tenant_id: TenantId,
        slug: String,
        role: String,
        others: i64,
        other_owners: i64,
    }
}

/// Ends all memberships of a user, who is then deleted in the same transaction. An organization without other members
/// is kept, without members. The user's personal data in audit entries becomes unreadable.
///
/// # Errors
/// `conflict` when the user is the only owner of an organization with other members: one of them has to become its
/// owner first.
pub async fn person_depart(tx: &mut SystemTx, vault: &Vault, user: UserId) -> Result<()> {
    // Two owners who leave at the same time would each see the other stay, so the second one waits for the first.
    tx.fetch_all(store::owners_lock(user)).await?;
    let places = tx.fetch_all(store::place_list(user)).await?;
    let alone = places.iter().find(|place| place.role == "owner" && place.other_owners == 0 && place.others > 0);
    if let Some(place) = alone {
        let slug = &place.slug;
        let message =
            format!("The user is the only owner of {slug}, which has other members. Make one of them an owner first.");
        return Err(Error::new(codes::CONFLICT, message));
    }
    tx.execute(store::membership_delete_all(user)).await?;
    let emails: Vec<String> = tx.fetch_all(store::addresses(user)).await?.into_iter().map(|(email,)| email).collect();
    let tenants = places.iter().map(|place| place.tenant_id.uuid()).collect();
    person_erase(tx, vault, user, &emails, tenants).await?;
    for place in places {
        let event = event_publish_system(tx, place.tenant_id, &MemberRemoved { user_id: user }).await?;
        let entry =
            NewEntry::of_event(event, "member.removed", user).detail(json!({ "reason": "the user was deleted" }));
        audit_append_system(tx, place.tenant_id, EntryActor::SYSTEM, entry).await?;
    }
    Ok(())
}
