//! Invitations: an address that is to become a member, with which role.
//!
//! The token travels in a mail to that address. Who holds it and has confirmed that very address may accept; nobody is made
//! a member without wanting to. Members and open invitations together are the seats that a plan may limit.

mod accept;
mod rates;
mod store;
mod token;

use std::borrow::Cow;

use freehold_core::{
    ApiKeyId, Area, Caller, EmailAddress, Error, Id, Kind, OptionExt, Page, PageRequest, Random, Result, Role,
    TenantId, UserId, codes,
};
use freehold_db::{Db, OnConstraint, SystemTx, TenantTx, row};
use freehold_jobs::outbox::{EventId, event_publish};
use freehold_vault::{MAIL_SEALED, Vault};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use uuid::Uuid;

pub use accept::{Invitee, Offer, invitation_accept, invitation_awaits, inviter_bounds, offer_find};
pub use rates::InvitationRates;
pub use store::STATEMENTS;
pub use token::InvitationToken;

use crate::{
    audit::{NewEntry, audit_append},
    event::{InvitationCreated, InvitationRevoked},
    member::caller_check,
};

/// How long an invitation holds, from its last mail on.
pub const LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long one is kept after its end.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);
/// Least seconds between two mails of one invitation.
const RESEND_SECONDS: i64 = 60;
/// Most mails of one invitation.
const MAILS: i32 = 10;
/// Most mails of all invitations of one organization in a day: mail is sent in the product's name.
const MAILS_A_DAY: i64 = 200;

/// Names an invitation.
pub type InvitationId = Id<InvitationKind>;

/// The kind of [`InvitationId`].
pub enum InvitationKind {}
impl Kind for InvitationKind {
    const NAME: &'static str = "invitation";
}

row! {
    /// An invitation, without its token.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Invitation {
        /// Which.
        pub invitation_id: InvitationId,
        /// Who is invited.
        pub email: String,
        /// What they will be: `viewer`, `member`, `admin` or `owner`.
        pub role: String,
        /// The user who sent it last; null: a key did.
        pub invited_by: Option<UserId>,
        /// The key that sent it last; null: a user did.
        pub invited_by_key: Option<ApiKeyId>,
        /// How often it was sent.
        pub mails: i32,
        /// When it was made.
        pub created_at: Timestamp,
        /// When its last mail was asked for.
        pub sent_at: Timestamp,
        /// Until when it can be accepted.
        pub expires_at: Timestamp,
        /// When it was accepted.
        pub accepted_at: Option<Timestamp>,
        /// By whom.
        pub accepted_by: Option<UserId>,
        /// When it was taken back, or made room for another after its end.
        pub revoked_at: Option<Timestamp>,
    }
}

/// An invitation to be made.
#[derive(Clone, Debug)]
pub struct NewInvitation {
    /// Its id.
    pub id: InvitationId,
    /// Who is invited: one address, lower case.
    pub email: String,
    /// What they will be.
    pub role: Role,
}

/// What stands in the mail of an invitation.
#[derive(Clone, Debug)]
pub struct Letter {
    /// The mail's id.
    pub mail: Uuid,
    /// The product's name for people.
    pub product_name: String,
    /// Where people reach this server, without a slash at the end.
    pub site_url: String,
    /// The address of who invites; none: a key does.
    pub invited_by: Option<String>,
    /// Random source for sealing the invitation's link.
    pub random: Random,
    /// How many invitations may be mailed; none: as many as one organization may in a day.
    pub rates: Option<InvitationRates>,
}

impl Invitation {
    /// How it stands: `open`, `expired`, `accepted` or `revoked`.
    pub fn state(&self, now: Timestamp) -> &'static str {
        match (self.accepted_at, self.revoked_at) {
            (Some(_), _) => "accepted",
            (_, Some(at)) if at >= self.expires_at => "expired",
            (_, Some(_)) => "revoked",
            _ if self.expires_at <= now => "expired",
            _ => "open",
        }
    }
}

/// Seats taken: members, and invitations that can still be accepted. Nobody takes another until the transaction ends.
pub async fn seats_taken(tx: &mut TenantTx, tenant: TenantId, now: Timestamp) -> Result<i64> {
    tx.fetch_optional(store::seats_lock(tenant)).await?.or_not_found("organization")?;
    let (members, invitations) = tx.fetch_one(store::seats_count(tenant, now)).await?;
    Ok(members + invitations)
}

