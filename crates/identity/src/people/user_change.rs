//! Changes that users make to their own account.

mod store;

use freehold_core::{Error, Result, Secret, SessionId, UserId, codes as core_codes, name_check};
use freehold_db::{Db, SystemTx};
use jiff::SignedDuration;
use serde_json::{Value, json};

pub use store::STATEMENTS;

use crate::{
    Identity, Settings,
    access_token::Claims,
    audit_entry::{Action, audit_note},
    codes,
    email_change::{EmailChange, email_change_ask, email_change_begin},
    flow::Challenge,
    limit::{Limits, password_try, place_known},
    mail_token::mails_forget,
    password::{AcceptedPassword, Passwords},
    reauthentication::reauthentication_use,
    session::{Client, Scope, session_hold, sessions_end, sessions_revoke},
    user::{User, identity_add, user_find, user_identities, user_merge_metadata, user_set_password},
};

/// How long a session counts as fresh: its user need not reauthenticate.
const FRESH: SignedDuration = SignedDuration::from_hours(24);

/// A requested change; a field that is none stays as it is.
#[derive(Clone, Debug, Default)]
pub struct UserChange {
    /// New e-mail address, as [`email_normalize`](crate::user::email_normalize) returns it.
    pub email: Option<String>,
    /// New password.
    pub password: Option<AcceptedPassword>,
    /// Current password, where `[auth]` requires it.
    pub current_password: Option<Secret>,
    /// Code of a reauthentication, where `[auth]` requires it.
    pub nonce: Option<String>,
    /// Merged into the metadata that the user can change; a null removes the key.
    pub data: Option<Value>,
    /// Where the links in the mails finally lead; already checked.
    pub redirect_to: String,
    /// Challenge of the PKCE flow; none: the implicit flow.
    pub challenge: Option<Challenge>,
}

/// Updates the signed-in user. A new password ends the user's other sessions and invalidates every link and code that
/// was sent to them; a new address takes effect once it is confirmed.
///
/// # Errors
/// `insufficient_aal`, `same_password`, `current_password_required`, `current_password_invalid`,
/// `reauthentication_needed`, `reauthentication_not_valid`, `email_exists`, `over_email_send_rate_limit`,
/// `user_sso_managed`, `validation_failed` for a password without an address.
pub async fn user_change(
    identity: &Identity,
    claims: &Claims,
    change: UserChange,
    check: impl FnOnce(&User) -> Result<()>,
    client: &Client,
) -> Result<User> {
    let gone = || Error::not_found("user");
    let mut tx = identity.base.db.system("find own user").begin().await?;
    let user = user_find(&mut tx, claims.sub).await?.ok_or_else(gone)?;
    let email = change.email.filter(|email| *email != user.email);
    let sensitive = change.password.is_some() || email.is_some();
    if sensitive {
        sensitive_guard(identity.settings(), &mut tx, claims).await?;
        sensitive_allowed(&user, email.is_some())?;
    }
    let fresh = session_fresh(&mut tx, claims.session_id).await?;
    drop(tx);
    let hash = match &change.password {
        Some(password) => {
            let password = password.secret();
            let new =
                NewPassword { password, current: change.current_password.as_ref(), nonce: change.nonce.as_deref() };
            Some(password_new(&identity.passwords, &identity.limits, claims, &user, new, fresh, client).await?)
        }
        None => None,
    };

    let mut tx = identity.base.db.system("change own user").begin().await?;
    if sensitive {
        // Checked again: hashing takes time, and the user may have added a factor since.
        sensitive_guard(identity.settings(), &mut tx, claims).await?;
    }
    let confirms = !(user.is_anonymous && identity.settings().auth.autoconfirm);
    if email.is_some() && confirms {
        email_change_ask(identity.settings(), &mut tx, &user).await?;
    }
    let mut ended = Vec::new();
    if let Some(hash) = hash {
        ended = password_set(&mut tx, &user, hash, claims.session_id).await?;
        audit_note(&mut tx, Action::UserUpdatedPassword, &user, json!({}), client).await?;
    }
    if let Some(data) = change.data {
        user_merge_metadata(&mut tx, user.id, data).await?;
    }
    if let Some(email) = email {
        let change = EmailChange { email, redirect_to: change.redirect_to, challenge: change.challenge };
        email_change_begin(&identity.base, &mut tx, user, change, client).await?;
    }
    let user = user_find(&mut tx, claims.sub).await?.ok_or_else(gone)?;
    check(&user)?;
    audit_note(&mut tx, Action::UserModified, &user, json!({}), client).await?;
    tx.commit().await?;
    sessions_revoke(&identity.tokens.verifier, &ended);
    Ok(user)
}

/// Longest name of a user, in characters.
const NAME_LONGEST: usize = 80;

