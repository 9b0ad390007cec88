//! SQL of sessions.

use freehold_core::{SessionId, UserId};
use freehold_db::{params, statements};
use jiff::Timestamp;
use uuid::Uuid;

use super::{SessionInfo, SessionRow, StandingRow};

params! {
    /// A session to insert, with its authentication method.
    pub(super) struct SessionInsert<'a> {
        pub(super) id: SessionId,
        pub(super) user: UserId,
        pub(super) sealed_key: String,
        pub(super) user_agent: Option<String>,
        pub(super) ip: Option<String>,
        pub(super) not_after: Option<Timestamp>,
        pub(super) claim: Uuid,
        pub(super) method: &'a str,
    }
}

statements! {
    /// Inserts a session, with the authentication method.
    fn session_insert(session: SessionInsert<'_>; now) -> () =
        "with opened as (
           insert into auth.sessions (
             id, user_id, created_at, updated_at, aal, not_after, user_agent, ip, refresh_token_hmac_key,
             refresh_token_counter
           ) values ($1, $2, $9, $9, 'aal1', $6, $4, $5::text::inet, $3, 0)
           returning id
         )
         insert into auth.mfa_amr_claims (id, session_id, authentication_method, created_at, updated_at)
         select $7, id, $8, $9, $9 from opened";

    /// Records an authentication method; using the same one again only updates its time.
    fn method_note(id: Uuid, session: SessionId, method: &str; now) -> () =
        "insert into auth.mfa_amr_claims (id, session_id, authentication_method, created_at, updated_at)
         values ($1, $2, $3, $4, $4)
         on conflict on constraint mfa_amr_claims_session_id_authentication_method_pkey
         do update set updated_at = excluded.updated_at";

    /// The session's authentication methods, the latest first.
    fn method_list(session: SessionId) -> (String, Timestamp) =
        "select authentication_method, updated_at from auth.mfa_amr_claims
         where session_id = $1 order by updated_at desc, created_at desc, id desc";

    /// The session, locked: changes to one session run one after another. A request that waits for longer than three
    /// seconds is told to retry.
    fn session_lock(id: SessionId) -> SessionRow =
        "select s.id, s.user_id, s.created_at, s.updated_at, s.refreshed_at at time zone 'utc' as refreshed_at,
           s.not_after, s.refresh_token_hmac_key as sealed_key, s.refresh_token_counter as counter,
           coalesce(s.aal::text, 'aal1') as aal
         from auth.sessions as s, (select set_config('lock_timeout', '3s', true) as set) as patience
         where s.id = $1 and patience.set is not null
         for update of s";

    /// Stores the counter of the next refresh token.
    fn session_advance(
        id: SessionId, counter: i64, user_agent: Option<String>, ip: Option<String>; now
    ) -> () =
        "update auth.sessions
         set refresh_token_counter = $2, user_agent = coalesce($3, user_agent), ip = coalesce($4::text::inet, ip),
           refreshed_at = $5::timestamptz at time zone 'utc', updated_at = $5
         where id = $1";

    /// Whether the user signed in elsewhere after this session was opened.
    fn session_followed(user: UserId, session: SessionId, created_at: Option<Timestamp>) -> (bool,) =
        "select true from auth.sessions where user_id = $1 and id <> $2 and created_at >= $3 limit 1";

    /// Sets all of the user's sessions but one to end now. The rows stay, so that their clients can be told why.
    fn sessions_close_others(user: UserId, session: SessionId; now) -> () =
        "update auth.sessions set not_after = $3, updated_at = $3
         where user_id = $1 and id <> $2 and (not_after is null or not_after > $3)";

    /// Records that the session has used a second factor. Earlier refresh tokens are then two behind, and are not
    /// forgiven.
    fn session_step_up(id: SessionId, factor: Uuid, sealed_key: String; now) -> (i64,) =
        "update auth.sessions
         set aal = 'aal2', factor_id = $2, refresh_token_counter = coalesce(refresh_token_counter, 0) + 2,
           refresh_token_hmac_key = $3, refreshed_at = null, updated_at = $4
         where id = $1
         returning refresh_token_counter";

    /// Ends the user's other sessions with one factor.
    fn sessions_delete_lower(user: UserId, session: SessionId) -> (SessionId,) =
        "delete from auth.sessions
         where user_id = $1 and id <> $2 and coalesce(aal, 'aal1') < 'aal2' returning id";

    /// Deletes the authentication methods of a factor.
    fn methods_forget(user: UserId, factor: Uuid, method: &str) -> () =
        "delete from auth.mfa_amr_claims as m using auth.sessions as s
         where s.id = m.session_id and s.user_id = $1 and s.factor_id = $2 and m.authentication_method = $3";

    /// Lowers the sessions that used this factor to one factor.
    fn sessions_step_down(user: UserId, factor: Uuid; now) -> () =
        "update auth.sessions set aal = 'aal1', factor_id = null, updated_at = $3
         where user_id = $1 and factor_id = $2";

    /// A user's sessions, the latest used first, including those that have ended.
    fn session_list(user: UserId; now) -> SessionInfo =
        "select id, coalesce(created_at, $2) as created_at, coalesce(updated_at, created_at, $2) as last_used_at,
           user_agent, host(ip) as ip, coalesce(aal::text, 'aal1') as aal, not_after,
           array(
             select m.authentication_method from auth.mfa_amr_claims as m
             where m.session_id = s.id order by m.updated_at desc, m.id desc
           ) as methods
         from auth.sessions as s
         where user_id = $1 and (not_after is null or not_after > $2)
         order by last_used_at desc, id desc
         limit 200";

    /// Ends one session.
    fn session_delete(id: SessionId) -> () = "delete from auth.sessions where id = $1";

    /// Ends all sessions of a user.
    fn sessions_delete_all(user: UserId) -> (SessionId,) = "delete from auth.sessions where user_id = $1 returning id";

    /// Ends one session of a user.
    fn sessions_delete_one(user: UserId, session: SessionId) -> (SessionId,) =
        "delete from auth.sessions where user_id = $1 and id = $2 returning id";

    /// Ends all sessions of a user but one.
    fn sessions_delete_others(user: UserId, session: SessionId) -> (SessionId,) =
        "delete from auth.sessions where user_id = $1 and id <> $2 returning id";

    /// The values that decide a session's state; none: it was ended, or its user is deleted. Where `idle_since` says
    /// which sessions are idle, the use of one that is not is recorded, once a minute, and not while another
    /// transaction has locked it.
    fn session_standing(id: SessionId, idle_since: Option<Timestamp>; now) -> StandingRow =
        "with used as (
           update auth.sessions set updated_at = $3
           where ctid = any (array(
             select s.ctid from auth.sessions as s join auth.users as u on u.id = s.user_id
             where s.id = $1 and coalesce(s.updated_at, s.created_at) >= $2
               and coalesce(s.updated_at, s.created_at) < $3 - interval '1 minute'
               and (s.not_after is null or s.not_after > $3)
               and u.deleted_at is null and (u.banned_until is null or u.banned_until <= $3)
             for update of s skip locked
           ))
         )
         select s.created_at, s.updated_at, s.not_after, coalesce(u.banned_until > $3, false) as banned,
           exists (select from auth.mfa_factors as f where f.user_id = u.id and f.status = 'verified') as protected
         from auth.sessions as s join auth.users as u on u.id = s.user_id
         where s.id = $1 and u.deleted_at is null";
}