/// Seats taken, to be shown.
pub async fn seats_show(db: &Db, caller: &Caller, now: Timestamp) -> Result<i64> {
    let counted = db.tenant(caller).fetch_optional(store::seats_count(caller.tenant(), now)).await?;
    Ok(counted.map_or(0, |(members, invitations)| members + invitations))
}

/// Whether a member of the tenant has this address. Of who is no member it tells nothing.
pub async fn member_with_address(tx: &mut SystemTx, tenant: TenantId, email: &str) -> Result<bool> {
    Ok(tx.fetch_one(store::member_with_address(tenant, &EmailAddress::spellings(email))).await?.0)
}

/// Invites an address, if `seats` agrees to how many seats are then taken, and asks for the mail. `areas` are all that roles
/// speak of. The invitation ends with the caller's own authority, at the latest.
///
/// # Errors
/// `permission_denied` for a role that can do more than the caller, `conflict` while the address has an open invitation, `rate_limited`
/// when too many mails went out today, and what `seats` says.
pub async fn invitation_create(
    tx: &mut TenantTx,
    (caller, vault, areas): (&Caller, &Vault, &[Area]),
    new: NewInvitation,
    (token, letter): (&InvitationToken, Letter),
    seats: impl FnOnce(i64) -> Result<()>,
    (event, now): (EventId, Timestamp),
) -> Result<Invitation> {
    caller.bounds().check_role(new.role, areas)?;
    let tenant = caller.tenant();
    let taken = seats_taken(tx, tenant, now).await?;
    caller_check(tx, caller).await?;
    tx.execute(store::invitation_expire(&EmailAddress::spellings(&new.email), now)).await?;
    mails_check(tx, now).await?;
    let role = new.role.name();
    let insert = store::invitation_insert(
        tenant,
        new.id,
        &new.email,
        role,
        token.digest(vault),
        caller.user(),
        caller.api_key(),
        now,
        expiry(caller, now),
    );
    let made = tx.fetch_one(insert).await.on_constraint("invitations_one_open", || {
        Error::new(codes::CONFLICT, "That address is invited already; send that invitation once more, or revoke it.")
    })?;
    // After the insert, so that inviting somebody twice says so instead of asking for a larger plan.
    seats(taken + 1)?;
    mail(tx, (caller, vault), &made, (token, letter), now).await?;
    let told =
        InvitationCreated { invitation_id: made.invitation_id, email: made.email.clone(), role: role.to_owned() };
    event_publish(tx, tenant, event, &told, now).await?;
    let detail = json!({ "email": made.email, "role": role });
    audit(tx, caller, ("invitation.created", made.invitation_id, detail), (event, now)).await?;
    Ok(made)
}

/// A page of the caller's organization's invitations, the newest first, the closed ones too.
pub async fn invitation_list(db: &Db, caller: &Caller, request: PageRequest) -> Result<Page<Invitation>> {
    let rows = db.tenant(caller).fetch_all(store::invitation_list(request.before(), request.rows())).await?;
    Ok(request.page(rows, |invitation| invitation.invitation_id))
}

/// Sends an invitation once more, with another token: the one of the mail before stops working. One that has expired
/// holds again, if `seats` agrees. It is the caller's from then on, and bounded by their authority.
pub async fn invitation_resend(
    tx: &mut TenantTx,
    (caller, vault, areas): (&Caller, &Vault, &[Area]),
    id: InvitationId,
    (token, letter): (&InvitationToken, Letter),
    seats: impl FnOnce(i64) -> Result<()>,
    (entry, now): (EventId, Timestamp),
) -> Result<Invitation> {
    let taken = seats_taken(tx, caller.tenant(), now).await?;
    let found = pending(tx, id).await?;
    caller.bounds().check_role(found.role.parse()?, areas)?;
    if found.expires_at <= now {
        seats(taken + 1)?;
    }
    let wait = RESEND_SECONDS - now.duration_since(found.sent_at).as_secs();
    if wait > 0 {
        return Err(too_many("It was sent a moment ago; wait a little.", wait));
    }
    if found.mails >= MAILS {
        let message = "It was sent so often that another mail would not help; revoke it and invite anew.";
        return Err(Error::new(codes::CONFLICT, message));
    }
    mails_check(tx, now).await?;
    let renew =
        store::invitation_renew(id, token.digest(vault), caller.user(), caller.api_key(), now, expiry(caller, now));
    let renewed = tx.fetch_one(renew).await?;
    mail(tx, (caller, vault), &renewed, (token, letter), now).await?;
    let detail = json!({ "email": renewed.email });
    audit(tx, caller, ("invitation.resent", id, detail), (entry, now)).await?;
    Ok(renewed)
}

