//! Sessions: one sign-in on one device, kept alive by refresh tokens that are valid once each.
//!
//! Read in this order: [`session_open`], [`session_refresh`] and [`session_end`] are a session's life, `step_up` raises
//! it to a second factor, [`session_list`] shows users where they are signed in, `tokens` is what clients get.

mod life;
mod list;
mod step_up;
mod store;
mod tokens;

use std::sync::Arc;

use freehold_core::{Error, Result, SessionId, UserId, codes as core_codes};
use freehold_db::{OnConstraint, Query, SystemTx, row};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

pub use list::{session_list, session_revoke};
pub(crate) use step_up::{Held, session_hold, session_step_up, sessions_step_down};
pub use store::STATEMENTS;
pub use tokens::Tokens;

pub use super::{access_token::Holder, client::Client};

use crate::{
    Base, Settings,
    access_token::{Aal, Verifier},
    audit_entry::{Action, audit_entry, audit_note},
    codes,
    hooks::Hooks,
    limit::place_note,
    refresh_token::{RefreshToken, Rotation, SessionKey, decide},
    user::{PERSON_UNCHANGED, User, user_find, user_find_query, user_signed_in, user_signed_in_unchanged},
};
use life::{Life, Times, lifetime};
use tokens::{amr_of, issue, open_key, seal_key};

/// What opens, refreshes and ends sessions. Cheap to clone.
#[derive(Clone)]
pub struct Sessions {
    /// Database, secrets and settings.
    pub base: Arc<Base>,
    /// Signs and verifies access tokens.
    pub verifier: Arc<Verifier>,
    /// The hooks of the program.
    pub hooks: Hooks,
}

/// The sessions that a sign-out ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All sessions of the user.
    Global,
    /// Only this session.
    Local,
    /// All sessions of the user but this one.
    Others,
}

row! {
    /// One of a user's sessions, as shown to the user.
    #[derive(Clone, Debug)]
    pub struct SessionInfo {
        /// Id of the session.
        pub id: SessionId,
        /// When the user signed in.
        pub created_at: Timestamp,
        /// When the session was last refreshed or stepped up; where idle sessions end, also when it was last used.
        pub last_used_at: Timestamp,
        /// The `User-Agent` header of the client that used it last.
        pub user_agent: Option<String>,
        /// IP address of the client that used it last.
        pub ip: Option<String>,
        /// `aal1`, or `aal2` when the session has used a second factor.
        pub aal: String,
        /// When the session ends; null: it has no fixed end.
        pub not_after: Option<Timestamp>,
        /// Authentication methods that the user has used, the latest first: `password`, `totp`, …
        pub methods: Vec<String>,
    }
}

row! {
    struct SessionRow {
        id: SessionId,
        user_id: UserId,
        created_at: Option<Timestamp>,
        updated_at: Option<Timestamp>,
        refreshed_at: Option<Timestamp>,
        not_after: Option<Timestamp>,
        sealed_key: Option<String>,
        counter: Option<i64>,
        aal: String,
    }
}

impl SessionRow {
    fn life(&self, settings: &Settings, now: Timestamp) -> Life {
        let Self { created_at, updated_at, not_after, .. } = *self;
        Times { created_at, updated_at, not_after }.life(settings.auth.sessions, now)
    }

    fn aal(&self) -> Aal {
        if self.aal == Aal::Two.name() { Aal::Two } else { Aal::One }
    }
}

/// Opens a session for a user who has just authenticated by `method` (`password`, `otp`, …).
pub async fn session_open(
    sessions: &Sessions,
    tx: &mut SystemTx,
    user: User,
    method: &str,
    client: &Client,
) -> Result<Tokens> {
    let signed_in = user_signed_in(user.id);
    let (tokens, mut notes) = session_begin(sessions, tx, user, method, client).await?;
    notes.push(signed_in);
    tx.execute_all(&notes).await?;
    Ok(tokens)
}

