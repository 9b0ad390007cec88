//! Erasing a user: the guard before it, and what does not refer to the user's row.

mod store;

use freehold_core::{Error, Result, TenantId};
use freehold_db::SystemTx;
use freehold_module::ErasedUser;
use jiff::SignedDuration;

pub use store::STATEMENTS;

use crate::{
    Base, codes,
    limit::Limits,
    reauthentication::reauthentication_use,
    session::{Holder, session_hold},
    user::{User, user_find},
};

/// How long after a sign-in a session may request what cannot be undone.
const FRESH: SignedDuration = SignedDuration::from_hours(24);

/// Keys that one statement deletes.
const BATCH: i64 = 500;

/// The user of this session, if the session may request their deletion: it has used the second factor that the user
/// has, and signed in within a day; otherwise `nonce` is the code of a reauthentication.
///
/// # Errors
/// `insufficient_aal`, `reauthentication_needed`, `reauthentication_not_valid`, `session_not_found`.
pub async fn deletion_check(limits: &Limits, holder: Holder, nonce: Option<&str>) -> Result<User> {
    let mut tx = limits.base.db.system("check who deletes an account").begin().await?;
    let held = session_hold(&limits.base.settings, &mut tx, holder).await?;
    let message = "AAL2 session is required to delete an account when MFA is enabled.";
    held.guard(&mut tx, codes::INSUFFICIENT_AAL_FOR_CHANGE, message).await?;
    let user = user_find(&mut tx, holder.user).await?.ok_or_else(|| Error::not_found("user"))?;
    let since = tx.fetch_optional(store::session_since(holder.session)).await?;
    let fresh = since.is_some_and(|(since,)| tx.now().duration_since(since) <= FRESH);
    drop(tx);
    match nonce.filter(|nonce| !nonce.is_empty()) {
        _ if fresh => Ok(user),
        Some(nonce) => reauthentication_use(limits, &user, nonce).await.map(|()| user),
        None => {
            let message = "The session is older than a day. Sign in again, or get a code (GET /auth/v1/reauthenticate) \
                           and send it as nonce.";
            Err(Error::new(codes::REAUTHENTICATION_NEEDED, message))
        }
    }
}

/// Succeeds when this is the user's e-mail address; none for a user without one.
///
/// # Errors
/// `validation_failed`.
pub fn deletion_confirm(user: &User, email: Option<&str>) -> Result<()> {
    let email = email.map(|email| email.trim().to_lowercase()).unwrap_or_default();
    if email == user.email.to_lowercase() {
        return Ok(());
    }
    Err(Error::invalid("/email", "expected the e-mail address of your account, to confirm the deletion"))
}

/// Deletes the API keys of an organization that is erased: nothing in the database joins them to it.
pub(crate) async fn tenant_keys_erase(base: &Base, tenant: TenantId) -> Result<()> {
    while base.db.system("erase the API keys of an organization").execute(store::keys_delete(tenant, BATCH)).await? > 0
    {
    }
    Ok(())
}

/// Deletes what the audit log of users and the list of known networks have about a user.
pub(crate) async fn user_erase(tx: &mut SystemTx, user: &ErasedUser) -> Result<()> {
    tx.execute(store::audit_delete(&user.id.to_string())).await?;
    tx.execute(store::places_delete(user.id)).await?;
    tx.execute(store::project_person_delete(user.id)).await.map(drop)
}
