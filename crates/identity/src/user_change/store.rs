//! SQL of what people change of themselves.

use freehold_core::{SessionId, UserId};
use freehold_db::statements;
use jiff::Timestamp;

statements! {
    /// Since when the session is.
    fn session_since(session: SessionId) -> (Timestamp,) =
        "select created_at from auth.sessions where id = $1 and created_at is not null";

    /// Ends all of a person's sessions but one.
    fn sessions_delete_others(user: UserId, session: SessionId) -> (SessionId,) =
        "delete from auth.sessions where user_id = $1 and id <> $2 returning id";

    /// Links and codes that were sent work no longer.
    fn tokens_delete(user: UserId) -> () = "delete from auth.one_time_tokens where user_id = $1";

    /// Nor does it matter when they were sent, or that the address was to be changed.
    fn mails_forget(user: UserId) -> () =
        "update auth.users
         set email_change = '', email_change_confirm_status = 0, confirmation_sent_at = null, recovery_sent_at = null, email_change_sent_at = null,
             reauthentication_sent_at = null
         where id = $1";

    /// Whether the session has shown one.
    fn session_has_second_factor(session: SessionId) -> (bool,) =
        "select true from auth.sessions where id = $1 and aal = 'aal2'";

    /// Whether the person has a second factor.
    fn factor_verified(user: UserId) -> (bool,) =
        "select true from auth.mfa_factors where user_id = $1 and status = 'verified' limit 1";
}
