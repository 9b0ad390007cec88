//! SQL of people.

use freehold_core::{Secret, UserId};
use freehold_db::statements;
use jiff::Timestamp;
use serde_json::Value;

use super::{User, UserIdentity};

statements! {
    /// Makes a person.
    fn user_insert(
        id: UserId, email: &str, password: Option<Secret>, confirmed: Option<Timestamp>, data: Value, now: Timestamp
    ) -> User =
        "insert into auth.users (
           instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, raw_app_meta_data,
           raw_user_meta_data, created_at, updated_at
         ) values (
           '00000000-0000-0000-0000-000000000000', $1, 'authenticated', 'authenticated', $2, $3, $4,
           '{\"provider\": \"email\", \"providers\": [\"email\"]}', $5, $6, $6
         )
         returning id, coalesce(email, '')::text as email, nullif(encrypted_password, '')::text as encrypted_password,
           email_confirmed_at, confirmation_sent_at, recovery_sent_at, last_sign_in_at,
           raw_app_meta_data as app_metadata, raw_user_meta_data as user_metadata, created_at, updated_at,
           banned_until, deleted_at, is_anonymous";

    /// Finds a person by address.
    fn user_find_by_email(email: &str) -> User =
        "select id, coalesce(email, '')::text as email, nullif(encrypted_password, '')::text as encrypted_password,
           email_confirmed_at, confirmation_sent_at, recovery_sent_at, last_sign_in_at,
           raw_app_meta_data as app_metadata, raw_user_meta_data as user_metadata, created_at, updated_at,
           banned_until, deleted_at, is_anonymous
         from auth.users where email = $1 and not is_sso_user";

    /// Finds a person.
    fn user_find(id: UserId) -> User =
        "select id, coalesce(email, '')::text as email, nullif(encrypted_password, '')::text as encrypted_password,
           email_confirmed_at, confirmation_sent_at, recovery_sent_at, last_sign_in_at,
           raw_app_meta_data as app_metadata, raw_user_meta_data as user_metadata, created_at, updated_at,
           banned_until, deleted_at, is_anonymous
         from auth.users where id = $1";

    /// Confirms the address.
    fn user_confirm(id: UserId, now: Timestamp) -> () =
        "update auth.users set email_confirmed_at = coalesce(email_confirmed_at, $2), updated_at = $2 where id = $1";

    /// Sets the password.
    fn user_set_password(id: UserId, hash: Option<Secret>, now: Timestamp) -> () =
        "update auth.users set encrypted_password = $2, updated_at = $3 where id = $1";

    /// Merges metadata; nulls take keys away.
    fn user_merge_metadata(id: UserId, data: Value, now: Timestamp) -> () =
        "update auth.users
         set raw_user_meta_data = (raw_user_meta_data || $2)
             - array(select key from jsonb_each($2) where value = 'null'), updated_at = $3
         where id = $1";

    /// A confirmation went out.
    fn user_confirmation_sent(id: UserId, now: Timestamp) -> () =
        "update auth.users set confirmation_sent_at = $2, updated_at = $2 where id = $1";

    /// A sign-in mail went out.
    fn user_recovery_sent(id: UserId, now: Timestamp) -> () =
        "update auth.users set recovery_sent_at = $2, updated_at = $2 where id = $1";

    /// Signed in.
    fn user_signed_in(id: UserId, now: Timestamp) -> () =
        "update auth.users set last_sign_in_at = $2, updated_at = $2 where id = $1";

    /// Adds the way in by mail.
    fn identity_insert(provider_id: &str, user: UserId, data: Value, now: Timestamp) -> () =
        "insert into auth.identities (provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at)
         values ($1, $2, $3, 'email', $4, $4, $4)";

    /// The address of that way in is confirmed.
    fn identity_confirm(user: UserId, now: Timestamp) -> () =
        "update auth.identities set identity_data = identity_data || '{\"email_verified\": true}', updated_at = $2
         where user_id = $1 and provider = 'email'";

    /// The ways in.
    fn identity_list(user: UserId) -> UserIdentity =
        "select id, provider_id, provider, identity_data, last_sign_in_at, created_at, updated_at
         from auth.identities where user_id = $1 order by created_at, id";
}
