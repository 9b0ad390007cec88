//! People.

mod store;

use freehold_core::{EmailAddress, EmailAddressError, Error, Result, Secret, UserId, codes};
use freehold_db::{Db, OnConstraint, Query, SystemTx, row};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

pub use store::STATEMENTS;

use crate::{HOUSE, Identity, PeopleOf, Realm, codes as auth};

row! {
    /// A person who can sign in (`auth.users`, read through `freehold.people`).
    #[derive(Clone, Debug, Deserialize)]
    pub struct User {
        /// Who.
        pub id: UserId,
        /// Within what the address is unique.
        pub realm: Realm,
        /// Whom tokens are for: `authenticated`.
        pub aud: String,
        /// The Postgres role of their tokens: `authenticated`.
        pub role: String,
        /// Lower case; empty for people without one.
        pub email: String,
        /// Empty for people without one. Nothing is ever sent there; people who moved here may have one.
        pub phone: String,
        /// The password's hash in PHC form, or in the form it was brought in; none: there is no password.
        pub encrypted_password: Option<Secret>,
        /// When the address was confirmed.
        pub email_confirmed_at: Option<Timestamp>,
        /// When the number was confirmed.
        pub phone_confirmed_at: Option<Timestamp>,
        /// When somebody invited them.
        pub invited_at: Option<Timestamp>,
        /// When a confirmation was last sent.
        pub confirmation_sent_at: Option<Timestamp>,
        /// When a sign-in mail was last sent.
        pub recovery_sent_at: Option<Timestamp>,
        /// The address they want to change to; empty: none.
        pub new_email: String,
        /// When the mails about that were sent.
        pub email_change_sent_at: Option<Timestamp>,
        /// When a code for reauthentication was last sent.
        pub reauthentication_sent_at: Option<Timestamp>,
        /// When the person last signed in; none: never yet.
        pub last_sign_in_at: Option<Timestamp>,
        /// What the system knows: provider, providers.
        pub app_metadata: Value,
        /// What the person says of himself. He can write it, so nothing is ever decided by it.
        pub user_metadata: Value,
        /// Since when.
        pub created_at: Timestamp,
        /// Last change.
        pub updated_at: Timestamp,
        /// Locked out until then.
        pub banned_until: Option<Timestamp>,
        /// Deleted, kept for the records.
        pub deleted_at: Option<Timestamp>,
        /// Without address, number or identity.
        pub is_anonymous: bool,
        /// Came by a company's single sign-on.
        pub is_sso_user: bool,
    }
}

row! {
    /// One way in which a person signs in (`auth.identities`).
    #[derive(Clone, Debug, Deserialize)]
    pub struct UserIdentity {
        /// The row's id.
        pub id: uuid::Uuid,
        /// The person's id at the provider.
        pub provider_id: String,
        /// `email`, `google`, …
        pub provider: String,
        /// What the provider says.
        pub identity_data: Value,
        /// Last used.
        pub last_sign_in_at: Option<Timestamp>,
        /// Since when.
        pub created_at: Option<Timestamp>,
        /// Last change.
        pub updated_at: Option<Timestamp>,
    }
}

/// A person to be made. [`user_create`] makes no way in; see [`identity_add`].
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Who.
    pub id: UserId,
    /// Within what the address is unique.
    pub realm: Realm,
    /// As [`email_normalize`] gave it; empty: none.
    pub email: String,
    /// The password's hash; none: signs in by mail or by a provider.
    pub password_hash: Option<Secret>,
    /// The address needs no confirmation.
    pub confirmed: bool,
    /// What the person says of himself.
    pub data: Value,
    /// Has neither address nor identity.
    pub anonymous: bool,
}

impl User {
    /// Refuses whoever is banned or deleted.
    pub fn admit(&self, now: Timestamp) -> Result<()> {
        if self.deleted_at.is_some() {
            return Err(Error::new(auth::INVALID_CREDENTIALS, "Invalid login credentials"));
        }
        if self.banned(now) {
            return Err(Error::new(auth::USER_BANNED, "User is banned"));
        }
        Ok(())
    }

