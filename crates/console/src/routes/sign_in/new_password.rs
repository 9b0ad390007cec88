//! Requests and saves a new password.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use freehold_core::Result;
use freehold_identity::{
    access_token::Claims,
    codes,
    recovery::recovery_request,
    user::email_find,
    user_change::{UserChange, user_change},
};
use freehold_web::{Answer, Backbone, Query};
use serde::Deserialize;

use super::{
    super::{Pages, bare, html_with_status},
    Visit, Wanted,
    arrival::{Arrival, NEW_PASSWORD, Step, hand_over, secret, target_or_home, too_late, with_query},
    by_mail::sent_page,
    sentence, visit, with_policy,
};
use crate::{Carried, ForgotPage, MailPurpose, NewPasswordPage};

#[derive(Deserialize)]
struct ForgotForm {
    email: String,
    redirect_to: Option<String>,
}

#[derive(Deserialize)]
struct NewPasswordForm {
    ticket: String,
    password: String,
    redirect_to: Option<String>,
}

pub(super) async fn forgot(State(backbone): State<Backbone>, Query(wanted): Query<Wanted>) -> Answer<Response> {
    let carried = Carried { redirect_to: wanted.redirect_to, organization: wanted.organization };
    let page = ForgotPage { shell: bare(&backbone), email: String::new(), carried, error: None };
    html_with_status(StatusCode::OK, page.render())
}

pub(super) async fn forgot_send(
    State(backbone): State<Backbone>,
    Extension(pages): Extension<Arc<Pages>>,
    request: Request,
) -> Answer<Response> {
    let (visit, form): (Visit, ForgotForm) = visit(&backbone, request).await?;
    let ForgotForm { email, redirect_to } = form;
    let sent = recovery_send(&backbone, &visit, &email, redirect_to.as_deref()).await;
    if let Err(error) = &sent
        && error.code().status < 500
        && !error.is(codes::OVER_EMAIL_SEND_RATE_LIMIT)
    {
        let error = Some("Enter a valid e-mail address.".to_owned());
        let page = ForgotPage { shell: bare(&backbone), email, carried: visit.carried(redirect_to), error };
        return html_with_status(StatusCode::UNPROCESSABLE_ENTITY, page.render());
    }
    sent_page(&backbone, &pages, &visit, email, redirect_to, MailPurpose::Recovery, sent)
}

async fn recovery_send(backbone: &Backbone, visit: &Visit, email: &str, then: Option<&str>) -> Result<()> {
    let email = email_find(&backbone.db, visit.realm, email).await?;
    let page = format!("{}{NEW_PASSWORD}", backbone.site_url);
    let target = match then.filter(|then| !then.is_empty()) {
        Some(then) => with_query(&page, &[("redirect_to", &backbone.identity.settings().redirect_or_site(Some(then)))]),
        None => page,
    };
    recovery_request(&backbone.identity.limits, visit.realm, &email, &target, None, &visit.client).await
}

/// The address of that page alone does not identify the user, so it leads to the request for a mail.
pub(super) async fn ask_again() -> Response {
    Redirect::to("/sign-in/forgot").into_response()
}

pub(super) async fn new_password_save(State(backbone): State<Backbone>, request: Request) -> Answer<Response> {
    let (visit, form): (Visit, NewPasswordForm) = visit(&backbone, request).await?;
    let NewPasswordForm { ticket, password, redirect_to } = form;
    let Some((arrival, claims)) = Arrival::open(&backbone, Step::NewPassword, &ticket) else {
        return too_late(&backbone, &visit, redirect_to);
    };
    match password_save(&backbone, &visit, &claims, password).await {
        Ok(()) => {
            let target = target_or_home(&backbone, redirect_to.as_deref());
            Ok(hand_over(&backbone, &visit, &arrival, &claims, &target)?)
        }
        Err(error) => {
            let (status, said) = sentence(error)?;
            let page = NewPasswordPage {
                shell: bare(&backbone),
                email: claims.email.clone(),
                first: arrival.kind == "invite",
                min_length: backbone.identity.settings().auth.password_min_length,
                ticket,
                carried: visit.carried(redirect_to),
                error: Some(said),
            };
            let policy = page.content_security_policy(&backbone.site_url);
            Ok(with_policy(html_with_status(status, page.render())?, &policy))
        }
    }
}

async fn password_save(backbone: &Backbone, visit: &Visit, claims: &Claims, password: String) -> Result<()> {
    // The session may have been ended after the ticket was made.
    backbone.session_check(claims.session_id, claims.aal).await?;
    let password = backbone.identity.settings().password_policy().accept(secret(password)?)?;
    let change = UserChange { password: Some(password), ..UserChange::default() };
    user_change(&backbone.identity, claims, change, |_| Ok(()), &visit.client).await.map(drop)
}
