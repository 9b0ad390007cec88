//! Signing in with a link or a code. A link is only looked at when it is opened, and used up by the button behind it.

use std::sync::Arc;

use axum::{
    Extension, Form, Router,
    extract::{FromRequest, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use freehold_core::{Error, Result};
use freehold_identity::{
    HOUSE, codes,
    one_time::{LinkToken, OneTimeCode},
    session::Tokens,
    sign_in::{Proof, link_peek, sign_in_with_proof},
    user::email_normalize,
};
use freehold_web::{Answer, Backbone, Query, Visitor, client, person_mail};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;

use super::{Pages, brand, html, html_with_status};
use crate::{ConfirmPage, LinkExpiredPage, Purpose, SignInPage, SignInStep};

pub(super) fn routes() -> Router<Backbone> {
    Router::new()
        .route("/sign-in", get(sign_in).post(mail_send))
        .route("/sign-in/code", post(code_use))
        .route("/sign-in/confirm", post(link_use))
        .route("/auth/v1/verify", get(link_look))
}

#[derive(Deserialize)]
struct Wanted {
    redirect_to: Option<String>,
}

#[derive(Deserialize)]
struct MailForm {
    email: String,
    redirect_to: Option<String>,
}

#[derive(Deserialize)]
struct CodeForm {
    email: String,
    code: String,
    redirect_to: Option<String>,
}

#[derive(Deserialize)]
struct Link {
    token: Option<String>,
    r#type: Option<String>,
    redirect_to: Option<String>,
}

async fn sign_in(State(backbone): State<Backbone>, Query(wanted): Query<Wanted>) -> Answer<Response> {
    let page = SignInPage {
        brand: brand(&backbone),
        step: SignInStep::AskAddress,
        email: String::new(),
        redirect_to: wanted.redirect_to,
        error: None,
    };
    html(page.render())
}

async fn mail_send(
    State(backbone): State<Backbone>,
    Extension(pages): Extension<Arc<Pages>>,
    request: Request,
) -> Answer<Response> {
    let form: MailForm = form(request).await?;
    let target = backbone.identity.settings.redirect_or_site(form.redirect_to.as_deref());
    let sent = match email_normalize(&form.email) {
        Ok(email) => person_mail(&backbone, HOUSE, email, true, json!({}), target).await,
        Err(error) => Err(error),
    };
    let check_mail = SignInStep::CheckMail { local_mailbox: pages.local.mailbox };
    let (step, error) = match sent {
        Ok(()) => (check_mail, None),
        // The mail of a moment ago is as good as a new one.
        Err(error) if error.is(codes::OVER_EMAIL_SEND_RATE_LIMIT) => (check_mail, Some(error.message().to_owned())),
        Err(error) if error.code().status < 500 => {
            (SignInStep::AskAddress, Some("That does not look like an e-mail address.".to_owned()))
        }
        Err(error) => return Err(error.into()),
    };
    let page = SignInPage { brand: brand(&backbone), step, email: form.email, redirect_to: form.redirect_to, error };
    html(page.render())
}

async fn code_use(
    State(backbone): State<Backbone>,
    Extension(pages): Extension<Arc<Pages>>,
    request: Request,
) -> Answer<Response> {
    let (parts, body) = request.into_parts();
    let (client, own) = (client(&backbone, &parts), from_here(&parts.headers));
    let form: CodeForm = form(Request::from_parts(parts, body)).await?;
    let wrong = || Error::new(codes::OTP_EXPIRED, "Token has expired or is invalid");
    let proof = email_normalize(&form.email).and_then(|email| {
        Ok(Proof::Code { realm: HOUSE, email, code: OneTimeCode::parse(&form.code).ok_or_else(wrong)? })
    });
    let signed_in = match proof {
        Ok(proof) => sign_in_with_proof(&backbone.identity, proof, &client).await,
        Err(error) => Err(error),
    };
    match signed_in {
        Ok(tokens) => Ok(hand_over(&backbone, &tokens, form.redirect_to.as_deref(), "magiclink", own)?),
        Err(error) if error.code().status < 500 => {
            let page = SignInPage {
                brand: brand(&backbone),
                step: SignInStep::CheckMail { local_mailbox: pages.local.mailbox },
                email: form.email,
                redirect_to: form.redirect_to,
                error: Some("That code is not right, or it is too old.".to_owned()),
            };
            html_with_status(StatusCode::UNPROCESSABLE_ENTITY, page.render())
        }
        Err(error) => Err(error.into()),
    }
}

/// A link was opened, perhaps by a program that checks mails: nothing happens but a page.
async fn link_look(State(backbone): State<Backbone>, Query(link): Query<Link>) -> Answer<Response> {
    let token = link.token.as_deref().and_then(LinkToken::parse);
    let email = match &token {
        Some(token) => link_peek(&backbone.identity, token).await?,
        None => None,
    };
    let (Some(token), Some(email)) = (token, email) else {
        return html_with_status(StatusCode::FORBIDDEN, LinkExpiredPage { brand: brand(&backbone) }.render());
    };
    let kind = link.r#type.unwrap_or_else(|| "magiclink".to_owned());
    let page = ConfirmPage {
        brand: brand(&backbone),
        email,
        purpose: Purpose::of(&kind),
        token: token.expose().to_owned(),
        kind,
        redirect_to: Some(backbone.identity.settings.redirect_or_site(link.redirect_to.as_deref())),
    };
    let policy = HeaderValue::from_str(&page.content_security_policy());
    let mut response = html(page.render())?;
    if let Ok(policy) = policy {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    Ok(response)
}

/// The button behind the link.
async fn link_use(State(backbone): State<Backbone>, request: Request) -> Answer<Response> {
    let (parts, body) = request.into_parts();
    let (client, own) = (client(&backbone, &parts), from_here(&parts.headers));
    let link: Link = form(Request::from_parts(parts, body)).await?;
    let expired = || html_with_status(StatusCode::FORBIDDEN, LinkExpiredPage { brand: brand(&backbone) }.render());
    let Some(token) = link.token.as_deref().and_then(LinkToken::parse) else { return expired() };
    match sign_in_with_proof(&backbone.identity, Proof::Link(token), &client).await {
        Ok(tokens) => {
            let kind = link.r#type.as_deref().unwrap_or("magiclink");
            Ok(hand_over(&backbone, &tokens, link.redirect_to.as_deref(), kind, own)?)
        }
        Err(error) if error.code().status < 500 => expired(),
        Err(error) => Err(error.into()),
    }
}

/// Sends the browser on with its session in the fragment, which browsers send to no server, and with a cookie for those of
/// our pages that are written here. Those are shown the cookie only.
fn hand_over(
    backbone: &Backbone,
    tokens: &Tokens,
    wanted: Option<&str>,
    kind: &str,
    from_here: bool,
) -> Result<Response> {
    let mut answer = Redirect::to(&place(backbone, tokens, wanted, kind)).into_response();
    if from_here {
        let session = backbone.claims(tokens.access_token.expose())?.session_id;
        let cookie = Visitor { user: tokens.user.id, session }.cookie(backbone)?;
        answer.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(answer)
}

/// Whether one of our pages sent the form. Another site could sign somebody in as somebody else, who then pays for him.
fn from_here(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_none_or(|from| from == "same-origin")
}

fn place(backbone: &Backbone, tokens: &Tokens, wanted: Option<&str>, kind: &str) -> String {
    let target = backbone.identity.settings.redirect_or_site(wanted);
    if target.split('?').next() == Some(&backbone.billing_url()) {
        return target;
    }
    let kind = if kind.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase()) { kind } else { "magiclink" };
    format!(
        "{target}#access_token={}&expires_at={}&expires_in={}&refresh_token={}&sb=&token_type=bearer&type={kind}",
        tokens.access_token.expose(),
        tokens.expires_at,
        tokens.expires_in,
        tokens.refresh_token.expose(),
    )
}

/// The form that a request brings.
pub(super) async fn form<T: DeserializeOwned>(request: Request) -> Result<T> {
    let read = Form::<T>::from_request(request, &()).await;
    read.map(|form| form.0).map_err(|rejection| {
        let why = rejection.body_text();
        Error::new(freehold_core::codes::MALFORMED_REQUEST, format!("The form could not be read: {why}."))
    })
}
