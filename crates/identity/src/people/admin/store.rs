//! SQL of the administrators' calls on users.

use freehold_core::UserId;
use freehold_db::statements;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::OwnedIdentity;
use crate::{Realm, user::User};

statements! {
    /// Number of users.
    fn user_count(aud: &str, realm: Option<Realm>, filter: Option<String>) -> (i64,) =
        "select count(*) from freehold.people
         where aud = $1 and ($2::uuid is null or realm = $2)
           and ($3::text is null or strpos(lower(email), $3) > 0
             or strpos(lower(user_metadata ->> 'full_name'), $3) > 0)";

    /// Users from an offset on, the latest first.
    fn user_page(aud: &str, realm: Option<Realm>, filter: Option<String>, limit: i64, offset: i64) -> User =
        "select * from freehold.people
         where aud = $1 and ($2::uuid is null or realm = $2)
           and ($3::text is null or strpos(lower(email), $3) > 0
             or strpos(lower(user_metadata ->> 'full_name'), $3) > 0)
         order by created_at desc, id desc limit $4 offset $5";

    /// Users from an offset on, the oldest first.
    fn user_page_oldest(aud: &str, realm: Option<Realm>, filter: Option<String>, limit: i64, offset: i64) -> User =
        "select * from freehold.people
         where aud = $1 and ($2::uuid is null or realm = $2)
           and ($3::text is null or strpos(lower(email), $3) > 0
             or strpos(lower(user_metadata ->> 'full_name'), $3) > 0)
         order by created_at, id limit $4 offset $5";

    /// Users after a position, the latest first.
    fn user_after(
        aud: &str, realm: Option<Realm>, filter: Option<String>, created: Option<Timestamp>, id: Option<Uuid>, limit: i64
    ) -> User =
        "select * from freehold.people
         where aud = $1 and ($2::uuid is null or realm = $2)
           and ($3::text is null or strpos(lower(email), $3) > 0
             or strpos(lower(user_metadata ->> 'full_name'), $3) > 0)
           and ($4::timestamptz is null or (created_at, id) < ($4, $5::uuid))
         order by created_at desc, id desc limit $6";

    /// Users after a position, the oldest first.
    fn user_after_oldest(
        aud: &str, realm: Option<Realm>, filter: Option<String>, created: Option<Timestamp>, id: Option<Uuid>, limit: i64
    ) -> User =
        "select * from freehold.people
         where aud = $1 and ($2::uuid is null or realm = $2)
           and ($3::text is null or strpos(lower(email), $3) > 0
             or strpos(lower(user_metadata ->> 'full_name'), $3) > 0)
           and ($4::timestamptz is null or (created_at, id) > ($4, $5::uuid))
         order by created_at, id limit $6";

    /// All users with this address, in all realms.
    fn user_search(emails: &[String]) -> User =
        "select * from freehold.people where email = any($1) order by created_at, id limit 10";

    /// The sign-in methods of several users.
    fn identity_list_of(users: Vec<Uuid>) -> OwnedIdentity =
        "select user_id, id, provider_id, provider, identity_data, last_sign_in_at, created_at, updated_at
         from auth.identities where user_id = any($1) order by created_at, id";

    /// Sets the audience and the role of the user's tokens.
    fn user_set_role(id: UserId, aud: Option<String>, role: Option<String>; now) -> () =
        "update auth.users set aud = coalesce($2, aud), role = coalesce($3, role), updated_at = $4 where id = $1";

    /// Sets the e-mail address.
    fn user_set_email(id: UserId, email: &str; now) -> () =
        "update auth.users set email = $2, updated_at = $3 where id = $1";

    /// Sets the phone number.
    fn user_set_phone(id: UserId, phone: &str; now) -> () =
        "update auth.users set phone = $2, updated_at = $3 where id = $1";

    /// Confirms the phone number.
    fn user_confirm_phone(id: UserId; now) -> () =
        "update auth.users set phone_confirmed_at = coalesce(phone_confirmed_at, $2), updated_at = $2 where id = $1";

    /// Marks the user as no longer anonymous.
    fn user_known(id: UserId) -> () = "update auth.users set is_anonymous = false where id = $1";

    /// Bans the user, or lifts the ban.
    fn user_ban(id: UserId, until: Option<Timestamp>; now) -> () =
        "update auth.users set banned_until = $2, updated_at = $3 where id = $1";

    /// Merges data into a sign-in method; returns the number of methods changed.
    fn identity_merge(user: UserId, provider: &str, data: Value; now) -> () =
        "update auth.identities set identity_data = identity_data || $3, updated_at = $4
         where user_id = $1 and provider = $2 and provider_id = $1::uuid::text";

    /// Deletes the user's sign-ins in progress.
    fn flows_delete(user: UserId) -> () = "delete from auth.flow_state where user_id = $1 or linking_target_id = $1";

    /// Replaces what identifies the user by digests.
    fn user_veil(id: UserId, email: &str, phone: &str, new_email: &str; now) -> () =
        "update auth.users
         set email = $2, phone = $3, email_change = $4, phone_change = '', encrypted_password = null,
           raw_user_meta_data = '{}', raw_app_meta_data = '{}', deleted_at = $5, updated_at = $5
         where id = $1";

    /// Replaces what identifies a sign-in method by digests.
    fn identity_veil(id: Uuid, provider_id: &str; now) -> () =
        "update auth.identities set provider_id = $2, identity_data = '{}', updated_at = $3 where id = $1";

    /// Renames a second factor.
    fn factor_rename(user: UserId, factor: Uuid, name: &str; now) -> () =
        "update auth.mfa_factors set friendly_name = $3, updated_at = $4 where user_id = $1 and id = $2";

    /// Deletes all second factors.
    fn factors_delete(user: UserId) -> () = "delete from auth.mfa_factors where user_id = $1";

    /// Deletes a passkey.
    fn passkey_delete(user: UserId, passkey: Uuid) -> () =
        "delete from auth.webauthn_credentials where user_id = $1 and id = $2";

    /// Deletes all passkeys.
    fn passkeys_delete(user: UserId) -> () = "delete from auth.webauthn_credentials where user_id = $1";

    /// Deletes a user, with all rows that belong to them.
    fn user_delete(id: UserId) -> () = "delete from auth.users where id = $1";
}
