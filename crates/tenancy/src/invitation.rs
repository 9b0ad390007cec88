//! Invitations: an e-mail address whose user may become a member, with a role.
//!
//! The token is in a mail to the address. A user who has the token and has confirmed that address may accept, so no user
//! becomes a member without consent. Members and open invitations together are the seats that a plan may limit.

mod accept;
mod id;
mod mail;
mod rates;
mod store;
mod token;

use std::borrow::Cow;

use freehold_core::{
    ApiKeyId, Area, Caller, EmailAddress, Error, OptionExt, Page, PageRequest, Random, Result, TenantId, UserId, codes,
};
use freehold_db::{
    Db, OnConstraint, SystemTx, TenantTx,
    audit::{NewEntry, audit_append},
    row,
};
use freehold_jobs::outbox::event_publish;
use freehold_vault::{MAIL_SEALED, Vault};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Map, json};
use utoipa::ToSchema;
use uuid::Uuid;

pub use accept::{Invitee, invitation_accept, invitation_awaits, inviter_bounds, joining_check, offer_find};
pub use id::{InvitationId, InvitationKind};
pub use mail::INVITATION_MAIL;
pub use rates::InvitationRates;
pub use store::{Offer, STATEMENTS};
pub use token::InvitationToken;

use crate::{
    authority::{WRITE, caller_check},
    event::{InvitationCreated, InvitationRevoked},
    role::{RoleChoice, RoleId, detail, rights_find},
};

/// How long an invitation can be accepted after its last mail.
pub const LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long a closed invitation is kept.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);
/// Shortest time between two mails of an invitation, in seconds.
const RESEND_SECONDS: i64 = 60;
/// Most mails of an invitation.
const MAILS: i32 = 10;
/// Most invitation mails of an organization in a day, since they are sent in the product's name.
const MAILS_A_DAY: i64 = 200;

row! {
    /// An invitation, without its token.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Invitation {
        /// Id of the invitation.
        pub invitation_id: InvitationId,
        /// E-mail address of the invited user.
        pub email: String,
        /// Role that the user gets: `viewer`, `member`, `admin` or `owner`; with a custom role its base.
        pub role: String,
        /// Id of the custom role that the user gets; none for a built-in role.
        pub role_id: Option<RoleId>,
        /// Name of the custom role; none for a built-in role.
        pub role_name: Option<String>,
        /// Id of the user who last sent it; none when a key did.
        pub invited_by: Option<UserId>,
        /// Id of the API key that last sent it; none when a user did.
        pub invited_by_key: Option<ApiKeyId>,
        /// Number of mails that were sent.
        pub mails: i32,
        /// When the invitation was created, UTC.
        pub created_at: Timestamp,
        /// When its last mail was queued, UTC.
        pub sent_at: Timestamp,
        /// When the invitation expires, UTC.
        pub expires_at: Timestamp,
        /// When the invitation was accepted, UTC; none while it is not.
        pub accepted_at: Option<Timestamp>,
        /// Id of the user who accepted it; none while it is not accepted.
        pub accepted_by: Option<UserId>,
        /// When the invitation was revoked, or closed in favor of another after it expired, UTC; none for others.
        pub revoked_at: Option<Timestamp>,
    }
}

/// An invitation to create.
#[derive(Clone, Debug)]
pub struct NewInvitation {
    /// Id of the invitation.
    pub id: InvitationId,
    /// E-mail address of the user to invite, in lower case.
    pub email: String,
    /// Role that the user gets.
    pub role: RoleChoice,
}

/// The content of an invitation's mail.
#[derive(Clone, Debug)]
pub struct Letter {
    /// The token that its link contains.
    pub token: InvitationToken,
    /// Id of the mail.
    pub mail: Uuid,
    /// Display name of the product.
    pub product_name: String,
    /// Public URL of this server, without a slash at the end.
    pub site_url: String,
    /// E-mail address of the inviting user; none when an API key invites.
    pub invited_by: Option<String>,
    /// Random source for encrypting the invitation's link.
    pub random: Random,
    /// Limits of invitation mails; none for the fixed limit of an organization only.
    pub rates: Option<InvitationRates>,
}

/// State of an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum InvitationState {
    /// Can be accepted.
    Open,
    /// Its expiry has passed.
    Expired,
    /// Was accepted; the user is a member.
    Accepted,
    /// Was revoked.
    Revoked,
}

impl Invitation {
    /// The role that the user gets.
    ///
    /// # Errors
    /// `internal` for an unknown role.
    pub fn choice(&self) -> Result<RoleChoice> {
        self.role_id.map_or_else(|| self.role.parse().map(RoleChoice::BuiltIn), |id| Ok(RoleChoice::Custom(id)))
    }

