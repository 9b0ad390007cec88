//! The signed-in user's sessions.

use axum::{
    extract::State,
    http::{StatusCode, request::Parts},
};
use freehold_core::{Error, SessionId};
use freehold_identity::{
    access_token::Aal,
    session::{Holder, SessionInfo, session_list, session_revoke},
};
use freehold_web::{Answer, Backbone, Json, Path, SignedIn, client};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// A session of the user.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionInfoBody {
    /// Id of the session.
    #[schema(value_type = Uuid)]
    id: SessionId,
    /// Whether this request belongs to the session.
    current: bool,
    /// When the user signed in, UTC.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the session was last refreshed, UTC.
    #[schema(value_type = String, format = DateTime)]
    last_used_at: Timestamp,
    /// When the session ends, UTC, even when it is in use; null for no fixed end.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// Browser or program that last used the session, by its own name; null when unknown.
    user_agent: Option<String>,
    /// IP address from which the session was last used; null when unknown.
    ip: Option<String>,
    /// Authentication level: `aal1`, or `aal2` after a second factor.
    #[schema(value_type = Aal)]
    aal: String,
    /// Authentication methods of the session, latest first: `password`, `totp`, …
    methods: Vec<String>,
}

/// The sessions of the user.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionInfoList {
    /// The sessions, most recently used first, at most 200.
    #[schema(max_items = 200)]
    data: Vec<SessionInfoBody>,
}

impl SessionInfoBody {
    fn new(session: SessionInfo, current: SessionId) -> Self {
        let SessionInfo { id, created_at, last_used_at, user_agent, ip, aal, not_after: expires_at, methods } = session;
        Self { id, current: id == current, created_at, last_used_at, expires_at, user_agent, ip, aal, methods }
    }
}

fn holder(signed_in: SignedIn) -> Holder {
    Holder { user: signed_in.user, session: signed_in.session, aal: signed_in.aal }
}

/// List your sessions
///
/// Returns the sessions in which you are signed in.
#[utoipa::path(get, path = "/me/sessions", tag = "Account",
    security(("bearer" = [])), responses((status = 200, body = SessionInfoList)))]
pub(crate) async fn own_session_list(
    State(backbone): State<Backbone>,
    signed_in: SignedIn,
) -> Answer<Json<SessionInfoList>> {
    let sessions = session_list(&backbone.identity.base, signed_in.user).await?;
    let data = sessions.into_iter().map(|session| SessionInfoBody::new(session, signed_in.session)).collect();
    Ok(Json(SessionInfoList { data }))
}

/// End a session
///
/// Signs you out in one session. Within a second its access tokens are refused, too, although they have not expired.
#[utoipa::path(
    delete, path = "/me/sessions/{id}", tag = "Account",
    security(("bearer" = [])),
    params(("id" = Uuid, Path)),
    responses((status = 204)),
)]
pub(crate) async fn own_session_end(
    State(backbone): State<Backbone>,
    signed_in: SignedIn,
    parts: Parts,
    Path(id): Path<SessionId>,
) -> Answer<StatusCode> {
    let client = client(&backbone, &parts);
    let ended = session_revoke(&backbone.identity.sessions, holder(signed_in), Some(id), &client).await?;
    if ended == 0 {
        return Err(Error::not_found("session").into());
    }
    backbone.resolver.forget();
    Ok(StatusCode::NO_CONTENT)
}

/// End your other sessions
///
/// Ends all your sessions but the current one.
#[utoipa::path(delete, path = "/me/sessions", tag = "Account",
    security(("bearer" = [])), responses((status = 204)))]
pub(crate) async fn own_session_end_all(
    State(backbone): State<Backbone>,
    signed_in: SignedIn,
    parts: Parts,
) -> Answer<StatusCode> {
    let client = client(&backbone, &parts);
    session_revoke(&backbone.identity.sessions, holder(signed_in), None, &client).await?;
    backbone.resolver.forget();
    Ok(StatusCode::NO_CONTENT)
}
