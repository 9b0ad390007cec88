//! SQL of reauthentication.

use freehold_core::UserId;
use freehold_db::statements;
use uuid::Uuid;

use super::CodeRow;

statements! {
    /// The code that was sent to the user's address, locked so that it cannot be used twice.
    fn code_lock(user: UserId, email: &str) -> CodeRow =
        "select id, code_hash, failed_attempts, created_at at time zone 'utc' as created_at
         from auth.one_time_tokens
         where user_id = $1 and relates_to = $2 and token_type = 'reauthentication_token' for update";

    /// Counts a wrong code.
    fn code_failed(id: Uuid) -> () =
        "update auth.one_time_tokens set failed_attempts = failed_attempts + 1 where id = $1";
}
