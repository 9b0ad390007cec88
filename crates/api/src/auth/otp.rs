//! Mails with a link and a code.

use axum::{
    extract::{Request, State},
    http::Uri,
};
use freehold_core::{Error, Result, codes as core_codes};
use freehold_identity::{
    Realm, codes,
    sign_in::mail_sign_in,
    user::{email_normalize, user_find_by_email},
};
use freehold_web::{Answer, Backbone, Json, person_mail, realm};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::signup::{metadata, read};

/// Where the mail goes.
#[derive(Deserialize, ToSchema)]
pub(crate) struct OtpBody {
    /// The address.
    email: Option<String>,
    /// Not known here.
    phone: Option<String>,
    /// Makes a person where there is none yet. Default true.
    create_user: Option<bool>,
    /// What a new person says of himself.
    #[schema(value_type = Option<Object>)]
    data: Option<Value>,
}

/// Which mail is wanted again.
#[derive(Deserialize, ToSchema)]
pub(crate) struct ResendBody {
    /// `signup`.
    r#type: Option<String>,
    /// The address.
    email: Option<String>,
}

/// Send a link and a code
///
/// Sends a mail with a link and a six-digit code; either signs in. Makes a person where there is none yet.
#[utoipa::path(post, path = "/otp", tag = "Sign-in", security(()), request_body = OtpBody,
    params(("redirect_to" = Option<String>, Query, description = "Where the link of the mail leads")),
    responses((status = 200, description = "Sent; the answer is `{}` whoever it is")))]
pub(crate) async fn otp(State(backbone): State<Backbone>, request: Request) -> Answer<Json<Value>> {
    let (parts, body) = request.into_parts();
    let redirect_to = redirect_to(&backbone, &parts.uri);
    let realm = realm(&backbone, &parts)?;
    let body: OtpBody = read(parts, body).await?;
    link_send(&backbone, realm, body, redirect_to).await?;
    Ok(Json(json!({})))
}

/// Send a link (older name)
///
/// The older name of `/otp`.
#[utoipa::path(post, path = "/magiclink", tag = "Sign-in", security(()), request_body = OtpBody,
    responses((status = 200, description = "Sent; the answer is `{}` whoever it is")))]
pub(crate) async fn magiclink(State(backbone): State<Backbone>, request: Request) -> Answer<Json<Value>> {
    let (parts, body) = request.into_parts();
    let redirect_to = redirect_to(&backbone, &parts.uri);
    let realm = realm(&backbone, &parts)?;
    let body: OtpBody = read(parts, body).await?;
    link_send(&backbone, realm, body, redirect_to).await?;
    Ok(Json(json!({})))
}

/// Send the mail again
///
/// Sends the mail of a sign-up once more. The one before stops working.
#[utoipa::path(post, path = "/resend", tag = "Sign-in", security(()), request_body = ResendBody,
    responses((status = 200, description = "Sent; the answer is `{}` whoever it is")))]
pub(crate) async fn resend(State(backbone): State<Backbone>, request: Request) -> Answer<Json<Value>> {
    let (parts, body) = request.into_parts();
    let redirect_to = redirect_to(&backbone, &parts.uri);
    let realm = realm(&backbone, &parts)?;
    let body: ResendBody = read(parts, body).await?;
    if body.r#type.as_deref() != Some("signup") {
        return Err(Error::new(core_codes::VALIDATION_FAILED, "Only mails of type signup can be sent again").into());
    }
    let email = email_normalize(&body.email.unwrap_or_default())?;
    let mut tx = backbone.db.system("send a mail again").begin().await?;
    // A confirmed or unknown address gets no mail and the same answer.
    if let Some(user) = user_find_by_email(&mut tx, realm, &email).await?.filter(|user| !user.confirmed()) {
        mail_sign_in(&backbone.identity, &mut tx, &user, &redirect_to).await?;
        tx.commit().await?;
    }
    Ok(Json(json!({})))
}

async fn link_send(backbone: &Backbone, realm: Realm, body: OtpBody, redirect_to: String) -> Result<()> {
    if body.phone.is_some_and(|phone| !phone.is_empty()) {
        return Err(Error::new(codes::PROVIDER_DISABLED, "Phone sign-ins are disabled"));
    }
    if !backbone.identity.settings.magic_link {
        return Err(Error::new(codes::EMAIL_PROVIDER_DISABLED, "Sign-in by a link is switched off; use a password"));
    }
    let email = email_normalize(&body.email.unwrap_or_default())?;
    person_mail(backbone, realm, email, body.create_user.unwrap_or(true), metadata(body.data)?, redirect_to).await
}

/// Where the link of a mail leads: what the query names, if that is on our site.
pub(super) fn redirect_to(backbone: &Backbone, uri: &Uri) -> String {
    #[derive(Default, Deserialize)]
    struct Target {
        redirect_to: Option<String>,
    }
    let target = axum::extract::Query::<Target>::try_from_uri(uri).map(|query| query.0).unwrap_or_default();
    backbone.identity.settings.redirect_or_site(target.redirect_to.as_deref())
}
