//! Users.

mod store;

use freehold_core::{EmailAddress, EmailAddressError, Error, Result, Secret, UserId, codes};
use freehold_db::{Db, OnConstraint, Query, SystemTx, row};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

pub use store::STATEMENTS;

use crate::{HOUSE, PeopleOf, Realm, Settings, codes as auth};

row! {
    /// A user (`auth.users`, read through `freehold.people`).
    #[derive(Clone, Debug, Deserialize)]
    pub struct User {
        /// Id of the user.
        pub id: UserId,
        /// The realm in which the address is unique.
        pub realm: Realm,
        /// Audience of the user's tokens: `authenticated`.
        pub aud: String,
        /// Postgres role in the user's tokens: `authenticated`.
        pub role: String,
        /// E-mail address in lower case; empty for users without one.
        pub email: String,
        /// Phone number; empty for users without one. Nothing is ever sent there; only imported users may have one.
        pub phone: String,
        /// Hash of the password in PHC format, or in the format it was imported in; none: the user has no password.
        pub encrypted_password: Option<Secret>,
        /// When the address was confirmed; none: never.
        pub email_confirmed_at: Option<Timestamp>,
        /// When the phone number was confirmed; none: never.
        pub phone_confirmed_at: Option<Timestamp>,
        /// When the user was invited; none: never.
        pub invited_at: Option<Timestamp>,
        /// When a confirmation was last sent; none: never.
        pub confirmation_sent_at: Option<Timestamp>,
        /// When a sign-in mail was last sent; none: never.
        pub recovery_sent_at: Option<Timestamp>,
        /// The address that the user wants to change to; empty: none.
        pub new_email: String,
        /// When the mails about that change were sent; none: never.
        pub email_change_sent_at: Option<Timestamp>,
        /// When a code for reauthentication was last sent; none: never.
        pub reauthentication_sent_at: Option<Timestamp>,
        /// When the user last signed in; none: never yet.
        pub last_sign_in_at: Option<Timestamp>,
        /// Metadata that only the server changes: `provider`, `providers`.
        pub app_metadata: Value,
        /// Metadata that the user can change. Never base a decision on it.
        pub user_metadata: Value,
        /// When the user was created.
        pub created_at: Timestamp,
        /// When the user was last changed.
        pub updated_at: Timestamp,
        /// The user is banned until this time; none: not banned.
        pub banned_until: Option<Timestamp>,
        /// When the user was deleted; the row is kept for the records. None: not deleted.
        pub deleted_at: Option<Timestamp>,
        /// Whether the user has no address, phone number or external identity.
        pub is_anonymous: bool,
        /// Whether the user signs in by an organization's single sign-on.
        pub is_sso_user: bool,
    }
}

row! {
    /// A user's sign-in method (`auth.identities`).
    #[derive(Clone, Debug, Deserialize)]
    pub struct UserIdentity {
        /// Id of the row.
        pub id: uuid::Uuid,
        /// Id of the user at the provider.
        pub provider_id: String,
        /// `email`, `google`, …
        pub provider: String,
        /// Data from the provider.
        pub identity_data: Value,
        /// When it was last used; none: never.
        pub last_sign_in_at: Option<Timestamp>,
        /// When it was added.
        pub created_at: Option<Timestamp>,
        /// When it was last changed.
        pub updated_at: Option<Timestamp>,
    }
}

/// A user to create. [`user_create`] adds no sign-in method; see [`identity_add`].
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Id of the user.
    pub id: UserId,
    /// The realm in which the address is unique.
    pub realm: Realm,
    /// E-mail address, as [`email_normalize`] returns it; empty: none.
    pub email: String,
    /// Hash of the password; none: the user signs in by mail or by a provider.
    pub password_hash: Option<Secret>,
    /// Whether the address counts as confirmed.
    pub confirmed: bool,
    /// Metadata that the user can change.
    pub data: Value,
    /// Whether the user has neither address nor external identity.
    pub anonymous: bool,
}

impl User {
    /// Rejects a user who is banned or deleted.
    pub fn admit(&self, now: Timestamp) -> Result<()> {
        if self.deleted_at.is_some() {
            return Err(Error::new(auth::INVALID_CREDENTIALS, "Invalid login credentials"));
        }
        if self.banned(now) {
            return Err(Error::new(auth::USER_BANNED, "User is banned"));
        }
        Ok(())
    }

