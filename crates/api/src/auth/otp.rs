//! Mails with a link and a code.

use axum::{
    extract::{Request, State},
    http::{Uri, request::Parts},
};
use freehold_core::{Error, Result, codes as core_codes};
use freehold_identity::{
    Realm, codes,
    email_change::email_change_resend,
    flow::Challenge,
    session::Client,
    sign_in::{LinkRequest, link_request},
    sign_up::sign_up_resend,
    user::email_find,
};
use freehold_web::{Answer, Backbone, Json, client, realm};
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
    /// What new users say of themselves: at most 2,048 bytes as JSON, for it goes into every token.
    #[schema(value_type = Option<Object>)]
    data: Option<Value>,
    /// Of numbers only.
    channel: Option<String>,
    /// For the PKCE flow: what is made of the verifier, 43 to 128 characters.
    code_challenge: Option<String>,
    /// How: `s256` or `plain`.
    code_challenge_method: Option<String>,
}

/// Which mail is wanted again.
#[derive(Deserialize, ToSchema)]
pub(crate) struct ResendBody {
    /// `signup` or `email_change`.
    r#type: Option<String>,
    /// The address.
    email: Option<String>,
    /// Not known here.
    phone: Option<String>,
    /// For the PKCE flow: what is made of the verifier, 43 to 128 characters.
    code_challenge: Option<String>,
    /// How: `s256` or `plain`.
    code_challenge_method: Option<String>,
}

/// Send a link and a code
///
/// Sends a mail with a link and a code of digits; either signs in. Makes a person where there is none yet.
#[utoipa::path(post, path = "/otp", tag = "Sign-in", security(()), request_body = OtpBody,
    params(("redirect_to" = Option<String>, Query, description = "Where the link of the mail leads")),
    responses((status = 200, description = "Sent; the answer is `{}` whoever it is")))]
pub(crate) async fn otp(State(backbone): State<Backbone>, request: Request) -> Answer<Json<Value>> {
    link_send(&backbone, request).await
}

/// Send a link (older name)
///
/// The older name of `/otp`.
#[utoipa::path(post, path = "/magiclink", tag = "Sign-in", security(()), request_body = OtpBody,
    responses((status = 200, description = "Sent; the answer is `{}` whoever it is")))]
pub(crate) async fn magiclink(State(backbone): State<Backbone>, request: Request) -> Answer<Json<Value>> {
    link_send(&backbone, request).await
}

async fn link_send(backbone: &Backbone, request: Request) -> Answer<Json<Value>> {
    let (parts, body) = request.into_parts();
    let asked = Asked::of(backbone, &parts)?;
    let body: OtpBody = read(parts, body).await?;
    let request = link_wanted(backbone, &asked, body).await?;
    link_request(&backbone.identity, request, &asked.client).await?;
    Ok(Json(json!({})))
}

async fn link_wanted(backbone: &Backbone, asked: &Asked, body: OtpBody) -> Result<LinkRequest> {
    let (email, phone) = (given(body.email), given(body.phone));
    match (&email, &phone) {
        (Some(_), Some(_)) => return Err(invalid("Only an email address or phone number should be provided")),
        (None, None) => return Err(invalid("One of email or phone must be set")),
        (None, Some(_)) => return Err(Error::new(codes::PHONE_PROVIDER_DISABLED, "Unsupported phone provider")),
        (Some(_), None) if given(body.channel).is_some() => {
            return Err(invalid("Channel should only be specified with Phone OTP"));
        }
        (Some(_), None) => {}
    }
    if !backbone.identity.settings.magic_link {
        return Err(Error::new(codes::EMAIL_PROVIDER_DISABLED, "Email logins are disabled"));
    }
    Ok(LinkRequest {
        realm: asked.realm,
        email: email_find(&backbone.identity, asked.realm, &email.unwrap_or_default()).await?,
        create: body.create_user.unwrap_or(true),
        data: metadata(body.data)?,
        redirect_to: asked.redirect_to.clone(),
        challenge: Challenge::parse(body.code_challenge.as_deref(), body.code_challenge_method.as_deref())?,
    })
}