/// Takes an invitation back. Its token stops working.
pub async fn invitation_revoke(
    tx: &mut TenantTx,
    caller: &Caller,
    id: InvitationId,
    (event, now): (EventId, Timestamp),
) -> Result<Invitation> {
    let found = pending(tx, id).await?;
    caller.role().reach(found.role.parse()?)?;
    let revoked = tx.fetch_one(store::invitation_revoke(id, now)).await?;
    event_publish(tx, caller.tenant(), event, &InvitationRevoked { invitation_id: id }, now).await?;
    let detail = json!({ "email": revoked.email });
    audit(tx, caller, ("invitation.revoked", id, detail), (event, now)).await?;
    Ok(revoked)
}

/// Forgets invitations that were over 90 days ago, of all tenants, in small portions; how many.
pub async fn invitations_forget(db: &Db, now: Timestamp) -> Result<u64> {
    let before = now.saturating_sub(KEPT).unwrap_or(now);
    let mut forgotten = 0;
    loop {
        match db.system("forget old invitations").execute(store::invitations_forget(before)).await? {
            0 => return Ok(forgotten),
            some => forgotten += some,
        }
    }
}

/// The invitation, if nobody accepted it or took it back; locked.
async fn pending(tx: &mut TenantTx, id: InvitationId) -> Result<Invitation> {
    let found = tx.fetch_optional(store::invitation_lock(id)).await?.or_not_found("invitation")?;
    match (found.accepted_at, found.revoked_at) {
        (None, None) => Ok(found),
        (Some(_), _) => Err(Error::new(codes::CONFLICT, "The invitation was accepted.")),
        (None, Some(_)) => Err(Error::new(codes::CONFLICT, "The invitation was revoked, or is over.")),
    }
}

/// Until when an invitation of the caller's can be accepted.
fn expiry(caller: &Caller, now: Timestamp) -> Timestamp {
    let end = now.saturating_add(LIFE).unwrap_or(now);
    caller.bounds().ends.map_or(end, |own| own.min(end))
}

async fn mails_check(tx: &mut TenantTx, now: Timestamp) -> Result<()> {
    let since = now.saturating_sub(SignedDuration::from_hours(24)).unwrap_or(now);
    let (sent,) = tx.fetch_one(store::mails_count(since)).await?;
    if sent < MAILS_A_DAY {
        return Ok(());
    }
    let message = format!("An organization sends {MAILS_A_DAY} invitations a day; go on tomorrow.");
    Err(too_many(message, 3600))
}

fn too_many(message: impl Into<Cow<'static, str>>, wait_seconds: i64) -> Error {
    let wait = std::time::Duration::from_secs(u64::try_from(wait_seconds).unwrap_or(1));
    Error::new(codes::RATE_LIMITED, message).with_retry_after(wait)
}

async fn mail(
    tx: &mut TenantTx,
    (caller, vault): (&Caller, &Vault),
    invitation: &Invitation,
    (token, letter): (&InvitationToken, Letter),
    now: Timestamp,
) -> Result<()> {
    let tenant = crate::tenant::tenant_get(tx, caller.tenant()).await?;
    let Letter { mail, product_name, site_url, invited_by, random, rates } = letter;
    if let Some(rates) = rates {
        rates::take(tx, caller, &tenant, rates, now).await?;
    }
    let link = format!("{site_url}/invitation?token={}", token.expose());
    let secrets = Map::from_iter([("link".to_owned(), json!(link))]);
    let data = json!({
        "product_name": product_name,
        "organization": tenant.name,
        "invited_by": invited_by,
        "role": invitation.role,
        "until": invitation.expires_at,
        "site_url": site_url,
        MAIL_SEALED: vault.mail_seal(mail, &secrets, &random),
    });
    tx.fetch_one(store::invitation_mail(invitation.invitation_id, mail, data, now)).await.map(drop)
}

/// Writes down that the caller did something to an invitation, under the id of the event that tells of it.
async fn audit(
    tx: &mut TenantTx,
    caller: &Caller,
    (action, invitation, detail): (&'static str, InvitationId, Value),
    (event, now): (EventId, Timestamp),
) -> Result<()> {
    let id = Id::new(event.uuid());
    audit_append(tx, caller, NewEntry { id, action, subject: Some(invitation.to_string()), detail }, now).await
}
