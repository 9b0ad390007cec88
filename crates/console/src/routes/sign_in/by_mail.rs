//! Sign-in by mail: sends the mail and checks its code.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Request, State},
    http::StatusCode,
    response::Response,
};
use freehold_core::{Error, Result};
use freehold_identity::{
    codes,
    one_time::OneTimeCode,
    session::Tokens,
    sign_in::{LinkRequest, link_request},
    user::email_find,
    verify::{Proof, Verified, VerifyType, proof_use},
};
use freehold_web::{Answer, Backbone};
use serde::Deserialize;
use serde_json::json;

use super::{
    super::Pages,
    Visit,
    arrival::{arrive, target_or_home},
    page, sentence, show, visit,
};
use crate::{MailPurpose, SignInPage, SignInStep};

#[derive(Deserialize)]
pub(super) struct MailForm {
    pub(super) email: String,
    pub(super) redirect_to: Option<String>,
}

#[derive(Deserialize)]
struct CodeForm {
    email: String,
    code: String,
    r#type: Option<String>,
    redirect_to: Option<String>,
}

pub(super) async fn mail_send(
    State(backbone): State<Backbone>,
    Extension(pages): Extension<Arc<Pages>>,
    request: Request,
) -> Answer<Response> {
    let (visit, form): (Visit, MailForm) = visit(&backbone, request).await?;
    let sent = link_send(&backbone, &visit, &form).await;
    sent_page(&backbone, &pages, &visit, form.email, form.redirect_to, MailPurpose::SignIn, sent)
}

async fn link_send(backbone: &Backbone, visit: &Visit, form: &MailForm) -> Result<()> {
    let settings = backbone.identity.settings();
    settings.mail_check()?;
    let email = email_find(&backbone.db, visit.realm, &form.email).await?;
    let target = target_or_home(backbone, form.redirect_to.as_deref());
    let new =
        LinkRequest { realm: visit.realm, email, create: true, data: json!({}), redirect_to: target, challenge: None };
    link_request(&backbone.identity.limits, &backbone.identity.sessions.hooks, new, &visit.client).await
}

/// The page after a mail was requested.
pub(super) fn sent_page(
    backbone: &Backbone,
    pages: &Pages,
    visit: &Visit,
    email: String,
    redirect_to: Option<String>,
    purpose: MailPurpose,
    sent: Result<()>,
) -> Answer<Response> {
    let check_mail = SignInStep::CheckMail { local_mailbox: pages.local.mailbox, purpose };
    let (status, step, error) = match sent {
        Ok(()) => (StatusCode::OK, check_mail, None),
        // The mail that was just sent still works.
        Err(error) if error.is(codes::OVER_EMAIL_SEND_RATE_LIMIT) => {
            (StatusCode::OK, check_mail, Some(error.message().to_owned()))
        }
        Err(error) => {
            let (_, said) = sentence(error)?;
            (StatusCode::OK, SignInStep::AskAddress, Some(said))
        }
    };
    let page = SignInPage { step, email, error, ..page(backbone, visit.carried(redirect_to)) };
    show(backbone, status, &page)
}

pub(super) async fn code_use(
    State(backbone): State<Backbone>,
    Extension(pages): Extension<Arc<Pages>>,
    request: Request,
) -> Answer<Response> {
    let (visit, form): (Visit, CodeForm) = visit(&backbone, request).await?;
    let purpose = MailPurpose::of(form.r#type.as_deref());
    match code_verify(&backbone, &visit, &form, purpose).await {
        Ok(tokens) => {
            let kind = if purpose == MailPurpose::SignIn { "magiclink" } else { purpose.name() };
            arrive(&backbone, &visit, &tokens, kind, form.redirect_to).await
        }
        Err(error) => {
            let (status, said) = sentence(error)?;
            let page = SignInPage {
                step: SignInStep::CheckMail { local_mailbox: pages.local.mailbox, purpose },
                email: form.email,
                error: Some(said),
                ..page(&backbone, visit.carried(form.redirect_to))
            };
            show(&backbone, status, &page)
        }
    }
}

async fn code_verify(backbone: &Backbone, visit: &Visit, form: &CodeForm, purpose: MailPurpose) -> Result<Tokens> {
    let wrong = || Error::new(codes::OTP_EXPIRED, "Token has expired or is invalid");
    let email = email_find(&backbone.db, visit.realm, &form.email).await?;
    let code = OneTimeCode::parse(&form.code).ok_or_else(wrong)?;
    let kind = match purpose {
        MailPurpose::SignIn => VerifyType::Email,
        MailPurpose::SignUp => VerifyType::SignUp,
        MailPurpose::Recovery => VerifyType::Recovery,
    };
    let proof = Proof::Code { realm: visit.realm, email, code };
    match proof_use(&backbone.identity.limits, &backbone.identity.sessions, proof, kind, &visit.client).await? {
        Verified::SignedIn(tokens) => Ok(*tokens),
        Verified::Code(_) | Verified::HalfConfirmed => Err(wrong()),
    }
}
