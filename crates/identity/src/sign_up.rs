//! Signing up.

use freehold_core::{Error, Result, Secret, UserId};
use freehold_db::SystemTx;
use serde_json::{Value, json};

use crate::{
    Identity, PeopleOf, Realm,
    audit_entry::{Action, audit_note},
    codes,
    even::evenly,
    flow::Challenge,
    limit::mail_room,
    mail_request::{Asking, mail_request_note},
    provider::strangers_forget,
    realm_of_newcomer, realm_tenant,
    session::{Client, Tokens, session_open},
    sign_in::{mail_sign_in_with, password_of},
    user::{NewUser, User, person_find, user_create_with_email, user_find, user_set_password},
    ways::{Ways, ways},
};

/// Somebody who wants to sign up.
#[derive(Clone, Debug)]
pub struct SignUp {
    /// Within what the address is unique.
    pub realm: Realm,
    /// As [`email_normalize`](crate::user::email_normalize) gave it.
    pub email: String,
    /// Already checked by the password policy.
    pub password: Secret,
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
    /// Made just now, and signed in, because addresses need no confirmation.
    SignedIn(Box<Tokens>),
    /// Made just now, or there and never confirmed; a mail is on its way.
    Mailed(Box<User>, Ways),
    /// Was there and is confirmed. To the client this must look like [`Mailed`](Self::Mailed).
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
pub async fn sign_up(identity: &Identity, new: SignUp, client: &Client) -> Result<SignedUp> {
    // Hashing takes long, and may not happen inside a transaction.
    let hash = identity.passwords.hash(&new.password).await?;
    if identity.settings.auth.autoconfirm {
        return sign_up_confirmed(identity, new, hash, client).await;
    }
    let same_password = password_known(identity, new.realm, &new.email, &new.password).await?;
    // On the heap: what it keeps meanwhile is large.
    evenly(Box::pin(sign_up_unconfirmed(identity, new, (hash, same_password), client))).await
}

/// Where the address counts as confirmed at once; the answer says whether it was taken.
async fn sign_up_confirmed(identity: &Identity, new: SignUp, hash: Secret, client: &Client) -> Result<SignedUp> {
    let (mut tx, id, its_realm) = admit(identity, &new).await?;
    let SignUp { realm, email, data, .. } = new;
    if person_find(identity, &mut tx, realm, &email).await?.is_some() {
        return Err(Error::new(codes::USER_ALREADY_EXISTS, "User already registered"));
    }
    let new =
        NewUser { id, realm: its_realm, email, password_hash: Some(hash), confirmed: true, data, anonymous: false };
    let user = create(identity, &mut tx, new, client).await?;
    let tokens = session_open(identity, &mut tx, user, "password", client).await?;
    tx.commit().await?;
    Ok(SignedUp::SignedIn(Box::new(tokens)))
}

/// Where it does not, the answer tells nobody whether it was taken.
async fn sign_up_unconfirmed(
    identity: &Identity,
    new: SignUp,
    (hash, same_password): (Secret, bool),
    client: &Client,
) -> Result<SignedUp> {
    let room = mail_room(identity, client).await?.check()?;
    let (mut tx, id, its_realm) = admit(identity, &new).await?;
    mail_request_note(identity, &mut tx, new.realm, &new.email, Asking::SignUp).await?;
    let SignUp { realm, email, data, redirect_to, challenge, .. } = new;
    let user = match person_find(identity, &mut tx, realm, &email).await? {
        Some(user) if user.confirmed() => {
            let traits = json!({ "provider": "email" });
            audit_note(identity, &mut tx, Action::UserRepeatedSignup, &user, traits, client).await?;
            tx.commit().await?;
            return Ok(SignedUp::Taken);
        }
        Some(user) => {
            if !same_password {
                user_set_password(&mut tx, user.id, None, identity.clock.now()).await?;
            }
            strangers_forget(&mut tx, &user, identity.clock.now()).await?;
            user
        }
        None => {
            let hash = Some(hash);
            let new =
                NewUser { id, realm: its_realm, email, password_hash: hash, confirmed: false, data, anonymous: false };
            create(identity, &mut tx, new, client).await?
        }
    };
    mail_sign_in_with(identity, &mut tx, (&user, room.reader(&user)), &redirect_to, challenge, client).await?;
    let user = user_find(&mut tx, user.id).await?.ok_or_else(|| Error::internal("who signs up is gone"))?;
    let ways = ways(&mut tx, user.id).await?;
    tx.commit().await?;
    Ok(SignedUp::Mailed(Box::new(user), ways))
}

/// The transaction in which the newcomer is made, who he would be, and in which realm.
async fn admit(identity: &Identity, new: &SignUp) -> Result<(SystemTx, UserId, Realm)> {
    let (id, mut tx) = (identity.ids.next(), identity.db.system("sign up").begin().await?);
    match realm_new(identity, &mut tx, new.realm, &new.email, id).await? {
        Some(realm) => Ok((tx, id, realm)),
        None => Err(Error::new(codes::SIGNUP_DISABLED, "Signups not allowed for this instance")),
    }
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
    evenly(async {
        let room = mail_room(identity, client).await?.check()?;
        let mut tx = identity.db.system("send a mail again").begin().await?;
        mail_request_note(identity, &mut tx, realm, email, Asking::SignUp).await?;
        if let Some(user) = person_find(identity, &mut tx, realm, email).await?.filter(|user| !user.confirmed()) {
            mail_sign_in_with(identity, &mut tx, (&user, room.reader(&user)), redirect_to, challenge, client).await?;
        }
        tx.commit().await
    })
    .await
}

/// Whether the password is the one an unconfirmed person gave before.
async fn password_known(identity: &Identity, realm: Realm, email: &str, password: &Secret) -> Result<bool> {
    // With nothing to compare with it takes as long, so that the time tells nobody whether the address is taken.
    let hash = password_of(identity, realm, email).await?;
    identity.passwords.verify(password, hash.as_ref()).await
}
