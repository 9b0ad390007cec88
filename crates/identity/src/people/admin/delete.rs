//! Deleting users. A member of organizations must leave them first, in the same transaction; the tenancy crate does
//! that.

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use freehold_core::{Result, SessionId, UserId};
use freehold_db::SystemTx;

use super::{not_found, store};
use crate::{
    mail_token::mails_forget,
    session::sessions_end_all,
    user::{User, user_identities, user_lock},
};

/// Deletes a user with their sign-in methods, sessions and factors. Returns the ended sessions; pass them to
/// [`Verifier::revoke_session`](crate::access_token::Verifier::revoke_session) after the commit.
///
/// # Errors
/// `user_not_found`.
pub async fn user_delete(tx: &mut SystemTx, id: UserId) -> Result<(User, Vec<SessionId>)> {
    let user = user_lock(tx, id).await?.ok_or_else(not_found)?;
    let sessions = sessions_end_all(tx, id).await?;
    tx.execute(store::user_delete(id)).await?;
    Ok((user, sessions))
}

/// Deletes a user but keeps the row, for the records. Digests replace the address, the number and the sign-in methods,
/// so the row does not identify the user, and the address can sign up again. Returns the user as they were before.
///
/// # Errors
/// `user_not_found`.
pub async fn user_delete_softly(tx: &mut SystemTx, id: UserId) -> Result<(User, Vec<SessionId>)> {
    let user = user_lock(tx, id).await?.ok_or_else(not_found)?;
    if user.deleted_at.is_some() {
        return Ok((user, Vec::new()));
    }
    let phone: String = veil(id, &user.phone).chars().take(15).collect();
    tx.execute(store::user_veil(id, &veil(id, &user.email), &phone, &veil(id, &user.new_email))).await?;
    for way in user_identities(tx, id).await? {
        let veiled = veil(id, &format!("{}:{}", way.provider, way.provider_id));
        tx.execute(store::identity_veil(way.id, &veiled)).await?;
    }
    mails_forget(tx, id).await?;
    tx.execute(store::flows_delete(id)).await?;
    tx.execute(store::factors_delete(id)).await?;
    tx.execute(store::passkeys_delete(id)).await?;
    Ok((user, sessions_end_all(tx, id).await?))
}

/// Digests a text as Supabase Auth does: SHA-256 of the id and the text, in base64url.
fn veil(id: UserId, text: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, format!("{id}{text}").as_bytes()))
}
