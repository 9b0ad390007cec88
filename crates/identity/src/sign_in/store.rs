//! SQL of the ways in.

use freehold_core::UserId;
use freehold_db::statements;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::{PasswordRow, TokenRow};
use crate::Realm;

statements! {
    /// Who has this address, and the password's hash.
    fn user_by_email(realm: Realm, email: &str) -> PasswordRow =
        "select id, encrypted_password
         from freehold.people where realm = $1 and email = $2 and not is_sso_user and deleted_at is null";

    /// A new link and code; the ones of earlier mails of this kind stop working.
    fn token_replace(
        id: Uuid, user: UserId, kind: &str, hash: &str, email: &str, code_hash: Vec<u8>, now: Timestamp
    ) -> () =
        "insert into auth.one_time_tokens (id, user_id, token_type, token_hash, relates_to, code_hash, created_at, updated_at)
         values ($1, $2, $3::text::auth.one_time_token_type, $4, $5, $6,
                 $7::timestamptz at time zone 'utc', $7::timestamptz at time zone 'utc')
         on conflict (user_id, token_type) do update set
           id = excluded.id, token_hash = excluded.token_hash, relates_to = excluded.relates_to,
           code_hash = excluded.code_hash, failed_attempts = 0,
           created_at = excluded.created_at, updated_at = excluded.updated_at";

    /// The token of a link, kept from being used twice.
    fn token_lock_by_hash(hash: &str) -> TokenRow =
        "select id, user_id, relates_to, code_hash, failed_attempts, created_at at time zone 'utc' as created_at
         from auth.one_time_tokens where token_hash = $1 for update";

    /// The token of a link.
    fn token_by_hash(hash: &str) -> TokenRow =
        "select id, user_id, relates_to, code_hash, failed_attempts, created_at at time zone 'utc' as created_at
         from auth.one_time_tokens where token_hash = $1";

    /// The tokens sent to an address, kept from being used twice.
    fn token_lock_by_email(realm: Realm, email: &str) -> TokenRow =
        "select t.id, t.user_id, t.relates_to, t.code_hash, t.failed_attempts,
           t.created_at at time zone 'utc' as created_at
         from auth.one_time_tokens as t join auth.users as u on u.id = t.user_id
         where t.relates_to = $2 and coalesce(u.instance_id, '00000000-0000-0000-0000-000000000000') = $1
         for update of t";

    /// A wrong code was tried.
    fn token_failed(realm: Realm, email: &str) -> () =
        "update auth.one_time_tokens as t set failed_attempts = t.failed_attempts + 1
         from auth.users as u
         where u.id = t.user_id and t.relates_to = $2
           and coalesce(u.instance_id, '00000000-0000-0000-0000-000000000000') = $1";

    /// Used.
    fn token_delete(id: Uuid) -> () = "delete from auth.one_time_tokens where id = $1";

    /// Asks for a mail, in this transaction.
    fn mail_enqueue(id: Uuid, cause: &str, template: &str, recipient: &str, data: Value, now: Timestamp) -> () =
        "select from freehold.mail_enqueue($1, $2, $3, $4, $5, $6)";
}
