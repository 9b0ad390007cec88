//! The list of a user's sessions.

use freehold_core::{Result, SessionId, UserId};
use serde_json::json;

use super::{
    Client, Holder, Scope, SessionInfo, Sessions,
    life::{Life, Times},
    sessions_end, sessions_revoke, store,
};
use crate::{
    Base,
    audit_entry::{Action, audit_note},
    user::user_find,
};

/// The user's sessions that have not ended, the latest used first, at most 200.
pub async fn session_list(base: &Base, user: UserId) -> Result<Vec<SessionInfo>> {
    let (now, limits) = (base.db.clock().now(), base.settings.auth.sessions);
    let mut sessions = base.db.system("list own sessions").fetch_all(store::session_list(user)).await?;
    sessions.retain(|session| {
        let (created_at, updated_at) = (Some(session.created_at), Some(session.last_used_at));
        Times { created_at, updated_at, not_after: session.not_after }.life(limits, now) == Life::Alive
    });
    Ok(sessions)
}

/// Ends the user's session with this id (`Scope::Local`), or all but the user's present one. Returns the number of
/// sessions ended.
pub async fn session_revoke(
    sessions: &Sessions,
    holder: Holder,
    session: Option<SessionId>,
    client: &Client,
) -> Result<usize> {
    let (session, scope) = match session {
        Some(session) => (session, Scope::Local),
        None => (holder.session, Scope::Others),
    };
    let mut tx = sessions.base.db.system("end own sessions").begin().await?;
    let ended = sessions_end(&mut tx, holder.user, session, scope).await?;
    if !ended.is_empty()
        && let Some(user) = user_find(&mut tx, holder.user).await?
    {
        let traits = json!({ "sessions": ended, "ended_from": holder.session });
        audit_note(&mut tx, Action::TokenRevoked, &user, traits, client).await?;
    }
    tx.commit().await?;
    sessions_revoke(&sessions.verifier, &ended);
    Ok(ended.len())
}
