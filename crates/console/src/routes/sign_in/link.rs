//! The link of a mail. Programs that check mails open links, so opening the link only shows a page; the button there
//! uses it.

use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use freehold_core::{Error, percent_encode};
use freehold_identity::{
    codes,
    one_time::{Flow, LinkToken},
    verify::{HALF_CONFIRMED, Verified, VerifyType, link_peek, link_use},
};
use freehold_web::{Answer, Backbone, Query};
use serde::Deserialize;

use super::{
    super::{bare, html_with_status},
    Visit,
    arrival::{Arrival, arrive, hand_over, is_for_cookie, own_path, query_of, with_query},
    visit, with_policy,
};
use crate::{ConfirmPage, HalfConfirmedPage, LinkExpiredPage, Purpose};

#[derive(Deserialize)]
pub(super) struct Link {
    token: Option<String>,
    r#type: Option<String>,
    redirect_to: Option<String>,
}

impl Link {
    /// Type of the link. A link without a type signs in.
    fn kind(&self) -> Option<VerifyType> {
        VerifyType::parse(self.r#type.as_deref().filter(|kind| !kind.is_empty()).unwrap_or("email"))
    }
}

/// Opens a link, perhaps by a program that checks mails: shows the page and changes nothing.
pub(super) async fn link_look(State(backbone): State<Backbone>, Query(link): Query<Link>) -> Answer<Response> {
    let token = link.token.as_deref().and_then(LinkToken::parse);
    let target = backbone.identity.settings().redirect_or_site(link.redirect_to.as_deref());
    let email = match (&token, link.kind()) {
        (Some(token), Some(kind)) => link_peek(&backbone.identity.base, token, kind).await?,
        _ => None,
    };
    let (Some(token), Some(email)) = (token, email) else {
        return dead(&backbone, &target, link.token.as_deref(), &expired());
    };
    let kind = link.r#type.unwrap_or_else(|| "magiclink".to_owned());
    let page = ConfirmPage {
        shell: bare(&backbone),
        email,
        purpose: Purpose::of(&kind),
        token: token.expose().to_owned(),
        kind,
        redirect_to: Some(target),
    };
    let policy = page.content_security_policy(&backbone.site_url);
    Ok(with_policy(html_with_status(StatusCode::OK, page.render())?, &policy))
}

/// Uses the link after a click on the button.
pub(super) async fn link_press(State(backbone): State<Backbone>, request: Request) -> Answer<Response> {
    let (visit, link): (Visit, Link) = visit(&backbone, request).await?;
    let target = backbone.identity.settings().redirect_or_site(link.redirect_to.as_deref());
    let text = link.token.as_deref();
    let (Some(token), Some(kind)) = (text.and_then(LinkToken::parse), link.kind()) else {
        return dead(&backbone, &target, text, &expired());
    };
    let flow = token.flow();
    let used = match link_use(&backbone.identity.limits, &backbone.identity.sessions, token, kind, &visit.client).await
    {
        Ok(used) => used,
        Err(error) if error.code().status < 500 => return dead(&backbone, &target, text, &error),
        Err(error) => return Err(error.into()),
    };
    match used {
        Verified::Code(code) => Ok(Redirect::to(&with_query(&target, &[("code", code.expose())])).into_response()),
        Verified::HalfConfirmed => half_confirmed(&backbone, &target, flow),
        Verified::SignedIn(tokens) => {
            let kind = link.r#type.as_deref().filter(|kind| !kind.is_empty()).unwrap_or("magiclink");
            if own_path(&backbone, &target).is_some() || is_for_cookie(&backbone, &visit, &target) {
                return arrive(&backbone, &visit, &tokens, kind, Some(target)).await;
            }
            // The application asks for the second factor itself. The cookie for our pages is not set, because they
            // would have to ask, too.
            let visit = Visit { from_here: false, ..visit };
            let arrival = Arrival::new(&tokens, kind);
            let claims = backbone.claims(tokens.access_token.expose())?;
            Ok(hand_over(&backbone, &visit, &arrival, &claims, &target)?)
        }
    }
}

fn expired() -> Error {
    Error::new(codes::OTP_EXPIRED, "Email link is invalid or has expired")
}

/// Answers an invalid link: with a page of this site, or with a redirect to the application, as Supabase does.
fn dead(backbone: &Backbone, target: &str, token: Option<&str>, error: &Error) -> Answer<Response> {
    if own_path(backbone, target).is_some() {
        return html_with_status(StatusCode::FORBIDDEN, LinkExpiredPage { shell: bare(backbone) }.render());
    }
    let pairs = [
        ("error", if error.code().status == 500 { "server_error" } else { "access_denied" }),
        ("error_code", error.code().name),
        ("error_description", error.message()),
    ];
    let pkce = token.is_some_and(|token| token.starts_with("pkce_"));
    let base = if pkce { with_query(target, &pairs) } else { target.to_owned() };
    Ok(Redirect::to(&format!("{base}#{}&sb=", query_of(&pairs))).into_response())
}

/// Answers the first of the two links of a change of address.
fn half_confirmed(backbone: &Backbone, target: &str, flow: Flow) -> Answer<Response> {
    if own_path(backbone, target).is_some() {
        return html_with_status(StatusCode::OK, HalfConfirmedPage { shell: bare(backbone) }.render());
    }
    let base = match flow {
        Flow::Pkce => with_query(target, &[("message", HALF_CONFIRMED)]),
        Flow::Implicit => target.to_owned(),
    };
    Ok(Redirect::to(&format!("{base}#message={}&sb=", percent_encode(HALF_CONFIRMED))).into_response())
}
