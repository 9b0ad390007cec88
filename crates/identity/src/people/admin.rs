//! What administrators do to users. An administrator is a caller with a service key or an operator at the server's
//! command line.
//!
//! A user whom an administrator creates gets no organization here: the user's first sign-in creates it.

mod change;
mod delete;
mod factor;
mod link;
mod list;
mod store;

use freehold_core::{Error, Result, Secret, UserId};
use freehold_db::{OnConstraint, SystemTx, row};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

pub use change::{Ban, UserChanges, user_change};
pub use delete::{user_delete, user_delete_softly};
pub use factor::{user_factor_delete, user_factor_get, user_factor_rename, user_passkey_delete, user_passkey_list};
pub use link::{Invitee, LinkKind, NewLink, link_make, user_invite};
pub use list::{Listing, UserFilter, UserPosition, user_list, user_list_after, user_search};
pub use store::STATEMENTS;

use crate::{
    Realm, Settings, codes, realm_of_newcomer,
    user::{
        NewUser, User, UserIdentity, identity_add, person_find, user_confirm, user_create, user_find,
        user_merge_app_metadata,
    },
};

/// Limit of each kind of a user's metadata, in bytes. Both go into every token, and tokens have a limit.
pub const METADATA_BYTES: usize = 4096;

row! {
    /// A sign-in method with the id of its user.
    pub(crate) struct OwnedIdentity {
        user_id: UserId,
        id: Uuid,
        provider_id: String,
        provider: String,
        identity_data: Value,
        last_sign_in_at: Option<Timestamp>,
        created_at: Option<Timestamp>,
        updated_at: Option<Timestamp>,
    }
}

impl OwnedIdentity {
    fn apart(self) -> (UserId, UserIdentity) {
        let Self { user_id, id, provider_id, provider, identity_data, last_sign_in_at, created_at, updated_at } = self;
        (user_id, UserIdentity { id, provider_id, provider, identity_data, last_sign_in_at, created_at, updated_at })
    }
}

/// A user whom an administrator creates: with an e-mail address, a phone number or both.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// Id of the user; none: a new id.
    pub id: Option<UserId>,
    /// The realm in which the address is unique.
    pub realm: Realm,
    /// Audience of the user's tokens; none: `authenticated`.
    pub aud: Option<String>,
    /// Role in the user's tokens; none: `authenticated`.
    pub role: Option<String>,
    /// E-mail address as [`email_normalize`](crate::user::email_normalize) returns it; empty: none.
    pub email: String,
    /// Phone number, digits only; empty: none.
    pub phone: String,
    /// Hash of the password, made by Freehold or imported; none: no password.
    pub password_hash: Option<Secret>,
    /// Whether the address counts as confirmed.
    pub email_confirmed: bool,
    /// Whether the phone number counts as confirmed.
    pub phone_confirmed: bool,
    /// Metadata that the user can change.
    pub user_metadata: Value,
    /// Metadata that only the server changes; the provider names are added to it.
    pub app_metadata: Value,
    /// The user is banned until this time; none: not banned.
    pub banned_until: Option<Timestamp>,
}

/// Creates a user.
///
/// # Errors
/// `email_exists`, `phone_exists`, `user_already_exists` (the id is taken), `validation_failed` (too much metadata).
pub async fn user_make(settings: &Settings, tx: &mut SystemTx, new: NewPerson) -> Result<User> {
    if !new.email.is_empty() && person_find(settings, tx, new.realm, &new.email).await?.is_some() {
        return Err(email_exists());
    }
    let id = new.id.unwrap_or_else(|| tx.id());
    let person = NewUser {
        id,
        // An administrator may create a user in any tenant's realm.
        realm: realm_of_newcomer(settings, new.realm, id).unwrap_or(new.realm),
        email: new.email.clone(),
        password_hash: new.password_hash,
        confirmed: false,
        data: new.user_metadata,
        anonymous: false,
    };
    let made = user_create(tx, person).await;
    made.map_err(|error| if error.is(codes::USER_ALREADY_EXISTS) { email_exists() } else { error })
        .on_constraint("users_pkey", || Error::new(codes::USER_ALREADY_EXISTS, "A user with this id already exists"))?;
    if !new.phone.is_empty() {
        phone_set(tx, id, &new.phone).await?;
    }
    for (provider, handle) in [("email", &new.email), ("phone", &new.phone)] {
        if !handle.is_empty() {
            identity_add(tx, id, provider, &id.to_string(), identity_data(id, provider, handle, false)).await?;
        }
    }
    if new.aud.is_some() || new.role.is_some() {
        tx.execute(store::user_set_role(id, new.aud, new.role)).await?;
    }
    user_merge_app_metadata(tx, id, new.app_metadata).await?;
    if new.email_confirmed && !new.email.is_empty() {
        user_confirm(tx, id).await?;
    }
    if new.phone_confirmed && !new.phone.is_empty() {
        tx.execute(store::user_confirm_phone(id)).await?;
    }
    if new.banned_until.is_some() {
        tx.execute(store::user_ban(id, new.banned_until)).await?;
    }
    found_within_limits(tx, id).await
}

/// Returns one user.
///
/// # Errors
/// `user_not_found`.
pub async fn user_get(tx: &mut SystemTx, id: UserId) -> Result<User> {
    user_find(tx, id).await?.ok_or_else(not_found)
}

/// Bans a user until this time; none: lifts the ban.
pub async fn user_ban(tx: &mut SystemTx, id: UserId, until: Option<Timestamp>) -> Result<()> {
    tx.execute(store::user_ban(id, until)).await.map(drop)
}

/// The identity data of a sign-in method that Freehold itself manages.
fn identity_data(user: UserId, provider: &str, handle: &str, verified: bool) -> Value {
    let mut data = json!({ "sub": user, "email_verified": false, "phone_verified": false });
    data[provider] = json!(handle);
    data[format!("{provider}_verified")] = json!(verified);
    data
}

async fn phone_set(tx: &mut SystemTx, id: UserId, phone: &str) -> Result<()> {
    let set = tx.execute(store::user_set_phone(id, phone)).await;
    let taken = || Error::new(codes::PHONE_EXISTS, "A user with this phone number has already been registered");
    set.on_constraint("users_phone_key", taken).map(drop)
}

fn email_exists() -> Error {
    Error::new(codes::EMAIL_EXISTS, "A user with this email address has already been registered")
}

/// Returns the user as stored now, or an error when the metadata exceeds the limit of a token.
async fn found_within_limits(tx: &mut SystemTx, id: UserId) -> Result<User> {
    let user = user_get(tx, id).await?;
    for (name, data) in [("user_metadata", &user.user_metadata), ("app_metadata", &user.app_metadata)] {
        if data.to_string().len() > METADATA_BYTES {
            let message =
                format!("{name} is larger than {METADATA_BYTES} bytes as JSON. Send less: it goes into every token.");
            return Err(Error::new(freehold_core::codes::VALIDATION_FAILED, message));
        }
    }
    Ok(user)
}

fn not_found() -> Error {
    Error::new(codes::USER_NOT_FOUND, "User not found")
}
