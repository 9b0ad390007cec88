//! SQL of operators' sessions.

use freehold_core::{OperatorId, SessionId};
use freehold_db::statements;
use jiff::Timestamp;

use super::SessionRow;

statements! {
    /// Opens a session.
    fn session_insert(
        id: SessionId, operator: OperatorId, expires_at: Timestamp, place: Option<Vec<u8>>, address: Option<String>,
        agent: Option<String>; now
    ) -> () =
        "insert into freehold.operator_sessions
           (session_id, operator_id, expires_at, place, address, agent, created_at)
         values ($1, $2, $3, $4, $5, $6, $7)";

    /// A running session of an operator who may sign in.
    fn session_find(id: SessionId, at: Timestamp) -> SessionRow =
        "select o.operator_id, o.email, o.role, s.expires_at
         from freehold.operator_sessions as s join freehold.operators as o using (operator_id)
         where s.session_id = $1 and s.ended_at is null and s.expires_at > $2
           and o.disabled_at is null and o.set_up_digest is null";

    /// Ends a session.
    fn session_end(id: SessionId; now) -> () =
        "update freehold.operator_sessions set ended_at = $2 where session_id = $1 and ended_at is null";

    /// Ends the sessions of an operator.
    fn sessions_end_of(operator: OperatorId; now) -> () =
        "update freehold.operator_sessions set ended_at = $2 where operator_id = $1 and ended_at is null";

    /// Whether an operator has signed in from that network.
    fn place_known(operator: OperatorId, place: &[u8]) -> (bool,) =
        "select true from freehold.operator_sessions where operator_id = $1 and place = $2 limit 1";

    /// Deletes a batch of old sessions.
    fn sessions_forget(before: Timestamp) -> () =
        "delete from freehold.operator_sessions where session_id in (
           select session_id from freehold.operator_sessions where created_at < $1 order by created_at limit 1000)";
}
