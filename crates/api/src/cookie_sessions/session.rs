//! Continuing a session from the cookie, and signing out.

use axum::{
    Extension,
    extract::{FromRequest, Request, State},
    http::{StatusCode, Uri, header},
    response::{AppendHeaders, IntoResponse, Response},
};
use freehold_core::{Error, Secret, UserId, codes};
use freehold_identity::{
    refresh_token::RefreshToken,
    session::{Scope, Tokens, session_end, session_refresh},
};
use freehold_web::{Answer, Backbone, Json, MaybeJson, Problem, SignedIn, client, frame::AskedAt};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    cookie::{cookie, cookie_read, cookie_removed},
    own_page::OwnPage,
};
use crate::{
    auth::TokenType,
    me::{MeBody, me_get},
};

/// A session for a web application. The refresh token is in the cookie.
#[derive(Serialize, ToSchema)]
pub(crate) struct CookieSessionBody {
    /// Access token for the `Authorization` header; keep it in memory only.
    access_token: String,
    /// Type of the access token; always `bearer`.
    token_type: TokenType,
    /// Lifetime of the access token, in seconds.
    expires_in: i64,
    /// When the access token expires, in seconds since 1970 (UTC).
    expires_at: i64,
    /// The user of the session.
    user: CookieSessionUser,
}

/// The user of a session.
#[derive(Serialize, ToSchema)]
pub(crate) struct CookieSessionUser {
    /// Id of the user.
    #[schema(value_type = Uuid)]
    id: UserId,
    /// E-mail address of the user; empty for users without one.
    email: String,
}

/// A session to take over, after a link led to the application with tokens in the fragment.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefreshCookieSession {
    /// Refresh token of the session, to set as cookie; when left out, the cookie's token is used.
    #[schema(value_type = Option<String>)]
    refresh_token: Option<Secret>,
}

/// Refresh the session
///
/// Exchanges the cookie's refresh token for an access token and the next cookie. With `refresh_token` in the body, that
/// token is exchanged and the cookie set: an application takes over the session of a link this way. A refused token
/// deletes the cookie; a 503 keeps it.
#[utoipa::path(post, path = "/auth/refresh", tag = "Sign-in with a cookie", security(()),
    request_body = Option<RefreshCookieSession>, responses((status = 200, body = CookieSessionBody)))]
pub(crate) async fn cookie_session_refresh(
    State(backbone): State<Backbone>,
    Extension(AskedAt(uri)): Extension<AskedAt>,
    _: OwnPage,
    request: Request,
) -> Answer<Response> {
    let (parts, body) = request.into_parts();
    let (kept, client) = (cookie_read(&parts.headers), client(&backbone, &parts));
    let MaybeJson(given): MaybeJson<RefreshCookieSession> =
        MaybeJson::from_request(Request::from_parts(parts, body), &()).await?;
    let Some(token) = given.refresh_token.or(kept) else {
        return Err(Error::new(codes::UNAUTHENTICATED, "This browser has no session. Sign in first.").into());
    };
    match session_refresh(&backbone.identity.sessions, token.expose(), &client).await {
        Ok(tokens) => signed_in(&backbone, &uri, tokens),
        Err(error) if error.code().status >= 500 => Err(error.into()),
        Err(error) => {
            let message = "The session has ended. Sign in again.";
            let refused = Problem(Error::new(codes::UNAUTHENTICATED, message).caused_by(error));
            let removed = AppendHeaders([(header::SET_COOKIE, cookie_removed(&backbone, &uri)?)]);
            Ok((removed, refused).into_response())
        }
    }
}

/// Get the account
///
/// Returns the signed-in user and their organizations; same as `GET /api/v1/me`.
#[utoipa::path(get, path = "/auth/me", tag = "Sign-in with a cookie",
    security(("bearer" = [])), responses((status = 200, body = MeBody)))]
pub(crate) async fn account_get(state: State<Backbone>, signed_in: SignedIn) -> Answer<Json<MeBody>> {
    me_get(state, signed_in).await
}

/// Sign out
///
/// Ends the cookie's session and deletes the cookie, even when there is no session.
#[utoipa::path(post, path = "/auth/logout", tag = "Sign-in with a cookie", security(()), responses((status = 204)))]
pub(crate) async fn cookie_session_end(
    State(backbone): State<Backbone>,
    Extension(AskedAt(uri)): Extension<AskedAt>,
    _: OwnPage,
    request: Request,
) -> Answer<Response> {
    let (parts, _) = request.into_parts();
    if let Some(token) = cookie_read(&parts.headers) {
        leave(&backbone, &token, &client(&backbone, &parts)).await?;
    }
    let removed = AppendHeaders([(header::SET_COOKIE, cookie_removed(&backbone, &uri)?)]);
    Ok((StatusCode::NO_CONTENT, removed).into_response())
}

/// Ends the session of a valid refresh token.
async fn leave(backbone: &Backbone, token: &Secret, client: &freehold_identity::session::Client) -> Answer<()> {
    let Ok(parsed) = RefreshToken::parse(token.expose()) else { return Ok(()) };
    match session_refresh(&backbone.identity.sessions, token.expose(), client).await {
        Ok(tokens) => {
            session_end(&backbone.identity.sessions, tokens.user.id, parsed.session(), Scope::Local).await?;
            backbone.resolver.forget();
            Ok(())
        }
        Err(error) if error.code().status >= 500 => Err(error.into()),
        // The session has ended before.
        Err(_) => Ok(()),
    }
}

/// The response to a user who has just signed in.
pub(super) fn signed_in(backbone: &Backbone, uri: &Uri, tokens: Tokens) -> Answer<Response> {
    let set = cookie(backbone, uri, &tokens.refresh_token)?;
    let body = CookieSessionBody {
        access_token: tokens.access_token.expose().to_owned(),
        token_type: TokenType::Bearer,
        expires_in: tokens.expires_in,
        expires_at: tokens.expires_at,
        user: CookieSessionUser { id: tokens.user.id, email: tokens.user.email },
    };
    Ok((AppendHeaders([(header::SET_COOKIE, set)]), Json(body)).into_response())
}
