//! Updating users.

use freehold_core::{Result, Secret, SessionId, UserId};
use freehold_db::{OnConstraint, SystemTx};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{email_exists, found_within_limits, identity_data, not_found, phone_set, store};
use crate::{
    mail_token::mails_forget,
    session::sessions_end_all,
    user::{
        User, identity_add, user_confirm, user_lock, user_merge_app_metadata, user_merge_metadata, user_set_password,
    },
};

/// A change to whether a user is banned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ban {
    /// The user is banned until this time.
    Until(Timestamp),
    /// The ban is lifted.
    Lifted,
}

impl Ban {
    /// End of the ban; none: no ban.
    pub const fn until(self) -> Option<Timestamp> {
        match self {
            Self::Until(until) => Some(until),
            Self::Lifted => None,
        }
    }
}

/// What an administrator changes in a user; a field that is none stays as it is.
#[derive(Clone, Debug, Default)]
pub struct UserChanges {
    /// Audience of the user's tokens.
    pub aud: Option<String>,
    /// Role in the user's tokens.
    pub role: Option<String>,
    /// E-mail address, as [`email_normalize`](crate::user::email_normalize) returns it.
    pub email: Option<String>,
    /// Phone number, digits only.
    pub phone: Option<String>,
    /// Hash of the password.
    pub password_hash: Option<Secret>,
    /// Whether to confirm the address.
    pub confirm_email: bool,
    /// Whether to confirm the phone number.
    pub confirm_phone: bool,
    /// Merged into the metadata that the user can change; a null removes the key.
    pub user_metadata: Option<Value>,
    /// Merged into the metadata that only the server changes; a null removes the key.
    pub app_metadata: Option<Value>,
    /// Bans the user, or lifts the ban.
    pub ban: Option<Ban>,
}

/// Updates a user. A new password ends the user's sessions. A new password, address or number also invalidates all
/// links and codes sent to the user, because another person may read that mailbox now. Returns the ended sessions; pass
/// them to [`Verifier::revoke_session`](crate::access_token::Verifier::revoke_session) after the commit.
///
/// # Errors
/// `user_not_found`, `email_exists`, `phone_exists`, `validation_failed` (too much metadata).
pub async fn user_change(tx: &mut SystemTx, id: UserId, changes: UserChanges) -> Result<(User, Vec<SessionId>)> {
    user_lock(tx, id).await?.ok_or_else(not_found)?;
    let mut ended = Vec::new();
    if changes.aud.is_some() || changes.role.is_some() {
        tx.execute(store::user_set_role(id, changes.aud, changes.role)).await?;
    }
    let moved = changes.email.is_some() || changes.phone.is_some();
    if let Some(email) = &changes.email {
        let set = tx.execute(store::user_set_email(id, email)).await;
        set.on_constraint("users_email_partial_key", email_exists)?;
        handle_set(tx, id, "email", email, changes.confirm_email).await?;
    }
    if let Some(phone) = &changes.phone {
        phone_set(tx, id, phone).await?;
        handle_set(tx, id, "phone", phone, changes.confirm_phone).await?;
    }
    if changes.confirm_email {
        user_confirm(tx, id).await?;
    }
    if changes.confirm_phone {
        tx.execute(store::user_confirm_phone(id)).await?;
    }
    let new_password = changes.password_hash.is_some();
    if new_password {
        user_set_password(tx, id, changes.password_hash).await?;
        ended.extend(sessions_end_all(tx, id).await?);
    }
    if new_password || moved {
        mails_forget(tx, id).await?;
    }
    if let Some(data) = changes.app_metadata {
        user_merge_app_metadata(tx, id, data).await?;
    }
    if let Some(data) = changes.user_metadata {
        user_merge_metadata(tx, id, data).await?;
    }
    if let Some(ban) = changes.ban {
        tx.execute(store::user_ban(id, ban.until())).await?;
    }
    Ok((found_within_limits(tx, id).await?, ended))
}

/// Updates the sign-in method of an address or number to its present value.
async fn handle_set(tx: &mut SystemTx, id: UserId, provider: &str, handle: &str, verified: bool) -> Result<()> {
    let said = json!({ provider: handle, format!("{provider}_verified"): verified });
    if tx.execute(store::identity_merge(id, provider, said)).await? == 0 {
        identity_add(tx, id, provider, &id.to_string(), identity_data(id, provider, handle, verified)).await?;
    }
    if verified {
        tx.execute(store::user_known(id)).await?;
    }
    Ok(())
}
