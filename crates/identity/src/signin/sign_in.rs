//! Signing in: with a password, or with the link or code of a mail (which [`verify`](crate::verify) redeems).

use freehold_core::{Error, Result, Secret, codes as core_codes};
use jiff::Timestamp;
use serde_json::Value;

use crate::{
    Identity, Realm, codes,
    even::{Step, evenly},
    flow::Challenge,
    hooks::Hooks,
    limit::{Account, Limits, account_try, mail_room},
    mail_request::{Asking, mail_request_note},
    provider::strangers_forget,
    session::{Client, Sessions, Tokens, session_open, session_open_unchanged},
    sign_in_mail::mail_sign_in_with,
    sign_up::person_new,
    user::{User, email_as_stored, email_find, person_find, user_lock, user_set_password},
    verify::{VerifyType, proof_use},
};
pub use crate::{
    mail_token::token_make,
    verify::{Proof, Verified},
};

/// The most bytes of an address that an earlier version stored.
const STORED_LONGEST: usize = 255;

/// Signs in with a password. Unknown addresses take as much time as known ones. A stored hash of another type or cost
/// is replaced by a new one.
///
/// # Errors
/// `invalid_credentials`, `user_banned`, `email_not_confirmed`, `over_request_rate_limit` after too many wrong
/// passwords.
pub async fn sign_in_with_password(
    identity: &Identity,
    realm: Realm,
    email: &str,
    password: Secret,
    client: &Client,
) -> Result<Tokens> {
    let step = Step::begin();
    let signed_in = password_sign_in(identity, realm, email, password, client).await;
    if signed_in.as_ref().is_err_and(|error| error.is(codes::INVALID_CREDENTIALS)) {
        // Reading a user takes a little longer than finding none, so both wait for the end of the step.
        step.end().await;
    }
    signed_in
}

/// The same with the address as it was typed. A user whom an earlier version let sign up with an address that is
/// rejected today signs in with it as it is stored. Only the right password reveals whether there is such a user.
///
/// # Errors
/// `email_provider_disabled` where users do not sign in with a password; as [`email_find`] and
/// [`sign_in_with_password`].
pub async fn sign_in_with_typed_address(
    identity: &Identity,
    realm: Realm,
    typed: &str,
    password: Secret,
    client: &Client,
) -> Result<Tokens> {
    identity.settings().password_check()?;
    let refusal = match email_find(&identity.base.db, realm, typed).await {
        Ok(email) => return sign_in_with_password(identity, realm, &email, password, client).await,
        Err(refusal) if refusal.is(core_codes::VALIDATION_FAILED) => refusal,
        Err(error) => return Err(error),
    };
    let stored = email_as_stored(typed);
    if !stored.contains('@') || stored.contains('\0') || stored.len() > STORED_LONGEST {
        return Err(refusal);
    }
    match sign_in_with_password(identity, realm, &stored, password, client).await {
        Err(error) if error.is(codes::INVALID_CREDENTIALS) => Err(refusal),
        other => other,
    }
}

async fn password_sign_in(
    identity: &Identity,
    realm: Realm,
    email: &str,
    password: Secret,
    client: &Client,
) -> Result<Tokens> {
    let wrong = || Error::new(codes::INVALID_CREDENTIALS, "Invalid login credentials");
    let (found, attempt) = account_try(&identity.limits, realm, email, client).await?;
    let hash = found.as_ref().and_then(|account| account.user.encrypted_password.clone());
    let right = identity.passwords.verify(&password, hash.as_ref()).await?;
    let Some(Account { user, ways }) = found.filter(|_| right) else { return Err(wrong()) };
    let anew = match &hash {
        Some(hash) if identity.passwords.needs_rehash(hash) => Some(identity.passwords.hash(&password).await?),
        _ => None,
    };
    // A right password is not a guess, whether or not the user may sign in.
    let succeeded = || attempt.succeeded_in(&identity.limits);
    let now = identity.base.db.clock().now();
    // In nearly all sign-ins the hash stays as it is.
    if anew.is_none()
        && user.last_sign_in_at.is_some()
        && refusal(&user, now).is_none()
        && let Some(tokens) = session_open_unchanged(&identity.sessions, user.clone(), client, succeeded()).await?
    {
        return Ok(Tokens { ways: Some(ways), ..tokens });
    }
    let mut tx = identity.base.db.system("sign in with a password").begin().await?;
    // Hashing takes time, in which the password may have been changed.
    let user = user_lock(&mut tx, user.id).await?.ok_or_else(wrong)?;
    if user.encrypted_password.as_ref().map(Secret::expose) != hash.as_ref().map(Secret::expose) {
        return Err(wrong());
    }
    if let Some(refusal) = refusal(&user, now) {
        tx.commit_with(&Vec::from_iter(succeeded())).await?;
        return Err(refusal);
    }
    if anew.is_some() {
        user_set_password(&mut tx, user.id, anew).await?;
    }
    let tokens = session_open(&identity.sessions, &mut tx, user, "password", client).await?;
    tx.commit_with(&Vec::from_iter(succeeded())).await?;
    Ok(tokens)
}

