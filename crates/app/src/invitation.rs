//! Invitations: what the plan, the server's limits, the inviting and the invited user mean for them. The API and the
//! pages call these functions.

use freehold_billing::account::account_pays;
use freehold_core::{
    Area, Bounds, Caller, EmailAddress, Error, OptionExt, Permission, Result, TenantId, UserId, codes,
};
use freehold_db::{SystemTx, TenantTx};
use freehold_identity::{
    key::key_bounds,
    realm_tenant,
    user::{User, user_find},
};
use freehold_metering::usage::Seats;
use freehold_tenancy::{
    invitation::{
        self, Invitation, InvitationId, InvitationRates, InvitationToken, Invitee, Letter, NewInvitation, Offer,
        inviter_bounds, joining_check, member_with_address, offer_find,
    },
    member::WRITE,
    role::RoleChoice,
};

use crate::App;

/// An invitation that is ready to be created: everything that the transaction of its creation cannot see was read.
pub struct InvitationDraft<'a> {
    app: &'a App,
    new: NewInvitation,
    is_member: bool,
    seats: Seats,
    letter: Letter,
}

impl<'a> InvitationDraft<'a> {
    /// Prepares an invitation of an e-mail address with a role.
    ///
    /// # Errors
    /// `permission_denied`; `validation_failed` for an address that is invalid.
    pub async fn prepare(app: &'a App, caller: &'a Caller, email: &str, role: RoleChoice) -> Result<Self> {
        caller.allow(WRITE)?;
        let email = EmailAddress::parse(email).map_err(|error| Error::invalid("/email", error.to_string()))?;
        let new = NewInvitation { id: app.ids.next(), email: email.into_string(), role };
        let mut tx = app.db.system("see whether who is invited is a member").begin().await?;
        let is_member = member_with_address(&mut tx, caller.tenant(), &new.email).await?;
        drop(tx);
        let seats = seats(app, caller).await?;
        Ok(Self { app, new, is_member, seats, letter: letter(app, caller).await? })
    }

    /// Creates the invitation and queues its mail.
    ///
    /// # Errors
    /// `conflict` for a member, or while the address has an open invitation; and those of
    /// [`freehold_tenancy::invitation::invitation_create`].
    pub async fn create(self, tx: &mut TenantTx) -> Result<Invitation> {
        let Self { app, new, is_member, seats, letter } = self;
        if is_member {
            return Err(Error::new(codes::CONFLICT, "A user with this e-mail address is a member already."));
        }
        let admit = |taken| seats.admit(taken);
        invitation::invitation_create(tx, &app.vault, &app.areas, new, letter, admit).await
    }
}

/// Sends an invitation again. Its previous link stops working.
///
/// # Errors
/// `permission_denied`; `not_found`; `conflict` for an invitation that is closed; `rate_limited`; `quota_exceeded` when
/// an expired invitation finds no free seat.
pub async fn invitation_resend(app: &App, caller: &Caller, id: InvitationId) -> Result<Invitation> {
    caller.allow(WRITE)?;
    let (seats, letter) = (seats(app, caller).await?, letter(app, caller).await?);
    let admit = |taken| seats.admit(taken);
    let mut tx = app.db.tenant(caller).begin().await?;
    let sent = invitation::invitation_resend(&mut tx, &app.vault, &app.areas, id, letter, admit).await?;
    tx.commit().await?;
    Ok(sent)
}

/// Revokes an invitation; the link in its mail stops working.
///
/// # Errors
/// As [`freehold_tenancy::invitation::invitation_revoke`].
pub async fn invitation_revoke(app: &App, caller: &Caller, id: InvitationId) -> Result<Invitation> {
    invitation::invitation_revoke(&app.db, caller, id).await
}

async fn seats(app: &App, caller: &Caller) -> Result<Seats> {
    app.entitlements.seats(&app.db, caller).await
}

/// The content of an invitation's mail besides the invitation.
async fn letter(app: &App, caller: &Caller) -> Result<Letter> {
    let invited_by = match caller.user() {
        Some(user) => {
            let mut tx = app.db.system("read the name of an inviting user").begin().await?;
            user_find(&mut tx, user).await?.map(|user| user.email).filter(|email| !email.is_empty())
        }
        None => None,
    };
    Ok(Letter {
        token: InvitationToken::generate(&app.random),
        mail: app.ids.next::<()>().uuid(),
        product_name: app.product.name.clone(),
        site_url: app.site_url.clone(),
        invited_by,
        random: app.random.clone(),
        rates: rates(app, caller).await?,
    })
}