    /// Whether the user is banned at `now`.
    pub fn banned(&self, now: Timestamp) -> bool {
        self.banned_until.is_some_and(|until| until > now)
    }

    /// Whether the address was confirmed.
    pub fn confirmed(&self) -> bool {
        self.email_confirmed_at.is_some()
    }
}

/// The constraint that is violated when a user has changed since they were read.
pub(crate) const PERSON_UNCHANGED: &str = "person_unchanged";

/// Creates a user without a sign-in method.
pub async fn user_create(tx: &mut SystemTx, new: NewUser) -> Result<User> {
    let now = tx.now();
    let confirmed_at = new.confirmed.then_some(now);
    let email = Some(new.email).filter(|email| !email.is_empty());
    tx.execute(store::user_insert(new.id, new.realm, email, new.password_hash, confirmed_at, new.data, new.anonymous))
        .await
        .on_constraint("users_email_partial_key", || {
            Error::new(auth::USER_ALREADY_EXISTS, "User already registered")
        })?;
    user_find(tx, new.id).await?.ok_or_else(|| Error::internal("the user just created does not exist"))
}

/// Creates a user who signs in with a password or by mail.
pub async fn user_create_with_email(tx: &mut SystemTx, new: NewUser) -> Result<User> {
    let confirmed = new.confirmed;
    let user = user_create(tx, new).await?;
    let data = json!({ "sub": user.id, "email": user.email, "email_verified": confirmed, "phone_verified": false });
    identity_add(tx, user.id, "email", &user.id.to_string(), data).await?;
    user_find(tx, user.id).await?.ok_or_else(|| Error::internal("the user just created does not exist"))
}

/// Adds a sign-in method, and adds its provider to the user's `app_metadata`.
///
/// # Errors
/// `identity_already_exists` when another user signs in with it already.
pub async fn identity_add(
    tx: &mut SystemTx,
    user: UserId,
    provider: &str,
    provider_id: &str,
    data: Value,
) -> Result<()> {
    tx.execute(store::identity_insert(provider_id, user, provider, data))
        .await
        .on_constraint("identities_provider_id_provider_unique", || {
            Error::new(auth::IDENTITY_ALREADY_EXISTS, "Identity is already linked to another user")
        })?;
    providers_note(tx, user).await
}

/// Writes the providers of a user's sign-in methods to `app_metadata`: the oldest as `provider`, all as `providers`.
pub async fn providers_note(tx: &mut SystemTx, user: UserId) -> Result<()> {
    tx.execute(store::providers_note(user)).await.map(drop)
}

/// The user with this address.
pub async fn user_find_by_email(tx: &mut SystemTx, realm: Realm, email: &str) -> Result<Option<User>> {
    tx.fetch_optional(store::user_find_by_email(realm, &EmailAddress::spellings(email))).await
}

/// The user that a mail request is about. Where each tenant has users of its own, a user who has just created a tenant
/// need not name it until their address is confirmed.
pub(crate) async fn person_find(
    settings: &Settings,
    tx: &mut SystemTx,
    realm: Realm,
    email: &str,
) -> Result<Option<User>> {
    if realm == HOUSE && settings.auth.identity == PeopleOf::PerTenant {
        return tx.fetch_optional(store::founder_find(&EmailAddress::spellings(email))).await;
    }
    user_find_by_email(tx, realm, email).await
}

/// The user with this id.
pub async fn user_find(tx: &mut SystemTx, id: UserId) -> Result<Option<User>> {
    tx.fetch_optional(user_find_query(id)).await
}

/// The query for that.
pub(crate) fn user_find_query(id: UserId) -> Query<User> {
    store::user_find(id)
}

/// Finds a user, and locks the row until the transaction ends.
pub(crate) async fn user_lock(tx: &mut SystemTx, id: UserId) -> Result<Option<User>> {
    tx.fetch_optional(store::user_lock(id)).await
}

/// The user's sign-in methods.
pub async fn user_identities(tx: &mut SystemTx, id: UserId) -> Result<Vec<UserIdentity>> {
    tx.fetch_all(store::identity_list(id)).await
}

/// Confirms the user's address.
pub async fn user_confirm(tx: &mut SystemTx, id: UserId) -> Result<()> {
    tx.execute(store::user_confirm(id)).await?;
    tx.execute(store::identity_confirm(id)).await?;
    Ok(())
}

