//! SQL of the changes that users make to their own account.

use freehold_core::SessionId;
use freehold_db::statements;
use jiff::Timestamp;

statements! {
    /// When the session was opened.
    fn session_since(session: SessionId) -> (Timestamp,) =
        "select created_at from auth.sessions where id = $1 and created_at is not null";
}
