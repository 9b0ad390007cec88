//! Signing up.

use freehold_core::{Error, Result, Secret, UserId};
use freehold_db::SystemTx;
use serde_json::Value;

use crate::{
    Identity, Realm, codes,
    sign_in::{mail_sign_in, password_of},
    user::{NewUser, User, user_create_with_email, user_find_by_email, user_set_password},
};

/// Somebody who wants to sign up.
#[derive(Clone, Debug)]
pub struct SignUp {
    /// Within what the address is unique.
    pub realm: Realm,
    /// As [`email_normalize`](crate::user::email_normalize) gave it.
    pub email: String,
    /// The password's hash, made before the transaction because it takes long; none: signs in by mail.
    pub password_hash: Option<Secret>,
    /// The password given now is the one the unconfirmed person gave before. See [`sign_up`].
    pub same_password: bool,
    /// What the person says of himself.
    pub data: Value,
    /// Where the link of the mail leads in the end.
    pub redirect_to: String,
}

/// What became of a sign-up.
#[derive(Debug)]
pub enum SignedUp {
    /// Made just now.
    New(User),
    /// Was there and never confirmed; got another mail.
    Unconfirmed(User),
    /// Was there and is confirmed. To the client this must look like [`New`](Self::New).
    Taken,
}

/// Signs somebody up and sends the mail that confirms the address, unless addresses need no confirmation.
///
/// Two sign-ups of one unconfirmed address with different passwords may come from two people, of whom only one reads
/// the mail. So that the other one's password never opens the account, it then has none until its owner, signed in by
/// the mail, sets one.
pub async fn sign_up(identity: &Identity, tx: &mut SystemTx, new: SignUp) -> Result<SignedUp> {
    let now = identity.clock.now();
    if identity.settings.auth.signup_disabled {
        return Err(Error::new(codes::SIGNUP_DISABLED, "Signups not allowed for this instance"));
    }
    let confirmed = identity.settings.auth.autoconfirm;
    match user_find_by_email(tx, new.realm, &new.email).await? {
        Some(_) if confirmed => Err(Error::new(codes::USER_ALREADY_EXISTS, "User already registered")),
        Some(user) if user.confirmed() => Ok(SignedUp::Taken),
        Some(user) => {
            if !new.same_password {
                user_set_password(tx, user.id, None, now).await?;
            }
            mail_sign_in(identity, tx, &user, &new.redirect_to).await?;
            Ok(SignedUp::Unconfirmed(User { confirmation_sent_at: Some(now), updated_at: now, ..user }))
        }
        None => {
            let SignUp { realm, email, password_hash, data, redirect_to, .. } = new;
            let id: UserId = identity.ids.next();
            let new = NewUser { id, realm, email, password_hash, confirmed, data, anonymous: false };
            let user = user_create_with_email(tx, new, now).await?;
            if confirmed {
                return Ok(SignedUp::New(user));
            }
            mail_sign_in(identity, tx, &user, &redirect_to).await?;
            Ok(SignedUp::New(User { confirmation_sent_at: Some(now), ..user }))
        }
    }
}

/// Whether the password is the one an unconfirmed person gave before; for [`SignUp::same_password`].
pub async fn password_known(identity: &Identity, realm: Realm, email: &str, password: &Secret) -> Result<bool> {
    // With nothing to compare with it takes as long, so that the time tells nobody whether the address is taken.
    let hash = password_of(identity, realm, email).await?;
    identity.passwords.verify(password, hash.as_ref()).await
}