/// Sets the name of the signed-in user (`name` in the metadata that users can change); an empty name removes it.
///
/// # Errors
/// `validation_failed`.
pub async fn user_rename(db: &Db, user: UserId, name: &str, client: &Client) -> Result<User> {
    let name = match name.trim() {
        "" => Value::Null,
        name => Value::String(name_check("/name", name, NAME_LONGEST)?),
    };
    let mut tx = db.system("rename own user").begin().await?;
    user_merge_metadata(&mut tx, user, json!({ "name": name })).await?;
    let user = user_find(&mut tx, user).await?.ok_or_else(|| Error::not_found("user"))?;
    audit_note(&mut tx, Action::UserModified, &user, json!({}), client).await?;
    tx.commit().await?;
    Ok(user)
}

/// Checks that the session has not ended and has used the second factor that its user has.
async fn sensitive_guard(settings: &Settings, tx: &mut SystemTx, claims: &Claims) -> Result<()> {
    let held = session_hold(settings, tx, claims.holder()).await?;
    let message = "AAL2 session is required to update email or password when MFA is enabled.";
    held.guard(tx, codes::INSUFFICIENT_AAL_FOR_CHANGE, message).await
}

/// Checks that a user of this kind may change address or password.
fn sensitive_allowed(user: &User, with_email: bool) -> Result<()> {
    if user.is_anonymous && !with_email {
        let message = "Updating password of an anonymous user without an email or phone is not allowed";
        return Err(Error::new(core_codes::VALIDATION_FAILED, message));
    }
    if user.is_sso_user {
        let message = "Updating email, phone, password of a SSO account only possible via SSO";
        return Err(Error::new(codes::USER_SSO_MANAGED, message));
    }
    Ok(())
}

async fn session_fresh(tx: &mut SystemTx, session: SessionId) -> Result<bool> {
    let since = tx.fetch_optional(store::session_since(session)).await?;
    Ok(since.is_some_and(|(since,)| tx.now().duration_since(since) <= FRESH))
}

/// A new password, with what must accompany it.
#[derive(Clone, Copy)]
struct NewPassword<'a> {
    password: &'a Secret,
    current: Option<&'a Secret>,
    nonce: Option<&'a str>,
}

/// The new password's hash, if the user may set it.
async fn password_new(
    passwords: &Passwords,
    limits: &Limits,
    claims: &Claims,
    user: &User,
    new: NewPassword<'_>,
    fresh: bool,
    client: &Client,
) -> Result<Secret> {
    let settings = &limits.base.settings.auth;
    let needs_code = settings.password_change_needs_code && !fresh;
    if needs_code && new.nonce.is_none_or(str::is_empty) {
        return Err(Error::new(codes::REAUTHENTICATION_NEEDED, "Password update requires reauthentication"));
    }
    if let Some(hash) = &user.encrypted_password {
        // A user who signed in by mail may not know the current password.
        let by_mail = |method: &str| matches!(method, "otp" | "magiclink" | "recovery");
        let by_mail = claims.amr.iter().any(|amr| by_mail(&amr.method));
        if settings.password_change_needs_current && !by_mail {
            let message = "Current password required when setting new password.";
            let missing = || Error::new(codes::CURRENT_PASSWORD_REQUIRED, message);
            let current = new.current.filter(|current| !current.expose().is_empty()).ok_or_else(missing)?;
            // Counted as at a sign-in: a client with a stolen session may not guess here either.
            let known = place_known(&limits.base, user, client).await?;
            let attempt = password_try(limits, user.realm, &user.email, known, client).await?;
            if !passwords.verify(current, Some(hash)).await? {
                return Err(Error::new(codes::CURRENT_PASSWORD_INVALID, message));
            }
            attempt.succeeded(limits).await?;
        }
        if passwords.verify(new.password, Some(hash)).await? {
            return Err(Error::new(codes::SAME_PASSWORD, "New password should be different from the old password."));
        }
    }
    if let Some(nonce) = new.nonce.filter(|_| needs_code) {
        reauthentication_use(limits, user, nonce).await?;
    }
    passwords.hash(new.password).await
}

/// Sets the password. Ends the user's other sessions and invalidates links and codes in mails. Returns the ended
/// sessions.
async fn password_set(tx: &mut SystemTx, user: &User, hash: Secret, session: SessionId) -> Result<Vec<SessionId>> {
    mails_forget(tx, user.id).await?;
    user_set_password(tx, user.id, Some(hash)).await?;
    let ended = sessions_end(tx, user.id, session, Scope::Others).await?;
    // The first password adds a sign-in method.
    if user.encrypted_password.is_none() && !user.email.is_empty() {
        email_identity_ensure(tx, user).await?;
    }
    Ok(ended)
}

async fn email_identity_ensure(tx: &mut SystemTx, user: &User) -> Result<()> {
    let ways = user_identities(tx, user.id).await?;
    if ways.iter().any(|way| way.provider == "email") {
        return Ok(());
    }
    let id: UserId = user.id;
    let data = json!({ "sub": id, "email": user.email, "email_verified": user.confirmed(), "phone_verified": false });
    identity_add(tx, id, "email", &id.to_string(), data).await
}
