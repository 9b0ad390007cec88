//! Going on from the cookie, and leaving.

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
use crate::me::{MeBody, me_get};

/// What the application keeps in its memory. The refresh token is in the cookie.
#[derive(Serialize, ToSchema)]
pub(crate) struct SignedInBody {
    /// For the `Authorization` header.
    access_token: String,
    /// `bearer`.
    token_type: &'static str,
    /// Life of the access token in seconds.
    expires_in: i64,
    /// When the access token ends, seconds since 1970.
    expires_at: i64,
    /// Whose.
    user: SignedInUser,
}

/// Who signed in.
#[derive(Serialize, ToSchema)]
pub(crate) struct SignedInUser {
    /// Who.
    #[schema(value_type = Uuid)]
    id: UserId,
    /// The address; empty for people without one.
    email: String,
}

/// A session that began elsewhere: the link of a mail leads to the application with the tokens behind a `#`.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AdoptBody {
    /// Its refresh token, which goes into the cookie; without, the cookie's is used.
    #[schema(value_type = Option<String>)]
    refresh_token: Option<Secret>,
}

/// Go on
///
/// Trades the cookie's refresh token for an access token and the next cookie. With a `refresh_token` in the body that one is
/// traded, and the cookie is set: so an application takes over the session of a link. A refusal takes the cookie away; when
/// the server is in trouble (503) it stays.
#[utoipa::path(post, path = "/auth/refresh", tag = "Sign-in with a cookie", security(()),
    request_body = Option<AdoptBody>, responses((status = 200, body = SignedInBody)))]
pub(crate) async fn session_refresh_by_cookie(
    State(backbone): State<Backbone>,
    Extension(AskedAt(uri)): Extension<AskedAt>,
    _: OwnPage,
    request: Request,
) -> Answer<Response> {
    let (parts, body) = request.into_parts();
    let (kept, client) = (cookie_read(&parts.headers), client(&backbone, &parts));
    let MaybeJson(given): MaybeJson<AdoptBody> = MaybeJson::from_request(Request::from_parts(parts, body), &()).await?;
    let Some(token) = given.refresh_token.or(kept) else {
        return Err(Error::new(codes::UNAUTHENTICATED, "Nobody is signed in with this browser.").into());
    };
    match session_refresh(&backbone.identity, token.expose(), &client).await {
        Ok(tokens) => signed_in(&backbone, &uri, tokens),
        Err(error) if error.code().status >= 500 => Err(error.into()),
        Err(error) => {
            let message = "The session has ended; sign in again.";
            let refused = Problem(Error::new(codes::UNAUTHENTICATED, message).caused_by(error));
            let removed = AppendHeaders([(header::SET_COOKIE, cookie_removed(&backbone, &uri)?)]);
            Ok((removed, refused).into_response())
        }
    }
}

/// Who am I
///
/// The signed-in person and where he belongs; the same as `GET /api/v1/me`.
#[utoipa::path(get, path = "/auth/me", tag = "Sign-in with a cookie",
    security(("bearer" = [])), responses((status = 200, body = MeBody)))]
pub(crate) async fn account_get(state: State<Backbone>, signed_in: SignedIn) -> Answer<Json<MeBody>> {
    me_get(state, signed_in).await
}

/// Sign out
///
/// Ends the session of the cookie and takes the cookie away, also where there is no session any more.
#[utoipa::path(post, path = "/auth/logout", tag = "Sign-in with a cookie", security(()), responses((status = 204)))]
pub(crate) async fn session_leave(
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

/// Whoever holds a token that can be traded may end its session.
async fn leave(backbone: &Backbone, token: &Secret, client: &freehold_identity::session::Client) -> Answer<()> {
    let Ok(parsed) = RefreshToken::parse(token.expose()) else { return Ok(()) };
    match session_refresh(&backbone.identity, token.expose(), client).await {
        Ok(tokens) => {
            session_end(&backbone.identity, tokens.user.id, parsed.session(), Scope::Local).await?;
            backbone.resolver.forget();
            Ok(())
        }
        Err(error) if error.code().status >= 500 => Err(error.into()),
        // It has ended before.
        Err(_) => Ok(()),
    }
}

/// The answer to somebody who is signed in now.
pub(super) fn signed_in(backbone: &Backbone, uri: &Uri, tokens: Tokens) -> Answer<Response> {
    let set = cookie(backbone, uri, &tokens.refresh_token)?;
    let body = SignedInBody {
        access_token: tokens.access_token.expose().to_owned(),
        token_type: "bearer",
        expires_in: tokens.expires_in,
        expires_at: tokens.expires_at,
        user: SignedInUser { id: tokens.user.id, email: tokens.user.email },
    };
    Ok((AppendHeaders([(header::SET_COOKIE, set)]), Json(body)).into_response())
}