/// How many invitations the caller's organization may send; none for no limit.
async fn rates(app: &App, caller: &Caller) -> Result<Option<InvitationRates>> {
    let limits = &app.identity.settings().auth.limits;
    if !limits.enabled {
        return Ok(None);
    }
    Ok(Some(InvitationRates {
        per_user: limits.invitations_per_user,
        per_organization: limits.invitations_per_organization,
        per_new_organization: limits.invitations_per_new_organization,
        per_server: limits.invitations_per_server,
        pays: account_pays(app.billing.as_ref(), caller.tenant()).await?,
    }))
}

/// The current offer of a token, limited to what its sender may do. None when the token was never issued, a newer mail
/// replaced it, or its sender has no rights in the organization any more.
pub async fn invitation_look(app: &App, token: &str) -> Result<Option<Offer>> {
    let mut tx = app.db.system("read an invitation").begin().await?;
    let Some((offer, sender)) = bounded(app, &mut tx, token).await? else { return Ok(None) };
    let Some(sender) = sender else { return Ok(Some(offer)) };
    let Some(rights) = offer.rights_within(&sender, &app.areas)? else { return Ok(None) };
    let role_name = offer.role_name.filter(|_| rights.role_id.is_some());
    let role = rights.role.name().to_owned();
    Ok(Some(Offer { role, role_id: rights.role_id, role_name, permissions: rights.permissions, ..offer }))
}

/// The offer of a token, and what its sender may do now; without a sender the invitation is closed.
async fn bounded(app: &App, tx: &mut SystemTx, token: &str) -> Result<Option<(Offer, Option<Bounds>)>> {
    let Some(token) = InvitationToken::parse(token) else { return Ok(None) };
    let Some(offer) = offer_find(tx, &app.vault, &token).await? else { return Ok(None) };
    let now = tx.now();
    if !offer.is_open(now) {
        // A closed invitation keeps showing what was offered.
        return Ok(Some((offer, None)));
    }
    let sender = match offer.invited_by_key {
        Some(key) => key_bounds(tx, key).await?.filter(may_invite),
        None => inviter_bounds(tx, &offer).await?,
    };
    Ok(sender.map(|sender| (offer, Some(sender))))
}

/// Whether a key's scopes still suffice. A user's invitation survives a demotion, with the lower role.
fn may_invite(sender: &Bounds) -> bool {
    sender.scopes.allow(Permission::write(Area::Members))
}

/// Makes a signed-in user a member of the organization that invited their confirmed address, and switches them to it.
///
/// # Errors
/// `not_found` when the token offers nothing, `permission_denied` when it was sent to another address, `quota_exceeded`
/// when the plan has no free seat, and the errors of a suspended or archived organization.
pub async fn invitation_accept(app: &App, user: UserId, token: &str) -> Result<TenantId> {
    let tenant = invitation_look(app, token).await?.or_not_found("invitation")?.tenant_id;
    let caller = app.system_caller(tenant, "admit an invited user").await?.or_not_found("invitation")?;
    joining_check(caller.standing())?;
    let seats = seats(app, &caller).await?;
    let mut tx = app.db.system("accept an invitation").begin().await?;
    let (offer, sender) = bounded(app, &mut tx, token).await?.or_not_found("invitation")?;
    let user = user_find(&mut tx, user).await?.or_not_found("user")?;
    let invitee = invitee(&user, tenant);
    let admit = |members| seats.admit(members);
    invitation::invitation_accept(&mut tx, &offer, sender.as_ref(), &app.areas, invitee, admit).await?;
    tx.commit().await?;
    Ok(tenant)
}

/// The user as an invitee of `tenant`. Where each tenant has its own users, they cannot join another one.
pub fn invitee(user: &User, tenant: TenantId) -> Invitee<'_> {
    let may = realm_tenant(user.realm).is_none_or(|own| own == tenant);
    let confirmed = (may && user.confirmed() && !user.is_anonymous).then_some(user.email.as_str());
    Invitee { user: user.id, confirmed }
}
