//! Sign-in mails with a link and a code.

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

use super::{
    names::{CodeChallengeMethod, ResendType},
    request::{metadata, read},
};

/// The address to send a sign-in mail to.
#[derive(Deserialize, ToSchema)]
pub(crate) struct RequestOtp {
    /// E-mail address of the user; required.
    #[schema(format = IdnEmail)]
    email: Option<String>,
    /// Phone number; not supported, since Freehold sends no text messages.
    phone: Option<String>,
    /// Whether to create a user when the address is unknown. Default true.
    create_user: Option<bool>,
    /// The new user's `user_metadata`: at most 2,048 bytes as JSON, because every access token contains it.
    #[schema(value_type = Option<Object>)]
    data: Option<Value>,
    /// Channel for a phone number; refused with `email`.
    channel: Option<String>,
    /// PKCE code challenge, derived from the verifier: 43 to 128 characters.
    #[schema(min_length = 43, max_length = 128)]
    code_challenge: Option<String>,
    /// Method of the PKCE code challenge: `s256` or `plain`.
    #[schema(value_type = Option<CodeChallengeMethod>)]
    code_challenge_method: Option<String>,
}

/// The mail to send again.
#[derive(Deserialize, ToSchema)]
pub(crate) struct ResendMail {
    /// Kind of mail: `signup` or `email_change`.
    #[schema(value_type = Option<ResendType>)]
    r#type: Option<String>,
    /// E-mail address of the user; required.
    #[schema(format = IdnEmail)]
    email: Option<String>,
    /// Phone number; not supported, since Freehold sends no text messages.
    phone: Option<String>,
    /// PKCE code challenge, derived from the verifier: 43 to 128 characters.
    #[schema(min_length = 43, max_length = 128)]
    code_challenge: Option<String>,
    /// Method of the PKCE code challenge: `s256` or `plain`.
    #[schema(value_type = Option<CodeChallengeMethod>)]
    code_challenge_method: Option<String>,
}

/// Send a sign-in mail
///
/// Sends a mail with a link and a numeric code; either signs in. Creates the user when the address is unknown.
#[utoipa::path(
    post, path = "/otp", tag = "Sign-in", security(()), request_body = RequestOtp,
    params(("redirect_to" = Option<String>, Query, format = "uri", description = "URL to which the mail's link leads")),
    responses((status = 200, description = "The mail is on its way; the body is `{}` for known and unknown addresses")),
)]
pub(crate) async fn otp_send(State(backbone): State<Backbone>, request: Request) -> Answer<Json<Value>> {
    link_send(&backbone, request).await
}

/// Send a sign-in mail (older path)
///
/// Same as `POST /auth/v1/otp`.
#[utoipa::path(
    post, path = "/magiclink", tag = "Sign-in", security(()), request_body = RequestOtp,
    responses((status = 200, description = "The mail is on its way; the body is `{}` for known and unknown addresses")),
)]
pub(crate) async fn magiclink_send(State(backbone): State<Backbone>, request: Request) -> Answer<Json<Value>> {
    link_send(&backbone, request).await
}

async fn link_send(backbone: &Backbone, request: Request) -> Answer<Json<Value>> {
    let (parts, body) = request.into_parts();
    let asked = Asked::of(backbone, &parts)?;
    let body: RequestOtp = read(parts, body).await?;
    let request = link_wanted(backbone, &asked, body).await?;
    link_request(&backbone.identity.limits, &backbone.identity.sessions.hooks, request, &asked.client).await?;
    Ok(Json(json!({})))
}

async fn link_wanted(backbone: &Backbone, asked: &Asked, body: RequestOtp) -> Result<LinkRequest> {
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
    backbone.identity.settings().mail_check()?;
    Ok(LinkRequest {
        realm: asked.realm,
        email: email_find(&backbone.db, asked.realm, &email.unwrap_or_default()).await?,
        create: body.create_user.unwrap_or(true),
        data: metadata(body.data)?,
        redirect_to: asked.redirect_to.clone(),
        challenge: Challenge::parse(body.code_challenge.as_deref(), body.code_challenge_method.as_deref())?,
    })
}

/// Resend a mail
///
/// Sends the mail of a sign-up, or the mails of a change of address, again. Earlier mails stop working.
#[utoipa::path(
    post, path = "/resend", tag = "Sign-in", security(()), request_body = ResendMail,
    params(("redirect_to" = Option<String>, Query, format = "uri", description = "URL to which the mail's link leads")),
    responses((status = 200, description = "The mail is on its way; the body is `{}` for known and unknown addresses")),
)]
pub(crate) async fn mail_resend(State(backbone): State<Backbone>, request: Request) -> Answer<Json<Value>> {
    let (parts, body) = request.into_parts();
    let Asked { realm, redirect_to, client } = Asked::of(&backbone, &parts)?;
    let body: ResendMail = read(parts, body).await?;
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
    let email = email_find(&backbone.db, realm, &email.unwrap_or_default()).await?;
    let challenge = Challenge::parse(body.code_challenge.as_deref(), body.code_challenge_method.as_deref())?;
    let identity = &backbone.identity;
    match kind.as_str() {
        "signup" => sign_up_resend(&identity.limits, realm, &email, &redirect_to, challenge, &client).await?,
        "email_change" => email_change_resend(&identity.limits, realm, &email, redirect_to, challenge, &client).await?,
        // Phone numbers cannot be changed here.
        _ => {}
    }
    Ok(Json(json!({})))
}

/// What a request for a mail says outside its body.
pub(super) struct Asked {
    /// The realm within which the address is unique.
    pub(super) realm: Realm,
    /// URL to which the mail's link leads; checked.
    pub(super) redirect_to: String,
    /// The client that asks.
    pub(super) client: Client,
}

impl Asked {
    pub(super) fn of(backbone: &Backbone, parts: &Parts) -> Result<Self> {
        let (realm, redirect_to) = (realm(backbone, parts)?, redirect_of(backbone, parts));
        Ok(Self { realm, redirect_to, client: client(backbone, parts) })
    }
}

/// URL to which a mail's link leads: the one that the query or a header names if it is allowed, else the request's
/// origin if it is allowed, else the site.
pub(super) fn redirect_of(backbone: &Backbone, parts: &Parts) -> String {
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let named = named_redirect(&parts.uri);
    let wanted = named.as_deref().or_else(|| header("redirect_to"));
    backbone.identity.settings().redirect(wanted, header("referer"))
}

/// As [`redirect_of`], from the query alone.
pub(super) fn redirect_to(backbone: &Backbone, uri: &Uri) -> String {
    backbone.identity.settings().redirect_or_site(named_redirect(uri).as_deref())
}

fn named_redirect(uri: &Uri) -> Option<String> {
    #[derive(Default, Deserialize)]
    struct Target {
        redirect_to: Option<String>,
    }
    axum::extract::Query::<Target>::try_from_uri(uri).map(|query| query.0).unwrap_or_default().redirect_to
}

/// The text, unless it is empty.
pub(super) fn given(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// A `validation_failed` with this message.
pub(super) fn invalid(message: &'static str) -> Error {
    Error::new(core_codes::VALIDATION_FAILED, message)
}
