//! Creates an account with a password.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use freehold_core::Result;
use freehold_identity::{
    session::Tokens,
    sign_up::{SignUp, SignedUp, sign_up as identity_sign_up, sign_up_resend},
    user::email_normalize,
};
use freehold_web::{Answer, Backbone, Query};
use serde::Deserialize;
use serde_json::json;

use super::{
    super::{Pages, bare, front::sign_up_open, html_with_status},
    Visit, Wanted,
    arrival::{arrive, secret, target_or_home},
    by_mail::{MailForm, sent_page},
    sentence, visit, with_policy,
};
use crate::{Carried, MailPurpose, SignUpPage};

#[derive(Deserialize)]
struct SignUpForm {
    email: String,
    password: String,
    redirect_to: Option<String>,
}

fn page(backbone: &Backbone, carried: Carried) -> SignUpPage {
    SignUpPage {
        shell: bare(backbone),
        closed: !sign_up_open(backbone),
        email: String::new(),
        min_length: backbone.identity.settings().auth.password_min_length,
        carried,
        error: None,
    }
}

fn show(backbone: &Backbone, status: StatusCode, page: &SignUpPage) -> Answer<Response> {
    Ok(with_policy(html_with_status(status, page.render())?, &page.content_security_policy(&backbone.site_url)))
}

pub(super) async fn sign_up(State(backbone): State<Backbone>, Query(wanted): Query<Wanted>) -> Answer<Response> {
    let carried = Carried { redirect_to: wanted.redirect_to, organization: wanted.organization };
    if !backbone.identity.settings().password {
        // Without passwords, sign-in creates the account.
        return Ok(Redirect::to(&carried.link("/sign-in")).into_response());
    }
    show(&backbone, StatusCode::OK, &page(&backbone, carried))
}

pub(super) async fn sign_up_send(
    State(backbone): State<Backbone>,
    Extension(pages): Extension<Arc<Pages>>,
    request: Request,
) -> Answer<Response> {
    let (visit, form): (Visit, SignUpForm) = visit(&backbone, request).await?;
    let SignUpForm { email, password, redirect_to } = form;
    match signed_up(&backbone, &visit, &email, password, redirect_to.as_deref()).await {
        Ok(Some(tokens)) => arrive(&backbone, &visit, &tokens, "signup", redirect_to).await,
        Ok(None) => sent_page(&backbone, &pages, &visit, email, redirect_to, MailPurpose::SignUp, Ok(())),
        Err(error) if error.is(freehold_identity::codes::OVER_EMAIL_SEND_RATE_LIMIT) => {
            sent_page(&backbone, &pages, &visit, email, redirect_to, MailPurpose::SignUp, Err(error))
        }
        Err(error) => {
            let (status, said) = sentence(error)?;
            let page = SignUpPage { email, error: Some(said), ..page(&backbone, visit.carried(redirect_to)) };
            show(&backbone, status, &page)
        }
    }
}

/// Signs up. Returns a session if the address needs no confirmation; none when a mail was sent.
async fn signed_up(
    backbone: &Backbone,
    visit: &Visit,
    email: &str,
    password: String,
    redirect_to: Option<&str>,
) -> Result<Option<Tokens>> {
    let identity = &backbone.identity;
    let email = email_normalize(email)?;
    let password = identity.settings().password_policy().accept(secret(password)?)?;
    let new = SignUp {
        realm: visit.realm,
        email,
        password,
        data: json!({}),
        redirect_to: target_or_home(backbone, redirect_to),
        challenge: None,
    };
    Ok(match identity_sign_up(identity, new, &visit.client).await? {
        SignedUp::SignedIn(tokens) => Some(*tokens),
        SignedUp::Mailed(..) | SignedUp::Taken => None,
    })
}

/// Sends the confirmation mail again.
pub(super) async fn sign_up_again(
    State(backbone): State<Backbone>,
    Extension(pages): Extension<Arc<Pages>>,
    request: Request,
) -> Answer<Response> {
    let (visit, form): (Visit, MailForm) = visit(&backbone, request).await?;
    let sent = async {
        let email = email_normalize(&form.email)?;
        let target = target_or_home(&backbone, form.redirect_to.as_deref());
        sign_up_resend(&backbone.identity.limits, visit.realm, &email, &target, None, &visit.client).await
    };
    let sent = sent.await;
    sent_page(&backbone, &pages, &visit, form.email, form.redirect_to, MailPurpose::SignUp, sent)
}
