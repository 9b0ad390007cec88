//! `/impersonation`: where an operator enters an organization, and leaves it.

use axum::{
    Router,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use freehold_core::{Secret, codes};
use freehold_operators::impersonation::impersonation_leave;
use freehold_pages::{MemberForm, Refusal, form_read};
use freehold_web::{Answer, Backbone, OperatorVisit};
use serde::Deserialize;

use super::{bare, html_with_status};
use crate::ImpersonationPage;

pub(super) fn routes() -> Router<Backbone> {
    Router::new().route("/impersonation", get(ask).post(enter)).route("/impersonation/end", post(leave))
}

#[derive(Deserialize)]
struct Entry {
    session: Secret,
}

#[derive(Deserialize)]
struct Nothing {}

async fn ask(State(backbone): State<Backbone>) -> Answer<Response> {
    shown(&backbone, StatusCode::OK, "")
}

fn shown(backbone: &Backbone, status: StatusCode, error: &str) -> Answer<Response> {
    html_with_status(status, ImpersonationPage { shell: bare(backbone), error: error.to_owned() }.render())
}

/// Keeps the token in a cookie of the pages, if its session runs.
async fn enter(State(backbone): State<Backbone>, request: Request) -> Answer<Response> {
    let entry: Entry = form_read(request).await?;
    match OperatorVisit::cookie(&backbone, &entry.session).await {
        Ok(cookie) => {
            let mut answer = Redirect::to("/home").into_response();
            answer.headers_mut().append(header::SET_COOKIE, cookie);
            Ok(answer)
        }
        Err(error) if error.is(codes::UNAUTHENTICATED) => {
            shown(&backbone, StatusCode::UNPROCESSABLE_ENTITY, "The token is invalid, or its session has ended.")
        }
        Err(error) => Err(error.into()),
    }
}

/// Ends the session, and returns to the page that asks for another one.
async fn leave(State(backbone): State<Backbone>, form: MemberForm<Nothing>) -> Result<Response, Refusal> {
    if let Some(impersonator) = form.page.caller.impersonator() {
        impersonation_leave(&backbone.db, impersonator.session).await?;
        backbone.resolver.forget();
    }
    let mut answer = Redirect::to("/impersonation").into_response();
    answer.headers_mut().append(header::SET_COOKIE, OperatorVisit::cookie_removed(&backbone)?);
    Ok(answer)
}
