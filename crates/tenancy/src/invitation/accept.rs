//! Accepting an invitation.

use freehold_core::{ApiKeyId, Bounds, EmailAddress, Error, Id, OptionExt, Result, Role, TenantId, UserId, codes};
use freehold_db::{SystemTx, row};
use freehold_jobs::outbox::{EventId, event_publish_system};
use freehold_vault::Vault;
use jiff::Timestamp;
use serde_json::json;

use super::{InvitationId, InvitationToken, store};
use crate::{
    audit::{NewEntry, audit_append_person},
    event::InvitationAccepted,
};

row! {
    /// What a token offers, to whom.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Offer {
        /// By which organization.
        pub tenant_id: TenantId,
        /// By which invitation.
        pub invitation_id: InvitationId,
        /// The organization's name.
        pub organization: String,
        /// The invited address.
        pub email: String,
        /// What its owner will be.
        pub role: String,
        /// The user who sent it last; null: a key did.
        pub invited_by: Option<UserId>,
        /// The key that sent it last; null: a user did.
        pub invited_by_key: Option<ApiKeyId>,
        /// Until when it can be accepted.
        pub expires_at: Timestamp,
        /// When it was accepted.
        pub accepted_at: Option<Timestamp>,
        /// By whom.
        pub accepted_by: Option<UserId>,
        /// When it was taken back.
        pub revoked_at: Option<Timestamp>,
    }
}

/// Who accepts.
#[derive(Clone, Copy, Debug)]
pub struct Invitee<'a> {
    /// Who.
    pub user: UserId,
    /// His address, lower case; none: he has confirmed none.
    pub confirmed: Option<&'a str>,
}

impl Offer {
    /// Whether it can be accepted.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.accepted_at.is_none() && self.revoked_at.is_none() && self.expires_at > now
    }

    /// Nothing, when it is for him: he has confirmed the invited address.
    ///
    /// # Errors
    /// `permission_denied`. Whoever has the token may know that there is an invitation; whose it is, is not told.
    pub fn check(&self, invitee: Invitee<'_>) -> Result<()> {
        match invitee.confirmed {
            Some(email) if EmailAddress::same(email, &self.email) => Ok(()),
            Some(_) => {
                let message = "The invitation is for another address; sign in with the one it was sent to.";
                Err(Error::new(codes::PERMISSION_DENIED, message))
            }
            None => {
                Err(Error::new(codes::PERMISSION_DENIED, "Confirm your address first; the invitation is bound to one."))
            }
        }
    }
}

/// What the token offers, whether or not it can still be accepted. None: nobody gave it out, or a newer mail replaced it.
pub async fn offer_find(tx: &mut SystemTx, vault: &Vault, token: &InvitationToken) -> Result<Option<Offer>> {
    tx.fetch_optional(store::offer_find(token.digests(vault))).await
}

/// What the user who sent the invitation may do now. None: a key sent it, or the user may do nothing there any more.
pub async fn inviter_bounds(tx: &mut SystemTx, offer: &Offer, now: Timestamp) -> Result<Option<Bounds>> {
    let Some(user) = offer.invited_by else { return Ok(None) };
    let found = tx.fetch_optional(store::inviter_role(offer.tenant_id, user, now)).await?;
    found.map(|(role,)| role.parse().map(Bounds::of_role)).transpose()
}

/// Makes the invitee a member, and switches them to the organization, if `seats` agrees to how many members there are then.
/// The role is the one that was offered, and at most `bound`: that of its sender now. A user who accepted it before, or is a
/// member already, is answered as if they had done it now.
///
/// # Errors
/// `not_found` when the invitation was taken back, is over or was accepted by another; `permission_denied` when it is not
/// for them; and what `seats` says.
pub async fn invitation_accept(
    tx: &mut SystemTx,
    (offer, bound): (&Offer, Role),
    invitee: Invitee<'_>,
    seats: impl FnOnce(i64) -> Result<()>,
    (event, now): (EventId, Timestamp),
) -> Result<()> {
    let (tenant, id) = (offer.tenant_id, offer.invitation_id);
    tx.fetch_optional(store::seats_lock(tenant)).await?.or_not_found("invitation")?;
    let offer = tx.fetch_optional(store::offer_lock(tenant, id)).await?.or_not_found("invitation")?;
    offer.check(invitee)?;
    if offer.accepted_by == Some(invitee.user) {
        return Ok(());
    }
    if !offer.is_open(now) {
        return Err(Error::not_found("invitation"));
    }
    let role = offer.role.parse::<Role>()?.min(bound).name();
    tx.execute(store::member_join(tenant, invitee.user, role, now)).await?;
    let (members, _) = tx.fetch_one(store::seats_count(tenant, now)).await?;
    seats(members)?;
    tx.execute(store::offer_accept(tenant, id, invitee.user, now)).await?;
    let told = InvitationAccepted { invitation_id: id, user_id: invitee.user, role: role.to_owned() };
    event_publish_system(tx, tenant, event, &told, now).await?;
    let entry = NewEntry {
        id: Id::new(event.uuid()),
        action: "invitation.accepted",
        subject: Some(id.to_string()),
        detail: json!({ "role": role }),
    };
    audit_append_person(tx, tenant, invitee.user, entry, now).await
}

/// Whether an invitation waits for this address, of the organization that is named or of any.
pub async fn invitation_awaits(
    tx: &mut SystemTx,
    email: &str,
    tenant: Option<TenantId>,
    now: Timestamp,
) -> Result<bool> {
    Ok(tx.fetch_one(store::invitation_awaits(&EmailAddress::spellings(email), tenant, now)).await?.0)
}
