//! Invitations with the plan's seats and the invited user.

use freehold_billing::account::account_find;
use freehold_catalog::Counts;
use freehold_core::{
    Area, Bounds, Caller, Error, OptionExt, Permission, Result, Role, Standing, TenantId, UserId, codes,
};
use freehold_db::SystemTx;
use freehold_identity::{
    key::key_bounds,
    realm_tenant,
    user::{User, user_find},
};
use freehold_metering::usage::Allowance;
use freehold_tenancy::invitation::{
    self, InvitationRates, InvitationToken, Invitee, Letter, Offer, inviter_bounds, offer_find,
};

use crate::Backbone;

/// Account states that count as paying.
const PAYING: [&str; 2] = ["active", "past_due"];

/// The seats that the plan of the caller's organization includes. Each member and each open invitation takes one.
#[derive(Clone, Debug)]
pub struct Seats(Option<Allowance>);

impl Seats {
    /// The seats of the caller's plan.
    pub async fn of(backbone: &Backbone, caller: &Caller) -> Result<Self> {
        let meter = backbone.product.meters.iter().find(|meter| meter.counts == Some(Counts::Members));
        let Some(meter) = meter else { return Ok(Self(None)) };
        let allowance = backbone.entitlements.allowance(&backbone.db, caller, &meter.id, backbone.clock.now()).await?;
        Ok(Self(Some(allowance)))
    }

    /// Succeeds when `taken` seats are within the limit; otherwise `quota_exceeded`.
    pub fn admit(&self, taken: i64) -> Result<()> {
        self.0.as_ref().map_or(Ok(()), |allowance| allowance.admit(taken))
    }
}

/// The sender and the product for an invitation's mail.
pub async fn invitation_letter(backbone: &Backbone, caller: &Caller) -> Result<Letter> {
    let invited_by = match caller.user() {
        Some(user) => {
            let mut tx = backbone.db.system("read the name of an inviting user").begin().await?;
            user_find(&mut tx, user).await?.map(|user| user.email).filter(|email| !email.is_empty())
        }
        None => None,
    };
    Ok(Letter {
        mail: backbone.ids.next::<()>().uuid(),
        product_name: backbone.product.name.clone(),
        site_url: backbone.site_url.clone(),
        invited_by,
        random: backbone.random.clone(),
        rates: invitation_rates(backbone, caller).await?,
    })
}

/// How many invitations the caller's organization may send; none for no limit.
async fn invitation_rates(backbone: &Backbone, caller: &Caller) -> Result<Option<InvitationRates>> {
    let limits = &backbone.identity.settings.auth.limits;
    if !limits.enabled {
        return Ok(None);
    }
    let pays = match &backbone.billing {
        Some(billing) => {
            let account = account_find(billing, caller.tenant()).await?;
            account.is_some_and(|account| account.granted().is_some() || PAYING.contains(&account.state.as_str()))
        }
        None => true,
    };
    Ok(Some(InvitationRates {
        per_user: limits.invitations_per_user,
        per_organization: limits.invitations_per_organization,
        per_new_organization: limits.invitations_per_new_organization,
        per_server: limits.invitations_per_server,
        pays,
    }))
}

/// The current offer of a token, limited to what its sender may do. None when the token was never issued, a newer mail
/// replaced it, or its sender has no rights in the organization any more.
pub async fn invitation_look(backbone: &Backbone, token: &str) -> Result<Option<Offer>> {
    let mut tx = backbone.db.system("read an invitation").begin().await?;
    let Some((offer, bound)) = bounded(backbone, &mut tx, token).await? else { return Ok(None) };
    let role = offer.role.parse::<Role>()?.min(bound).name().to_owned();
    Ok(Some(Offer { role, ..offer }))
}

/// The offer of a token, and the current role of its sender.
async fn bounded(backbone: &Backbone, tx: &mut SystemTx, token: &str) -> Result<Option<(Offer, Role)>> {
    let Some(token) = InvitationToken::parse(token) else { return Ok(None) };
    let Some(offer) = offer_find(tx, &backbone.vault, &token).await? else { return Ok(None) };
    let now = backbone.clock.now();
    if !offer.is_open(now) {
        // A closed invitation keeps showing what was offered.
        let role = offer.role.parse()?;
        return Ok(Some((offer, role)));
    }
    let sender = match offer.invited_by_key {
        Some(key) => key_bounds(tx, key, now).await?.filter(may_invite),
        None => inviter_bounds(tx, &offer, now).await?,
    };
    Ok(sender.map(|sender| (offer, sender.role)))
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
pub async fn invitation_accept(backbone: &Backbone, user: UserId, token: &str) -> Result<TenantId> {
    let tenant = invitation_look(backbone, token).await?.or_not_found("invitation")?.tenant_id;
    let caller = backbone.system_caller(tenant, "let somebody in").await?.or_not_found("invitation")?;
    match caller.standing() {
        Standing::Good => {}
        Standing::Suspended => {
            let message =
                "The organization is read-only, so new members cannot join. Ask its owner to restore the plan.";
            return Err(Error::new(codes::SUBSCRIPTION_SUSPENDED, message));
        }
        Standing::Archived => return Err(Error::new(codes::ORGANIZATION_ARCHIVED, Standing::ARCHIVED_MESSAGE)),
    }
    let seats = Seats::of(backbone, &caller).await?;
    let mut tx = backbone.db.system("accept an invitation").begin().await?;
    let (offer, bound) = bounded(backbone, &mut tx, token).await?.or_not_found("invitation")?;
    let user = user_find(&mut tx, user).await?.or_not_found("user")?;
    let invitee = invitee(&user, tenant);
    let told = (backbone.ids.next(), backbone.clock.now());
    invitation::invitation_accept(&mut tx, (&offer, bound), invitee, |members| seats.admit(members), told).await?;
    tx.commit().await?;
    backbone.resolver.forget();
    Ok(tenant)
}

/// The user as an invitee of `tenant`. Where each tenant has its own users, they cannot join another one.
pub fn invitee(user: &User, tenant: TenantId) -> Invitee<'_> {
    let may = realm_tenant(user.realm).is_none_or(|own| own == tenant);
    let confirmed = (may && user.confirmed() && !user.is_anonymous).then_some(user.email.as_str());
    Invitee { user: user.id, confirmed }
}
