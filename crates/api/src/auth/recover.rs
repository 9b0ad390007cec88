//! Password recovery and reauthentication.

use axum::extract::{Request, State};
use freehold_identity::{
    flow::Challenge, reauthentication::reauthentication_request, recovery::recovery_request, user::email_find,
};
use freehold_web::{Answer, Backbone, Json, client};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    names::CodeChallengeMethod,
    otp::{Asked, given, invalid},
    request::read,
    user::Bearer,
};

/// The routes of recovery.
pub(super) fn routes() -> OpenApiRouter<Backbone> {
    OpenApiRouter::new().routes(routes!(recovery_send)).routes(routes!(reauthentication_send))
}

/// The user whose password is to be recovered.
#[derive(Deserialize, ToSchema)]
pub(crate) struct RequestRecovery {
    /// E-mail address of the user; required.
    #[schema(format = IdnEmail)]
    email: Option<String>,
    /// PKCE code challenge, derived from the verifier: 43 to 128 characters.
    #[schema(min_length = 43, max_length = 128)]
    code_challenge: Option<String>,
    /// Method of the PKCE code challenge: `s256` or `plain`.
    #[schema(value_type = Option<CodeChallengeMethod>)]
    code_challenge_method: Option<String>,
}

/// Send a recovery mail
///
/// Sends a mail with a link and a code; either signs in, after which the user can set a new password.
#[utoipa::path(
    post, path = "/recover", tag = "Sign-in", security(()), request_body = RequestRecovery,
    params(("redirect_to" = Option<String>, Query, format = "uri", description = "URL to which the mail's link leads")),
    responses((status = 200, description = "The mail is on its way; the body is `{}` for known and unknown addresses")),
)]
pub(crate) async fn recovery_send(State(backbone): State<Backbone>, request: Request) -> Answer<Json<Value>> {
    let (parts, body) = request.into_parts();
    let Asked { realm, redirect_to, client } = Asked::of(&backbone, &parts)?;
    let body: RequestRecovery = read(parts, body).await?;
    backbone.identity.settings().password_check()?;
    let email = given(body.email).ok_or_else(|| invalid("Password recovery requires an email"))?;
    let email = email_find(&backbone.db, realm, &email).await?;
    let challenge = Challenge::parse(body.code_challenge.as_deref(), body.code_challenge_method.as_deref())?;
    recovery_request(&backbone.identity.limits, realm, &email, &redirect_to, challenge, &client).await?;
    Ok(Json(json!({})))
}

/// Send a reauthentication code
///
/// Sends a code to the signed-in user, who sends it back as `nonce` with a new password.
#[utoipa::path(
    get, path = "/reauthenticate", tag = "Sign-in",
    responses((status = 200, description = "The mail is on its way")),
)]
pub(crate) async fn reauthentication_send(
    State(backbone): State<Backbone>,
    Bearer(claims): Bearer,
    request: Request,
) -> Answer<Json<Value>> {
    let (parts, _) = request.into_parts();
    reauthentication_request(&backbone.identity.base, claims.sub, &client(&backbone, &parts)).await?;
    Ok(Json(json!({})))
}
