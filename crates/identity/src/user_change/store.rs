//! SQL of what people change of themselves.

use freehold_core::SessionId;
use freehold_db::statements;
use jiff::Timestamp;

statements! {
    /// Since when the session is.
    fn session_since(session: SessionId) -> (Timestamp,) =
        "select created_at from auth.sessions where id = $1 and created_at is not null";
}
