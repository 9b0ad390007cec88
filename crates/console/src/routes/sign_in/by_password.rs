//! Sign-in with a password.

use axum::{
    extract::{Request, State},
    response::Response,
};
use freehold_core::Result;
use freehold_identity::{session::Tokens, sign_in::sign_in_with_typed_address};
use freehold_web::{Answer, Backbone};
use serde::Deserialize;

use super::{
    Visit,
    arrival::{arrive, secret},
    page, sentence, show, visit,
};
use crate::SignInPage;

#[derive(Deserialize)]
struct PasswordForm {
    email: String,
    password: String,
    redirect_to: Option<String>,
}

pub(super) async fn password_use(State(backbone): State<Backbone>, request: Request) -> Answer<Response> {
    let (visit, form): (Visit, PasswordForm) = visit(&backbone, request).await?;
    let PasswordForm { email, password, redirect_to } = form;
    match signed_in(&backbone, &visit, &email, password).await {
        Ok(tokens) => arrive(&backbone, &visit, &tokens, "signin", redirect_to).await,
        Err(error) => {
            let (status, said) = sentence(error)?;
            let page = SignInPage { email, error: Some(said), ..page(&backbone, visit.carried(redirect_to)) };
            show(&backbone, status, &page)
        }
    }
}

async fn signed_in(backbone: &Backbone, visit: &Visit, email: &str, password: String) -> Result<Tokens> {
    sign_in_with_typed_address(&backbone.identity, visit.realm, email, secret(password)?, &visit.client).await
}
