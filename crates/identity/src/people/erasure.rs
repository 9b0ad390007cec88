//! Erasing a user: the guard before it, and what does not refer to the user's row.

mod store;

use freehold_core::{Error, Result, TenantId};
use freehold_db::SystemTx;
use freehold_module::ErasedUser;
use jiff::SignedDuration;

pub use store::STATEMENTS;

use crate::{
    Base, Identity, codes,
    reauthentication::reauthentication_use,
    session::{Holder, session_hold},
    user::{User, user_find},
};

/// How long after a sign-in a session may request what cannot be undone.
const FRESH: SignedDuration = SignedDuration::from_hours(24);

/// Keys that one statement deletes.
const BATCH: i64 = 500;

/// The user of this session, if the session may request their deletion: it has used the second factor that the user
/// has, and signed in within a day; otherwise `nonce` is the code of a reauthentication. Where users sign in at a
/// Supabase project, it is the project that deletes them.
///
/// # Errors
/// `insufficient_aal`, `reauthentication_needed`, `reauthentication_not_valid`, `session_not_found`.
pub async fn deletion_check(identity: &Identity, holder: Holder, nonce: Option<&str>) -> Result<User> {
    if let Some(project) = &identity.tokens.project {
        return Err(crate::project::elsewhere(project));
    }
    let mut tx = identity.base.db.system("check who deletes an account").begin().await?;
    let held = session_hold(identity.settings(), &mut tx, holder).await?;
    let message = "AAL2 session is required to delete an account when MFA is enabled.";
    held.guard(&mut tx, codes::INSUFFICIENT_AAL_FOR_CHANGE, message).await?;
    let user = user_find(&mut tx, holder.user).await?.ok_or_else(|| Error::not_found("user"))?;
    let since = tx.fetch_optional(store::session_since(holder.session)).await?;
    let fresh = since.is_some_and(|(since,)| tx.now().duration_since(since) <= FRESH);
    drop(tx);
    match nonce.filter(|nonce| !nonce.is_empty()) {
        _ if fresh => Ok(user),
        Some(nonce) => reauthentication_use(&identity.limits, &user, nonce).await.map(|()| user),
        None => {
            let message = "The session is older than a day. Sign in again, or get a code (GET /auth/v1/reauthenticate) \
                           and send it as nonce.";
            Err(Error::new(codes::REAUTHENTICATION_NEEDED, message))
        }
    }
}

/// Succeeds when this text names the user: their e-mail address or, for a user without one, their id.
///
/// # Errors
/// `validation_failed`.
pub fn deletion_confirm(user: &User, text: &str) -> Result<()> {
    let named = if user.email.is_empty() { user.id.to_string() } else { user.email.to_lowercase() };
    if text.trim().to_lowercase() == named {
        return Ok(());
    }
    let what = if user.email.is_empty() { "the id of your user" } else { "the e-mail address of your account" };
    Err(Error::invalid("/email", format!("expected {what}, to confirm the deletion")))
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
