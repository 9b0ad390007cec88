//! `/account`: the account of the signed-in user, with the functions behind `/api/v1/me` and `/auth/v1/user`.

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::Response,
    routing::{get, post},
};
use freehold_core::{Error, OptionExt, Result, SessionId, codes};
use freehold_identity::{
    factor::{Factor, factor_list},
    session::{Holder, SessionInfo, session_list, session_revoke},
    user_change::user_rename,
};
use freehold_pages::{
    Form, UserPage,
    times::{day, moment},
};
use freehold_web::{Answer, Backbone, Visitor, client};
use serde::Deserialize;

use super::form::Nothing;
use crate::{AccountFactor, AccountPage, AccountSession, account::device};

pub(super) fn routes() -> Router<Backbone> {
    Router::new()
        .route("/account", get(account))
        .route("/account/name", post(name_save))
        .route("/account/sessions/end", post(session_end))
        .route("/account/sessions/end-others", post(sessions_end))
}

async fn account(State(backbone): State<Backbone>, page: UserPage) -> Answer<Response> {
    let page = filled(&backbone, &page).await?;
    page.shell.show(&page)
}

async fn filled(backbone: &Backbone, page: &UserPage) -> Result<AccountPage> {
    let own_sign_in = backbone.identity.tokens.project.is_none();
    let (mut factors, mut sessions) = (Vec::new(), Vec::new());
    if own_sign_in {
        let mut tx = backbone.db.system("list own factors").begin().await?;
        factors = factor_list(&mut tx, page.user.id).await?;
        drop(tx);
        sessions = session_list(&backbone.identity.base, page.user.id).await?;
    }
    let name = page.user.user_metadata.get("name").and_then(|name| name.as_str()).unwrap_or_default();
    Ok(AccountPage {
        shell: page.shell.clone(),
        name: name.to_owned(),
        name_error: String::new(),
        by_password: backbone.identity.settings().password,
        own_sign_in,
        factors: factors.iter().filter(|factor| factor.verified).map(factor_line).collect(),
        sessions: sessions.into_iter().map(|session| session_line(session, page.visitor.session)).collect(),
    })
}

fn factor_line(factor: &Factor) -> AccountFactor {
    let kind = match factor.kind.as_str() {
        "totp" => "Authenticator app",
        "recovery_code" => "Recovery codes",
        "webauthn" => "Passkey",
        "phone" => "Phone",
        other => other,
    };
    AccountFactor { kind: kind.to_owned(), name: factor.friendly_name.clone(), added: day(factor.created_at) }
}

fn session_line(session: SessionInfo, current: SessionId) -> AccountSession {
    AccountSession {
        id: session.id.to_string(),
        device: device(session.user_agent.as_deref()),
        ip: session.ip.unwrap_or_default(),
        began: moment(session.created_at),
        last_used: moment(session.last_used_at),
        current: session.id == current,
    }
}

#[derive(Deserialize)]
struct NameForm {
    name: String,
}

async fn name_save(State(backbone): State<Backbone>, form: Form<NameForm>) -> Answer<Response> {
    let client = client(&backbone, &form.parts);
    match user_rename(&backbone.db, form.page.user.id, &form.fields.name, &client).await {
        Ok(_) => form.page.done(&backbone, "/account", "Your name was saved."),
        Err(error) if error.is(codes::VALIDATION_FAILED) => {
            let said = error.fields().first().map_or(error.message(), |field| field.message.as_str()).to_owned();
            let page = filled(&backbone, &form.page).await?;
            let page = AccountPage { name: form.fields.name, name_error: format!("The name {said}."), ..page };
            page.shell.show_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Deserialize)]
struct SessionForm {
    session: String,
}

async fn session_end(State(backbone): State<Backbone>, form: Form<SessionForm>) -> Answer<Response> {
    let session = form.fields.session.parse().ok().or_not_found("session")?;
    if ended(&backbone, &form.parts, form.page.visitor, Some(session)).await? == 0 {
        return form.page.failed(&backbone, "/account", Error::not_found("session"));
    }
    form.page.done(&backbone, "/account", "The session was signed out.")
}

async fn sessions_end(State(backbone): State<Backbone>, form: Form<Nothing>) -> Answer<Response> {
    ended(&backbone, &form.parts, form.page.visitor, None).await?;
    form.page.done(&backbone, "/account", "All your other sessions were signed out.")
}

/// Ends one of the user's sessions, or all but this one, as `DELETE /api/v1/me/sessions` does.
async fn ended(
    backbone: &Backbone,
    parts: &axum::http::request::Parts,
    visitor: Visitor,
    session: Option<SessionId>,
) -> Result<usize> {
    let holder = Holder { user: visitor.user, session: visitor.session, aal: visitor.aal };
    let ended = session_revoke(&backbone.identity.sessions, holder, session, &client(backbone, parts)).await?;
    backbone.resolver.forget();
    Ok(ended)
}
