//! Forgotten passwords, and showing once more that it is you.

use axum::extract::{Request, State};
use freehold_core::Error;
use freehold_identity::{
    codes, flow::Challenge, reauthentication::reauthentication_request, recovery::recovery_request, user::email_find,
};
use freehold_web::{Answer, Backbone, Json, client};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    otp::{Asked, given, invalid},
    signup::read,
    user::Bearer,
};

/// The endpoints.
pub(super) fn routes() -> OpenApiRouter<Backbone> {
    OpenApiRouter::new().routes(routes!(recover)).routes(routes!(reauthenticate))
}

/// Whose password is forgotten.
#[derive(Deserialize, ToSchema)]
pub(crate) struct RecoverBody {
    /// The address.
    email: Option<String>,
    /// For the PKCE flow: what is made of the verifier, 43 to 128 characters.
    code_challenge: Option<String>,
    /// How: `s256` or `plain`.
    code_challenge_method: Option<String>,
}

/// Send a link for a new password
///
/// Sends a mail with a link and a code; either signs in, and the person can then choose a new password.
#[utoipa::path(post, path = "/recover", tag = "Sign-in", security(()), request_body = RecoverBody,
    params(("redirect_to" = Option<String>, Query, description = "Where the link of the mail leads")),
    responses((status = 200, description = "Sent; the answer is `{}` whoever it is")))]
pub(crate) async fn recover(State(backbone): State<Backbone>, request: Request) -> Answer<Json<Value>> {
    let (parts, body) = request.into_parts();
    let Asked { realm, redirect_to, client } = Asked::of(&backbone, &parts)?;
    let body: RecoverBody = read(parts, body).await?;
    if !backbone.identity.settings.password {
        return Err(Error::new(codes::EMAIL_PROVIDER_DISABLED, "Email logins are disabled").into());
    }
    let email = given(body.email).ok_or_else(|| invalid("Password recovery requires an email"))?;
    let email = email_find(&backbone.identity, realm, &email).await?;
    let challenge = Challenge::parse(body.code_challenge.as_deref(), body.code_challenge_method.as_deref())?;
    recovery_request(&backbone.identity, realm, &email, &redirect_to, challenge, &client).await?;
    Ok(Json(json!({})))
}

/// Send a code to show that it is you
///
/// Sends a code to the signed-in person, who sends it back as `nonce` with a new password.
#[utoipa::path(get, path = "/reauthenticate", tag = "Sign-in", responses((status = 200, description = "Sent")))]
pub(crate) async fn reauthenticate(
    State(backbone): State<Backbone>,
    Bearer(claims): Bearer,
    request: Request,
) -> Answer<Json<Value>> {
    let (parts, _) = request.into_parts();
    reauthentication_request(&backbone.identity, claims.sub, &client(&backbone, &parts)).await?;
    Ok(Json(json!({})))
}
