//! SQL of links and codes in mails.

use freehold_core::{TenantId, UserId};
use freehold_db::statements;
use serde_json::Value;
use uuid::Uuid;

statements! {
    /// Inserts a new link and code; those of earlier mails of this kind become invalid.
    fn token_replace(
        id: Uuid, user: UserId, kind: &str, hash: &str, email: &str, code_hash: Vec<u8>, flow: Option<Uuid>; now
    ) -> () =
        "insert into auth.one_time_tokens (
           id, user_id, token_type, token_hash, relates_to, code_hash, flow_id, created_at, updated_at
         )
         values ($1, $2, $3::text::auth.one_time_token_type, $4, $5, $6, $7,
                 $8::timestamptz at time zone 'utc', $8::timestamptz at time zone 'utc')
         on conflict (user_id, token_type) do update set
           id = excluded.id, token_hash = excluded.token_hash, relates_to = excluded.relates_to,
           code_hash = excluded.code_hash, flow_id = excluded.flow_id, failed_attempts = 0,
           created_at = excluded.created_at, updated_at = excluded.updated_at";

    /// Records that a confirmation was sent.
    fn confirmation_sent(id: UserId; now) -> () =
        "update auth.users set confirmation_sent_at = $2, updated_at = $2 where id = $1";

    /// Records that an invitation was sent.
    fn invitation_sent(id: UserId; now) -> () =
        "update auth.users set confirmation_sent_at = $2, invited_at = $2, updated_at = $2 where id = $1";

    /// Records that a sign-in mail was sent.
    fn recovery_sent(id: UserId; now) -> () =
        "update auth.users set recovery_sent_at = $2, updated_at = $2 where id = $1";

    /// Records that a mail about a change of address was sent.
    fn email_change_sent(id: UserId; now) -> () =
        "update auth.users set email_change_sent_at = $2, updated_at = $2 where id = $1";

    /// Records that a code for reauthentication was sent.
    fn reauthentication_sent(id: UserId; now) -> () =
        "update auth.users set reauthentication_sent_at = $2, updated_at = $2 where id = $1";

    /// Deletes a used link and code.
    fn token_delete(id: Uuid) -> () = "delete from auth.one_time_tokens where id = $1";

    /// Deletes all links and codes that were sent to a user.
    fn tokens_delete(user: UserId) -> () = "delete from auth.one_time_tokens where user_id = $1";

    /// Clears when mails were sent, and the requested change of address. Imported users may have tokens in the older
    /// columns.
    fn mails_forget(user: UserId) -> () =
        "update auth.users
         set email_change = '', email_change_confirm_status = 0, confirmation_token = '', confirmation_sent_at = null,
           recovery_token = '', recovery_sent_at = null, email_change_token_current = '', email_change_token_new = '',
           email_change_sent_at = null, phone_change_token = '', phone_change_sent_at = null,
           reauthentication_token = '', reauthentication_sent_at = null
         where id = $1";

    /// Enqueues a mail, in this transaction.
    fn mail_enqueue(
        id: Uuid, cause: &str, template: &str, recipient: &str, data: Value, tenant: Option<TenantId>; now
    ) -> () =
        "select from freehold.mail_enqueue($1, $2, $3, $4, $5, $7, $6)";
}
