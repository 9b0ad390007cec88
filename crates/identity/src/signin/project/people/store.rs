//! SQL of a project's users.

use freehold_core::UserId;
use freehold_db::{params, statements};
use jiff::Timestamp;
use serde_json::Value;

use crate::Realm;

params! {
    /// The profile of a project's user.
    pub(super) struct ProfileRow {
        pub(super) user: UserId,
        pub(super) realm: Realm,
        pub(super) email: Option<String>,
        pub(super) phone: Option<String>,
        pub(super) app_metadata: Value,
        pub(super) user_metadata: Value,
        pub(super) anonymous: bool,
        pub(super) issued: Timestamp,
    }
}

statements! {
    /// Records that a token of the user was seen; returns whether it is the first. No row: a token as new was seen
    /// before.
    fn person_see(user: UserId, issued: Timestamp; now) -> (bool,) =
        "insert into freehold.project_people as p (user_id, seen_at, token_at) values ($1, $3, $2)
         on conflict (user_id) do update set token_at = excluded.token_at where p.token_at < excluded.token_at
         returning p.xmax = 0";

    /// Whether Freehold may write users.
    fn people_writable() -> (bool,) = "select has_table_privilege('auth.users', 'insert')";

    /// Removes the address and the phone number from any other user.
    fn address_free(user: UserId, realm: Realm, email: Option<String>, phone: Option<String>; now) -> () =
        "update auth.users
         set email = case when email = $3 then null else email end,
             email_confirmed_at = case when email = $3 then null else email_confirmed_at end,
             phone = case when phone = $4 then null else phone end,
             phone_confirmed_at = case when phone = $4 then null else phone_confirmed_at end,
             updated_at = $5
         where id <> $1 and (instance_id = $2 and email = $3 and not is_sso_user or phone = $4)";

    /// Stores the profile of a project's user. An address that the project has not confirmed signs no one in.
    fn profile_write(profile: ProfileRow; now) -> () =
        "insert into auth.users as u (
           id, instance_id, aud, role, email, email_confirmed_at, phone, phone_confirmed_at, raw_app_meta_data,
           raw_user_meta_data, is_anonymous, last_sign_in_at, created_at, updated_at
         ) values (
           $1, $2, 'authenticated', 'authenticated', $3, case when $3 <> '' then $8 end, $4, case when $4 <> '' then $8 end,
           $5, $6, $7, $8, $9, $9
         ) on conflict (id) do update set
           email = excluded.email,
           email_confirmed_at = case
             when u.email = excluded.email then coalesce(u.email_confirmed_at, excluded.email_confirmed_at)
             else excluded.email_confirmed_at end,
           phone = excluded.phone,
           phone_confirmed_at = case
             when u.phone = excluded.phone then coalesce(u.phone_confirmed_at, excluded.phone_confirmed_at)
             else excluded.phone_confirmed_at end,
           raw_app_meta_data = excluded.raw_app_meta_data,
           raw_user_meta_data = excluded.raw_user_meta_data,
           is_anonymous = excluded.is_anonymous,
           updated_at = excluded.updated_at
         where (u.email, u.phone, u.raw_app_meta_data, u.raw_user_meta_data, u.is_anonymous)
           is distinct from (excluded.email, excluded.phone, excluded.raw_app_meta_data, excluded.raw_user_meta_data,
             excluded.is_anonymous)";
}
