//! Anonymous users, who have no address. They can add one later by changing it.

use freehold_core::{Error, Result, UserId};
use serde_json::{Value, json};

use crate::{
    Realm,
    audit_entry::{Action, audit_note},
    codes, realm_of_newcomer,
    session::{Client, Sessions, Tokens, session_open},
    user::{NewUser, user_create},
};

/// Creates an anonymous user and signs them in.
///
/// # Errors
/// `anonymous_provider_disabled`, `signup_disabled`.
pub async fn anonymous_sign_in(sessions: &Sessions, realm: Realm, data: Value, client: &Client) -> Result<Tokens> {
    let settings = &sessions.base.settings.auth;
    if !settings.anonymous_users {
        return Err(Error::new(codes::ANONYMOUS_PROVIDER_DISABLED, "Anonymous sign-ins are disabled"));
    }
    let disabled = || Error::new(codes::SIGNUP_DISABLED, "Signups not allowed for this instance");
    if settings.signup_disabled {
        return Err(disabled());
    }
    let id: UserId = sessions.base.db.ids().next();
    let realm = realm_of_newcomer(&sessions.base.settings, realm, id).ok_or_else(disabled)?;
    let (email, password_hash, confirmed) = (String::new(), None, false);
    let new = NewUser { id, realm, email, password_hash, confirmed, data, anonymous: true };
    let mut tx = sessions.base.db.system("sign in without an address").begin().await?;
    let user = user_create(&mut tx, new).await?;
    audit_note(&mut tx, Action::UserSignedUp, &user, json!({ "provider": "anonymous" }), client).await?;
    let tokens = session_open(sessions, &mut tx, user, "anonymous", client).await?;
    tx.commit().await?;
    Ok(tokens)
}
