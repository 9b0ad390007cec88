//! Signing up: creating an account with an address and a password.

mod store;

use freehold_core::{EmailAddress, Error, Result, Secret, UserId};
use freehold_db::{Db, SystemTx};
use serde_json::{Value, json};

pub use store::STATEMENTS;

use crate::{
    Base, Identity, PeopleOf, Realm, Settings,
    audit_entry::{Action, audit_note},
    codes,
    even::evenly,
    flow::Challenge,
    hooks::Hooks,
    limit::{Limits, mail_room},
    mail_request::{Asking, mail_request_note},
    password::{AcceptedPassword, Passwords},
    provider::strangers_forget,
    realm_of_newcomer, realm_tenant,
    session::{Client, Sessions, Tokens, session_open},
    sign_in_mail::mail_sign_in_with,
    user::{NewUser, User, person_find, user_create_with_email, user_find, user_set_password},
    ways::{Ways, ways},
};

/// A request to sign up.
#[derive(Clone, Debug)]
pub struct SignUp {
    /// The realm in which the address is unique.
    pub realm: Realm,
    /// E-mail address, as [`email_normalize`](crate::user::email_normalize) returns it.
    pub email: String,
    /// The password, which meets the policy.
    pub password: AcceptedPassword,
    /// Metadata of the new user.
    pub data: Value,
    /// Where the link in the mail finally leads; already checked.
    pub redirect_to: String,
    /// Challenge of the PKCE flow; none: the implicit flow.
    pub challenge: Option<Challenge>,
}

/// The result of a sign-up.
#[derive(Debug)]
pub enum SignedUp {
    /// The user was created and signed in, because addresses need no confirmation.
    SignedIn(Box<Tokens>),
    /// The user was created, or existed and was never confirmed; a mail was sent.
    Mailed(Box<User>, Ways),
    /// The user exists and is confirmed. To the client this must look like [`Mailed`](Self::Mailed).
    Taken,
}

/// Signs a user up and sends the mail that confirms the address, unless addresses need no confirmation.
///
/// Two sign-ups of one unconfirmed address with different passwords may come from two people, of whom only one reads
/// the mail. The other one's password must never open the account. So the account then has no password until its owner,
/// signed in by the mail, sets one.
///
/// Where each tenant has users of its own, a sign-up creates a tenant; only invited users can join another tenant.
///
/// # Errors
/// `email_signups_disabled` where there are no passwords, `signup_disabled`, `user_already_exists` where addresses need
/// no confirmation, `over_email_send_rate_limit`.
pub async fn sign_up(identity: &Identity, new: SignUp, client: &Client) -> Result<SignedUp> {
    identity.settings().password_sign_up_check()?;
    // Hashing is slow, and must not happen inside a transaction.
    let hash = identity.passwords.hash(new.password.secret()).await?;
    if identity.settings().auth.autoconfirm {
        return sign_up_confirmed(&identity.sessions, new, hash, client).await;
    }
    let same_password =
        password_known(&identity.base.db, &identity.passwords, new.realm, &new.email, new.password.secret()).await?;
    // Boxed, because the future is large.
    evenly(Box::pin(sign_up_unconfirmed(&identity.limits, &identity.sessions.hooks, new, hash, same_password, client)))
        .await
}

/// Sign-up where addresses need no confirmation; the answer reveals whether the address was taken.
async fn sign_up_confirmed(sessions: &Sessions, new: SignUp, hash: Secret, client: &Client) -> Result<SignedUp> {
    let (mut tx, id, its_realm) = admit(&sessions.base, &sessions.hooks, &new).await?;
    let SignUp { realm, email, data, .. } = new;
    if person_find(&sessions.base.settings, &mut tx, realm, &email).await?.is_some() {
        return Err(Error::new(codes::USER_ALREADY_EXISTS, "User already registered"));
    }
    let new =
        NewUser { id, realm: its_realm, email, password_hash: Some(hash), confirmed: true, data, anonymous: false };
    let user = create(&mut tx, new, client).await?;
    let tokens = session_open(sessions, &mut tx, user, "password", client).await?;
    tx.commit().await?;
    Ok(SignedUp::SignedIn(Box::new(tokens)))
}

