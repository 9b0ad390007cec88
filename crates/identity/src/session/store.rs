//! SQL of sessions.

use freehold_core::{SessionId, UserId};
use freehold_db::statements;
use jiff::Timestamp;
use uuid::Uuid;

use super::SessionRow;

statements! {
    /// Opens a session.
    fn session_insert(
        id: SessionId, user: UserId, sealed_key: String, user_agent: Option<String>, ip: Option<String>, now: Timestamp
    ) -> () =
        "insert into auth.sessions (
           id, user_id, created_at, updated_at, aal, user_agent, ip, refresh_token_hmac_key, refresh_token_counter
         ) values ($1, $2, $6, $6, 'aal1', $4, $5::text::inet, $3, 0)";

    /// How the person proved who he is.
    fn method_insert(id: Uuid, session: SessionId, method: &str, now: Timestamp) -> () =
        "insert into auth.mfa_amr_claims (id, session_id, authentication_method, created_at, updated_at)
         values ($1, $2, $3, $4, $4)";

    /// How the person proved who he is, the latest first.
    fn method_list(session: SessionId) -> (String, Timestamp) =
        "select authentication_method, created_at from auth.mfa_amr_claims where session_id = $1 order by created_at desc";

    /// The session, kept from changing: refreshes of one session follow one another.
    fn session_lock(id: SessionId) -> SessionRow =
        "select id, user_id, created_at, refreshed_at at time zone 'utc' as refreshed_at, not_after,
           refresh_token_hmac_key as sealed_key, refresh_token_counter as counter, coalesce(aal::text, 'aal1') as aal
         from auth.sessions where id = $1 for update";

    /// The next refresh token is the one to come.
    fn session_advance(id: SessionId, counter: i64, now: Timestamp) -> () =
        "update auth.sessions
         set refresh_token_counter = $2, refreshed_at = $3::timestamptz at time zone 'utc', updated_at = $3
         where id = $1";

    /// Ends one session.
    fn session_delete(id: SessionId) -> () = "delete from auth.sessions where id = $1";

    /// Ends all of a person's.
    fn sessions_delete_all(user: UserId) -> (SessionId,) = "delete from auth.sessions where user_id = $1 returning id";

    /// Ends one of a person's.
    fn sessions_delete_one(user: UserId, session: SessionId) -> (SessionId,) =
        "delete from auth.sessions where user_id = $1 and id = $2 returning id";

    /// Ends all of a person's but one.
    fn sessions_delete_others(user: UserId, session: SessionId) -> (SessionId,) =
        "delete from auth.sessions where user_id = $1 and id <> $2 returning id";

    /// Whether it still exists, and its person is neither banned nor deleted.
    fn session_alive(id: SessionId, now: Timestamp) -> (bool,) =
        "select true from auth.sessions as s join auth.users as u on u.id = s.user_id
         where s.id = $1 and (s.not_after is null or s.not_after > $2)
           and u.deleted_at is null and (u.banned_until is null or u.banned_until <= $2)";
}