    /// Whether he is locked out.
    pub fn banned(&self, now: Timestamp) -> bool {
        self.banned_until.is_some_and(|until| until > now)
    }

    /// Whether the address was confirmed.
    pub fn confirmed(&self) -> bool {
        self.email_confirmed_at.is_some()
    }
}

/// What is violated when somebody is no longer as he was found.
pub(crate) const PERSON_UNCHANGED: &str = "person_unchanged";

/// Makes a person, without a way in.
pub async fn user_create(tx: &mut SystemTx, new: NewUser, now: Timestamp) -> Result<User> {
    let confirmed_at = new.confirmed.then_some(now);
    let email = Some(new.email).filter(|email| !email.is_empty());
    tx.execute(store::user_insert(
        new.id,
        new.realm,
        email,
        new.password_hash,
        confirmed_at,
        new.data,
        new.anonymous,
        now,
    ))
    .await
    .on_constraint("users_email_partial_key", || Error::new(auth::USER_ALREADY_EXISTS, "User already registered"))?;
    user_find(tx, new.id).await?.ok_or_else(|| Error::internal("the person just made is not there"))
}

/// Makes a person who signs in by a password or by mail.
pub async fn user_create_with_email(tx: &mut SystemTx, new: NewUser, now: Timestamp) -> Result<User> {
    let confirmed = new.confirmed;
    let user = user_create(tx, new, now).await?;
    let data = json!({ "sub": user.id, "email": user.email, "email_verified": confirmed, "phone_verified": false });
    identity_add(tx, user.id, "email", &user.id.to_string(), data, now).await?;
    user_find(tx, user.id).await?.ok_or_else(|| Error::internal("the person just made is not there"))
}

/// Adds a way in, and names its provider in what the system knows of the person.
///
/// # Errors
/// `identity_already_exists` when somebody signs in with it already.
pub async fn identity_add(
    tx: &mut SystemTx,
    user: UserId,
    provider: &str,
    provider_id: &str,
    data: Value,
    now: Timestamp,
) -> Result<()> {
    tx.execute(store::identity_insert(provider_id, user, provider, data, now))
        .await
        .on_constraint("identities_provider_id_provider_unique", || {
            Error::new(auth::IDENTITY_ALREADY_EXISTS, "Identity is already linked to another user")
        })?;
    providers_note(tx, user, now).await
}

/// Names the providers of a person's ways in, in what the system knows of him: the oldest as `provider`, all as `providers`.
pub async fn providers_note(tx: &mut SystemTx, user: UserId, now: Timestamp) -> Result<()> {
    tx.execute(store::providers_note(user, now)).await.map(drop)
}

/// The person with this address.
pub async fn user_find_by_email(tx: &mut SystemTx, realm: Realm, email: &str) -> Result<Option<User>> {
    tx.fetch_optional(store::user_find_by_email(realm, &EmailAddress::spellings(email))).await
}

/// The person whom somebody means who asks for a mail. Where each tenant has people of its own, who founds one need not
/// name it until his address is confirmed.
pub(crate) async fn person_find(
    identity: &Identity,
    tx: &mut SystemTx,
    realm: Realm,
    email: &str,
) -> Result<Option<User>> {
    if realm == HOUSE && identity.settings.auth.identity == PeopleOf::PerTenant {
        return tx.fetch_optional(store::founder_find(&EmailAddress::spellings(email))).await;
    }
    user_find_by_email(tx, realm, email).await
}

/// The person with this id.
pub async fn user_find(tx: &mut SystemTx, id: UserId) -> Result<Option<User>> {
    tx.fetch_optional(user_find_query(id)).await
}

/// What asks for that.
pub(crate) fn user_find_query(id: UserId) -> Query<User> {
    store::user_find(id)
}