/// The same for a user who was read before the transaction began, whose password was right and who has signed in
/// before: all statements go out in one round trip, with `besides`. None: the user has changed meanwhile, and nothing
/// was done.
pub(crate) async fn session_open_unchanged(
    sessions: &Sessions,
    user: User,
    client: &Client,
    besides: Option<Query<()>>,
) -> Result<Option<Tokens>> {
    let mut tx = sessions.base.db.system("sign in an unchanged user").begin().await?;
    let signed_in = user_signed_in_unchanged(&user);
    let (tokens, notes) = session_begin(sessions, &mut tx, user, "password", client).await?;
    // Runs first, so that the user's row is locked before anything is written for the user.
    let notes: Vec<Query<()>> = std::iter::once(signed_in).chain(notes).chain(besides).collect();
    let changed = || Error::new(core_codes::CONFLICT, "The user was changed meanwhile. Try again.");
    match tx.commit_with(&notes).await.on_constraint(PERSON_UNCHANGED, changed) {
        Ok(()) => Ok(Some(tokens)),
        Err(error) if error.is(core_codes::CONFLICT) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The tokens of a new session, and the statements that store it.
async fn session_begin(
    sessions: &Sessions,
    tx: &mut SystemTx,
    user: User,
    method: &str,
    client: &Client,
) -> Result<(Tokens, Vec<Query<()>>)> {
    let now = tx.now();
    user.admit(now)?;
    let first = user.last_sign_in_at.is_none();
    let user = User { last_sign_in_at: Some(now), updated_at: now, ..user };
    if first {
        (sessions.hooks.newcomer)(tx, &user).await?;
    }
    let session: SessionId = tx.id();
    let key = SessionKey::generate(&sessions.base.random);
    let sealed = seal_key(&sessions.base, session, &key);
    let limits = sessions.base.settings.auth.sessions;
    let not_after = lifetime(limits.lifetime_hours).and_then(|life| now.saturating_add(life).ok());
    let (agent, ip) = (client.agent(), client.address());
    let claim = tx.id::<()>().uuid();
    let mut notes = vec![
        store::session_insert(store::SessionInsert {
            id: session,
            user: user.id,
            sealed_key: sealed,
            user_agent: agent,
            ip,
            not_after,
            claim,
            method,
        }),
        audit_entry(tx, Action::Login, &user, json!({ "method": method }), client),
    ];
    notes.extend(place_note(&sessions.base.vault, &user, client));
    if limits.one_per_person {
        notes.push(store::sessions_close_others(user.id, session));
    }
    let amr = vec![amr_of(method, now)];
    let tokens = issue(sessions, user, session, Aal::One, amr, RefreshToken::issue(session, 0, &key))?;
    Ok((tokens, notes))
}

/// Exchanges a refresh token for the next pair. A client that did not get the answer may send the same token again; an
/// older token ends the session, because then two clients have it. A database failure, or a wait for others who refresh
/// the same session, is `unavailable` and never a rejection, because clients sign users out on a rejection.
pub async fn session_refresh(sessions: &Sessions, token: &str, client: &Client) -> Result<Tokens> {
    let unknown = || Error::new(codes::REFRESH_TOKEN_NOT_FOUND, "Invalid Refresh Token: Refresh Token Not Found");
    let token = RefreshToken::parse(token).map_err(|_| unknown())?;
    let mut tx = sessions.base.db.system("refresh a session").begin().await?;
    let now = tx.now();
    let row = tx.fetch_optional(store::session_lock(token.session())).await?.ok_or_else(unknown)?;
    let key = open_key(&sessions.base.vault, &row)?;
    if !token.verify(&key) {
        return Err(unknown());
    }
    let (user, methods) = tx.fetch_both(user_find_query(row.user_id), store::method_list(row.id)).await?;
    let user = user.into_iter().next().filter(|user| user.deleted_at.is_none()).ok_or_else(unknown)?;
    if user.banned_until.is_some_and(|until| until > now) {
        return Err(Error::new(codes::USER_BANNED_AT_TOKEN, "Invalid Refresh Token: User Banned"));
    }
    refuse_expired(&sessions.base.settings, &mut tx, &row).await?;
    let counter = row.counter.unwrap_or_default();
    let since_last = row.refreshed_at.map(|last| now.duration_since(last));
    let reuse = SignedDuration::from_secs(sessions.base.settings.auth.refresh_reuse_seconds);
    let (counter, note) = match decide(token.counter(), counter, since_last, reuse) {
        Rotation::Advance => {
            let next = counter + 1;
            (next, Some(store::session_advance(row.id, next, client.agent(), client.address())))
        }
        Rotation::Repeat => (counter, None),
        Rotation::Reuse => {
            tx.execute(store::session_delete(row.id)).await?;
            tx.commit().await?;
            sessions.verifier.revoke_session(row.id);
            return Err(Error::new(codes::REFRESH_TOKEN_ALREADY_USED, "Invalid Refresh Token: Already Used"));
        }
        Rotation::NotIssued => {
            let message = "Invalid Refresh Token: Not Issued By This Server";
            return Err(Error::new(core_codes::VALIDATION_FAILED, message));
        }
    };
    tx.commit_with(&Vec::from_iter(note)).await?;
    let amr = methods.into_iter().map(|(method, at)| amr_of(&method, at)).collect();
    issue(sessions, user, row.id, row.aal(), amr, RefreshToken::issue(row.id, counter, &key))
}

/// Rejects a session that is too old, was idle for too long, or was followed by another where only one is allowed.
async fn refuse_expired(settings: &Settings, tx: &mut SystemTx, row: &SessionRow) -> Result<()> {
    let now = tx.now();
    let expired = |message: &'static str| Err(Error::new(codes::SESSION_EXPIRED, message));
    match row.life(settings, now) {
        Life::Alive => Ok(()),
        Life::Idle => expired("Invalid Refresh Token: Session Expired (Inactivity)"),
        Life::Over => {
            let one = settings.auth.sessions.one_per_person && row.not_after.is_some_and(|end| end <= now);
            let followed = store::session_followed(row.user_id, row.id, row.created_at);
            if one && tx.fetch_optional(followed).await?.is_some() {
                return expired("Invalid Refresh Token: Session Expired (Revoked by Newer Login)");
            }
            expired("Invalid Refresh Token: Session Expired")
        }
    }
}

/// Ends sessions. Their access tokens are rejected from now on.
pub async fn session_end(sessions: &Sessions, user: UserId, session: SessionId, scope: Scope) -> Result<()> {
    let mut tx = sessions.base.db.system("end sessions").begin().await?;
    let ended = sessions_end(&mut tx, user, session, scope).await?;
    if let Some(user) = user_find(&mut tx, user).await? {
        audit_note(&mut tx, Action::Logout, &user, json!({}), &Client::default()).await?;
    }
    tx.commit().await?;
    sessions_revoke(&sessions.verifier, &ended);
    Ok(())
}

/// Ends sessions in the transaction of the change that ends them. After the commit, pass the result to
/// [`sessions_revoke`].
pub async fn sessions_end(tx: &mut SystemTx, user: UserId, session: SessionId, scope: Scope) -> Result<Vec<SessionId>> {
    let ended = match scope {
        Scope::Global => return sessions_end_all(tx, user).await,
        Scope::Local => tx.fetch_all(store::sessions_delete_one(user, session)).await?,
        Scope::Others => tx.fetch_all(store::sessions_delete_others(user, session)).await?,
    };
    Ok(ended.into_iter().map(|(session,)| session).collect())
}

/// The same for all sessions of a user.
pub(crate) async fn sessions_end_all(tx: &mut SystemTx, user: UserId) -> Result<Vec<SessionId>> {
    let ended = tx.fetch_all(store::sessions_delete_all(user)).await?;
    Ok(ended.into_iter().map(|(session,)| session).collect())
}

/// Rejects the access tokens of ended sessions: on this server at once; other servers look the session up.
pub fn sessions_revoke(verifier: &Verifier, ended: &[SessionId]) {
    for session in ended {
        verifier.revoke_session(*session);
    }
}

/// State of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionStanding {
    /// Its tokens are valid.
    Alive {
        /// Whether the user has a second factor.
        protected: bool,
    },
    /// Its user is banned.
    Banned,
    /// It has ended.
    Ended,
}

row! {
    struct StandingRow {
        created_at: Option<Timestamp>,
        updated_at: Option<Timestamp>,
        not_after: Option<Timestamp>,
        banned: bool,
        protected: bool,
    }
}

/// The present state of the session. Where idle sessions end, this counts as a use of it, recorded once a minute.
pub async fn session_standing(base: &Base, session: SessionId) -> Result<SessionStanding> {
    let (now, limits) = (base.db.clock().now(), base.settings.auth.sessions);
    let idle_since = lifetime(limits.idle_hours).map(|limit| now.saturating_sub(limit).unwrap_or(Timestamp::MIN));
    let query = store::session_standing(session, idle_since);
    let Some(row) = base.db.system("check a session").fetch_optional(query).await? else {
        return Ok(SessionStanding::Ended);
    };
    let StandingRow { created_at, updated_at, not_after, banned, protected } = row;
    let times = Times { created_at, updated_at, not_after };
    Ok(match times.life(limits, now) {
        Life::Over | Life::Idle => SessionStanding::Ended,
        Life::Alive if banned => SessionStanding::Banned,
        Life::Alive => SessionStanding::Alive { protected },
    })
}
