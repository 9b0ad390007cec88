//! Signing up.

use freehold_core::{Error, Result, Secret, UserId};
use freehold_db::SystemTx;
use serde_json::{Value, json};

use crate::{
    Identity, PeopleOf, Realm,
    audit_entry::{Action, audit_note},
    codes,
    flow::Challenge,
    mail_request::{Asking, mail_request_note},
    mail_token::{mail_decoy, person_decoy},
    provider::strangers_forget,
    realm_of_newcomer, realm_tenant,
    session::Client,
    sign_in::{mail_sign_in_with, password_of},
    user::{NewUser, User, person_find, user_create_with_email, user_find, user_set_password},
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
    /// Where the link of the mail leads in the end; already checked.
    pub redirect_to: String,
    /// For the PKCE flow; none: the implicit flow.
    pub challenge: Option<Challenge>,
}

/// What became of a sign-up.
#[derive(Debug)]
pub enum SignedUp {
    /// Made just now.
    New(User),
    /// Was there and never confirmed; got another mail.
    Unconfirmed(User),
    /// Was there and is confirmed. To the client this must look like [`New`](Self::New). The transaction holds what is to
    /// be remembered of it, so it is to be committed.
    Taken,
}

/// Signs somebody up and sends the mail that confirms the address, unless addresses need no confirmation.
///
/// Two sign-ups of one unconfirmed address with different passwords may come from two people, of whom only one reads
/// the mail. So that the other one's password never opens the account, it then has none until its owner, signed in by
/// the mail, sets one.
///
/// Where each tenant has people of its own, who signs up founds one; nobody signs himself up into somebody else's.
///
/// # Errors
/// `signup_disabled`, `user_already_exists` where addresses need no confirmation, `over_email_send_rate_limit`.
pub async fn sign_up(identity: &Identity, tx: &mut SystemTx, new: SignUp, client: &Client) -> Result<SignedUp> {
    let (id, disabled) =
        (identity.ids.next(), || Error::new(codes::SIGNUP_DISABLED, "Signups not allowed for this instance"));
    let its_realm = realm_new(identity, tx, new.realm, &new.email, id).await?.ok_or_else(disabled)?;
    let confirmed = identity.settings.auth.autoconfirm;
    if !confirmed {
        mail_request_note(identity, tx, new.realm, &new.email, Asking::SignUp).await?;
    }
    let SignUp { realm, email, password_hash, same_password, data, redirect_to, challenge } = new;
    let (user, known) = match person_find(identity, tx, realm, &email).await? {
        Some(_) if confirmed => {
            return Err(Error::new(codes::USER_ALREADY_EXISTS, "User already registered"));
        }
        Some(user) if user.confirmed() => {
            person_decoy(identity, tx).await?;
            mail_decoy(identity, tx).await?;
            let traits = json!({ "provider": "email" });
            audit_note(identity, tx, Action::UserRepeatedSignup, &user, traits, client).await?;
            return Ok(SignedUp::Taken);
        }
        Some(user) => {
            person_decoy(identity, tx).await?;
            if !same_password {
                user_set_password(tx, user.id, None, identity.clock.now()).await?;
            }
            strangers_forget(tx, &user, identity.clock.now()).await?;
            (user, true)
        }
        None => {
            let new = NewUser { id, realm: its_realm, email, password_hash, confirmed, data, anonymous: false };
            (create(identity, tx, new, client).await?, false)
        }
    };
    if !confirmed {
        mail_sign_in_with(identity, tx, &user, &redirect_to, challenge, client).await?;
    }
    let user = user_find(tx, user.id).await?.ok_or_else(|| Error::internal("who signs up is gone"))?;
    Ok(if known { SignedUp::Unconfirmed(user) } else { SignedUp::New(user) })
}

/// Makes somebody who signs in by mail; none: nobody new may sign up.
pub(crate) async fn person_new(
    identity: &Identity,
    tx: &mut SystemTx,
    realm: Realm,
    email: String,
    data: Value,
    client: &Client,
) -> Result<Option<User>> {
    let (id, confirmed) = (identity.ids.next(), identity.settings.auth.autoconfirm);
    let Some(realm) = realm_new(identity, tx, realm, &email, id).await? else { return Ok(None) };
    let new = NewUser { id, realm, email, password_hash: None, confirmed, data, anonymous: false };
    create(identity, tx, new, client).await.map(Some)
}

async fn create(identity: &Identity, tx: &mut SystemTx, new: NewUser, client: &Client) -> Result<User> {
    let confirmed = new.confirmed;
    let user = user_create_with_email(tx, new, identity.clock.now()).await?;
    if confirmed {
        audit_note(identity, tx, Action::UserSignedUp, &user, json!({ "provider": "email" }), client).await?;
    }
    Ok(user)
}

/// The realm of somebody new; none: he may not sign up. Where nobody may, they may who were invited; and into a tenant with
/// people of its own nobody else.
pub(crate) async fn realm_new(
    identity: &Identity,
    tx: &mut SystemTx,
    wanted: Realm,
    email: &str,
    id: UserId,
) -> Result<Option<Realm>> {
    let (realm, tenant) = (realm_of_newcomer(identity, wanted, id), realm_tenant(wanted));
    if identity.settings.auth.signup_disabled || realm.is_none() {
        let named = tenant.is_some() || identity.settings.auth.identity == PeopleOf::House;
        return Ok((named && (identity.invited)(tx, email, tenant).await?).then_some(wanted));
    }
    Ok(realm)
}

/// Sends the mail of a sign-up once more. The answer tells nobody whether there is such a person, or whether he is
/// confirmed already.
///
/// # Errors
/// `over_email_send_rate_limit`.
pub async fn sign_up_resend(
    identity: &Identity,
    realm: Realm,
    email: &str,
    redirect_to: &str,
    challenge: Option<Challenge>,
    client: &Client,
) -> Result<()> {
    let mut tx = identity.db.system("send a mail again").begin().await?;
    mail_request_note(identity, &mut tx, realm, email, Asking::SignUp).await?;
    match person_find(identity, &mut tx, realm, email).await?.filter(|user| !user.confirmed()) {
        Some(user) => mail_sign_in_with(identity, &mut tx, &user, redirect_to, challenge, client).await?,
        None => mail_decoy(identity, &mut tx).await?,
    }
    tx.commit().await
}

/// Whether the password is the one an unconfirmed person gave before; for [`SignUp::same_password`].
pub async fn password_known(identity: &Identity, realm: Realm, email: &str, password: &Secret) -> Result<bool> {
    // With nothing to compare with it takes as long, so that the time tells nobody whether the address is taken.
    let hash = password_of(identity, realm, email).await?;
    identity.passwords.verify(password, hash.as_ref()).await
}
