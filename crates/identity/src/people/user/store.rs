//! SQL of users. They are read through `freehold.people` and written in `auth.users`.

use freehold_core::{Secret, UserId};
use freehold_db::statements;
use jiff::Timestamp;
use serde_json::Value;

use super::{User, UserIdentity};
use crate::Realm;

statements! {
    /// Inserts a user.
    fn user_insert(
        id: UserId, realm: Realm, email: Option<String>, password: Option<Secret>, confirmed: Option<Timestamp>,
        data: Value, anonymous: bool; now
    ) -> () =
        "insert into auth.users (
           id, instance_id, aud, role, email, encrypted_password, email_confirmed_at, raw_user_meta_data, is_anonymous,
           created_at, updated_at
         ) values ($1, $2, 'authenticated', 'authenticated', $3, $4, $5, $6, $7, $8, $8)";

    /// Finds a user by the spellings of an address; the first spelling has priority.
    fn user_find_by_email(realm: Realm, emails: &[String]) -> User =
        "select * from freehold.people where realm = $1 and email = any($2) and not is_sso_user
         order by array_position($2, email) limit 1";

    /// The first of these addresses that a user has.
    fn email_stored(realm: Realm, emails: &[String]) -> (String,) =
        "select email::text from freehold.people where realm = $1 and email = any($2) and not is_sso_user
         order by array_position($2, email::text) limit 1";

    /// Addresses that are not of the plain form, up to a limit.
    fn email_unusual(most: i64) -> (String,) =
        "select email::text from freehold.people
         where deleted_at is null and email <> '' and (
           email !~ '^[a-z0-9!#$%&''*+/=?^_`{|}~-]+(\\.[a-z0-9!#$%&''*+/=?^_`{|}~-]+)*@[a-z0-9]([a-z0-9.-]*[a-z0-9])?$'
           or length(split_part(email, '@', 1)) > 64
         )
         limit $1";

    /// Finds the user who has created a tenant with users of its own, and has not confirmed their address yet.
    fn founder_find(emails: &[String]) -> User =
        "select * from freehold.people
         where realm = id and email = any($1) and email_confirmed_at is null and not is_sso_user
         order by created_at limit 1";

    /// Finds a user.
    fn user_find(id: UserId) -> User = "select * from freehold.people where id = $1";

    /// Finds a user, and locks the row.
    fn user_lock(id: UserId) -> User = "select * from freehold.people where id = $1 for update";

    /// Confirms the address.
    fn user_confirm(id: UserId; now) -> () =
        "update auth.users set email_confirmed_at = coalesce(email_confirmed_at, $2), updated_at = $2 where id = $1";

    /// Sets the password.
    fn user_set_password(id: UserId, hash: Option<Secret>; now) -> () =
        "update auth.users set encrypted_password = $2, updated_at = $3 where id = $1";

    /// Merges metadata that the user can change; nulls remove keys.
    fn user_merge_metadata(id: UserId, data: Value; now) -> () =
        "update auth.users
         set raw_user_meta_data = (raw_user_meta_data || $2)
             - array(select key from jsonb_each($2) where value = 'null'), updated_at = $3
         where id = $1";

    /// Merges metadata that only the server changes; nulls remove keys.
    fn user_merge_app_metadata(id: UserId, data: Value; now) -> () =
        "update auth.users
         set raw_app_meta_data = (raw_app_meta_data || $2)
             - array(select key from jsonb_each($2) where value = 'null'), updated_at = $3
         where id = $1";

    /// Records that the user signed in.
    fn user_signed_in(id: UserId; now) -> () =
        "update auth.users set last_sign_in_at = $2, updated_at = $2 where id = $1";

    /// The same, unless the user has changed since they were read.
    fn user_signed_in_unchanged(id: UserId, found_at: Timestamp, password: Option<Secret>; now) -> () =
        "select from freehold.person_signed_in($1, $2, $3, $4)";

    /// Inserts a sign-in method.
    fn identity_insert(provider_id: &str, user: UserId, provider: &str, data: Value; now) -> () =
        "insert into auth.identities (provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at)
         values ($1, $2, $4, $3, $5, $5, $5)";

    /// Writes the providers to the user's `app_metadata`.
    fn providers_note(user: UserId; now) -> () =
        "update auth.users as u
         set raw_app_meta_data = u.raw_app_meta_data || p.said, updated_at = $2
         from (
           select jsonb_build_object(
             'provider', (array_agg(provider order by since, provider))[1],
             'providers', jsonb_agg(provider order by since, provider)
           ) as said
           from (
             select provider, min(created_at) as since from auth.identities where user_id = $1 group by provider
           ) as each
         ) as p
         where u.id = $1 and p.said -> 'provider' <> 'null'";

    /// Confirms the address of the e-mail sign-in method.
    fn identity_confirm(user: UserId; now) -> () =
        "update auth.identities set identity_data = identity_data || '{\"email_verified\": true}', updated_at = $2
         where user_id = $1 and provider = 'email'";

    /// The user's sign-in methods.
    fn identity_list(user: UserId) -> UserIdentity =
        "select id, provider_id, provider, identity_data, last_sign_in_at, created_at, updated_at
         from auth.identities where user_id = $1 order by created_at, id";
}