    /// State of the invitation at this time.
    pub fn state(&self, now: Timestamp) -> InvitationState {
        match (self.accepted_at, self.revoked_at) {
            (Some(_), _) => InvitationState::Accepted,
            (_, Some(at)) if at >= self.expires_at => InvitationState::Expired,
            (_, Some(_)) => InvitationState::Revoked,
            _ if self.expires_at <= now => InvitationState::Expired,
            _ => InvitationState::Open,
        }
    }
}

/// The number of taken seats: members and open invitations. Locked until the transaction ends.
pub async fn seats_taken(tx: &mut TenantTx, tenant: TenantId) -> Result<i64> {
    tx.fetch_optional(store::seats_lock(tenant)).await?.or_not_found("organization")?;
    let (members, invitations) = tx.fetch_one(store::seats_count(tenant)).await?;
    Ok(members + invitations)
}

/// The number of taken seats, for display.
pub async fn seats_show(db: &Db, caller: &Caller) -> Result<i64> {
    let counted = db.tenant(caller).fetch_optional(store::seats_count(caller.tenant())).await?;
    Ok(counted.map_or(0, |(members, invitations)| members + invitations))
}

/// Whether a member of the tenant has this address. It reveals nothing about other users.
pub async fn member_with_address(tx: &mut SystemTx, tenant: TenantId, email: &str) -> Result<bool> {
    Ok(tx.fetch_one(store::member_with_address(tenant, &EmailAddress::spellings(email))).await?.0)
}

/// Invites an address and queues the mail, if `seats` accepts the resulting number of seats. `areas` are all areas that
/// roles cover. The invitation expires with the caller's own authority at the latest.
///
/// # Errors
/// `permission_denied` for a role above the caller's authority, `conflict` while the address has an open invitation,
/// `rate_limited` when too many mails were sent today, and the errors of `seats`.
pub async fn invitation_create(
    tx: &mut TenantTx,
    vault: &Vault,
    areas: &[Area],
    new: NewInvitation,
    letter: Letter,
    seats: impl FnOnce(i64) -> Result<()>,
) -> Result<Invitation> {
    let caller = &tx.caller().clone();
    caller.allow(WRITE)?;
    let tenant = caller.tenant();
    let taken = seats_taken(tx, tenant).await?;
    let rights = rights_find(tx, new.role).await?;
    caller.bounds().check_member(&rights.bounds(), areas)?;
    caller_check(tx).await?;
    let until = expiry(caller, tx.now());
    tx.execute(store::invitation_expire(&EmailAddress::spellings(&new.email))).await?;
    mails_check(tx).await?;
    let role = rights.role.name();
    let insert = store::NewRow {
        tenant,
        id: new.id,
        email: &new.email,
        role,
        role_id: rights.role_id,
        digest: letter.token.digest(vault),
        invited_by: caller.user(),
        invited_by_key: caller.api_key(),
        expires_at: until,
    };
    let made = tx.fetch_one(store::invitation_insert(insert)).await.on_constraint("invitations_one_open", || {
        Error::new(codes::CONFLICT, "This e-mail address has an open invitation already. Resend or revoke that one.")
    })?;
    // Checked after the insert, so that a repeated invitation is reported as such and not as a full plan.
    seats(taken + 1)?;
    mail(tx, vault, &made, letter).await?;
    let told = InvitationCreated {
        invitation_id: made.invitation_id,
        email: made.email.clone(),
        role: role.to_owned(),
        role_id: made.role_id,
    };
    let event = event_publish(tx, &told).await?;
    let entry = NewEntry::of_event(event, "invitation.created", made.invitation_id)
        .detail(detail(role, made.role_name.as_deref()))
        .detail_email(&made.email);
    audit_append(tx, entry).await?;
    Ok(made)
}

/// A page of the invitations of the caller's organization, newest first, including closed ones.
pub async fn invitation_list(db: &Db, caller: &Caller, request: PageRequest) -> Result<Page<Invitation>> {
    caller.allow_looking_at(Area::Members)?;
    let rows = db.tenant(caller).fetch_all(store::invitation_list(request.before(), request.rows())).await?;
    Ok(request.page(rows, |invitation| invitation.invitation_id))
}