/// Sign-up where addresses need confirmation; the answer does not reveal whether the address was taken.
async fn sign_up_unconfirmed(
    limits: &Limits,
    hooks: &Hooks,
    new: SignUp,
    hash: Secret,
    same_password: bool,
    client: &Client,
) -> Result<SignedUp> {
    let room = mail_room(limits, client).await?.check()?;
    let (mut tx, id, its_realm) = admit(&limits.base, hooks, &new).await?;
    mail_request_note(&limits.base.settings, &mut tx, new.realm, &new.email, Asking::SignUp).await?;
    let SignUp { realm, email, data, redirect_to, challenge, .. } = new;
    let user = match person_find(&limits.base.settings, &mut tx, realm, &email).await? {
        Some(user) if user.confirmed() => {
            let traits = json!({ "provider": "email" });
            audit_note(&mut tx, Action::UserRepeatedSignup, &user, traits, client).await?;
            tx.commit().await?;
            return Ok(SignedUp::Taken);
        }
        Some(user) => {
            if !same_password {
                user_set_password(&mut tx, user.id, None).await?;
            }
            strangers_forget(&mut tx, &user).await?;
            user
        }
        None => {
            let hash = Some(hash);
            let new =
                NewUser { id, realm: its_realm, email, password_hash: hash, confirmed: false, data, anonymous: false };
            create(&mut tx, new, client).await?
        }
    };
    mail_sign_in_with(&limits.base, &mut tx, &user, room.reader(&user), &redirect_to, challenge, client).await?;
    let user = user_find(&mut tx, user.id).await?.ok_or_else(|| Error::internal("who signs up is gone"))?;
    let ways = ways(&mut tx, user.id).await?;
    tx.commit().await?;
    Ok(SignedUp::Mailed(Box::new(user), ways))
}

/// Checks that the user may sign up; returns the transaction in which to create the user, the user's id and the realm.
async fn admit(base: &Base, hooks: &Hooks, new: &SignUp) -> Result<(SystemTx, UserId, Realm)> {
    let mut tx = base.db.system("sign up").begin().await?;
    let id = tx.id();
    match realm_new(&base.settings, hooks, &mut tx, new.realm, &new.email, id).await? {
        Some(realm) => Ok((tx, id, realm)),
        None => Err(Error::new(codes::SIGNUP_DISABLED, "Signups not allowed for this instance")),
    }
}

/// Creates a user who signs in by mail; none: sign-up is closed.
pub(crate) async fn person_new(
    settings: &Settings,
    hooks: &Hooks,
    tx: &mut SystemTx,
    realm: Realm,
    email: String,
    data: Value,
    client: &Client,
) -> Result<Option<User>> {
    let (id, confirmed) = (tx.id(), settings.auth.autoconfirm);
    let Some(realm) = realm_new(settings, hooks, tx, realm, &email, id).await? else { return Ok(None) };
    let new = NewUser { id, realm, email, password_hash: None, confirmed, data, anonymous: false };
    create(tx, new, client).await.map(Some)
}

async fn create(tx: &mut SystemTx, new: NewUser, client: &Client) -> Result<User> {
    let confirmed = new.confirmed;
    let user = user_create_with_email(tx, new).await?;
    if confirmed {
        audit_note(tx, Action::UserSignedUp, &user, json!({ "provider": "email" }), client).await?;
    }
    Ok(user)
}

/// The realm of a new user; none: the user may not sign up. Where sign-up is closed, invited users may; and only they
/// may join a tenant with users of its own.
pub(crate) async fn realm_new(
    settings: &Settings,
    hooks: &Hooks,
    tx: &mut SystemTx,
    wanted: Realm,
    email: &str,
    id: UserId,
) -> Result<Option<Realm>> {
    let (realm, tenant) = (realm_of_newcomer(settings, wanted, id), realm_tenant(wanted));
    if settings.auth.signup_disabled || realm.is_none() {
        let named = tenant.is_some() || settings.auth.identity == PeopleOf::House;
        return Ok((named && (hooks.invited)(tx, email, tenant).await?).then_some(wanted));
    }
    Ok(realm)
}

/// Sends the mail of a sign-up again. The answer reveals neither whether the address has an account nor whether it is
/// confirmed.
///
/// # Errors
/// `over_email_send_rate_limit`.
pub async fn sign_up_resend(
    limits: &Limits,
    realm: Realm,
    email: &str,
    redirect_to: &str,
    challenge: Option<Challenge>,
    client: &Client,
) -> Result<()> {
    evenly(async {
        let room = mail_room(limits, client).await?.check()?;
        let mut tx = limits.base.db.system("send a mail again").begin().await?;
        mail_request_note(&limits.base.settings, &mut tx, realm, email, Asking::SignUp).await?;
        if let Some(user) =
            person_find(&limits.base.settings, &mut tx, realm, email).await?.filter(|user| !user.confirmed())
        {
            mail_sign_in_with(&limits.base, &mut tx, &user, room.reader(&user), redirect_to, challenge, client).await?;
        }
        tx.commit().await
    })
    .await
}

/// Whether the password is the one that an unconfirmed user set before.
async fn password_known(db: &Db, passwords: &Passwords, realm: Realm, email: &str, password: &Secret) -> Result<bool> {
    // Takes as long when there is no hash, so that the time does not reveal whether the address is taken.
    let hash = password_of(db, realm, email).await?;
    passwords.verify(password, hash.as_ref()).await
}

/// The password hash of the user with this address.
async fn password_of(db: &Db, realm: Realm, email: &str) -> Result<Option<Secret>> {
    let found = db
        .system("find the user who signs up")
        .fetch_optional(store::password_of(realm, &EmailAddress::spellings(email)))
        .await?;
    Ok(found.and_then(|(hash,)| hash))
}
