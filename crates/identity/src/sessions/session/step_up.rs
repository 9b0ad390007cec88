//! Raising a session to a second factor, and the effect on the user's other sessions.

use freehold_core::{Code, Error, Result, SessionId, UserId};
use freehold_db::SystemTx;
use uuid::Uuid;

use super::{Holder, Life, SessionRow, Sessions, Tokens, amr_of, issue, seal_key, store};
use crate::{
    Settings,
    access_token::Aal,
    codes,
    enrolled::factor_exists,
    refresh_token::{RefreshToken, SessionKey},
    user::{User, user_find},
};

/// A session locked until the transaction ends, with its user.
pub(crate) struct Held {
    row: SessionRow,
    token: Aal,
    pub(crate) user: User,
}

/// A session that has just used a second factor.
pub(crate) struct SteppedUp {
    /// New tokens for the client; the old ones no longer work.
    pub(crate) tokens: Tokens,
    /// The user's sessions with one factor, which were ended. After the commit, pass them to
    /// [`sessions_revoke`](super::sessions_revoke).
    pub(crate) ended: Vec<SessionId>,
}

impl Held {
    /// Whether the session has used a second factor, and its holder's token is from after that. Both are checked: the
    /// token may outlive the session's second factor, or may have been stolen before the session used one.
    pub(crate) fn has_second_factor(&self) -> bool {
        self.row.aal() == Aal::Two && self.token == Aal::Two
    }

    /// The guard before every change to how a user signs in: password, address, identities, passkeys, factors. Rejects
    /// a session that has not used the second factor that its user has.
    ///
    /// # Errors
    /// `code` with `message`: Supabase Auth has several codes for this.
    pub(crate) async fn guard(&self, tx: &mut SystemTx, code: Code, message: &'static str) -> Result<()> {
        if self.has_second_factor() || !factor_exists(tx, self.user.id).await? {
            return Ok(());
        }
        Err(Error::new(code, message))
    }

    /// Id of the session.
    pub(crate) fn session(&self) -> SessionId {
        self.row.id
    }
}

/// Locks the session.
///
/// # Errors
/// `session_not_found` when it has ended; the errors of [`User::admit`].
pub(crate) async fn session_hold(settings: &Settings, tx: &mut SystemTx, holder: Holder) -> Result<Held> {
    let ended = || Error::new(codes::SESSION_NOT_FOUND, "Session from session_id claim in JWT does not exist");
    let row = tx.fetch_optional(store::session_lock(holder.session)).await?;
    let row = row.filter(|row| row.user_id == holder.user).ok_or_else(ended)?;
    if row.life(settings, tx.now()) != Life::Alive {
        return Err(ended());
    }
    let user = user_find(tx, holder.user).await?.ok_or_else(ended)?;
    user.admit(tx.now())?;
    Ok(Held { row, token: holder.aal, user })
}

/// Records that the session has used `factor` by `method`, and ends the user's sessions with one factor. The earlier
/// refresh tokens become invalid: a stolen one must not become one with a second factor. So the session gets a new key,
/// under which none of them verifies, however soon after the next refresh they arrive.
pub(crate) async fn session_step_up(
    sessions: &Sessions,
    tx: &mut SystemTx,
    held: Held,
    factor: Uuid,
    method: &str,
) -> Result<SteppedUp> {
    let Held { row, user, .. } = held;
    let key = SessionKey::generate(&sessions.base.random);
    let sealed = seal_key(&sessions.base, row.id, &key);
    tx.execute(store::method_note(tx.id::<()>().uuid(), row.id, method)).await?;
    let (counter,) = tx.fetch_one(store::session_step_up(row.id, factor, sealed)).await?;
    let ended = tx.fetch_all(store::sessions_delete_lower(user.id, row.id)).await?;
    let methods = tx.fetch_all(store::method_list(row.id)).await?;
    let amr = methods.into_iter().map(|(method, at)| amr_of(&method, at)).collect();
    let refresh_token = RefreshToken::issue(row.id, counter, &key);
    let tokens = issue(sessions, user, row.id, Aal::Two, amr, refresh_token)?;
    Ok(SteppedUp { tokens, ended: ended.into_iter().map(|(session,)| session).collect() })
}

/// Lowers the sessions that used a factor that was removed to one factor. `method` is the factor's name in the
/// sessions' authentication methods.
pub(crate) async fn sessions_step_down(tx: &mut SystemTx, user: UserId, factor: Uuid, method: &str) -> Result<()> {
    tx.execute(store::methods_forget(user, factor, method)).await?;
    tx.execute(store::sessions_step_down(user, factor)).await.map(drop)
}
