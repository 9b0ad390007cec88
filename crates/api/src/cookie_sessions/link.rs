//! A mail with a link and a code, and using either up.

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
    session::{SignedInBody, signed_in},
};
use crate::auth::{metadata, read};

/// Where the mail goes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MagicLinkRequestBody {
    /// The address.
    email: String,
    /// Where the link of the mail leads; the site when not given, or when sign-ins may not lead there.
    redirect_to: Option<String>,
    /// Makes a person where there is none yet. Default true.
    create_user: Option<bool>,
    /// What a new person says of himself; in a product of organizations with the name of his as `organization`.
    #[schema(value_type = Option<Object>)]
    data: Option<Value>,
}

/// The link or the code of a mail.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MagicLinkVerifyBody {
    /// What the link carries as `token`; with `email`, the code.
    token: String,
    /// The address the code was sent to.
    email: Option<String>,
}

/// Send a link
///
/// Sends a mail with a link and a code of digits; either signs in. The answer is the same whoever it is.
#[utoipa::path(post, path = "/auth/magic-link/request", tag = "Sign-in with a cookie", security(()),
    request_body = MagicLinkRequestBody, responses((status = 202, description = "On its way; the answer is `{}`")))]
pub(crate) async fn magic_link_request(
    State(backbone): State<Backbone>,
    _: OwnPage,
    request: Request,
) -> Answer<(StatusCode, Json<Value>)> {
    let (parts, body) = request.into_parts();
    let (realm, client) = (realm(&backbone, &parts)?, client(&backbone, &parts));
    let body: MagicLinkRequestBody = read(parts, body).await?;
    let settings = &backbone.identity.settings;
    if !settings.magic_link {
        let message = "Sign-in by a link is switched off; use a password.";
        return Err(Error::new(codes::EMAIL_PROVIDER_DISABLED, message).into());
    }
    let email = email_find(&backbone.identity, realm, &body.email).await?;
    let redirect_to = settings.redirect_or_site(body.redirect_to.as_deref());
    let (create, data) = (body.create_user.unwrap_or(true), metadata(body.data)?);
    let wanted = LinkRequest { realm, email, create, data, redirect_to, challenge: None };
    link_request(&backbone.identity, wanted, &client).await?;
    Ok((StatusCode::ACCEPTED, Json(json!({}))))
}

/// Use a link
///
/// Signs in with the link or the code of a mail. The answer holds the access token, for the application's memory; the
/// refresh token goes into a cookie that only these endpoints get and no script reads.
#[utoipa::path(post, path = "/auth/magic-link/verify", tag = "Sign-in with a cookie", security(()),
    request_body = MagicLinkVerifyBody, responses((status = 200, body = SignedInBody)))]
pub(crate) async fn magic_link_verify(
    State(backbone): State<Backbone>,
    Extension(AskedAt(uri)): Extension<AskedAt>,
    _: OwnPage,
    request: Request,
) -> Answer<Response> {
    let (parts, body) = request.into_parts();
    let (realm, client) = (realm(&backbone, &parts)?, client(&backbone, &parts));
    let body: MagicLinkVerifyBody = read(parts, body).await?;
    let expired = || Error::new(codes::OTP_EXPIRED, "The link or code is wrong, used or too old.");
    let proof = match body.email.filter(|email| !email.is_empty()) {
        None => Proof::Link(LinkToken::parse(&body.token).ok_or_else(expired)?),
        Some(email) => {
            let code = OneTimeCode::parse(&body.token).ok_or_else(expired)?;
            Proof::Code { realm, email: email_find(&backbone.identity, realm, &email).await?, code }
        }
    };
    let tokens = sign_in_with_proof(&backbone.identity, proof, &client).await?;
    signed_in(&backbone, &uri, tokens)
}
