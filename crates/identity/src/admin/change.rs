//! Changing people.

use freehold_core::{Result, Secret, SessionId, UserId};
use freehold_db::{OnConstraint, SystemTx};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{email_exists, found_within_limits, identity_data, not_found, phone_set, store};
use crate::{
    Identity,
    mail_token::mails_forget,
    session::sessions_end_all,
    user::{
        User, identity_add, user_confirm, user_lock, user_merge_app_metadata, user_merge_metadata, user_set_password,
    },
};

/// Whether somebody is locked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ban {
    /// Until then.
    Until(Timestamp),
    /// No longer.
    Lifted,
}

impl Ban {
    /// Until when; none: not at all.
    pub const fn until(self) -> Option<Timestamp> {
        match self {
            Self::Until(until) => Some(until),
            Self::Lifted => None,
        }
    }
}

/// What an administrator changes of a person; none: stays as it is.
#[derive(Clone, Debug, Default)]
pub struct UserChanges {
    /// Whom tokens are for.
    pub aud: Option<String>,
    /// The role in tokens.
    pub role: Option<String>,
    /// The address, as [`email_normalize`](crate::user::email_normalize) gave it.
    pub email: Option<String>,
    /// The number, digits only.
    pub phone: Option<String>,
    /// The password's hash.
    pub password_hash: Option<Secret>,
    /// The address is confirmed from now on.
    pub confirm_email: bool,
    /// The number is.
    pub confirm_phone: bool,
    /// Merged into what the person says of himself; a null takes the key away.
    pub user_metadata: Option<Value>,
    /// Merged into what the system knows; a null takes the key away.
    pub app_metadata: Option<Value>,
    /// Locked out, or no longer.
    pub ban: Option<Ban>,
}

/// Changes a person. A new password ends his sessions, and a new password, address or number ends whatever was sent to
/// him: who reads his mail then may not be who reads it now. The sessions are to be told to
/// [`Verifier::revoke_session`](crate::access_token::Verifier::revoke_session) after the commit.
///
/// # Errors
/// `user_not_found`, `email_exists`, `phone_exists`, `validation_failed` (too much metadata).
pub async fn user_change(
    identity: &Identity,
    tx: &mut SystemTx,
    id: UserId,
    changes: UserChanges,
) -> Result<(User, Vec<SessionId>)> {
    let now = identity.clock.now();
    user_lock(tx, id).await?.ok_or_else(not_found)?;
    let mut ended = Vec::new();
    if changes.aud.is_some() || changes.role.is_some() {
        tx.execute(store::user_set_role(id, changes.aud, changes.role, now)).await?;
    }
    let moved = changes.email.is_some() || changes.phone.is_some();
    if let Some(email) = &changes.email {
        let set = tx.execute(store::user_set_email(id, email, now)).await;
        set.on_constraint("users_email_partial_key", email_exists)?;
        handle_set(tx, id, ("email", email), changes.confirm_email, now).await?;
    }
    if let Some(phone) = &changes.phone {
        phone_set(tx, id, phone, now).await?;
        handle_set(tx, id, ("phone", phone), changes.confirm_phone, now).await?;
    }
    if changes.confirm_email {
        user_confirm(tx, id, now).await?;
    }
    if changes.confirm_phone {
        tx.execute(store::user_confirm_phone(id, now)).await?;
    }
    let new_password = changes.password_hash.is_some();
    if new_password {
        user_set_password(tx, id, changes.password_hash, now).await?;
        ended.extend(sessions_end_all(tx, id).await?);
    }
    if new_password || moved {
        mails_forget(tx, id).await?;
    }
    if let Some(data) = changes.app_metadata {
        user_merge_app_metadata(tx, id, data, now).await?;
    }
    if let Some(data) = changes.user_metadata {
        user_merge_metadata(tx, id, data, now).await?;
    }
    if let Some(ban) = changes.ban {
        tx.execute(store::user_ban(id, ban.until(), now)).await?;
    }
    Ok((found_within_limits(tx, id).await?, ended))
}

/// The way in by an address or a number says what it is now.
async fn handle_set(
    tx: &mut SystemTx,
    id: UserId,
    (provider, handle): (&str, &str),
    verified: bool,
    now: Timestamp,
) -> Result<()> {
    let said = json!({ provider: handle, format!("{provider}_verified"): verified });
    if tx.execute(store::identity_merge(id, provider, said, now)).await? == 0 {
        identity_add(tx, id, provider, &id.to_string(), identity_data(id, provider, handle, verified), now).await?;
    }
    if verified {
        tx.execute(store::user_known(id)).await?;
    }
    Ok(())
}