/// Send the mail again
///
/// Sends the mail of a sign-up or the mails of a change of address once more. Those before stop working.
#[utoipa::path(post, path = "/resend", tag = "Sign-in", security(()), request_body = ResendBody,
    params(("redirect_to" = Option<String>, Query, description = "Where the link of the mail leads")),
    responses((status = 200, description = "Sent; the answer is `{}` whoever it is")))]
pub(crate) async fn resend(State(backbone): State<Backbone>, request: Request) -> Answer<Json<Value>> {
    let (parts, body) = request.into_parts();
    let Asked { realm, redirect_to, client } = Asked::of(&backbone, &parts)?;
    let body: ResendBody = read(parts, body).await?;
    let (email, phone) = (given(body.email), given(body.phone));
    let kind = body.r#type.unwrap_or_default();
    match (kind.as_str(), &email, &phone) {
        ("signup" | "email_change" | "sms" | "phone_change", Some(_), Some(_)) => {
            return Err(invalid("Only an email address or phone number should be provided.").into());
        }
        ("signup", None, None) => return Err(invalid("Type provided requires an email address").into()),
        ("sms", _, None) => {
            return Err(invalid("Type provided requires a phone number").into());
        }
        ("signup" | "email_change" | "sms" | "phone_change", _, Some(_)) => {
            return Err(Error::new(codes::PHONE_PROVIDER_DISABLED, "Phone logins are disabled").into());
        }
        ("email_change" | "phone_change", None, None) => {
            return Err(invalid("Missing email address or phone number").into());
        }
        ("signup" | "email_change" | "phone_change", Some(_), None) => {}
        _ => return Err(invalid("Missing one of these types: signup, email_change, sms, phone_change").into()),
    }
    let email = email_find(&backbone.identity, realm, &email.unwrap_or_default()).await?;
    let challenge = Challenge::parse(body.code_challenge.as_deref(), body.code_challenge_method.as_deref())?;
    let identity = &backbone.identity;
    match kind.as_str() {
        "signup" => sign_up_resend(identity, realm, &email, &redirect_to, challenge, &client).await?,
        "email_change" => email_change_resend(identity, realm, &email, redirect_to, challenge, &client).await?,
        // Nobody changes to a number here.
        _ => {}
    }
    Ok(Json(json!({})))
}

/// What a request for a mail says beside its body.
pub(super) struct Asked {
    /// Within what the address is unique.
    pub(super) realm: Realm,
    /// Where the link of the mail leads; checked.
    pub(super) redirect_to: String,
    /// Who asks.
    pub(super) client: Client,
}

impl Asked {
    pub(super) fn of(backbone: &Backbone, parts: &Parts) -> Result<Self> {
        let (realm, redirect_to) = (realm(backbone, parts)?, redirect_of(backbone, parts));
        Ok(Self { realm, redirect_to, client: client(backbone, parts) })
    }
}

/// Where the link of a mail leads: what the query or a header names, if sign-ins may lead there; else where the request came
/// from, if they may lead there; else the site.
pub(super) fn redirect_of(backbone: &Backbone, parts: &Parts) -> String {
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let named = named_redirect(&parts.uri);
    let wanted = named.as_deref().or_else(|| header("redirect_to"));
    backbone.identity.settings.redirect(wanted, header("referer"))
}

/// As [`redirect_of`], by the query alone.
pub(super) fn redirect_to(backbone: &Backbone, uri: &Uri) -> String {
    backbone.identity.settings.redirect_or_site(named_redirect(uri).as_deref())
}

fn named_redirect(uri: &Uri) -> Option<String> {
    #[derive(Default, Deserialize)]
    struct Target {
        redirect_to: Option<String>,
    }
    axum::extract::Query::<Target>::try_from_uri(uri).map(|query| query.0).unwrap_or_default().redirect_to
}

/// What is not empty.
pub(super) fn given(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// The request is wrong.
pub(super) fn invalid(message: &'static str) -> Error {
    Error::new(core_codes::VALIDATION_FAILED, message)
}
