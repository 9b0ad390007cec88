//! The signed-in user.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, Request, State},
    http::request::Parts,
};
use freehold_core::{Error, OptionExt, Result, Secret};
use freehold_identity::{
    access_token::{Claims, TokenError},
    codes,
    flow::Challenge,
    session::{SessionStanding, session_standing},
    user::{User, email_normalize, user_find},
    user_change::{UserChange, user_change},
};
use freehold_web::{Answer, Backbone, Json, Problem, bearer, client, user_rate_take};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    body::UserBody,
    names::CodeChallengeMethod,
    otp::{given, redirect_of},
    request::{metadata, read},
};

/// A user with a valid access token and a running session, with Supabase's errors.
pub(crate) struct Bearer(pub(crate) Arc<Claims>);

impl FromRequestParts<Backbone> for Bearer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, backbone: &Backbone) -> Result<Self, Problem> {
        let missing = || Error::new(codes::NO_AUTHORIZATION, "This endpoint requires a valid Bearer token");
        let token = bearer(&parts.headers).ok_or_else(missing)?;
        let ended = || Error::new(codes::SESSION_NOT_FOUND, "Session from session_id claim in JWT does not exist");
        let refused = |error: Error| match std::error::Error::source(&error).and_then(|why| why.downcast_ref()) {
            Some(TokenError::Revoked) => ended(),
            _ => Error::new(codes::BAD_JWT, "invalid JWT: unable to verify").caused_by(error),
        };
        let claims = backbone.person_claims(token).await.map_err(refused)?;
        match session_standing(&backbone.identity.base, claims.session_id).await? {
            SessionStanding::Alive { .. } => {
                user_rate_take(backbone, parts, claims.sub, codes::OVER_REQUEST_RATE_LIMIT).await?;
                Ok(Self(claims))
            }
            SessionStanding::Banned => Err(Error::new(codes::USER_BANNED, "User is banned").into()),
            SessionStanding::Ended => Err(ended().into()),
        }
    }
}

/// The change of the signed-in user.
#[derive(Deserialize, ToSchema)]
pub(crate) struct UpdateUser {
    /// New password of the user.
    #[schema(value_type = Option<String>)]
    password: Option<Secret>,
    /// Current password of the user, where the server requires it.
    #[schema(value_type = Option<String>)]
    current_password: Option<Secret>,
    /// Code from `GET /auth/v1/reauthenticate`, where the server requires it.
    nonce: Option<String>,
    /// Metadata merged into `user_metadata`; a null deletes a key. The result is at most 2,048 bytes as JSON, because
    /// every access token contains it.
    #[schema(value_type = Option<Object>)]
    data: Option<Value>,
    /// New e-mail address. It takes effect after the mails to the new and the current address are confirmed.
    #[schema(format = IdnEmail)]
    email: Option<String>,
    /// Phone number; not supported, since Freehold sends no text messages.
    phone: Option<String>,
    /// Refused: only administrators change `app_metadata`.
    #[schema(value_type = Option<Object>)]
    app_metadata: Option<Value>,
    /// PKCE code challenge, derived from the verifier: 43 to 128 characters.
    #[schema(min_length = 43, max_length = 128)]
    code_challenge: Option<String>,
    /// Method of the PKCE code challenge: `s256` or `plain`.
    #[schema(value_type = Option<CodeChallengeMethod>)]
    code_challenge_method: Option<String>,
}

/// Get the user
///
/// Returns the signed-in user.
#[utoipa::path(get, path = "/user", tag = "Sign-in", responses((status = 200, body = UserBody)))]
pub(crate) async fn user_get(State(backbone): State<Backbone>, Bearer(claims): Bearer) -> Answer<Json<UserBody>> {
    let mut tx = backbone.db.system("read own user").begin().await?;
    let user = user_find(&mut tx, claims.sub).await?.or_not_found("user")?;
    Ok(Json(UserBody::load(&mut tx, user).await?))
}

/// Update the user
///
/// Changes e-mail address, password or `user_metadata`. A new password ends the user's other sessions.
#[utoipa::path(put, path = "/user", tag = "Sign-in", request_body = UpdateUser,
    params(("redirect_to" = Option<String>, Query, format = "uri", description = "URL to which the mails' links lead")),
    responses((status = 200, body = UserBody)))]
pub(crate) async fn user_update(
    State(backbone): State<Backbone>,
    Bearer(claims): Bearer,
    request: Request,
) -> Answer<Json<UserBody>> {
    let (parts, body) = request.into_parts();
    let (client, redirect_to) = (client(&backbone, &parts), redirect_of(&backbone, &parts));
    let body: UpdateUser = read(parts, body).await?;
    let change = change_wanted(&backbone, body, redirect_to)?;
    let fits = |user: &User| metadata(Some(user.user_metadata.clone())).map(drop);
    let user = user_change(&backbone.identity, &claims, change, fits, &client).await?;
    backbone.resolver.forget();
    let mut tx = backbone.db.system("read own user").begin().await?;
    Ok(Json(UserBody::load(&mut tx, user).await?))
}

fn change_wanted(backbone: &Backbone, body: UpdateUser, redirect_to: String) -> Result<UserChange> {
    let email = given(body.email).map(|email| email_normalize(&email)).transpose()?;
    if given(body.phone).is_some() {
        return Err(Error::new(codes::PHONE_PROVIDER_DISABLED, "Phone logins are disabled"));
    }
    let password =
        body.password.map(|password| backbone.identity.settings().password_policy().accept(password)).transpose()?;
    if body.app_metadata.is_some() {
        return Err(Error::new(codes::NOT_ADMIN, "Updating app_metadata requires admin privileges"));
    }
    Ok(UserChange {
        email,
        password,
        current_password: body.current_password,
        nonce: body.nonce,
        data: body.data.map(|data| metadata(Some(data))).transpose()?,
        redirect_to,
        challenge: Challenge::parse(body.code_challenge.as_deref(), body.code_challenge_method.as_deref())?,
    })
}