/// Sets the password's hash; none removes the password.
pub async fn user_set_password(tx: &mut SystemTx, id: UserId, hash: Option<Secret>) -> Result<()> {
    tx.execute(store::user_set_password(id, hash)).await.map(drop)
}

/// Merges `data` into the metadata that the user can change; a null removes the key.
pub async fn user_merge_metadata(tx: &mut SystemTx, id: UserId, data: Value) -> Result<()> {
    tx.execute(store::user_merge_metadata(id, data)).await.map(drop)
}

/// Merges `data` into the metadata that only the server changes; a null removes the key.
pub async fn user_merge_app_metadata(tx: &mut SystemTx, id: UserId, data: Value) -> Result<()> {
    tx.execute(store::user_merge_app_metadata(id, data)).await.map(drop)
}

/// Records that the user has just signed in.
pub(crate) fn user_signed_in(id: UserId) -> Query<()> {
    store::user_signed_in(id)
}

/// The same for a user who was read before the transaction began, and whose password was right. It violates
/// [`PERSON_UNCHANGED`] when the user has changed since.
pub(crate) fn user_signed_in_unchanged(user: &User) -> Query<()> {
    store::user_signed_in_unchanged(user.id, user.updated_at, user.encrypted_password.clone())
}

/// Returns the address in the one spelling in which it is stored (see [`EmailAddress`]).
///
/// # Errors
/// `validation_failed` for an address that no mail server would accept, and for invisible characters: the message names
/// the character and its position.
pub fn email_normalize(text: &str) -> Result<String> {
    let refusal = |error| match error {
        EmailAddressError::Hidden(_) => format!("Unable to validate email address: {error}"),
        EmailAddressError::Invalid => "Unable to validate email address: invalid format".to_owned(),
    };
    let address = EmailAddress::parse(text).map_err(|error| Error::new(codes::VALIDATION_FAILED, refusal(error)))?;
    Ok(address.into_string())
}

/// Returns the address by which the user who typed `typed` is looked up: the one spelling, or, where no user has that,
/// the typed form if an earlier version stored it for a user. So a user with an address such as
/// `ju\u{308}rgen@example.org` can still sign in.
///
/// # Errors
/// As [`email_normalize`].
pub async fn email_find(db: &Db, realm: Realm, typed: &str) -> Result<String> {
    let email = email_normalize(typed)?;
    let (stored, mut emails) = (email_as_stored(typed), EmailAddress::spellings(&email));
    if emails.contains(&stored) {
        return Ok(email);
    }
    emails.push(stored.clone());
    let query = store::email_stored(realm, &emails);
    let found = db.system("find an address that an earlier version stored").fetch_optional(query).await?;
    Ok(if found.is_some_and(|(found,)| found == stored) { stored } else { email })
}

/// The form in which versions before [`EmailAddress`] stored an address.
pub(crate) fn email_as_stored(typed: &str) -> String {
    typed.trim_matches([' ', '\t', '\r', '\n']).to_lowercase()
}

/// Number of users whose address is rejected today and who can sign in by password only, typed as it is stored; counted
/// up to `most`.
pub async fn email_refused_count(db: &Db, most: u32) -> Result<usize> {
    let unusual =
        db.system("count addresses that are refused today").fetch_all(store::email_unusual(i64::from(most))).await?;
    let refused = |email: &String| {
        !EmailAddress::parse(email).is_ok_and(|address| EmailAddress::spellings(address.as_str()).contains(email))
    };
    Ok(unusual.into_iter().filter(|(email,)| refused(email)).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_stored_in_one_form() {
        assert_eq!(email_normalize(" Ada@Example.org ").unwrap(), "ada@example.org");
        for bad in [
            "",
            "ada",
            "@x.org",
            "ada@",
            "a b@x.org",
            "a@b@c",
            "a@x..org",
            "a\n@x.org",
            "<a@x.org>",
            &format!("{}@x.org", "a".repeat(65)),
        ] {
            assert!(email_normalize(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_refusal_of_an_address_names_the_character_that_cannot_be_seen() {
        let error = email_normalize("ada\u{200b}@example.org").unwrap_err();
        assert!(error.is(codes::VALIDATION_FAILED));
        assert_eq!(
            error.message(),
            "Unable to validate email address: the address contains U+200B ZERO WIDTH SPACE at position 4, which cannot be \
             seen. Remove it"
        );
    }
}