/// Sends an invitation again with another token; the previous token stops working. An expired invitation opens again,
/// if `seats` accepts it. The caller becomes its sender, whose authority limits it.
pub async fn invitation_resend(
    tx: &mut TenantTx,
    vault: &Vault,
    areas: &[Area],
    id: InvitationId,
    letter: Letter,
    seats: impl FnOnce(i64) -> Result<()>,
) -> Result<Invitation> {
    let (caller, now) = (&tx.caller().clone(), tx.now());
    caller.allow(WRITE)?;
    let taken = seats_taken(tx, caller.tenant()).await?;
    let found = pending(tx, id).await?;
    let rights = rights_find(tx, found.choice()?).await?;
    caller.bounds().check_member(&rights.bounds(), areas)?;
    if found.expires_at <= now {
        seats(taken + 1)?;
    }
    let wait = RESEND_SECONDS - now.duration_since(found.sent_at).as_secs();
    if wait > 0 {
        return Err(too_many("The invitation was sent a moment ago. Wait before you resend it.", wait));
    }
    if found.mails >= MAILS {
        let message = "The invitation was sent as often as allowed. Revoke it and create a new one.";
        return Err(Error::new(codes::CONFLICT, message));
    }
    mails_check(tx).await?;
    let digest = letter.token.digest(vault);
    let renew = store::invitation_renew(id, digest, caller.user(), caller.api_key(), expiry(caller, now));
    let renewed = tx.fetch_one(renew).await?;
    mail(tx, vault, &renewed, letter).await?;
    let entry = NewEntry::new(tx.id(), "invitation.resent", id).detail_email(&renewed.email);
    audit_append(tx, entry).await?;
    Ok(renewed)
}

/// Revokes an invitation, in every state of the organization; its token stops working.
///
/// # Errors
/// `permission_denied`, also for an invitation with a role above the caller's; `not_found`; `conflict` for an
/// invitation that is closed.
pub async fn invitation_revoke(db: &Db, caller: &Caller, id: InvitationId) -> Result<Invitation> {
    let caller = &caller.allow_taking_away(WRITE)?;
    let mut tx = db.tenant(caller).begin().await?;
    let found = pending(&mut tx, id).await?;
    caller.role().reach(found.role.parse()?)?;
    let revoked = tx.fetch_one(store::invitation_revoke(id)).await?;
    let event = event_publish(&mut tx, &InvitationRevoked { invitation_id: id }).await?;
    let entry = NewEntry::of_event(event, "invitation.revoked", id).detail_email(&revoked.email);
    audit_append(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(revoked)
}

/// Deletes invitations that were closed more than 90 days ago, of all tenants, in small batches; returns their number.
pub async fn invitations_forget(db: &Db) -> Result<u64> {
    let now = db.clock().now();
    let before = now.saturating_sub(KEPT).unwrap_or(now);
    let mut forgotten = 0;
    loop {
        match db.system("delete old invitations").execute(store::invitations_forget(before)).await? {
            0 => return Ok(forgotten),
            some => forgotten += some,
        }
    }
}

/// Locks the invitation, unless it was accepted or revoked.
async fn pending(tx: &mut TenantTx, id: InvitationId) -> Result<Invitation> {
    let found = tx.fetch_optional(store::invitation_lock(id)).await?.or_not_found("invitation")?;
    match (found.accepted_at, found.revoked_at) {
        (None, None) => Ok(found),
        (Some(_), _) => Err(Error::new(codes::CONFLICT, "The invitation was accepted already.")),
        (None, Some(_)) => Err(Error::new(codes::CONFLICT, "The invitation was revoked or has expired.")),
    }
}

/// When an invitation of the caller expires.
fn expiry(caller: &Caller, now: Timestamp) -> Timestamp {
    let end = now.saturating_add(LIFE).unwrap_or(now);
    caller.bounds().ends.map_or(end, |own| own.min(end))
}

async fn mails_check(tx: &mut TenantTx) -> Result<()> {
    let now = tx.now();
    let since = now.saturating_sub(SignedDuration::from_hours(24)).unwrap_or(now);
    let (sent,) = tx.fetch_one(store::mails_count(since)).await?;
    if sent < MAILS_A_DAY {
        return Ok(());
    }
    let message = format!("An organization may send {MAILS_A_DAY} invitations a day. Try again tomorrow.");
    Err(too_many(message, 3600))
}

fn too_many(message: impl Into<Cow<'static, str>>, wait_seconds: i64) -> Error {
    let wait = std::time::Duration::from_secs(u64::try_from(wait_seconds).unwrap_or(1));
    Error::new(codes::RATE_LIMITED, message).with_retry_after(wait)
}

async fn mail(tx: &mut TenantTx, vault: &Vault, invitation: &Invitation, letter: Letter) -> Result<()> {
    let tenant = crate::tenant::tenant_get(tx, tx.caller().tenant()).await?;
    let Letter { token, mail, product_name, site_url, invited_by, random, rates } = letter;
    if let Some(rates) = rates {
        rates::take(tx, &tenant, rates).await?;
    }
    let link = format!("{site_url}/invitation?token={}", token.expose());
    let secrets = Map::from_iter([("link".to_owned(), json!(link))]);
    let data = json!({
        "product_name": product_name,
        "organization": tenant.name,
        "invited_by": invited_by,
        "role": invitation.role_name.as_ref().unwrap_or(&invitation.role),
        "until": invitation.expires_at,
        "site_url": site_url,
        MAIL_SEALED: vault.mail_seal(mail, &secrets, &random),
    });
    tx.fetch_one(store::invitation_mail(invitation.invitation_id, mail, data)).await.map(drop)
}
