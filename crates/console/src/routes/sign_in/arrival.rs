//! Where every sign-in ends: a second factor where there is one, a new password where that is what somebody came for, and
//! then the session is handed over.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use freehold_core::{Error, Result, Secret, percent_encode};
use freehold_identity::{access_token::Claims, factor::factor_list, project::client::ProjectSession, session::Tokens};
use freehold_web::{Answer, Backbone, Visitor, ticket_open, ticket_seal};
use serde::{Deserialize, Serialize};

use super::{super::brand, Visit, html_with_status, with_policy};
use crate::{Carried, FactorPage, NewPasswordPage};

/// Pages of ours that the cookie signs in to, so that no token is in their address.
const WITH_COOKIE: [&str; 2] = ["/billing", "/invitation"];
/// Those that a session is handed over to in the fragment, as to an application.
const WITH_FRAGMENT: [&str; 1] = ["/welcome"];
/// Where a mail leads by which a new password is chosen.
pub(super) const NEW_PASSWORD: &str = "/sign-in/new-password";

/// A session that is to be handed over, and what for.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Arrival {
    access_token: String,
    refresh_token: String,
    expires_in: i64,
    expires_at: i64,
    /// The `type` of the link or code.
    pub(super) kind: String,
}

/// What comes next for who has arrived. It is sealed for this step alone.
#[derive(Clone, Copy)]
pub(super) enum Step {
    Factor,
    NewPassword,
}

impl Step {
    const fn name(self) -> &'static str {
        match self {
            Self::Factor => "factor",
            Self::NewPassword => "new_password",
        }
    }
}

impl Arrival {
    pub(super) fn new(tokens: &Tokens, kind: &str) -> Self {
        let known = kind.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase());
        Self {
            access_token: tokens.access_token.expose().to_owned(),
            refresh_token: tokens.refresh_token.expose().to_owned(),
            expires_in: tokens.expires_in,
            expires_at: tokens.expires_at,
            kind: if known { kind } else { "magiclink" }.to_owned(),
        }
    }

    /// A session of the project where people sign in.
    pub(super) fn of_project(session: &ProjectSession, kind: &str) -> Self {
        Self {
            access_token: session.access_token.expose().to_owned(),
            refresh_token: session.refresh_token.expose().to_owned(),
            expires_in: session.expires_in,
            expires_at: session.expires_at,
            kind: kind.to_owned(),
        }
    }

    /// The address with the session in its fragment, which browsers send to no server.
    pub(super) fn place(&self, target: &str) -> String {
        let Self { access_token, refresh_token, expires_in, expires_at, kind } = self;
        format!(
            "{target}#access_token={access_token}&expires_at={expires_at}&expires_in={expires_in}\
             &refresh_token={refresh_token}&sb=&token_type=bearer&type={kind}"
        )
    }

    /// Who was told to take this step, with what the access token claims. None: the form was looked at for too long.
    pub(super) fn open(backbone: &Backbone, step: Step, ticket: &str) -> Option<(Self, std::sync::Arc<Claims>)> {
        let arrival: Self = ticket_open(backbone, step.name(), ticket)?;
        let claims = backbone.claims(&arrival.access_token).ok()?;
        Some((arrival, claims))
    }

    pub(super) fn ticket(&self, backbone: &Backbone, step: Step) -> Result<String> {
        ticket_seal(backbone, step.name(), self)
    }
}

/// Leads somebody on who has signed in on one of our pages.
pub(super) async fn arrive(
    backbone: &Backbone,
    visit: &Visit,
    tokens: &Tokens,
    kind: &str,
    redirect_to: Option<String>,
) -> Answer<Response> {
    let arrival = Arrival::new(tokens, kind);
    let claims = backbone.claims(&arrival.access_token)?;
    let carried = visit.carried(redirect_to);
    let factors = {
        let mut tx = backbone.db.system("ask for a second factor").begin().await?;
        factor_list(&mut tx, claims.sub).await?
    };
    let has = |kind: &str| factors.iter().any(|factor| factor.verified && factor.kind == kind);
    if has("totp") && claims.aal == freehold_identity::access_token::Aal::One {
        let page = FactorPage {
            brand: brand(backbone),
            ticket: arrival.ticket(backbone, Step::Factor)?,
            app: true,
            recovery: has("recovery_code"),
            carried,
            error: None,
        };
        return factor_page(backbone, StatusCode::OK, &page);
    }
    proceed(backbone, visit, &arrival, &claims, carried)
}

/// Leads somebody on who has shown all that was asked for.
pub(super) fn proceed(
    backbone: &Backbone,
    visit: &Visit,
    arrival: &Arrival,
    claims: &Claims,
    carried: Carried,
) -> Answer<Response> {
    let by_password = backbone.identity.settings.password;
    let chooses = arrival.kind == "recovery" || arrival.kind == "invite" && by_password;
    let target = backbone.identity.settings.redirect_or_site(carried.redirect_to.as_deref());
    match own_path(backbone, &target) {
        Some(own) if chooses => {
            // The mail's own address of that page holds where to go afterwards.
            let carried =
                if own == NEW_PASSWORD { Carried { redirect_to: after(&target), ..carried } } else { carried };
            new_password_page(backbone, arrival, claims, carried)
        }
        _ => Ok(hand_over(backbone, visit, arrival, claims, &target)?),
    }
}