/// Finds a person, and keeps him from changing until the transaction ends.
pub(crate) async fn user_lock(tx: &mut SystemTx, id: UserId) -> Result<Option<User>> {
    tx.fetch_optional(store::user_lock(id)).await
}

/// The ways in which the person signs in.
pub async fn user_identities(tx: &mut SystemTx, id: UserId) -> Result<Vec<UserIdentity>> {
    tx.fetch_all(store::identity_list(id)).await
}

/// Confirms the person's address.
pub async fn user_confirm(tx: &mut SystemTx, id: UserId, now: Timestamp) -> Result<()> {
    tx.execute(store::user_confirm(id, now)).await?;
    tx.execute(store::identity_confirm(id, now)).await?;
    Ok(())
}

/// Sets the password's hash; none takes the password away.
pub async fn user_set_password(tx: &mut SystemTx, id: UserId, hash: Option<Secret>, now: Timestamp) -> Result<()> {
    tx.execute(store::user_set_password(id, hash, now)).await.map(drop)
}

/// Merges `data` into what the person says of himself; a null takes the key away.
pub async fn user_merge_metadata(tx: &mut SystemTx, id: UserId, data: Value, now: Timestamp) -> Result<()> {
    tx.execute(store::user_merge_metadata(id, data, now)).await.map(drop)
}

/// Merges `data` into what the system knows of the person; a null takes the key away.
pub async fn user_merge_app_metadata(tx: &mut SystemTx, id: UserId, data: Value, now: Timestamp) -> Result<()> {
    tx.execute(store::user_merge_app_metadata(id, data, now)).await.map(drop)
}

/// Remembers that the person signed in just now.
pub(crate) fn user_signed_in(id: UserId, now: Timestamp) -> Query<()> {
    store::user_signed_in(id, now)
}

/// The same for somebody who was found before the transaction began, and whose password was right. It violates
/// [`PERSON_UNCHANGED`] when he has been changed since.
pub(crate) fn user_signed_in_unchanged(user: &User, now: Timestamp) -> Query<()> {
    store::user_signed_in_unchanged(user.id, user.updated_at, user.encrypted_password.clone(), now)
}

/// The address in the one spelling in which it is stored (see [`EmailAddress`]).
///
/// # Errors
/// `validation_failed` for what no mail server would take, and for characters that cannot be seen: the message names the
/// character and its position.
pub fn email_normalize(text: &str) -> Result<String> {
    let refusal = |error| match error {
        EmailAddressError::Hidden(_) => format!("Unable to validate email address: {error}"),
        EmailAddressError::Invalid => "Unable to validate email address: invalid format".to_owned(),
    };
    let address = EmailAddress::parse(text).map_err(|error| Error::new(codes::VALIDATION_FAILED, refusal(error)))?;
    Ok(address.into_string())
}

/// The address by which the user who typed `typed` is looked up: the one spelling, or, where no user has that, the form that was
/// typed if an earlier version stored it for a user. Whoever has an address such as `ju\u{308}rgen@example.org` goes on with it.
///
/// # Errors
/// As [`email_normalize`].
pub async fn email_find(identity: &Identity, realm: Realm, typed: &str) -> Result<String> {
    let email = email_normalize(typed)?;
    let (stored, mut emails) = (email_as_stored(typed), EmailAddress::spellings(&email));
    if emails.contains(&stored) {
        return Ok(email);
    }
    emails.push(stored.clone());
    let query = store::email_stored(realm, &emails);
    let found = identity.db.system("find an address that an earlier version stored").fetch_optional(query).await?;
    Ok(if found.is_some_and(|(found,)| found == stored) { stored } else { email })
}

/// The form in which versions before [`EmailAddress`] stored an address.
pub(crate) fn email_as_stored(typed: &str) -> String {
    typed.trim_matches([' ', '\t', '\r', '\n']).to_lowercase()
}

/// How many users have an address that is refused today and can sign in by password only, typed as it is stored; counted up to
/// `most`.
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
