//! The assets, and the forms of the frame: switch of organization and theme, sign-out.

use axum::{
    Router,
    extract::State,
    http::header,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use freehold_core::OptionExt;
use freehold_identity::session::{Scope, session_end};
use freehold_tenancy::member::membership_select;
use freehold_web::{Answer, Backbone, Visitor, project_cookies_removed, project_visit_end};
use serde::Deserialize;

use crate::{
    Form, MARK, STYLESHEET, Theme,
    brand::{brand_css, logo},
    own_path,
};

/// Policy of the logo: it may hold styles, and nothing that runs or loads.
const LOGO_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/// The routes of the page kit.
pub fn routes() -> Router<Backbone> {
    Router::new()
        .route("/assets/freehold.css", get(async || asset("text/css; charset=utf-8", STYLESHEET.to_owned())))
        .route("/assets/brand.css", get(brand_style))
        .route("/assets/mark.svg", get(async || asset("image/svg+xml", MARK.to_owned())))
        .route("/assets/logo.svg", get(logo_show))
        .route("/favicon.ico", get(logo_show))
        .route("/organization/select", post(organization_switch))
        .route("/theme", post(theme_set))
        .route("/sign-out", post(sign_out))
        .route("/billing/sign-out", post(sign_out))
}

/// An asset. Ten minutes: browsers soon see a new version of the server, and do not fetch the assets with every click.
fn asset(kind: &'static str, body: String) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "public, max-age=600")], body).into_response()
}

async fn brand_style(State(backbone): State<Backbone>) -> Response {
    asset("text/css; charset=utf-8", brand_css(&backbone.product))
}

async fn logo_show(State(backbone): State<Backbone>) -> Response {
    let logo = asset("image/svg+xml", logo(&backbone.product));
    ([(header::CONTENT_SECURITY_POLICY, LOGO_POLICY)], logo).into_response()
}

#[derive(Deserialize)]
struct Switch {
    to: String,
    #[serde(default)]
    back: String,
}

/// Selects another organization, as `POST /api/v1/organizations/{id}/select` does, and goes to its home page: the
/// address of another page may name something of the organization that was left.
async fn organization_switch(State(backbone): State<Backbone>, form: Form<Switch>) -> Answer<Response> {
    let to = form.fields.to.parse().ok().or_not_found("organization")?;
    let mut tx = backbone.db.system("switch organization").begin().await?;
    membership_select(&mut tx, to, form.page.visitor.user).await?;
    tx.commit().await?;
    backbone.resolver.forget();
    Ok(Redirect::to("/home").into_response())
}

async fn theme_set(State(backbone): State<Backbone>, form: Form<Switch>) -> Answer<Response> {
    let back = own_path(&form.fields.back).unwrap_or("/home");
    let cookie = Theme::of(&form.fields.to).cookie(&backbone)?;
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(back)).into_response())
}

#[derive(Deserialize)]
struct Nothing {}

/// Ends the session and revokes its tokens.
async fn sign_out(State(backbone): State<Backbone>, form: Form<Nothing>) -> Answer<Response> {
    let visitor = form.page.visitor;
    let removed = if backbone.identity.tokens.project.is_some() {
        project_visit_end(&backbone, &form.parts.headers).await;
        project_cookies_removed(&backbone)?
    } else {
        session_end(&backbone.identity.sessions, visitor.user, visitor.session, Scope::Local).await?;
        vec![Visitor::cookie_removed(&backbone)?]
    };
    backbone.resolver.forget();
    let mut answer = Redirect::to("/sign-in").into_response();
    for cookie in removed {
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(answer)
}