fn new_password_page(backbone: &Backbone, arrival: &Arrival, claims: &Claims, carried: Carried) -> Answer<Response> {
    let page = NewPasswordPage {
        brand: brand(backbone),
        email: claims.email.clone(),
        first: arrival.kind == "invite",
        min_length: backbone.identity.policy.min_length,
        ticket: arrival.ticket(backbone, Step::NewPassword)?,
        carried,
        error: None,
    };
    let policy = page.content_security_policy(&backbone.site_url);
    Ok(with_policy(html_with_status(StatusCode::OK, page.render())?, &policy))
}

pub(super) fn factor_page(backbone: &Backbone, status: StatusCode, page: &FactorPage) -> Answer<Response> {
    Ok(with_policy(html_with_status(status, page.render())?, &page.content_security_policy(&backbone.site_url)))
}

/// Sends the browser on with its session in the fragment, which browsers send to no server, and with a cookie for those of
/// our pages that are written here. Those are shown the cookie only.
pub(super) fn hand_over(
    backbone: &Backbone,
    visit: &Visit,
    arrival: &Arrival,
    claims: &Claims,
    target: &str,
) -> Result<Response> {
    let place = match own_path(backbone, target) {
        Some(own) if WITH_COOKIE.contains(&own) => target.to_owned(),
        Some(own) if own == NEW_PASSWORD => {
            let then = backbone.identity.settings.redirect_or_site(after(target).as_deref());
            return hand_over(backbone, visit, arrival, claims, &then);
        }
        _ => arrival.place(target),
    };
    let mut answer = Redirect::to(&place).into_response();
    if visit.from_here {
        let visitor = Visitor { user: claims.sub, session: claims.session_id, aal: claims.aal };
        answer.headers_mut().append(header::SET_COOKIE, visitor.cookie(backbone)?);
    }
    Ok(answer)
}

/// Whether this is a page of ours that is shown the cookie only.
pub(super) fn is_for_cookie(backbone: &Backbone, target: &str) -> bool {
    own_path(backbone, target).is_some_and(|own| WITH_COOKIE.contains(&own))
}

/// The path of a page of ours that people are led to after signing in; none: it is an application's.
pub(super) fn own_path<'a>(backbone: &Backbone, target: &'a str) -> Option<&'a str> {
    let rest = target.strip_prefix(backbone.site_url.as_str())?;
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    let known = WITH_COOKIE.iter().chain(&WITH_FRAGMENT).chain([&NEW_PASSWORD]);
    known.into_iter().any(|page| *page == path).then_some(path)
}

/// Where the page of the new password leads on to.
fn after(target: &str) -> Option<String> {
    let (_, query) = target.split_once('?')?;
    let value = query.split('&').find_map(|pair| pair.strip_prefix("redirect_to="))?;
    query_decode(value)
}

/// The address with these behind its query.
pub(super) fn with_query(target: &str, pairs: &[(&str, &str)]) -> String {
    let joint = if target.contains('?') { '&' } else { '?' };
    format!("{target}{joint}{}", query_of(pairs))
}

/// These as a query, or as a fragment that is read like one.
pub(super) fn query_of(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={}", percent_encode(value))).collect();
    pairs.join("&")
}

fn query_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// Who looked at a form for too long begins again.
pub(super) fn too_late(backbone: &Backbone, visit: &Visit, redirect_to: Option<String>) -> Answer<Response> {
    let mut page = super::page(backbone, visit.carried(redirect_to));
    page.error = Some("That took too long. Sign in again.".to_owned());
    super::show(backbone, StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// A text that is not to be logged.
pub(super) fn secret(text: String) -> Result<Secret> {
    if text.is_empty() {
        return Err(Error::new(freehold_core::codes::VALIDATION_FAILED, "Type a password."));
    }
    Ok(Secret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_carries_another() {
        let address = with_query("https://a/new-password", &[("redirect_to", "https://b/?c=d&e=ä")]);
        assert_eq!(address, "https://a/new-password?redirect_to=https%3A%2F%2Fb%2F%3Fc%3Dd%26e%3D%C3%A4");
        assert_eq!(after(&address).as_deref(), Some("https://b/?c=d&e=ä"));
        assert_eq!(with_query("https://a/?x=1", &[("code", "2")]), "https://a/?x=1&code=2");
        for broken in ["https://a", "https://a?redirect_to=%", "https://a?redirect_to=%zz", "https://a?redirect_to=%FF"]
        {
            assert_eq!(after(broken), None, "{broken}");
        }
    }
}
