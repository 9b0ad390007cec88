//! Sending a mail with a link and a code, and verifying them.

use axum::{
    Extension,
    extract::{Request, State},
    http::StatusCode,
    response::Response,
};
use freehold_core::Error;
use freehold_identity::{
    codes,
    one_time::{LinkToken, OneTimeCode},
    sign_in::{LinkRequest, Proof, link_request, sign_in_with_proof},
    user::email_find,
};
use freehold_web::{Answer, Backbone, Json, client, frame::AskedAt, realm};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{
    own_page::OwnPage,
    session::{CookieSessionBody, signed_in},
};
use crate::auth::{metadata, read};

/// The address to send a sign-in mail to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestMagicLink {
    /// E-mail address of the user.
    #[schema(format = IdnEmail)]
    email: String,
    /// URL to which the mail's link leads; the site when it is left out or not allowed.
    #[schema(format = "uri")]
    redirect_to: Option<String>,
    /// Whether to create a user when the address is unknown. Default true.
    create_user: Option<bool>,
    /// The new user's `user_metadata`; where users sign up with an organization, its name is `organization`.
    #[schema(value_type = Option<Object>)]
    data: Option<Value>,
}

/// The link or code of a mail.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VerifyMagicLink {
    /// Value of `token` in the link; with `email`, the code.
    token: String,
    /// E-mail address to which the code was sent; left out for a link.
    #[schema(format = IdnEmail)]
    email: Option<String>,
}

/// Send a sign-in mail
///
/// Sends a mail with a link and a numeric code; either signs in. The answer is the same for known and unknown
/// addresses.
#[utoipa::path(
    post, path = "/auth/magic-link/request", tag = "Sign-in with a cookie", security(()),
    request_body = RequestMagicLink,
    responses((status = 202, body = Object, description = "The mail is on its way; the body is `{}`")),
)]
pub(crate) async fn magic_link_request(
    State(backbone): State<Backbone>,
    _: OwnPage,
    request: Request,
) -> Answer<(StatusCode, Json<Value>)> {
    let (parts, body) = request.into_parts();
    let (realm, client) = (realm(&backbone, &parts)?, client(&backbone, &parts));
    let body: RequestMagicLink = read(parts, body).await?;
    let settings = backbone.identity.settings();
    settings.mail_check()?;
    let email = email_find(&backbone.db, realm, &body.email).await?;
    let redirect_to = settings.redirect_or_site(body.redirect_to.as_deref());
    let (create, data) = (body.create_user.unwrap_or(true), metadata(body.data)?);
    let wanted = LinkRequest { realm, email, create, data, redirect_to, challenge: None };
    link_request(&backbone.identity.limits, &backbone.identity.sessions.hooks, wanted, &client).await?;
    Ok((StatusCode::ACCEPTED, Json(json!({}))))
}

/// Verify a link or code
///
/// Signs in with the link or code of a mail. The answer has the access token, which the application keeps in memory.
/// The refresh token is set as a cookie, which only these endpoints receive and no script can read.
#[utoipa::path(post, path = "/auth/magic-link/verify", tag = "Sign-in with a cookie", security(()),
    request_body = VerifyMagicLink, responses((status = 200, body = CookieSessionBody)))]
pub(crate) async fn magic_link_verify(
    State(backbone): State<Backbone>,
    Extension(AskedAt(uri)): Extension<AskedAt>,
    _: OwnPage,
    request: Request,
) -> Answer<Response> {
    let (parts, body) = request.into_parts();
    let (realm, client) = (realm(&backbone, &parts)?, client(&backbone, &parts));
    let body: VerifyMagicLink = read(parts, body).await?;
    let expired =
        || Error::new(codes::OTP_EXPIRED, "The link or code is invalid, was used or has expired. Request a new one.");
    let proof = match body.email.filter(|email| !email.is_empty()) {
        None => Proof::Link(LinkToken::parse(&body.token).ok_or_else(expired)?),
        Some(email) => {
            let code = OneTimeCode::parse(&body.token).ok_or_else(expired)?;
            Proof::Code { realm, email: email_find(&backbone.db, realm, &email).await?, code }
        }
    };
    let tokens = sign_in_with_proof(&backbone.identity.limits, &backbone.identity.sessions, proof, &client).await?;
    signed_in(&backbone, &uri, tokens)
}