/// Why a user who knows the password may not sign in; none: they may.
fn refusal(user: &User, now: Timestamp) -> Option<Error> {
    if user.banned(now) {
        Some(Error::new(codes::USER_BANNED_AT_TOKEN, "User is banned"))
    } else if user.confirmed() {
        None
    } else {
        Some(Error::new(codes::EMAIL_NOT_CONFIRMED, "Email not confirmed"))
    }
}

/// A request to sign in by mail.
#[derive(Clone, Debug)]
pub struct LinkRequest {
    /// The realm in which the address is unique.
    pub realm: Realm,
    /// E-mail address, as [`email_normalize`](crate::user::email_normalize) returns it.
    pub email: String,
    /// Whether to create a user when the address has none.
    pub create: bool,
    /// Metadata of a new user.
    pub data: Value,
    /// Where the link in the mail finally leads; already checked.
    pub redirect_to: String,
    /// Challenge of the PKCE flow; none: the implicit flow.
    pub challenge: Option<Challenge>,
}

/// Sends a mail with link and code to an address. Creates the user first when there is none and the request allows it.
/// Where sign-up is closed, or the budget has no room for mails to unconfirmed addresses, an unknown address gets no
/// mail, and the client gets the same answer as any other.
///
/// A person who set a password for an address before it was confirmed may not be the one who reads its mail, so that
/// password is deleted, as in [`sign_up`](crate::sign_up::sign_up).
///
/// # Errors
/// `email_provider_disabled` where users do not sign in by mail, `otp_disabled` for an unknown address when no user may
/// be created, `over_email_send_rate_limit`.
pub async fn link_request(limits: &Limits, hooks: &Hooks, new: LinkRequest, client: &Client) -> Result<()> {
    limits.base.settings.mail_check()?;
    evenly(link_send(limits, hooks, new, client)).await
}

/// The same for the operator of the server, whatever sign-in methods users have.
///
/// # Errors
/// As [`link_request`], without the first.
pub async fn operator_link_request(limits: &Limits, hooks: &Hooks, new: LinkRequest, client: &Client) -> Result<()> {
    evenly(link_send(limits, hooks, new, client)).await
}

async fn link_send(limits: &Limits, hooks: &Hooks, new: LinkRequest, client: &Client) -> Result<()> {
    let LinkRequest { realm, email, create, data, redirect_to, challenge } = new;
    let room = mail_room(limits, client).await?;
    let mut tx = limits.base.db.system("sign in by mail").begin().await?;
    let found = person_find(&limits.base.settings, &mut tx, realm, &email).await?;
    if found.is_none() && !create {
        return Err(Error::new(codes::OTP_DISABLED, "Signups not allowed for otp"));
    }
    mail_request_note(&limits.base.settings, &mut tx, realm, &email, Asking::Link).await?;
    // No user is created whom no mail would reach.
    if !found.as_ref().is_some_and(User::confirmed) && !room.exists() {
        return tx.commit().await;
    }
    let user = match found {
        Some(user) => {
            if !user.confirmed() && user.encrypted_password.is_some() {
                user_set_password(&mut tx, user.id, None).await?;
            }
            strangers_forget(&mut tx, &user).await?;
            Some(user)
        }
        None => person_new(&limits.base.settings, hooks, &mut tx, realm, email, data, client).await?,
    };
    if let Some(user) = user {
        mail_sign_in_with(&limits.base, &mut tx, &user, room.reader(&user), &redirect_to, challenge, client).await?;
    }
    tx.commit().await
}

/// Signs in with a link or code of any mail that signs in: [`proof_use`] with [`VerifyType::Email`].
pub async fn sign_in_with_proof(limits: &Limits, sessions: &Sessions, proof: Proof, client: &Client) -> Result<Tokens> {
    match proof_use(limits, sessions, proof, VerifyType::Email, client).await? {
        Verified::SignedIn(tokens) => Ok(*tokens),
        Verified::Code(_) | Verified::HalfConfirmed => Err(Error::internal("a sign-in that opened no session")),
    }
}
