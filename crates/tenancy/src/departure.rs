//! People who go for good: a person who is deleted leaves every organization first.

mod store;

use freehold_core::{Error, Id, Ids, Result, TenantId, UserId, codes};
use freehold_db::{SystemTx, row};
use freehold_jobs::outbox::event_publish_system;
use jiff::Timestamp;

pub use store::STATEMENTS;

use crate::event::MemberRemoved;

row! {
    struct Place {
        tenant_id: TenantId,
        slug: String,
        role: String,
        others: i64,
        other_owners: i64,
    }
}

/// Ends all of a person's memberships, before the person is deleted in the same transaction. An organization that nobody
/// else belongs to is kept, without anybody.
///
/// # Errors
/// `conflict` when he is the only owner of an organization that others belong to: one of them has to own it first.
pub async fn person_depart(tx: &mut SystemTx, ids: &Ids, user: UserId, now: Timestamp) -> Result<()> {
    // Two owners who go in the same moment would each see the other one stay; so the second waits for the first.
    tx.fetch_all(store::owners_lock(user)).await?;
    let places = tx.fetch_all(store::place_list(user)).await?;
    let alone = places.iter().find(|place| place.role == "owner" && place.other_owners == 0 && place.others > 0);
    if let Some(place) = alone {
        let slug = &place.slug;
        let message =
            format!("The person alone owns {slug}, to which others belong: make one of them its owner first.");
        return Err(Error::new(codes::CONFLICT, message));
    }
    tx.execute(store::membership_delete_all(user)).await?;
    for place in places {
        let event = Id::new(ids.next::<()>().uuid());
        event_publish_system(tx, place.tenant_id, event, &MemberRemoved { user_id: user }, now).await?;
        tx.fetch_one(store::departure_note(place.tenant_id, event.uuid(), &user.to_string(), now)).await?;
    }
    Ok(())
}
