//! Accepting an invitation.

use freehold_core::{Area, Bounds, EmailAddress, Error, OptionExt, Result, Role, Standing, TenantId, UserId, codes};
use freehold_db::{
    SystemTx,
    audit::{EntryActor, NewEntry, audit_append_system},
};
use freehold_jobs::outbox::event_publish_system;
use freehold_vault::Vault;
use jiff::Timestamp;
use serde_json::json;

use super::{
    InvitationToken,
    store::{self, Offer},
};
use crate::{event::InvitationAccepted, role::Rights};

/// The user who accepts an invitation.
#[derive(Clone, Copy, Debug)]
pub struct Invitee<'a> {
    /// Id of the user.
    pub user: UserId,
    /// Confirmed e-mail address in lower case; none without one.
    pub confirmed: Option<&'a str>,
}

impl Offer {
    /// Whether the invitation can be accepted.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.accepted_at.is_none() && self.revoked_at.is_none() && self.expires_at > now
    }

    /// What the invitation gives: the offered role while its sender may do all that the role includes, else the highest
    /// built-in role that both include. None when there is no such role.
    ///
    /// # Errors
    /// `internal` for an unknown role.
    pub fn rights_within(&self, sender: &Bounds, areas: &[Area]) -> Result<Option<Rights>> {
        let permissions = self.permissions.clone();
        let offered = Rights { role: self.role.parse()?, role_id: self.role_id, permissions };
        let bounds = offered.bounds();
        if sender.include(&bounds, areas) {
            return Ok(Some(offered));
        }
        let both = |role: &Role| [sender, &bounds].iter().all(|each| each.include(&Bounds::of_role(*role), areas));
        Ok(Role::ALL.into_iter().rev().find(both).map(Rights::of_role))
    }

    /// Succeeds when the user has confirmed the invited address.
    ///
    /// # Errors
    /// `permission_denied`. A user with the token may learn that there is an invitation, but not whose it is.
    pub fn check(&self, invitee: Invitee<'_>) -> Result<()> {
        match invitee.confirmed {
            Some(email) if EmailAddress::same(email, &self.email) => Ok(()),
            Some(_) => {
                let message = "The invitation was sent to another e-mail address. Sign in with that address.";
                Err(Error::new(codes::PERMISSION_DENIED, message))
            }
            None => Err(Error::new(
                codes::PERMISSION_DENIED,
                "Confirm your e-mail address before you accept the invitation.",
            )),
        }
    }
}

/// The offer of the token, whether or not it can still be accepted. None when the token was never issued or a newer
/// mail replaced it.
pub async fn offer_find(tx: &mut SystemTx, vault: &Vault, token: &InvitationToken) -> Result<Option<Offer>> {
    tx.fetch_optional(store::offer_find(token.digests(vault))).await
}

/// The current authority of the user who sent the invitation. None when a key sent it, or the user has no rights there
/// any more.
pub async fn inviter_bounds(tx: &mut SystemTx, offer: &Offer) -> Result<Option<Bounds>> {
    let Some(user) = offer.invited_by else { return Ok(None) };
    let found = tx.fetch_optional(store::inviter_rights(offer.tenant_id, user)).await?;
    found.map(|(role, permissions)| role.parse().map(|role| Bounds::of_member(role, &permissions))).transpose()
}

/// Succeeds when new members may join an organization in this state.
///
/// # Errors
/// `subscription_suspended`, `organization_archived` or `organization_closing`.
pub fn joining_check(standing: Standing) -> Result<()> {
    match standing {
        Standing::Good => Ok(()),
        Standing::Suspended => {
            let message =
                "The organization is read-only, so new members cannot join. Ask its owner to restore the plan.";
            Err(Error::new(codes::SUBSCRIPTION_SUSPENDED, message))
        }
        Standing::Archived | Standing::Closing => standing.refusal().map_or(Ok(()), Err),
    }
}

/// Makes the invitee a member and switches them to the organization, if `seats` accepts the resulting number of
/// members. The role is the offered one, limited to what the `sender` may do ([`Offer::rights_within`]); none for
/// an invitation that is closed. A user who accepted before, or is a member already, gets the same result. `areas` are
/// all areas that roles cover.
///
/// # Errors
/// `not_found` when the invitation was revoked, has expired or was accepted by another user, or when its sender may do
/// too little for any role; `permission_denied` when it was sent to another address; and the errors of `seats`.
pub async fn invitation_accept(
    tx: &mut SystemTx,
    offer: &Offer,
    sender: Option<&Bounds>,
    areas: &[Area],
    invitee: Invitee<'_>,
    seats: impl FnOnce(i64) -> Result<()>,
) -> Result<()> {
    let (tenant, id) = (offer.tenant_id, offer.invitation_id);
    tx.fetch_optional(store::seats_lock(tenant)).await?.or_not_found("invitation")?;
    let offer = tx.fetch_optional(store::offer_lock(tenant, id)).await?.or_not_found("invitation")?;
    offer.check(invitee)?;
    if offer.accepted_by == Some(invitee.user) {
        return Ok(());
    }
    if !offer.is_open(tx.now()) {
        return Err(Error::not_found("invitation"));
    }
    let sender = sender.or_not_found("invitation")?;
    let Rights { role, role_id, permissions } = offer.rights_within(sender, areas)?.or_not_found("invitation")?;
    let role = role.name();
    let join = store::JoinRow { tenant, user: invitee.user, role, role_id, permissions: &permissions };
    tx.execute(store::member_join(join)).await?;
    let (members, _) = tx.fetch_one(store::seats_count(tenant)).await?;
    seats(members)?;
    tx.execute(store::offer_accept(tenant, id, invitee.user)).await?;
    let told = InvitationAccepted { invitation_id: id, user_id: invitee.user, role: role.to_owned(), role_id };
    let event = event_publish_system(tx, tenant, &told).await?;
    let entry = NewEntry::of_event(event, "invitation.accepted", id).detail(json!({ "role": role }));
    audit_append_system(tx, tenant, EntryActor::user(invitee.user), entry).await
}

/// Whether an open invitation to this address exists, in the named organization or in any.
pub async fn invitation_awaits(tx: &mut SystemTx, email: &str, tenant: Option<TenantId>) -> Result<bool> {
    Ok(tx.fetch_one(store::invitation_awaits(&EmailAddress::spellings(email), tenant)).await?.0)
}
